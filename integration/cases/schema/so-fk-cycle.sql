-- Two tables whose foreign keys refer to each other arrive full, with both keys valid.
-- phases: init
-- caught-by: lossy:table-emptied finds row public.employee
create table department (id int primary key, name text, head int not null);
create table employee (id int primary key, name text, department int not null references department);
-- Deferred: no order of inserting rows would satisfy both keys at once.
alter table department add constraint department_head_fk foreign key (head) references employee
    deferrable initially deferred;
begin;
insert into department select d, 'department ' || d, d * 10 from generate_series(1, 5) d;
insert into employee select e, 'employee ' || e, (e - 1) / 10 + 1 from generate_series(1, 50) e;
commit;
-- @premise
select count(*) = 2 and bool_and(convalidated) from pg_constraint where contype = 'f';
select count(*) = 5 from department d join employee e on e.id = d.head and e.department = d.id;

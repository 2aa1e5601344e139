-- CHECK and FOREIGN KEY constraints added NOT VALID stay so, with the rows that violate them.
-- phases: init
-- caught-by: lossy:constraint-validated finds constraint public.child.child_parent_fk
create table parent (id int primary key);
create table child (id int primary key, parent int, n int);
insert into parent values (1), (2);
insert into child values (1, 1, 5), (2, 99, -5), (3, null, null), (4, 98, 7);
alter table child add constraint child_parent_fk foreign key (parent) references parent not valid;
alter table child add constraint child_n_positive check (n > 0) not valid;
alter table child add constraint child_id_positive check (id > 0);      -- a valid one beside them
-- @premise
select count(*) = 2 from pg_constraint
    where conrelid = 'child'::regclass and contype in ('c', 'f') and not convalidated;
select count(*) = 2 from child where parent not in (select id from parent);
select count(*) = 1 from child where n <= 0;

-- A table that refers to itself arrives though its rows stand before the rows they refer to.
-- phases: init, live
-- caught-by: lossy:row-lost finds row public.employees
create table employees (id int primary key, name text, boss int references employees);
insert into employees values           -- one statement: the key is checked at its end
    (4, 'Dan', 3), (5, 'Eve', 2), (3, 'Carl', 1), (2, 'Bea', 1), (1, 'Ann', null), (6, 'Fay', 6), (7, 'Gil', 5);
-- @premise
-- Read in physical order, the first rows come before their bosses.
select count(*) = 4 from employees e join employees b on b.id = e.boss where b.ctid > e.ctid;
select count(*) = 1 from employees where boss = id;
-- @live
insert into employees values (9, 'Ian', 8), (8, 'Hal', 1), (10, 'Joe', 10);
update employees set boss = 9 where id = 7;
update employees set boss = null, name = 'Eve II' where id = 5;
delete from employees where id = 4;
delete from employees where id in (10, 6);

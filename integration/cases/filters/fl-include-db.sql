-- Of three databases the one that is included arrives, and only that one.
-- phases: init, live
-- requires: filter.databases
-- filter: include-databases={db}
-- caught-by: lossy:filter-ignored finds database payroll
create table orders (id int primary key, note text);
insert into orders select i, 'order ' || i from generate_series(1, 10) i;
-- @setup database payroll
-- The others have the same table: their rows show if they end up in the wrong database.
create table orders (id int primary key, note text);
insert into orders select i, 'payroll ' || i from generate_series(1, 20) i;
create table salary (id int primary key, amount numeric);
insert into salary values (1, 1000);
-- @setup database "Old Books"
create table orders (id int primary key, note text);
insert into orders values (100, 'old');
-- @premise
select count(*) = 10 from orders;
select not exists (select from orders where note not like 'order %');
-- @live
insert into orders values (11, 'order 11');
update orders set note = 'order one' where id = 1;

-- A target that holds rows is refused and left as it is.
-- phases: init
-- caught-by: lossy:target-overwritten gives SILENT_WRONG
create table orders (id int primary key, note text);
create table fresh (id int primary key);
insert into orders values (1, 'of the source'), (2, 'of the source');
insert into fresh values (1);
-- @premise
select count(*) = 2 from orders;
-- @target planted
-- One table has a namesake on the source, the other is the target's alone.
create table orders (id int primary key, note text);
create table precious (id int generated always as identity primary key, note text);
insert into orders values (1, 'of the target'), (7, 'of the target');
insert into precious (note) values ('irreplaceable');
-- @holds
-- Asked only of a tool that did not refuse: what was there before it came must still be there.
select count(*) = 2 from orders where note = 'of the target';
select count(*) = 1 from precious where note = 'irreplaceable';
-- @expect
-- REFUSED: not empty
-- REFUSED: contains data
-- REFUSED: already exists

-- TRUNCATE empties the same tables on the target, and rows written after it in its transaction stay.
-- phases: init, live
-- requires: live
-- caught-by: lossy:truncate-ignored finds row public.several_child
create table one (id int primary key, note text);
create table several_parent (id int primary key);
create table several_child (id int primary key references several_parent);
create table several_bag (note text);
create table only_parent (id int primary key);
create table only_child () inherits (only_parent);
create table whole_parent (id int primary key);
create table whole_child () inherits (whole_parent);
create table mixed (id int primary key, note text);
create table rolled_back (id int primary key);
create table untouched (id int primary key);
insert into one select i, 'old' from generate_series(1, 10) i;
insert into several_parent select generate_series(1, 10);
insert into several_child select generate_series(1, 10);
insert into several_bag values ('a'), ('a');
insert into only_parent values (1), (2);
insert into only_child values (3), (4);
insert into whole_parent values (1), (2);
insert into whole_child values (3), (4);
insert into mixed select i, 'old' from generate_series(1, 5) i;
insert into rolled_back values (1);
insert into untouched values (1);
-- @premise
select (select count(*) from only only_parent) = 2 and (select count(*) from only_child) = 2;
select (select count(*) from only whole_parent) = 2 and (select count(*) from whole_child) = 2;
select (select count(*) from one) = 10 and (select count(*) from several_bag) = 2;
-- @live
truncate one;
truncate several_parent, several_child, several_bag;
truncate only only_parent;
truncate whole_parent;
-- @live single
insert into mixed values (6, 'before the truncate');
update mixed set note = 'before' where id = 1;
truncate mixed;
insert into mixed values (1, 'after'), (7, 'after');
truncate mixed;
insert into mixed values (1, 'last'), (8, 'last');
update mixed set note = 'changed' where id = 8;
-- @live
do $$
begin
    truncate rolled_back;
    raise exception 'undo';
exception when others then
    insert into rolled_back values (2);
end $$;
insert into one values (1, 'new');
-- @holds
select count(*) = 1 and min(note) = 'new' from one;
select count(*) = 0 from several_child;
select count(*) = 0 from several_bag;
select (select count(*) from only only_parent) = 0 and (select count(*) from only_child) = 2;
select count(*) = 0 from whole_parent;
select array_agg(id || note order by id) = '{1last,8changed}' from mixed;
select array_agg(id order by id) = '{1,2}' from rolled_back;

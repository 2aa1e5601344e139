-- Rows of an UNLOGGED table are copied; while following they arrive, or the tool refuses beforehand.
-- phases: init, live
-- caught-by: lossy:logged-for-unlogged finds table public.fast
-- No publication contains such a table and its changes are in no log: to follow it is to lose them.
create table safe (id int primary key, v text);
insert into safe select k, 'row ' || k from generate_series(1, 5) k;
-- @setup planted
create unlogged table fast (id int primary key, v text);
insert into fast select k, 'row ' || k from generate_series(1, 5) k;
-- @premise
select relpersistence = 'u' from pg_class where oid = 'fast'::regclass;
-- @live
insert into fast values (6, 'live');
insert into safe values (6, 'live');
update fast set v = 'changed' where id = 1;
update safe set v = 'changed' where id = 1;
delete from fast where id = 2;
-- @expect
-- FAITHFUL
-- REFUSED: unlogged
-- REFUSED: Unlogged

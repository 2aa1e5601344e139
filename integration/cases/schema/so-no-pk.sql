-- A table without any key keeps its duplicates, and its source may go on updating and deleting.
-- phases: init, live
-- caught-by: lossy:rows-doubled finds multiplicity public.t
create table t (a int, b text);
insert into t values
    (1, 'one'), (1, 'one'), (1, 'one'), (2, 'two'), (2, 'two'), (3, null), (3, null), (null, null), (null, null), (4, '');
-- @premise
select count(*) = 10 and count(distinct t::text) = 5 from t;
select not exists (select from pg_index where indrelid = 't'::regclass) and relreplident = 'd'
    from pg_class where oid = 't'::regclass;
-- @live
insert into t values (1, 'one'), (5, 'five'), (5, 'five');
update t set b = 'zwei' where a = 2;
update t set b = 'changed' where ctid = (select min(ctid) from t where a = 1);      -- one of four
delete from t where ctid = (select min(ctid) from t where a = 3);                   -- one of two, with a NULL
delete from t where ctid = (select min(ctid) from t where a is null);
delete from t where a = 4;

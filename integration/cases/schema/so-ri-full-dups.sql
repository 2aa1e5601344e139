-- Of identical rows under REPLICA IDENTITY FULL exactly the one deleted or updated goes.
-- phases: init, live
-- requires: live
-- caught-by: lossy:duplicates-lost finds multiplicity public.t
create table t (a int, b text, f float8);
alter table t replica identity full;
insert into t values
    (1, 'twin', 1.5), (1, 'twin', 1.5),
    (2, 'triplet', 0), (2, 'triplet', 0), (2, 'triplet', 0),
    (3, null, 'NaN'), (3, null, 'NaN'),
    (4, 'both go', 1), (4, 'both go', 1);
-- @premise
select relreplident = 'f' from pg_class where oid = 't'::regclass;
select count(*) = 9 and count(distinct t::text) = 4 from t;
-- @live
delete from t where ctid = (select min(ctid) from t where a = 1);
update t set b = 'was a triplet' where ctid = (select max(ctid) from t where a = 2);
delete from t where ctid = (select min(ctid) from t where a = 3);
delete from t where a = 4;
insert into t values (5, 'twin', 1), (5, 'twin', 1);
delete from t where ctid = (select max(ctid) from t where a = 5);

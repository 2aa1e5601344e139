-- infinity and -infinity survive in timestamp, timestamptz and date.
-- phases: init, live
-- caught-by: lossy:null-for-special finds row public.t
create table t (id int primary key, ts timestamp, tz timestamptz, d date);
insert into t values
    (1, 'infinity', 'infinity', 'infinity'),
    (2, '-infinity', '-infinity', '-infinity'),
    (3, null, null, null);
insert into t select id + 10, '2000-01-01', '2000-01-01 00:00+00', '2000-01-01' from t;
insert into t select id + 20, ts, tz, d from t where id < 10;

create table keyed (tz timestamptz primary key, note text);
insert into keyed values ('infinity', 'a'), ('-infinity', 'b'), ('2000-01-01 00:00+00', 'c');
-- @premise
select array_agg((ts, tz, d)::text order by id)
    = array['(infinity,infinity,infinity)', '(-infinity,-infinity,-infinity)', '(,,)'] from t where id < 10;
-- @live
insert into t select id + 30, ts, tz, d from t where id < 10;
update t set ts = s.ts, tz = s.tz, d = s.d from t s where s.id < 10 and t.id = s.id + 10;
delete from t where id between 21 and 29;
update keyed set note = 'changed' where tz = 'infinity';
delete from keyed where tz = '-infinity';
update keyed set tz = '-infinity' where note = 'c';

-- timestamptz values are the same instants though the databases have different time zones.
-- phases: init, live
-- caught-by: lossy:shifted-timezone finds row public.t
do $$ begin
    execute format('alter database %I set timezone = %L', current_database(), 'Asia/Kathmandu');  -- +05:45
end $$;
create table t (id int primary key, tz timestamptz, r tstzrange);
insert into t values
    (1, '2024-07-01 12:00:00+00', '[2024-07-01 00:00+00,2024-07-02 00:00+00)'),
    -- New York's clock shows 01:30 twice in that night: without the offset these two are one.
    (2, '2024-11-03 01:30:00-04', '[2024-11-03 01:30-04,2024-11-03 01:30-05)'),
    (3, '2024-11-03 01:30:00-05', 'empty'),
    (4, '1800-01-01 00:00:00.000001+00', '(,)'),        -- local mean time: an offset with seconds
    (5, '2024-03-10 02:30:00+00', null);                -- an hour that New York's clock skipped
insert into t select id + 10, '2000-01-01 00:00+00', null from t;
insert into t select id + 20, tz, r from t where id < 10;
-- @premise
select 'TimeZone=Asia/Kathmandu' = any (setconfig) from pg_db_role_setting
    where setdatabase = (select oid from pg_database where datname = current_database()) and setrole = 0;
select b.tz - a.tz = interval '1 hour' from t a, t b where a.id = 2 and b.id = 3;
-- @target
-- The target's own setting; a faithful copy takes over the source's.
do $$ begin
    execute format('alter database %I set timezone = %L', current_database(), 'America/New_York');
end $$;
-- @live
insert into t select id + 30, tz, r from t where id < 10;
update t set tz = s.tz, r = s.r from t s where s.id < 10 and t.id = s.id + 10;
delete from t where id between 21 and 29;

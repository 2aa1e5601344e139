-- Intervals keep months, days and microseconds apart, at their extremes and at infinity.
-- phases: init, live
-- requires: server.17
-- caught-by: lossy:justified-interval finds row public.t
-- PostgreSQL 17 was the first with infinite intervals.
create table t (id int primary key, v interval);
insert into t values
    (1, 'infinity'),
    (2, '-infinity'),
    (3, '-178000000 years -11 mons -2147483648 days'),
    (4, '178000000 years 2147483647 days 2562047788:00:54.775807'),     -- 2^63 - 1 microseconds
    -- Below zero the text has one sign, before the hours: pg8000 1.31.6 takes minutes and seconds as positive.
    (5, '1 mon -1 day -00:30:00.000001'),
    -- The same length to "=", three different values.
    (6, '1 mon'),
    (7, '30 days'),
    (8, '720:00:00'),
    (9, '-1 day +23:59:59.999999');
-- Updated to each value while following; "=" takes this for 30 days.
insert into t select id + 10, '29 days 24:00:00' from t;
insert into t select id + 20, v from t where id < 10;   -- deleted while following
-- @premise
select not isfinite(a.v) and not isfinite(b.v) and a.v > b.v from t a, t b where a.id = 1 and b.id = 2;
select (extract(year from v), extract(month from v), extract(day from v))::text
    = '(-178000000,-11,-2147483648)' from t where id = 3;
select count(distinct v) = 1 and count(distinct v::text) = 3 from t where id in (6, 7, 8);
select extract(epoch from v) = (30 - 1) * 86400 - 1800.000001 from t where id = 5;
-- @live
insert into t select id + 30, v from t where id < 10;
update t set v = s.v from t s where s.id < 10 and t.id = s.id + 10;
delete from t where id between 21 and 29;

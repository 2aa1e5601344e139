-- Timestamps and dates before Christ and at the ends of their ranges keep year, era and microsecond.
-- phases: init, live
-- caught-by: lossy:ad-for-bc finds row public.t
create table t (id int primary key, ts timestamp, tz timestamptz, d date);
insert into t values
    (1, '4713-01-01 00:00:00 BC', '4713-01-01 00:00:00+00 BC', '4714-11-24 BC'),   -- the first date
    (2, '4714-11-24 00:00:00 BC', '4714-11-24 00:00:00+00 BC', '4713-01-01 BC'),
    (3, '0001-12-31 23:59:59.999999 BC', '0001-12-31 23:59:59.999999+00 BC', '0001-12-31 BC'),
    (4, '0001-01-01 00:00:00', '0001-01-01 00:00:00+00', '0001-01-01'),            -- a microsecond later
    (5, '294276-12-31 23:59:59.999999', '294276-12-31 23:59:59.999999+00', '5874897-12-31'),
    (6, '10000-01-01 00:00:00', '10000-01-01 00:00:00+00', '10000-01-01');         -- five digits
insert into t select id + 10, '2000-01-01', '2000-01-01 00:00+00', '2000-01-01' from t;
insert into t select id + 20, ts, tz, d from t where id < 10;
-- @premise
select to_char(ts, 'YYYY BC') = '4713 BC' and to_char(d, 'YYYY-MM-DD BC') = '4714-11-24 BC' from t where id = 1;
select to_char(ts, 'YYYY BC') = '0001 BC' and to_char(d, 'YYYY BC') = '0001 BC' from t where id = 3;
select extract(year from ts) = 294276 and extract(microseconds from tz) = 59999999
    and extract(year from d) = 5874897 from t where id = 5;
-- @live
insert into t select id + 30, ts, tz, d from t where id < 10;
update t set ts = s.ts, tz = s.tz, d = s.d from t s where s.id < 10 and t.id = s.id + 10;
delete from t where id between 21 and 29;

-- All six range types keep emptiness, missing bounds and which bounds are included.
-- phases: init, live
-- caught-by: lossy:range-bounds-lost finds row public.t
create table t (id int primary key, i4 int4range, i8 int8range, n numrange, ts tsrange, tz tstzrange, d daterange);
insert into t values
    (1, 'empty', 'empty', 'empty', 'empty', 'empty', 'empty'),
    (2, '(,)', '(,)', '(,)', '(,)', '(,)', '(,)'),
    (3, '[1,5)', '[1,9223372036854775807)', '[1.0,5.00)', '[2024-01-01,2024-01-02)',
        '[2024-01-01 00:00+00,2024-01-02 00:00+00)', '[2024-01-01,2024-01-02)'),
    (4, '(1,5]', '(1,5]', '(1.0,5.00]', '(2024-01-01,2024-01-02]',
        '(2024-01-01 00:00+00,2024-01-02 00:00+00]', '(2024-01-01,2024-01-02]'),
    (5, '[1,5]', '[-9223372036854775808,5]', '[1.0,1.0]', '[2024-01-01,2024-01-01]',
        '[2024-01-01 00:00+00,2024-01-01 00:00+00]', '[2024-01-01,2024-01-01]'),
    (6, '(1,5)', '(1,5)', '(1,5)', '(2024-01-01,2024-01-02)',
        '(2024-01-01 00:00+00,2024-01-02 00:00+00)', '(2024-01-01,2024-01-03)'),
    (7, '(,5)', '[5,)', '(,5]', '[2024-01-01,)', '(,2024-01-01 00:00+00)', '[2024-01-01,)'),
    -- A bound at infinity is not a missing bound.
    (8, null, null, '[-Infinity,Infinity]', '[-infinity,infinity]', '[-infinity,infinity]', '[-infinity,infinity]'),
    (9, null, null, '[NaN,NaN]', null, null, null);
insert into t select id + 10, '[7,8)', '[7,8)', '[7,8)', '[2000-01-01,2000-01-02)',
    '[2000-01-01 00:00+00,2000-01-02 00:00+00)', '[2000-01-01,2000-01-02)' from t;
insert into t select id + 20, i4, i8, n, ts, tz, d from t where id < 10;
-- @premise
select isempty(i4) and isempty(i8) and isempty(n) and isempty(ts) and isempty(tz) and isempty(d) from t where id = 1;
select lower_inf(n) and upper_inf(n) and not lower_inc(n) from t where id = 2;
select not lower_inc(n) and upper_inc(n) and n::text = '(1.0,5.00]' and i4::text = '[2,6)' from t where id = 4;
select not lower_inf(ts) and lower(ts) = '-infinity' and not lower_inf(d) from t where id = 8;
-- @live
insert into t select id + 30, i4, i8, n, ts, tz, d from t where id < 10;
update t set i4 = s.i4, i8 = s.i8, n = s.n, ts = s.ts, tz = s.tz, d = s.d from t s where s.id < 10 and t.id = s.id + 10;
delete from t where id between 21 and 29;

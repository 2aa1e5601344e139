-- jsonb keeps every digit of its numbers, its key order and a depth of a thousand.
-- phases: init, live
-- caught-by: lossy:reserialised-jsonb finds row public.t
create table t (id int primary key, v jsonb);
insert into t values
    (1, '1e400'),                                       -- beyond the range of a double
    (2, '-12345678901234567890123456789e-50'),
    (3, '[1.0, 1, 1.00, -0, -0.0, 0.10]'),              -- "=" cannot tell 1.0 from 1
    (4, '[9007199254740993, 18446744073709551616]'),    -- a double holds neither
    (5, (repeat('[', 1000) || '1' || repeat(']', 1000))::jsonb),
    (6, (repeat('{"k":', 1000) || 'null' || repeat('}', 1000))::jsonb),
    (7, '{"bb": 1, "ccc": 2, "a": 3, "é": 4, "": 5}'),  -- sorted by length in bytes, then by byte
    (8, '{"x": 1, "x": 2}'),
    (9, '"\u00e9\n\t\"\\ ''x''"');
insert into t select id + 10, '[1, 1, 1, 0, 0, 0.1]' from t;    -- equal to row 3 for "="
insert into t select id + 20, v from t where id < 10;
-- @premise
select v::text = '1' || repeat('0', 400) from t where id = 1;
select a.v = b.v and a.v::text <> b.v::text from t a, t b where a.id = 3 and b.id = 13;
select length(v::text) = 2001 from t where id = 5;
select array(select jsonb_object_keys(v)) = '{"",a,bb,é,ccc}' from t where id = 7;
-- @live
insert into t select id + 30, v from t where id < 10;
update t set v = s.v from t s where s.id < 10 and t.id = s.id + 10;
delete from t where id between 21 and 29;

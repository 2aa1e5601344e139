-- The smallest and largest integers of every width survive to the last digit.
-- phases: init, live
-- caught-by: lossy:narrowed-integers finds row public.t
create table t (id int primary key, s smallint, i int, b bigint);
insert into t values
    (1, -32768, -2147483648, -9223372036854775808),
    (2, 32767, 2147483647, 9223372036854775807),
    (3, 0, 0, 0),
    (4, -1, -1, -1),
    (5, null, null, 9007199254740993);      -- 2^53 + 1: the first integer that a double cannot hold
insert into t select id + 10, 7, 7, 7 from t;                   -- updated to each value while following
insert into t select id + 20, s, i, b from t where id < 10;     -- deleted while following

-- These keys are one and the same number to whoever reads them as doubles.
create table keyed (id bigint primary key, note text);
insert into keyed values
    (9223372036854775807, 'largest'),
    (9223372036854775806, 'largest but one'),
    (-9223372036854775808, 'smallest'),
    (-9223372036854775807, 'smallest but one');
-- @premise
select (min(s), max(s), min(i), max(i), min(b), max(b))::text
    = '(-32768,32767,-2147483648,2147483647,-9223372036854775808,9223372036854775807)' from t;
select count(*) = 4 and count(distinct id::float8) = 2 from keyed;
-- @live
insert into t select id + 30, s, i, b from t where id < 10;
update t set s = v.s, i = v.i, b = v.b from t v where v.id < 10 and t.id = v.id + 10;
delete from t where id between 21 and 29;
update keyed set note = note || ', updated' where id in (9223372036854775806, -9223372036854775808);
delete from keyed where id = 9223372036854775807;
insert into keyed values (9223372036854775805, 'largest but two');

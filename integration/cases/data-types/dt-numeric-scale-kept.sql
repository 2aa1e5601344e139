-- numeric keeps its trailing zeros, 16383 decimals and 131072 integer digits.
-- phases: init, live
-- caught-by: lossy:trimmed-numeric finds row public.t
create table t (id int primary key, v numeric);
insert into t values
    (1, 1.0),
    (2, 1.00),
    (3, 0.000),
    (4, 100),
    (5, 1e-16383),                                  -- the smallest: 16383 decimals
    (6, repeat('9', 131072)::numeric),              -- the longest integer part
    (7, (repeat('12345678', 16384) || '.' || repeat('87654321', 2047))::numeric);
insert into t select id + 10, 1 from t;     -- 1.0 and 1.00 equal it: only the text tells the update
insert into t select id + 20, v from t where id < 10;
-- @premise
select array_agg(v::text order by id) = '{1.0,1.00,0.000,100}' from t where id <= 4;
select v::text = '0.' || repeat('0', 16382) || '1' from t where id = 5;
select length(v::text) = 131072 from t where id = 6;
-- @live
insert into t select id + 30, v from t where id < 10;
update t set v = s.v from t s where s.id < 10 and t.id = s.id + 10;
delete from t where id between 21 and 29;

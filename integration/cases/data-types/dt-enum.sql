-- Enum labels with blanks, quotes and 63 bytes arrive, in an order that is not that of their creation.
-- phases: init, live
-- caught-by: lossy:enum-order-lost finds type public.mood
create type mood as enum ('two words', 'it''s "quoted"', 'Zeta', 'zeta', '');
alter type mood add value 'first' before 'two words';
alter type mood add value 'between, with comma' after 'it''s "quoted"';
alter type mood add value 'label-of-63-bytes-with-a-letter-of-several-bytes-at-the-tail-é' before 'Zeta';
create table t (id int primary key, m mood default 'zeta', list mood[]);
create table by_mood (m mood primary key, n int);
insert into t select row_number() over (order by m), m, array[m, null, m] from unnest(enum_range(null::mood)) m;
insert into t select id + 10, 'zeta', '{}' from t;              -- updated to each label while following
insert into t select id + 20, m, list from t where id < 10;     -- deleted while following
insert into by_mood select m, 0 from unnest(enum_range(null::mood)) m;
-- @premise
-- In the order of the type, labels made later stand before earlier ones.
select array_agg(oid order by enumsortorder) <> array_agg(oid order by oid) from pg_enum where enumtypid = 'mood'::regtype;
select max(octet_length(enumlabel)) = 63 and count(*) = 8 from pg_enum where enumtypid = 'mood'::regtype;
select m = 'first' from t where id = 1;
-- @live
insert into t select id + 30, m, list from t where id < 10;
update t set m = s.m, list = s.list from t s where s.id < 10 and t.id = s.id + 10;
delete from t where id between 21 and 29;
update by_mood set n = 1 where m in ('first', 'it''s "quoted"', '');
delete from by_mood where m = 'two words';

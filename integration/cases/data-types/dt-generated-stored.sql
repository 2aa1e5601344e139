-- Stored generated columns have the source's values and expressions, also where they come from a NULL.
-- phases: init, live
-- caught-by: lossy:generated-not-computed finds row public.t
create table t (
    id int primary key,
    a int,
    twice int generated always as (a * 2) stored,
    b text,
    label text generated always as (coalesce(b, 'none') || ' ' || a) stored,   -- NULL where a is
    n numeric generated always as (a / 3.0) stored
);
insert into t (id, a, b) values (1, 5, 'x'), (2, null, 'y'), (3, 7, null), (4, null, null), (5, -2147483648 / 2, '');
insert into t (id, a, b) values (11, 1, 'plain'), (12, null, null), (21, 9, 'z');
-- The generated column stands between ordinary ones; a dropped one shifts their numbers.
create table shifted (id int primary key, gone int, g int generated always as (id + 1) stored, v text);
alter table shifted drop gone;
insert into shifted (id, v) values (1, 'a'), (2, null);
-- @premise
select array_agg(attname order by attnum) = '{twice,label,n}' from pg_attribute
    where attrelid = 't'::regclass and attgenerated = 's';
select twice = 10 and label = 'x 5' from t where id = 1;
select twice is null and label is null and n is null from t where id = 2;
select label = 'none 7' from t where id = 3;
-- @live
insert into t (id, a, b) values (31, 5, 'x'), (32, null, 'y'), (33, 7, null);
update t set a = null where id = 11;
update t set a = 4, b = 'now' where id = 12;
delete from t where id = 21;
insert into shifted (id, v) values (3, 'c');
update shifted set v = 'b' where id = 2;
delete from shifted where id = 1;

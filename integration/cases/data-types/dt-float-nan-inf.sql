-- NaN and the infinities survive in float columns and work as primary keys.
-- phases: init, live
-- caught-by: lossy:null-for-special finds row public.t
create table t (id int primary key, f4 float4, f8 float8);
insert into t values
    (1, 'NaN', 'NaN'),
    (2, 'Infinity', 'Infinity'),
    (3, '-Infinity', '-Infinity'),
    (4, null, null);
insert into t select id + 10, 0, 0 from t;                      -- updated to each value while following
insert into t select id + 20, f4, f8 from t where id < 10;      -- deleted while following

create table keyed4 (k float4 primary key, note text);
insert into keyed4 values ('NaN', 'a'), ('Infinity', 'b'), ('-Infinity', 'c'), (1, 'd');
create table keyed8 (k float8 primary key, note text);
insert into keyed8 values ('NaN', 'a'), ('Infinity', 'b'), ('-Infinity', 'c'), (1, 'd');
-- @premise
select string_agg(f4::text || ' ' || f8::text, ', ' order by id)
    = 'NaN NaN, Infinity Infinity, -Infinity -Infinity' from t where id < 10;
select count(*) = 3 from keyed8 where k in ('NaN', 'Infinity', '-Infinity');
-- @live
insert into t select id + 30, f4, f8 from t where id < 10;
update t set f4 = s.f4, f8 = s.f8 from t s where s.id < 10 and t.id = s.id + 10;
delete from t where id between 21 and 29;
update keyed4 set note = 'changed' where k in ('NaN', 'Infinity');
delete from keyed4 where k = '-Infinity';
update keyed8 set note = 'changed' where k in ('Infinity', '-Infinity');
delete from keyed8 where k = 'NaN';
update keyed8 set k = 'NaN' where k = 1;

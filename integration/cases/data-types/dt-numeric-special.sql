-- NaN, Infinity and -Infinity in numeric arrive as what they are, not as NULL.
-- phases: init, live
-- caught-by: lossy:null-for-special finds row public.t
create table t (id int primary key, v numeric, two numeric(12,2));
insert into t values
    (1, 'NaN', 'NaN'),              -- with a precision NaN is allowed, infinity is not
    (2, 'Infinity', 0),
    (3, '-Infinity', 0),
    (4, null, null);
insert into t select id + 10, 0, 0 from t;                      -- updated to each value while following
insert into t select id + 20, v, two from t where id < 10;      -- deleted while following

create table keyed (v numeric primary key, note text);
insert into keyed values ('NaN', 'a'), ('Infinity', 'b'), ('-Infinity', 'c'), (0, 'd');
-- @premise
select string_agg(v::text, ' ' order by id) = 'NaN Infinity -Infinity' from t where id < 10;
select two = 'NaN' from t where id = 1;
select v is null from t where id = 4;
-- @live
insert into t select id + 30, v, two from t where id < 10;
update t set v = s.v, two = s.two from t s where s.id < 10 and t.id = s.id + 10;
delete from t where id between 21 and 29;
update keyed set note = 'changed' where v in ('NaN', 'Infinity');
delete from keyed where v = '-Infinity';
update keyed set v = '-Infinity' where v = 0;

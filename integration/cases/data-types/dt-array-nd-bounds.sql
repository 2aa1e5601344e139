-- Arrays keep dimensions, lower bounds, and NULL apart from the text 'NULL'.
-- phases: init, live
-- caught-by: lossy:array-bounds-lost finds row public.t
create table t (id int primary key, n int[], s text[]);
insert into t values
    (1, '[0:1][2:3]={{1,2},{3,NULL}}', '[2:3]={NULL,"NULL"}'),
    (2, '{}', '{}'),
    (3, null, '{""}'),
    (4, '{NULL}', e'{"a,b","c\\"d","e\\\\f","{g}"," h "}'),
    (5, '[-1:0]={1,2}', '{{{a,b},{c,d}},{{e,f},{g,h}}}'),
    (6, '[5:5]={NULL}', e'{"line\nbreak","null","NULL",NULL}');
insert into t select id + 10, '{1}', '{x}' from t;              -- updated to each value while following
insert into t select id + 20, n, s from t where id < 10;        -- deleted while following
-- @premise
select array_dims(n) = '[0:1][2:3]' and n[1][3] is null and s[2] is null and s[3] = 'NULL' from t where id = 1;
select n = '{}' and s = '{}' from t where id = 2;
select n is null and cardinality(s) = 1 and s[1] = '' from t where id = 3;
select s[1] = 'a,b' and s[2] = 'c"d' from t where id = 4;
-- @live
insert into t select id + 30, n, s from t where id < 10;
update t set n = v.n, s = v.s from t v where v.id < 10 and t.id = v.id + 10;
delete from t where id between 21 and 29;

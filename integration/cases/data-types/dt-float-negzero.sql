-- Minus zero keeps its sign in float4, float8, arrays and points.
-- phases: init, live
-- caught-by: lossy:unsigned-zero finds row public.t
create table t (id int primary key, f4 float4, f8 float8, a float8[], p point);
insert into t values
    (1, '-0', '-0', '{-0,0}', '(-0,-0)'),
    (2, 0, 0, '{0,-0}', '(0,-0)'),
    -- Updated while following; "=" calls old and new equal, so a comparison by value skips them.
    (11, 0, 0, '{0,0}', '(0,0)'),
    (12, '-0', '-0', '{-0,-0}', '(-0,-0)'),
    (21, '-0', '-0', '{-0}', '(-0,0)');
-- @premise
select (f4, f8, a, p)::text = '(-0,-0,"{-0,0}","(-0,-0)")' from t where id = 1;
select a.f8 = b.f8 and a.f8::text <> b.f8::text from t a, t b where a.id = 1 and b.id = 2;
-- @live
insert into t values (31, '-0', '-0', '{-0,0}', '(-0,-0)'), (32, 0, 0, '{0,-0}', '(0,-0)');
update t set f4 = '-0', f8 = '-0', a = '{-0,0}', p = '(-0,-0)' where id = 11;
update t set f4 = 0, f8 = 0, a = '{0,-0}', p = '(0,-0)' where id = 12;
delete from t where id = 21;

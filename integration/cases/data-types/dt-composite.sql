-- Nested composites keep NULL fields, quoted text, and a NULL part apart from a part of NULLs.
-- phases: init, live
-- caught-by: lossy:composite-field-lost finds row public.t
create type place as (street text, number int);
create type person as (name text, home place, others place[]);
create table t (id int primary key, p person);
insert into t values
    (1, row('Ann', row('Main "Street", 1(a)', 5), array[row('x', null), row(null, 7)]::place[])),
    (2, row(null, null, null)),
    (3, row(null, row(null, null), '{}')),      -- home "is null" as in row 2, but is not the same
    (4, null),
    (5, row('', row('', 0), array[null, row('', null)]::place[])),
    (6, row(e'back\\slash, ''quote''\nline', row(' blank ', -1), array[array[row('a,b', 1)], array[row('{c}', 2)]]::place[]));
insert into t select id + 10, row('plain', row('plain', 1), '{}')::person from t;
insert into t select id + 20, p from t where id < 10;
-- @premise
select (p).home is null and (p).name is null and p is not distinct from row(null, null, null)::person from t where id = 2;
select (p).home is null and p::text = '(,"(,)",{})' from t where id = 3;
select p is null and p::text is null from t where id = 4;
select (p).others[1].street = 'x' and (p).others[1].number is null from t where id = 1;
-- @live
insert into t select id + 30, p from t where id < 10;
update t set p = s.p from t s where s.id < 10 and t.id = s.id + 10;
delete from t where id between 21 and 29;
update t set p.home.number = 99 where id = 1;

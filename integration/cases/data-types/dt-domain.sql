-- A domain over a domain keeps NOT NULL, CHECKs, default, collation, and the values older than a check.
-- phases: init, live
-- caught-by: lossy:domain-check-lost finds constraint public.word.no_blanks
create domain word as text collate "C" default 'none' check (value <> '');
create domain code as word not null check (length(value) <= 8);
create domain amount as numeric(12,2) default 0.00 constraint amount_is_small check (value < 1000000);
create table t (id int primary key, w word, c code, a amount, list code[]);
insert into t (id, w, c, a, list) values
    (1, 'a', 'b', 1.50, '{x,y}'),
    (2, null, 'c', -1.00, null),
    (3, 'contains spaces', 'too long', 999999.99, '{}'),
    (11, 'plain', 'plain', 1, '{}'), (12, 'plain', 'plain', 1, '{}'), (21, 'z', 'z', 2, '{z}');
insert into t (id, c) values (4, 'default');
insert into t values (22, 'contains spaces', 'z', 2, '{}');
-- Rows 3 and 22 break this check and were there before it: never validated, they are legal data.
alter domain word add constraint no_blanks check (value !~ ' ') not valid;
-- @premise
select not convalidated from pg_constraint where conname = 'no_blanks';
select count(*) = 2 from t where w ~ ' ';
select w::text = 'none' and a = 0 from t where id = 4;
-- @live
insert into t values (31, 'a', 'b', 1.50, '{x,y}'), (32, null, 'c', -1.00, null);
insert into t (id, c) values (34, 'default');
update t set w = null, c = 'changed', a = 999999.99, list = '{p}' where id = 11;
update t set w = 'w', a = default where id = 12;
delete from t where id in (21, 22);

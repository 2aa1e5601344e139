-- Names that differ only in case or in a trailing blank are different tables, columns and schemas.
-- phases: init, live
-- caught-by: lossy:twins-merged finds table public."T1"
create table t1 (id int primary key, v text);
create table "T1" (id int primary key, v text);
create table "t1 " (id int primary key, v text);
create schema s;
create schema "S";
create table s.t1 (id int primary key, v text);
create table "S".t1 (id int primary key, v text);
create table columns (id int primary key, a text, "A" text, "a " text, "Id" int);
create index "T1_v" on "T1" (v);
create index t1_v on t1 (v);
insert into t1 values (1, 'lower'), (2, 'lower'), (3, 'lower');
insert into "T1" values (1, 'upper'), (2, 'upper');
insert into "t1 " values (1, 'blank');
insert into s.t1 values (1, 'lower schema'), (2, 'lower schema');
insert into "S".t1 values (1, 'upper schema');
insert into columns values (1, 'a', 'A', 'a ', 10), (2, 'b', 'B', 'b ', 20);
-- @premise
select count(*) = 3 and count(distinct lower(rtrim(relname::text))) = 1 from pg_class
    where relkind = 'r' and relnamespace = 'public'::regnamespace and relname ~* '^t1 ?$';
-- @live
insert into t1 values (4, 'lower, live');
insert into "T1" values (4, 'upper, live'), (5, 'upper, live');
insert into "t1 " values (4, 'blank, live');
update t1 set v = 'lower, changed' where id = 1;
update "T1" set v = 'upper, changed' where id = 1;
update "t1 " set v = 'blank, changed' where id = 1;
delete from "T1" where id = 2;
update s.t1 set v = v || ', changed';
insert into "S".t1 values (2, 'upper schema, live');
update columns set "A" = a, a = "A", "a " = null where id = 1;
delete from columns where id = 2;

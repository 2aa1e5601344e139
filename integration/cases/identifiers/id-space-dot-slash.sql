-- Blanks, dots, slashes and dashes in names are parts of names; "a.b" is never split.
-- phases: init, live
-- caught-by: lossy:split-names finds table public."a b"
create table "a b" ("the id" int primary key, "the value" text);
create table "a/b" ("id/x" int primary key, "v/x" text);
create table "a-b" ("id-x" int primary key, "v-x" text);
create table "a.b" ("id.x" int primary key, "v.x" text);
create schema "a.b";
create table "a.b"."c.d" ("e.f" int primary key, "g.h" text);
-- What remains of some of these names when they are joined by dots and split again.
create schema a;
create table a.b (id int primary key, v text);
create table a."b.c" (id int primary key, v text);
create table "a.b".c (id int primary key, v text);
create table a."b.c.d" (id int primary key, v text);
create index "an index.with/all-of them" on "a b" ("the value");
create sequence "a.b"."a sequence" owned by "a.b"."c.d"."e.f";
insert into "a b" values (1, 'blank'), (2, 'blank');
insert into "a/b" values (1, 'slash'), (2, 'slash');
insert into "a-b" values (1, 'dash'), (2, 'dash');
insert into "a.b" values (1, 'dot'), (2, 'dot');
insert into "a.b"."c.d" values (1, '"a.b"."c.d"'), (2, '"a.b"."c.d"');
insert into a.b values (1, 'a.b'), (2, 'a.b');
insert into a."b.c" values (1, 'a."b.c"'), (2, 'a."b.c"');
insert into "a.b".c values (1, '"a.b".c'), (2, '"a.b".c');
insert into a."b.c.d" values (1, 'a."b.c.d"'), (2, 'a."b.c.d"');
-- @premise
select count(*) = 2 from pg_class join pg_namespace n on n.oid = relnamespace
    where relkind = 'r' and nspname || '.' || relname = 'a.b.c';
-- @live
insert into "a b" values (3, 'blank, live');
update "a b" set "the value" = 'changed' where "the id" = 1;
delete from "a b" where "the id" = 2;
update "a/b" set "v/x" = 'changed' where "id/x" = 1;
delete from "a/b" where "id/x" = 2;
update "a-b" set "v-x" = 'changed' where "id-x" = 1;
delete from "a-b" where "id-x" = 2;
update "a.b" set "v.x" = 'changed' where "id.x" = 1;
delete from "a.b" where "id.x" = 2;
insert into "a.b"."c.d" values (3, '"a.b"."c.d", live');
update "a.b"."c.d" set "g.h" = 'changed' where "e.f" = 1;
delete from "a.b"."c.d" where "e.f" = 2;
update a.b set v = 'changed, a.b' where id = 1;
update a."b.c" set v = 'changed, a."b.c"' where id = 1;
delete from "a.b".c where id = 1;
insert into a."b.c.d" values (3, 'a."b.c.d", live');

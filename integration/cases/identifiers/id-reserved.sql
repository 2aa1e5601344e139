-- Tables and columns named by reserved words are copied and followed.
-- phases: init, live
-- caught-by: lossy:reserved-names-renamed finds table public.user
create table "user" ("end" int primary key, "group" text, "default" text default 'none');
create table "order" ("group" int, "end" int, "primary" text, primary key ("group", "end"));
create table "select" ("from" int primary key, "where" text check ("where" <> ''));
create table "table" (
    "column" int primary key references "user" ("end"),
    "null" text,
    "check" int unique,
    "user" text,            -- unquoted, these two are functions
    "current_date" date,
    constraint "constraint" check ("check" is null or "check" > 0)
);
create index "index" on "select" ("where") where "where" is not null;
create view "view" as select "end" as "all", "group" as "distinct" from "user";
create schema "grant";
create table "grant"."with" ("limit" int primary key, "offset" int, "true" boolean);
insert into "user" values (1, 'admins', default), (2, 'guests', null), (3, null, 'x');
insert into "order" values (1, 1, 'a'), (1, 2, 'b'), (2, 1, null);
insert into "select" values (1, 'x'), (2, null);
insert into "table" values (1, null, 1, 'somebody', '2024-01-01'), (2, 'NULL', null, null, null);
insert into "grant"."with" values (1, 2, true), (2, null, false);
-- @premise
select count(*) = 5 from pg_get_keywords() where catcode = 'R' and word in ('user', 'order', 'select', 'table', 'end');
select "user" = 'somebody' and "user" <> user::text from "table" where "column" = 1;
-- @live
insert into "user" values (4, 'live', 'live');
update "user" set "group" = 'changed', "default" = "group" where "end" = 1;
delete from "user" where "end" = 3;
insert into "order" values (3, 1, 'live');
update "order" set "primary" = 'changed', "end" = 9 where "group" = 1 and "end" = 2;
delete from "order" where "group" = 2;
update "select" set "where" = 'changed' where "from" = 2;
delete from "select" where "from" = 1;
insert into "table" values (4, 'null', 4, 'live', '2024-12-31');
update "table" set "null" = null, "user" = 'changed' where "column" = 2;
update "grant"."with" set "offset" = "limit", "true" = not "true";

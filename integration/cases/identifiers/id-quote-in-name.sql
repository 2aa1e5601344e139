-- Quotes in names stay in the names: nothing is cut off and nothing is injected.
-- phases: init, live
-- caught-by: lossy:quotes-lost finds table public."it's"
create table canary (id int primary key, v text);
create table "a""b" ("c""d" int primary key, "e'f" text);
create table "it's" (id int primary key, "it's" text default 'it''s');
create table "x';--" (id int primary key, "y"");--" text);
create table "x'; drop table canary; --" (id int primary key, v text);
create table "x""; drop table canary; --" (id int primary key, "v""; drop table canary; --" text);
create table "$$" (id int primary key, "$1" text);
create table """quoted""" (id int primary key, "'quoted'" text);
create schema "s""; drop table public.canary; --'";
create table "s""; drop table public.canary; --'"."t""'" (id int primary key, v text);
create type "mood's ""type""" as enum ('it''s', '"quoted"');
alter table "it's" add mood "mood's ""type""" default '"quoted"', add constraint "it's ""checked""" check (id > 0);
create index "index's ""name""" on "it's" ("it's") where "it's" <> 'it''s';
create sequence "sequence's ""name""";
alter table "it's" add n bigint default nextval('"sequence''s ""name"""');
insert into canary values (1, 'alive'), (2, 'alive');
insert into "a""b" values (1, 'x'), (2, 'x');
insert into "it's" (id, "it's", mood) values (1, 'x', 'it''s'), (2, default, default);
insert into "x';--" values (1, 'x'), (2, 'x');
insert into "x'; drop table canary; --" values (1, 'x'), (2, 'x');
insert into "x""; drop table canary; --" values (1, 'x'), (2, 'x');
insert into "$$" values (1, 'x'), (2, 'x');
insert into """quoted""" values (1, 'x'), (2, 'x');
insert into "s""; drop table public.canary; --'"."t""'" values (1, 'x'), (2, 'x');
-- @premise
select count(*) = 9 from pg_class where relkind = 'r' and relname ~ '[''"$;]'
    or relkind = 'r' and relname = 'canary';
-- @live
insert into "a""b" values (3, 'live');
update "a""b" set "e'f" = 'changed' where "c""d" = 1;
delete from "a""b" where "c""d" = 2;
insert into "it's" (id) values (3);
update "it's" set "it's" = 'it''s changed', mood = '"quoted"' where id = 1;
delete from "it's" where id = 2;
update "x';--" set "y"");--" = 'changed' where id = 1;
delete from "x';--" where id = 2;
update "x'; drop table canary; --" set v = 'changed' where id = 1;
delete from "x'; drop table canary; --" where id = 2;
update "x""; drop table canary; --" set "v""; drop table canary; --" = 'changed' where id = 1;
delete from "x""; drop table canary; --" where id = 2;
update "$$" set "$1" = 'changed' where id = 1;
update """quoted""" set "'quoted'" = 'changed' where id = 1;
insert into "s""; drop table public.canary; --'"."t""'" values (3, 'live');
update canary set v = 'still alive' where id = 1;

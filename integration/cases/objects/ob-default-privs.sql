-- Default privileges arrive, and add nothing to objects that were made before them.
-- phases: init
-- requires: roles
-- caught-by: lossy:default-privs-lost finds default-acl *
create role assay_owner nologin;
create role assay_reader nologin;
create schema app authorization assay_owner;
create schema other authorization assay_owner;

-- Older than the defaults: restored after them it would gain their grants.
set role assay_owner;
create table app.before (id int primary key);
create function app.before_function() returns int language sql as 'select 1';
reset role;
create table app.mine_before (id int primary key);

alter default privileges for role assay_owner grant select on tables to assay_reader;
alter default privileges for role assay_owner revoke execute on functions from public;
alter default privileges for role assay_owner revoke usage on types from public;
alter default privileges for role assay_owner grant usage on schemas to assay_reader;
alter default privileges for role assay_owner in schema app grant insert on tables to public;
alter default privileges for role assay_owner in schema app
    grant usage on sequences to assay_reader with grant option;
alter default privileges for role assay_owner in schema app grant execute on functions to assay_reader;
alter default privileges in schema app grant update on tables to assay_reader;
alter default privileges for role assay_reader revoke all on tables from assay_reader;

set role assay_owner;
create table app.after (id serial primary key);
create table other.after (id int primary key);
create function app.after_function() returns int language sql as 'select 2';
create type app.after_type as enum ('a');
-- Taken back by hand afterwards: the table has less than its defaults.
create table app.stripped (id int primary key);
revoke all on app.stripped from assay_reader, public;
reset role;
create table app.mine_after (id int primary key);
-- @premise
select count(*) = 9 and count(*) filter (where defaclnamespace = 0) = 5
   and count(distinct defaclrole) = 3 from pg_default_acl;
select relacl is null from pg_class where oid = 'app.before'::regclass;
select proacl is null from pg_proc where oid = 'app.before_function'::regproc;
select has_table_privilege('assay_reader', 'app.after', 'select')
   and has_table_privilege('assay_reader', 'app.after', 'insert')
   and has_table_privilege('assay_reader', 'other.after', 'select')
   and not has_table_privilege('assay_reader', 'other.after', 'insert');
select not has_table_privilege('assay_reader', 'app.stripped', 'select');
select has_table_privilege('assay_reader', 'app.mine_after', 'update')
   and not has_table_privilege('assay_reader', 'app.mine_before', 'update');

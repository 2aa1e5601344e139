-- Privileges on every class of object keep their grantee, grant option and grantor.
-- phases: init
-- requires: roles
-- caught-by: lossy:privilege-lost finds acl app.orders
create role assay_owner nologin;
create role assay_lead nologin;
create role assay_writer nologin;
create role assay_reader nologin;

create schema app authorization assay_owner;
create table app.orders (id int primary key, total numeric, card text);
create table app.locked (id int primary key);
create view app.totals as select sum(total) from app.orders;
create sequence app.ticket;
create function app.price(int) returns int language sql as 'select $1 * 2';
create procedure app.archive() language sql as 'delete from app.orders where false';
create type app.mood as enum ('calm', 'cross');
create domain app.percent as int check (value between 0 and 100);
-- A language of this database, with a handler of its own: plpgsql belongs to an extension.
create function app.speech_handler() returns language_handler language c as '$libdir/plpgsql', 'plpgsql_call_handler';
create trusted language speech handler app.speech_handler;
create foreign data wrapper plain_wrapper;
create server elsewhere foreign data wrapper plain_wrapper;
create foreign table app.remote (id int) server elsewhere;
select lo_create(424210);

alter table app.orders owner to assay_owner;
alter table app.locked owner to assay_owner;
alter view app.totals owner to assay_owner;
alter sequence app.ticket owner to assay_owner;
alter function app.price(int) owner to assay_owner;
alter type app.mood owner to assay_owner;

-- A chain: each grantor holds only what the one before gave on.
grant usage on schema app to assay_lead with grant option;
set role assay_owner;
grant select, insert on app.orders to assay_lead with grant option;
set role assay_lead;
grant usage on schema app to assay_writer, assay_reader;
grant select on app.orders to assay_writer with grant option;
grant insert on app.orders to assay_writer;
set role assay_writer;
grant select on app.orders to assay_reader;
reset role;

grant create on schema app to assay_lead;
grant update (total), references (id) on app.orders to assay_writer;
grant select (id, total) on app.orders to assay_reader with grant option;
grant trigger, truncate on app.orders to assay_writer;
revoke all on app.locked from assay_owner;                -- an owner without any: an empty list is not the default
grant select on app.totals to public;
grant usage on sequence app.ticket to assay_writer with grant option;
grant select, update on sequence app.ticket to assay_reader;
revoke execute on function app.price(int) from public;
grant execute on function app.price(int) to assay_writer with grant option;
revoke execute on procedure app.archive() from public;
revoke usage on type app.mood from public;
grant usage on type app.mood to assay_writer;
revoke usage on domain app.percent from public;
revoke usage on language speech from public;
grant usage on language speech to assay_lead with grant option;
grant usage on foreign data wrapper plain_wrapper to assay_lead with grant option;
grant usage on foreign server elsewhere to assay_writer;
grant select on app.remote to assay_reader;
grant select on large object 424210 to assay_reader;
grant select, update on large object 424210 to assay_lead with grant option;
grant usage on schema public to assay_reader;
revoke usage on schema public from public;
-- These belong to the cluster, not to the database.
grant set on parameter log_min_duration_statement to assay_reader;
grant set, alter system on parameter log_min_duration_statement to assay_lead with grant option;
-- @premise
select bool_or(grantor::regrole::text = 'assay_owner' and grantee::regrole::text = 'assay_lead' and is_grantable)
   and bool_or(grantor::regrole::text = 'assay_lead' and grantee::regrole::text = 'assay_writer' and is_grantable)
   and bool_or(grantor::regrole::text = 'assay_writer' and grantee::regrole::text = 'assay_reader'
               and not is_grantable)
  from pg_class, aclexplode(relacl) where oid = 'app.orders'::regclass and privilege_type = 'SELECT';
select count(*) = 2 from pg_attribute where attrelid = 'app.orders'::regclass and attacl is not null;
select cardinality(relacl) = 0 from pg_class where oid = 'app.locked'::regclass;
select count(*) = 2 and bool_and(not has_function_privilege('public', oid, 'execute'))
  from pg_proc where pronamespace = 'app'::regnamespace and proname in ('price', 'archive');
select bool_and(grantee <> 0) from pg_type, aclexplode(typacl) where typname in ('mood', 'percent');
select (select lanacl from pg_language where lanname = 'speech') is not null
   and (select fdwacl from pg_foreign_data_wrapper) is not null
   and (select srvacl from pg_foreign_server) is not null
   and (select lomacl from pg_largeobject_metadata where oid = 424210) is not null;
select count(*) = 3 from pg_parameter_acl, aclexplode(paracl)
 where parname = 'log_min_duration_statement' and grantee::regrole::text in ('assay_reader', 'assay_lead');

-- A SECURITY DEFINER function of a low-privilege owner does not become a superuser's on the target.
-- phases: init
-- requires: roles
-- caught-by: lossy:owner-lost finds owner vault.whoami()
create role assay_alice nologin;
create role assay_bob nologin;
create schema vault authorization assay_alice;
create table vault.secret (id int primary key, body text);
alter table vault.secret owner to assay_alice;
insert into vault.secret values (1, 'plan');

-- The search_path is pinned, as it should be for every such function, and is part of the definition.
create function vault.whoami() returns name language sql security definer
    set search_path = pg_catalog, pg_temp as 'select current_user';
create function vault.read_secret(wanted int) returns text language sql security definer
    set search_path = vault, pg_temp as 'select body from secret where id = wanted';
create procedure vault.forget(wanted int) language sql security definer
    set search_path = vault, pg_temp as 'delete from secret where id = wanted';
create function vault.as_caller() returns name language sql security invoker as 'select current_user';
alter function vault.whoami() owner to assay_alice;
alter function vault.read_secret(int) owner to assay_alice;
alter procedure vault.forget(int) owner to assay_alice;
alter function vault.as_caller() owner to assay_alice;
revoke execute on function vault.read_secret(int) from public;
grant execute on function vault.read_secret(int) to assay_bob;
grant usage on schema vault to assay_bob;
-- @premise
select not rolsuper and not rolbypassrls from pg_roles where rolname = 'assay_alice';
select count(*) = 4 and count(*) filter (where prosecdef) = 3 and bool_and(proowner::regrole = 'assay_alice'::regrole)
  from pg_proc where pronamespace = 'vault'::regnamespace;
select vault.whoami() = 'assay_alice' and vault.as_caller() = current_user;
-- @holds
select vault.whoami() = 'assay_alice';
select vault.as_caller() = current_user;
select vault.read_secret(1) = 'plan';
select has_function_privilege('assay_bob', 'vault.read_secret(int)', 'execute')
   and not has_table_privilege('assay_bob', 'vault.secret', 'select');

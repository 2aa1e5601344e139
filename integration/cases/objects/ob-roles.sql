-- Roles keep their attributes, limits, passwords, memberships with options and grantor, and settings.
-- phases: init
-- requires: roles
-- caught-by: lossy:membership-lost finds role-membership assay_*
create role assay_admin login superuser createdb createrole replication bypassrls;
create role assay_app login password 'app-secret' connection limit 3;
create role assay_batch login password 'it''s "hard"' noinherit connection limit 0;
create role assay_late login password 'late' valid until '2031-12-31 23:59:59.25+02';
create role assay_ever login valid until 'infinity';
create role assay_gone login password 'gone' valid until '1999-01-01 00:00:00+00';
create role assay_locked login password null;
create role assay_team nologin;
create role assay_lead nologin createrole;
create role assay_member nologin;
create role assay_guest nologin;
-- A verifier rather than a password: carried as it is, or nobody can log in.
create role assay_kept login password 'SCRAM-SHA-256$4096:MDEyMzQ1Njc4OWFiY2RlZg=='
    '$x5wNyJbg0lI8fvO0KEzWpYtAG1mAkuGgJMT54X4X7ks=:uvtbHkKSNKDdLZFyENkpJdEHOjHZpyE+y0PjWJbmpvo=';
comment on role assay_app is 'what the service logs in as';

grant assay_team to assay_lead with admin true, inherit true, set true;
grant assay_team to assay_app with admin false, inherit false, set true;
grant assay_team to assay_batch with admin false, inherit true, set false;
grant assay_team to assay_guest with admin false, inherit false, set false;
-- The grantor is not who made the role, and one member has the role from two grantors.
grant assay_team to assay_member with inherit false granted by assay_lead;
grant assay_team to assay_member with inherit true;
grant pg_read_all_data to assay_batch;
grant assay_member to assay_guest;

alter role assay_app set search_path = "My Schema", app, public;
alter role assay_app set statement_timeout = '1min';
alter role assay_app set "assay.tenant" = 'it''s';
alter role assay_batch set default_transaction_read_only = on;
do $$
begin
    execute format('alter role assay_app in database %I set work_mem = ''7MB''', current_database());
    execute format('alter role assay_app in database %I set search_path = tenant', current_database());
    execute format('alter role assay_team in database %I set datestyle = ''SQL, DMY''', current_database());
end $$;
create table owned (id int primary key);
alter table owned owner to assay_team;
-- @premise
select rolsuper and rolcreatedb and rolcreaterole and rolreplication and rolbypassrls
  from pg_roles where rolname = 'assay_admin';
select rolconnlimit = 3 from pg_roles where rolname = 'assay_app';
select rolconnlimit = 0 and not rolinherit from pg_roles where rolname = 'assay_batch';
select rolvaliduntil = '2031-12-31 21:59:59.25+00' from pg_roles where rolname = 'assay_late';
select rolvaliduntil = 'infinity' from pg_roles where rolname = 'assay_ever';
select count(*) = 5 and bool_and(rolpassword like 'SCRAM-SHA-256$%')
  from pg_authid where rolname in ('assay_app', 'assay_batch', 'assay_late', 'assay_gone', 'assay_kept');
select rolpassword like '%$x5wNyJbg0lI8%' from pg_authid where rolname = 'assay_kept';
select count(*) = 6 and count(distinct (admin_option, inherit_option, set_option)) = 5
  from pg_auth_members where roleid = 'assay_team'::regrole;
select count(distinct grantor) = 2 from pg_auth_members
 where roleid = 'assay_team'::regrole and member = 'assay_member'::regrole;
select count(*) = 4 and count(*) filter (where setdatabase <> 0) = 2
  from pg_db_role_setting where setrole in ('assay_app'::regrole, 'assay_batch'::regrole, 'assay_team'::regrole);

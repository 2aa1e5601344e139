-- Roles that sort after the superuser both sides have in common arrive like those before it.
-- phases: init
-- requires: roles, server.owned
-- roles: alice, mid, zed
-- caught-by: lossy:role-lost finds role zed

-- A restore of the roles may stop at CREATE ROLE postgres: alice and mid are there then, zed is not.
create role alice login password 'alice-secret';
create role mid nologin;
create role zed login password 'zed-secret';
grant mid to zed with admin option;
alter role zed set statement_timeout = '5s';

create table letter (id int primary key, reader text not null, body text);
alter table letter owner to alice;
alter table letter enable row level security;
create policy own_letters on letter for select to zed using (reader = current_user);
create policy all_letters on letter for delete to mid using (true);
grant select on letter to zed;
insert into letter values (1, 'zed', 'to zed'), (2, 'alice', 'to alice');
-- @premise
select rolname = 'postgres' from pg_roles where oid = 10;
select array_agg(rolname::text order by rolname collate "C") = '{alice,mid,postgres,zed}'
  from pg_roles where rolname in ('alice', 'mid', 'postgres', 'zed');
-- @holds
select array_agg(rolname::text order by rolname collate "C") = '{alice,mid,postgres,zed}'
  from pg_roles where rolname in ('alice', 'mid', 'postgres', 'zed');
-- @after as zed password zed-secret
select 1 / (count(*) = 1 and min(reader) = 'zed')::int from letter;

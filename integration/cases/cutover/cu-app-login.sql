-- After the cut-over the application logs in with its own password and does its work under its own rights.
-- phases: init, live, cutover
-- requires: live, roles
-- caught-by: lossy:password-lost finds role assay_*
create role assay_app login password 'app-secret';
create role assay_clerks nologin;
create role assay_vault nologin;
grant assay_clerks to assay_app;
alter role assay_app set search_path = shop;            -- the application's SQL names no schema

create schema shop;
create table shop.orders (
    id int generated always as identity primary key, tenant name not null default current_user,
    total numeric, paid bool);
create table shop.payroll (id int primary key, amount numeric);
create sequence shop.invoice;
create function shop.payroll_total() returns numeric language sql security definer
    set search_path = shop, pg_temp as 'select sum(amount) from payroll';
alter table shop.payroll owner to assay_vault;
grant usage on schema shop to assay_clerks, assay_vault;
alter function shop.payroll_total() owner to assay_vault;
alter table shop.orders enable row level security;
create policy own_rows on shop.orders to assay_clerks
    using (tenant = current_user) with check (tenant = current_user);
grant select, insert on shop.orders to assay_clerks;
grant update (paid) on shop.orders to assay_app;
grant usage on sequence shop.invoice to assay_app;
revoke execute on function shop.payroll_total() from public;
grant execute on function shop.payroll_total() to assay_app;
insert into shop.orders (tenant, total, paid)
    values ('assay_app', 10, false), ('assay_app', 20, false), ('someone', 99, false);
insert into shop.payroll values (1, 1000), (2, 2000);
-- @premise
select rolpassword like 'SCRAM-SHA-256$%' and not rolsuper and not rolbypassrls
  from pg_authid where rolname = 'assay_app';
select relrowsecurity from pg_class where oid = 'shop.orders'::regclass;
select count(*) = 2 and (select count(*) from shop.orders) = 3 from shop.orders where tenant = 'assay_app';
-- @live as assay_app password app-secret
insert into orders (total, paid) values (30, false);
update orders set paid = true where total = 10;
select nextval('invoice');
-- @after as assay_app password app-secret
do $$
begin
    assert session_user = 'assay_app' and current_setting('search_path') = 'shop';
    assert (select count(*) from orders) = 3, 'row level security shows the application its own rows';
    assert (select count(*) from orders where paid) = 1;
    assert payroll_total() = 3000, 'the function runs with the rights of its owner';
end $$;
insert into orders (total, paid) values (40, false);
update orders set paid = true where total = 20;
select nextval('invoice');
do $$
begin
    perform amount from payroll;
    raise exception 'the application reads the payroll';
exception when insufficient_privilege then
    null;
end $$;
do $$
begin
    update orders set total = 0;
    raise exception 'the application changes totals';
exception when insufficient_privilege then
    null;
end $$;
do $$
begin
    insert into orders (tenant, total) values ('someone', 1);
    raise exception 'the application writes another tenant''s rows';
exception when insufficient_privilege then
    null;
end $$;

-- An ordinary trigger fires once, on the source: neither the load nor the stream fires it again.
-- phases: init, live
-- caught-by: lossy:trigger-doubled finds multiplicity public.audit
create table orders (id int primary key, total numeric(10, 2) not null, version int not null default 1);
create table audit (what text, order_id int);          -- no key: a trigger fired twice doubles its rows

create function note_change() returns trigger language plpgsql as $$
begin
    insert into public.audit values (lower(tg_op), coalesce(new.id, old.id));
    return null;
end $$;
create function next_version() returns trigger language plpgsql as $$
begin
    new.version := new.version + 1;                     -- a BEFORE trigger fired again changes the row itself
    return new;
end $$;
create trigger orders_audit after insert or update or delete on orders
    for each row execute function note_change();
create trigger orders_version before insert or update on orders
    for each row execute function next_version();

insert into orders (id, total) select i, i * 9.99 from generate_series(1, 5) i;
-- @premise
select count(*) = 5 and bool_and(what = 'insert') from audit;
select bool_and(version = 2) from orders;
select count(*) = 2 and bool_and(tgenabled = 'O') from pg_trigger where tgrelid = 'orders'::regclass;
-- @live
insert into orders (id, total) values (6, 1.50), (7, 2.50);
update orders set total = total + 1 where id <= 3;
delete from orders where id = 5;

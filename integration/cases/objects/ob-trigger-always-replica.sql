-- ENABLE ALWAYS and ENABLE REPLICA triggers do not write their audit rows a second time while following.
-- phases: init, live
-- requires: live
-- caught-by: lossy:trigger-doubled finds multiplicity public.audit
create table orders (id int primary key, total numeric(10, 2) not null);
create table audit (trigger_name text, order_id int);  -- replicated as well: its rows arrive by themselves

create function note_change() returns trigger language plpgsql as $$
begin
    insert into public.audit values (tg_name, new.id);
    return null;
end $$;
create trigger note_always after insert or update on orders for each row execute function note_change();
create trigger note_replica after insert or update on orders for each row execute function note_change();
alter table orders enable always trigger note_always;
alter table orders enable replica trigger note_replica;

insert into orders values (1, 10), (2, 20);
-- The replica trigger's own rows on the source: written by a session in replica mode.
set session_replication_role = replica;
insert into orders values (3, 30);
reset session_replication_role;
-- @premise
select array_agg(tgenabled::text order by tgname) = '{A,R}' from pg_trigger where tgrelid = 'orders'::regclass;
select count(*) filter (where trigger_name = 'note_always') = 3
   and count(*) filter (where trigger_name = 'note_replica') = 1 from audit;
-- @live
insert into orders values (4, 40), (5, 50);
update orders set total = total + 1 where id = 1;
-- @live single
set local session_replication_role = replica;
insert into orders values (6, 60);
-- @holds
select count(*) filter (where trigger_name = 'note_always') = 7
   and count(*) filter (where trigger_name = 'note_replica') = 2 from audit;

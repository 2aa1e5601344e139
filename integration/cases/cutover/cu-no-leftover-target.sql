-- After the cut-over nothing of the tool is left on the target, and every trigger is as on the source.
-- phases: init, live, cutover
-- requires: live
-- caught-by: lossy:subscription-left finds subscription *
create table orders (id int primary key, note text, seen int not null default 0);
create table bag (note text);
create table entry (orders_id int references orders, note text);
-- They only mark the row, and do so once: fired by the load or the stream as well, they change nothing.
create function mark() returns trigger language plpgsql as $$
begin
    new.seen := 1;
    return new;
end $$;
create trigger t_origin before insert or update on orders for each row execute function mark();
create trigger t_always before insert or update on orders for each row execute function mark();
create trigger t_replica before insert or update on orders for each row execute function mark();
create trigger t_disabled before insert or update on orders for each row execute function mark();
alter table orders enable always trigger t_always;
alter table orders enable replica trigger t_replica;
alter table orders disable trigger t_disabled;

insert into orders select i, 'order ' || i from generate_series(1, 20) i;
insert into bag values ('a'), ('b'), ('b');
insert into entry select i, 'entry' from generate_series(1, 20) i;
-- @premise
select array_agg(tgenabled::text order by tgname) = '{A,D,O,R}' from pg_trigger
 where tgrelid = 'orders'::regclass and not tgisinternal;
select not exists (select from pg_index where indrelid in ('bag'::regclass, 'entry'::regclass));
select count(*) = 1 from pg_constraint where contype = 'f' and conrelid = 'entry'::regclass;
-- @live
insert into orders values (21, 'order 21');
update orders set note = 'changed' where id <= 5;
insert into bag values ('c');
update bag set note = 'changed' where note = 'a';
delete from entry where orders_id = 1;
-- @after
-- The foreign key is enforced again: its triggers are internal, and as easily left disabled.
do $$
begin
    insert into entry values (999, 'an orphan');
    raise exception 'the foreign key lets an orphan in';
exception when foreign_key_violation then
    null;
end $$;

-- After the cut-over no sequence gives out a value that the source has used.
-- phases: init, live, cutover
-- requires: live
-- caught-by: lossy:sequences-left-behind finds sequence-state public.s_plain_1
create table used (name text, value bigint, primary key (name, value));
do $$
declare
    kinds constant text[] := array[
        'plain', '', 'step', 'increment 7', 'down', 'increment -3', 'cache', 'cache 20',
        'limit', 'as smallint maxvalue 100', 'cycle', 'minvalue 5 maxvalue 30 cycle',
        'told', 'as integer minvalue -5000 start -5000', 'idle', 'start 77'];
begin
    for n in 1 .. 5 loop
        for k in 1 .. cardinality(kinds) by 2 loop
            execute format('create sequence %I %s', 's_' || kinds[k] || '_' || n, kinds[k + 1]);
        end loop;
        execute format('create table %I (id int generated always as identity primary key, note text)',
            'ticket_' || n);
        execute format('create table %I (id bigserial primary key, note text)', 'legacy_' || n);
    end loop;
end $$;

-- Draws from each sequence that may not repeat itself, and keeps what it got under a unique key.
create procedure draw(times int) language plpgsql as $$
declare
    name text;
begin
    for name in select relname from pg_class where relkind = 'S' and relname !~ '^s_(limit|cycle|idle)' loop
        insert into public.used select name, nextval('public.' || quote_ident(name)) from generate_series(1, times);
    end loop;
end $$;
-- Draws without a trace in any table.
create procedure storm(times int) language plpgsql as $$
declare
    name text;
begin
    for name in select relname from pg_class where relkind = 'S' and relname !~ '^s_(limit|idle)' loop
        perform nextval('public.' || quote_ident(name)) from generate_series(1, times);
    end loop;
end $$;
call draw(3);
-- @premise
select count(*) = 50 from pg_sequence;
select count(distinct name) = 35 and count(*) = 105 from used;
select count(*) = 20 from pg_sequence
 where seqcycle or seqincrement < 0 or seqcache > 1 or seqtypid = 'smallint'::regtype;
-- @live
call storm(1000);
select setval('s_told_' || n, 100000, false) from generate_series(1, 5) n;
select nextval('s_limit_' || n) from generate_series(1, 5) n, generate_series(1, 100);
call draw(20);
insert into ticket_1 (note) select 'live' from generate_series(1, 10);
insert into legacy_1 (note) select 'live' from generate_series(1, 10);
-- The last that happens: values used up by a transaction that leaves nothing behind.
do $$
begin
    call storm(2000);
    insert into ticket_2 (note) values ('rolled back');
    raise exception 'undo';
exception when raise_exception then
    null;
end $$;
select setval('s_told_5', 500000, false);
-- @holds
select bool_and(last_value = 77 and not is_called) from (table s_idle_1 union all table s_idle_5) s;
select last_value = 100 and is_called from s_limit_3;
-- @after
call draw(5);                                           -- a value used before violates the key of `used`
insert into ticket_1 (note) values ('first after the cut-over');
insert into ticket_2 (note) values ('first after the cut-over');
insert into legacy_1 (note) values ('first after the cut-over');

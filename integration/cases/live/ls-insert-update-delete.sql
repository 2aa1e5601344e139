-- Ten thousand random inserts, updates and deletes on five tables leave the same rows on both sides.
-- phases: init, live
-- requires: live
-- caught-by: lossy:updates-ignored finds row public.pair
create table plain (k int primary key, n int, note text);
create table pair (k int, part char(1) not null, n int, note text, primary key (part, k));
create table word (k text primary key, n int, note text);
create table picked (k numeric(8, 2) not null, n int, note text);
create unique index picked_k on picked (k);
alter table picked replica identity using index picked_k;
create table bag (k int, n int, note text);             -- no key: equal rows occur, one of several is deleted
alter table bag replica identity full;
create table tally (seed float8 primary key, inserts int, updates int, deletes int);

-- One call is one transaction. Only what hit a row counts, so the tally says what really happened.
create procedure churn(seed float8, operations int) language plpgsql as $$
declare
    names constant text[] := '{plain,pair,word,picked,bag}';
    done int[] := '{0,0,0}';
    name text; key int; kind int; hit int;
    chosen constant text := ' where ctid = (select ctid from public.%1$I where k::text = %2$L::text order by n limit 1)';
begin
    perform setseed(seed);
    while done[1] + done[2] + done[3] < operations loop
        name := names[1 + floor(random() * 5)];
        key := floor(random() * 300);
        kind := 1 + floor(random() * 3);
        if kind = 1 then
            execute format('insert into public.%I (k, %s n, note) values (%L, %s %s, %L) on conflict do nothing',
                name, case name when 'pair' then 'part,' end, key,
                case name when 'pair' then quote_literal(chr(97 + key % 3)) || ',' end,
                floor(random() * 9), nullif(repeat('x', (random() * 4)::int), ''));
        elsif kind = 2 then
            execute format('update public.%1$I set n = %3$s, note = %4$L' || chosen,
                name, case name when 'picked' then key || '.00' else key::text end,
                floor(random() * 1000), 'note ' || floor(random() * 1000));
        else
            execute format('delete from public.%1$I' || chosen,
                name, case name when 'picked' then key || '.00' else key::text end);
        end if;
        get diagnostics hit = row_count;
        done[kind] := done[kind] + hit;
    end loop;
    insert into public.tally values (seed, done[1], done[2], done[3]);
end $$;

-- The stream starts on tables that already hold rows.
call churn(0.5, 1500);
-- @premise
select inserts + updates + deletes = 1500 and least(inserts, updates, deletes) > 200 from tally;
select least((select count(*) from plain), (select count(*) from pair), (select count(*) from word),
             (select count(*) from picked), (select count(*) from bag)) > 20;
select count(*) = 0 from pg_index where indrelid = 'bag'::regclass;
-- @live
call churn(0.1, 1000);
call churn(0.2, 1000);
call churn(0.3, 1000);
call churn(0.4, 1000);
call churn(-0.1, 1);
call churn(-0.2, 2999);
call churn(-0.3, 1000);
call churn(-0.4, 1000);
call churn(-0.5, 500);
call churn(-0.6, 500);
-- @holds
select sum(inserts + updates + deletes) = 10000
   and sum(inserts) > 2000 and sum(updates) > 2000 and sum(deletes) > 2000 from tally where seed <> 0.5;

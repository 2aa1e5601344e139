-- What the snapshot loaded is not copied again when the stream starts: each row is there once.
-- phases: init, live
-- requires: live
-- caught-by: lossy:copied-again finds multiplicity public.bag
create table keyed (id int primary key, note text);
create table bag (note text);
insert into keyed select i, 'loaded' from generate_series(1, 200) i;
insert into bag values ('a'), ('b'), ('b');
-- @premise
select (select count(*) from keyed) = 200 and (select count(*) from bag) = 3;
select not exists (select from pg_index where indrelid = 'bag'::regclass);
-- @live
insert into keyed values (201, 'live');
update keyed set note = 'changed' where id = 1;
delete from keyed where id = 200;
insert into bag values ('c');
-- @holds
select count(*) = 200 and count(*) filter (where note = 'loaded') = 198 from keyed;
select array_agg(note order by note) = '{a,b,b,c}' from bag;

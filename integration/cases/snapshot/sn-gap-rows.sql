-- Changes made between the end of the snapshot and the start of the stream are not lost.
-- phases: init, live
-- requires: gap, live
-- caught-by: lossy:gap-row-lost finds row public.t
create table t (id int primary key, note text);
create table journal (note text);                      -- without a key: a change applied twice doubles its row
insert into t values (1, 'snapshot'), (10, 'old'), (11, 'old');
insert into journal values ('snapshot');
-- @premise
select array_agg(id order by id) = '{1,10,11}' from t;
select not exists (select from pg_index where indrelid = 'journal'::regclass);
-- @gap
insert into t values (2, 'gap');
update t set note = 'gap' where id = 10;
delete from t where id = 11;
insert into journal values ('gap');
-- @live
insert into t values (3, 'live');
update t set note = note || ', live' where id in (2, 10);
insert into journal values ('live');
-- @holds
select array_agg(id order by id) = '{1,2,3,10}' from t;
select array_agg(note order by note) = '{gap,live,snapshot}' from journal;
select note = 'gap, live' from t where id = 10;

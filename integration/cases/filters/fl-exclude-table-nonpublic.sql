-- An excluded table outside the schema public stays away, in the snapshot and in the stream.
-- phases: init, live
-- requires: filter.tables
-- filter: exclude-tables={db}.private.log
-- caught-by: lossy:excluded-table-copied finds table private.log
create schema private;
create table private.log (id int primary key, note text);
create table private.kept (id int primary key, note text);
create table public.log (id int primary key, note text);      -- only the schema tells it from the excluded one
create table private.log_archive (id int primary key, note text);
insert into private.log values (1, 'secret');
insert into private.kept values (1, 'kept');
insert into public.log values (1, 'public');
insert into private.log_archive values (1, 'archived');
-- @premise
select count(*) = 4 from pg_class where relkind = 'r' and relname in ('log', 'kept', 'log_archive');
select count(*) = 1 from private.log;
-- @live
insert into private.log values (2, 'secret');
insert into private.kept values (2, 'kept');
insert into public.log values (2, 'public');
insert into private.log_archive values (2, 'archived');
update private.log set note = 'still secret' where id = 1;
truncate private.log;
insert into private.kept values (3, 'after the truncate');
-- @holds
select to_regclass('private.log') is null;
select to_regclass('private.log_archive') is not null;

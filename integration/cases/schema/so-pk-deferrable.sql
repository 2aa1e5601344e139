-- A DEFERRABLE primary key lets the source update and delete while being followed, and all arrives.
-- phases: init, live
-- requires: live
-- caught-by: lossy:updates-ignored finds row public.t
-- Such a key cannot be a replica identity: a published table without another one refuses both.
create table t (id int primary key deferrable, v text);
create table deferred (id int primary key deferrable initially deferred, v text);
insert into t select k, 'row ' || k from generate_series(1, 6) k;
insert into deferred select k, 'row ' || k from generate_series(1, 6) k;
-- @premise
select count(*) = 2 and bool_and(condeferrable) from pg_constraint
    where contype = 'p' and conrelid in ('t'::regclass, 'deferred'::regclass);
select count(*) = 2 and bool_and(relreplident = 'd') from pg_class where relname in ('t', 'deferred');
select count(*) = 2 and not bool_or(indimmediate) from pg_index where indrelid in ('t'::regclass, 'deferred'::regclass);
-- @live
insert into t values (7, 'live');
update t set v = 'changed' where id = 1;
update t set id = 20 where id = 2;
delete from t where id = 3;
insert into deferred values (7, 'live');
update deferred set v = 'changed' where id = 1;
delete from deferred where id = 3;
-- @live single
-- What deferring is for: the key is broken in between.
insert into deferred values (4, 'second of its kind');
delete from deferred where v = 'row 4';

-- An UPDATE of the primary key moves the row: the old key is gone and the new one is there.
-- phases: init, live
-- requires: live
-- caught-by: lossy:update-as-insert finds row public.t
create table t (id int primary key, note text);
create table child (
    t_id int references t on update cascade deferrable, line int, note text, primary key (t_id, line));
create table chain (id int primary key, note text);
insert into t select i, 'row ' || i from generate_series(1, 10) i;
insert into child select i, line, 'child' from generate_series(1, 10) i, generate_series(1, 2) line;
insert into chain select i, 'chain ' || i from generate_series(1, 10) i;
-- @premise
select array_agg(attname::text) = '{id}'
  from pg_index join pg_attribute on attrelid = indrelid and attnum = any (indkey)
 where indrelid = 't'::regclass and indisprimary;
select relreplident = 'd' from pg_class where oid = 't'::regclass;
select min(id) = 1 and max(id) = 10 from t;
-- @live
update t set id = id + 10;                              -- the children follow by the foreign key's cascade
-- @live single
-- The same row twice, an old key taken again, and two rows that change places, in one transaction.
update chain set id = 101 where id = 1;
update chain set id = 102, note = 'moved twice' where id = 101;
insert into chain values (1, 'new under the old key');
update chain set id = -2 where id = 2;
update chain set id = 2 where id = 3;
update chain set id = 3 where id = -2;
update chain set id = 104 where id = 4;
delete from chain where id = 104;
-- @holds
select array_agg(id order by id) = '{11,12,13,14,15,16,17,18,19,20}' from t;
select count(*) = 20 and min(t_id) = 11 from child;
select array_agg(id order by id) = '{1,2,3,5,6,7,8,9,10,102}' from chain;
select note = 'chain 3' from chain where id = 2;

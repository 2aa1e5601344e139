-- NULL, the empty text, a blank, 'NULL' and '\N' are five different values.
-- phases: init, live
-- caught-by: lossy:empty-for-null finds row public.t
create table t (id int primary key, v text);
insert into t values (1, null), (2, ''), (3, ' '), (4, 'NULL'), (5, '\N');
-- Each is updated to the next one while following: 11 from NULL to '', 12 from '' to ' ', ...
insert into t select id + 10, v from t;
insert into t select id + 20, v from t where id < 10;
-- @premise
select count(*) = 5 and count(v) = 4 and count(distinct v) = 4 from t where id < 10;
select octet_length(v) = 2 and v = chr(92) || 'N' from t where id = 5;
-- @live
insert into t select id + 30, v from t where id < 10;
update t set v = s.v from t s where s.id = (t.id - 10) % 5 + 1 and t.id between 11 and 19;
delete from t where id between 21 and 29;

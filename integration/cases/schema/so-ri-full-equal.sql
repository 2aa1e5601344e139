-- Of rows that are equal by = and not the same exactly the one meant goes, or the tool refuses beforehand.
-- phases: init, live
-- requires: live
-- caught-by: lossy:equal-rows-mixed-up finds multiplicity public.amount
-- Without a key a subscriber takes the first row that is equal to the old one: 1.0 for 1.00.
-- @setup planted
create table amount (n numeric, note text);
create table span (i interval, note text);
create table document (j jsonb, note text);
create table angle (f float8, note text);
create table search (q tsquery, note text);
create table nested (a numeric[], r numrange, note text);
insert into amount values ('1.0', 'same'), ('1.00', 'same'), ('1.000', 'same');
insert into span values ('30 days', 'same'), ('1 mon', 'same'), ('720 hours', 'same');
insert into document values ('{"n": 1.0}', 'same'), ('{"n": 1.00}', 'same');
insert into angle values ('0', 'same'), ('-0', 'same');
insert into search values ('a & b', 'same'), ('a & b:*', 'same');
insert into nested values ('{1.0}', '[1.0,2)', 'same'), ('{1.00}', '[1.00,2)', 'same');
-- @premise
select count(*) = 1 from (select from amount group by n, note) s;
select count(*) = 1 from (select from span group by i, note) s;
select count(*) = 1 from (select from document group by j, note) s;
select count(*) = 1 from (select from angle group by f, note) s;
select count(*) = 1 from (select from search group by q, note) s;
select count(*) = 1 from (select from nested group by a, r, note) s;
select count(distinct n::text) = 3 from amount;
select not exists (select from pg_index where indrelid = 'amount'::regclass) and relreplident = 'd'
    from pg_class where oid = 'amount'::regclass;
-- @live
update amount set note = 'changed' where n::text = '1.00';
delete from amount where n::text = '1.000';
update span set note = 'changed' where i::text = '1 mon';
delete from span where i::text = '720:00:00';
update document set note = 'changed' where j::text like '%1.00}';
delete from angle where f::text = '-0';
delete from search where q::text like '%*';
update nested set note = 'changed' where a::text = '{1.00}';
-- @expect
-- FAITHFUL
-- REFUSED: equal
-- REFUSED: primary key
-- REFUSED: replica identity

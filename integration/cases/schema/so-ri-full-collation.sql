-- Of texts that only a nondeterministic collation calls equal the one meant goes, or the tool refuses.
-- phases: init, live
-- requires: live, server.icu
-- caught-by: lossy:equal-rows-mixed-up finds multiplicity public.word
create collation blind (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
create domain label as text collate blind;
-- @setup planted
create table word (w text collate blind, note text);
create table tagged (l label[], note text);
insert into word values ('Mine', 'same'), ('mine', 'same'), ('MINE', 'same');
insert into tagged values ('{Mine}', 'same'), ('{mine}', 'same');
-- @premise
select count(*) = 1 from (select from word group by w, note) s;
select count(*) = 1 from (select from tagged group by l, note) s;
select count(distinct w::bytea) = 3 from word;
-- @live
update word set note = 'changed' where w::bytea = 'mine';
delete from word where w::bytea = 'MINE';
delete from tagged where l::text collate "C" = '{mine}';
-- @expect
-- FAITHFUL
-- REFUSED: equal
-- REFUSED: primary key
-- REFUSED: replica identity

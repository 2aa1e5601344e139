-- Emoji, combining and right-to-left letters and invisible characters in names stay byte for byte.
-- phases: init, live
-- caught-by: lossy:ascii-names finds table public."caf*"
-- U&"..." wherever an editor could show or normalise a name as another one.
create table U&"caf\00e9" (id int primary key, U&"\00e9" text, U&"e\0301" text);    -- NFC: one é
create table U&"cafe\0301" (id int primary key, v text);                            -- NFD: e and an accent
create table "🐘" (id int primary key, "🔑" text);
create table U&"\+01F468\200D\+01F469\200D\+01F467" (id int primary key, v text);   -- a family: joined by U+200D
create table U&"\+01F468\+01F469\+01F467" (id int primary key, v text);             -- the same, not joined
create table U&"\05E9\05DC\05D5\05DD" (id int primary key, U&"\0633\0644\0627\0645" text);
create table U&"a\202Eb" (id int primary key, v text);                              -- right-to-left override
create table U&"a\200Bb" (id int primary key, v text);                              -- zero-width space
create table U&"a\00A0b" (id int primary key, v text);                              -- no-break space
create table U&"\0130I\0131i" (id int primary key, v text);                         -- the four Turkish i
create table "ﬁ" (id int primary key, v text);                                      -- NFKC makes it "fi"
create table fi (id int primary key, v text);
create table "表" (id int primary key, "列" text);
create schema U&"sch\00e9ma";
create schema U&"sche\0301ma";
create table U&"sch\00e9ma".t (id int primary key, v text);
create table U&"sche\0301ma".t (id int primary key, v text);
create type "☺" as enum (U&'\00e9', U&'e\0301', '🙂');
alter table "🐘" add mood "☺" default '🙂';
create index "🐘 index" on "🐘" ("🔑");
insert into U&"caf\00e9" values (1, 'nfc', 'nfd'), (2, 'nfc', 'nfd');
insert into U&"cafe\0301" values (1, 'nfd table'), (2, 'nfd table'), (3, 'nfd table');
insert into "🐘" values (1, 'a', U&'\00e9'), (2, 'b', U&'e\0301');
insert into U&"\+01F468\200D\+01F469\200D\+01F467" values (1, 'joined'), (2, 'joined');
insert into U&"\+01F468\+01F469\+01F467" values (1, 'not joined');
insert into U&"\05E9\05DC\05D5\05DD" values (1, 'right to left'), (2, 'right to left');
insert into U&"a\202Eb" values (1, 'override');
insert into U&"a\200Bb" values (1, 'zero width');
insert into U&"a\00A0b" values (1, 'no break');
insert into U&"\0130I\0131i" values (1, 'i');
insert into "ﬁ" values (1, 'ligature');
insert into fi values (1, 'two letters'), (2, 'two letters');
insert into "表" values (1, '値');
insert into U&"sch\00e9ma".t values (1, 'nfc schema');
insert into U&"sche\0301ma".t values (1, 'nfd schema'), (2, 'nfd schema');
-- @premise
select count(*) = 2 and count(distinct normalize(relname::text, nfc)) = 1 from pg_class
    where relkind = 'r' and relname like 'caf%';
select encode(convert_to(relname::text, 'UTF8'), 'hex') = '63616665cc81' from pg_class where oid = U&'"cafe\0301"'::regclass;
-- @live
insert into U&"caf\00e9" values (3, 'nfc, live', 'nfd, live');
update U&"caf\00e9" set U&"\00e9" = U&"e\0301", U&"e\0301" = null where id = 1;
update U&"cafe\0301" set v = 'changed' where id = 1;
delete from U&"cafe\0301" where id = 2;
insert into "🐘" values (3, 'live', U&'e\0301');
update "🐘" set "🔑" = '🔑', mood = U&'\00e9' where id = 2;
update U&"\+01F468\200D\+01F469\200D\+01F467" set v = 'joined, changed' where id = 1;
update U&"\+01F468\+01F469\+01F467" set v = 'not joined, changed' where id = 1;
update U&"\05E9\05DC\05D5\05DD" set U&"\0633\0644\0627\0645" = 'changed' where id = 1;
delete from U&"\05E9\05DC\05D5\05DD" where id = 2;
update U&"a\202Eb" set v = 'override, changed';
update U&"a\200Bb" set v = 'zero width, changed';
update U&"a\00A0b" set v = 'no break, changed';
update U&"\0130I\0131i" set v = 'i, changed';
update "ﬁ" set v = 'ligature, changed';
delete from fi where id = 1;
update "表" set "列" = '値、変更';
update U&"sch\00e9ma".t set v = 'nfc, changed';
delete from U&"sche\0301ma".t where id = 1;

-- After the cut-over the source's catalogs are what they were before the first command.
-- phases: init, live, cutover
-- requires: live
-- caught-by: lossy:replica-identity-left finds table public.bag
create table keyed (id int primary key, note text);
create table bag (note text);                           -- no key: the identity lent to it has to be taken back
create table nothing (id int primary key, note text);
alter table nothing replica identity nothing;
create table own_full (note text);
alter table own_full replica identity full;             -- the user's own: not to be taken back
create table own_index (id int not null unique, note text);
alter table own_index replica identity using index own_index_id_key;
create function keep() returns trigger language plpgsql as 'begin return new; end';
create trigger keyed_on before insert on keyed for each row execute function keep();
create trigger keyed_off before insert on keyed for each row execute function keep();
alter table keyed disable trigger keyed_off;
create publication own_publication for table keyed;     -- the user's own as well

insert into keyed values (1, 'a'), (2, 'b');
insert into bag values ('a'), ('b'), ('b');
insert into nothing values (1, 'a');
insert into own_full values ('a'), ('b');
insert into own_index values (1, 'a');
-- @premise
select array_agg(relreplident::text order by relname) = '{d,d,n,f,i}'
  from pg_class where relname in ('bag', 'keyed', 'nothing', 'own_full', 'own_index');
select array_agg(pubname::text) = '{own_publication}' from pg_publication;
select count(*) = 0 from pg_replication_slots where database = current_database();
-- @live
insert into keyed values (3, 'c');
insert into bag values ('c');
update bag set note = 'changed' where note = 'a';
insert into nothing values (2, 'b');
update own_full set note = 'changed' where note = 'b';
delete from own_index where id = 1;

-- Inherited tables keep their own rows, their parents' order, local columns and NO INHERIT checks.
-- phases: init, live
-- caught-by: lossy:child-rows-in-parent finds row public.capitals
create table cities (
    id int primary key,
    name text not null default 'unnamed',
    height int,
    constraint cities_height check (height > -500),
    constraint cities_low check (height < 9000) no inherit
);
create table tagged (tag text, n int default 1);
create table capitals (state text unique, primary key (id)) inherits (cities);
create table mountain_cities (      -- two parents; height is theirs and its own, with another default
    height int default 9500,
    slope numeric(5,2),
    primary key (id)
) inherits (cities, tagged);
create table ski_resorts (lifts int, primary key (id)) inherits (mountain_cities);
create table adopted (tag text, n int default 1, extra text, id int primary key);
alter table adopted inherit tagged;         -- joined later: its columns are its own as well
create index capitals_name on capitals (name);
insert into cities values (1, 'Ghent', 10), (2, 'Bruges', 2), (3, 'Ypres', 20);
insert into capitals values (1, 'Brussels', 13, 'BE'), (5, 'Paris', 35, 'FR');      -- 1 is in the parent too
insert into mountain_cities (id, name, tag, n, slope) values (1, 'Lhasa', 'high', 3, 10.50), (7, 'La Paz', null, 4, null);
insert into ski_resorts (id, name, height, tag, lifts) values (8, 'Davos', 1560, 'snow', 12), (9, default, null, null, null);
insert into tagged values ('parent''s own', 1), ('parent''s own', 1);
insert into adopted values ('child''s', 5, 'x', 1), ('child''s', 6, 'y', 2);
-- @premise
select (select count(*) from cities) = 9 and (select count(*) from only cities) = 3;
select (select count(*) from tagged) = 8 and (select count(*) from only tagged) = 2;
select count(*) = 5 from pg_inherits;
select array_agg(inhparent::regclass::text order by inhseqno) = '{cities,tagged}' from pg_inherits
    where inhrelid = 'mountain_cities'::regclass;
select count(*) = 1 from pg_constraint where conname = 'cities_low' and connoinherit;
-- @live
insert into cities values (11, 'Namur', 80);
insert into capitals values (11, 'Rome', 21, 'IT');
insert into mountain_cities (id, tag) values (12, 'live');
insert into ski_resorts (id, lifts) values (13, 1);
insert into tagged values ('live', 2);
insert into adopted values ('live', 7, 'z', 3);
update cities set height = height + 1;          -- the parent's and all the children's rows
update only cities set name = 'Ghent (parent)' where id = 1;
update capitals set state = 'B' where id = 1;
delete from only cities where id = 2;
delete from mountain_cities where id = 8;       -- the row is its child's
delete from adopted where id = 1;

-- Sequences keep their owning column, their schema and the defaults that use them.
-- phases: init
-- caught-by: lossy:ownership-lost finds sequence public.plain_id_seq
create schema counters;
create table plain (id serial primary key, small smallserial, big bigserial);
insert into plain default values;
insert into plain default values;

-- In another schema, owned by nobody, shared by two tables.
create sequence counters.shared start 50 increment 10;
create table left_side (id bigint primary key default nextval('counters.shared'), v text);
create table right_side (id bigint primary key default nextval('counters.shared'), v text);
insert into left_side (v) values ('a'), ('b');
insert into right_side (v) values ('c');

-- A serial column made in another schema: an owned sequence lives where its table does.
create table counters.t (id serial primary key);
insert into counters.t default values;

-- The owner was dropped after the sequence had passed to its successor.
create table moved (old_id serial, v text);
insert into moved (v) values ('a'), ('b'), ('c');
alter table moved add id int;
update moved set id = old_id;
alter table moved alter id set default nextval('moved_old_id_seq'), alter id set not null;
alter sequence moved_old_id_seq owned by moved.id;
alter table moved drop old_id, add primary key (id);
insert into moved (v) values ('d');

-- Owned by a column that does not use it; used, and owned by nobody; asked for once, never called.
create sequence owned_only owned by plain.small;
create sequence disowned;
create table disowning (id int primary key default nextval('disowned'), v text);
alter sequence disowned owned by none;
create sequence never_called start 7;
create sequence called_once;
select nextval('called_once');
-- @premise
select count(*) = 6 from pg_depend where classid = 'pg_class'::regclass and refclassid = 'pg_class'::regclass
    and deptype = 'a' and refobjsubid > 0 and objid in (select seqrelid from pg_sequence);
select pg_get_serial_sequence('moved', 'id') = 'public.moved_old_id_seq';
select count(*) = 2 from pg_attrdef where pg_get_expr(adbin, adrelid) like '%counters.shared%';
select (select (last_value, is_called)::text = '(7,f)' from never_called)
    and (select (last_value, is_called)::text = '(1,t)' from called_once);

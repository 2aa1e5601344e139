-- Names of 63 bytes are neither cut nor confused, on every kind of object.
-- phases: init, live
-- caught-by: lossy:truncated-names finds table schema_*.table_*_x1
-- Pairs ending in _x1 and _x2 differ in their last byte only; some end in a letter of several bytes.
create schema schema_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrst;
set search_path = schema_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrst;
create type type_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuv as enum (
    'label_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqr_x1',
    'label_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqr_x2');
create sequence sequence_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqr;
create table table_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqr_x1 (
    column_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopq_x1 int constraint key_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvw primary key,
    column_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopq_x2 text,
    "column_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqré" type_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuv,
    n bigint default nextval('sequence_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqr'),
    constraint check_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqr_x1 check (n > 0),
    constraint check_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqr_x2 check (n > -1)
);
create table table_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqr_x2 (
    column_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopq_x1 int primary key,         -- its key's name is made by the server, cut to 63 bytes
    column_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopq_x2 text,
    identity_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqr int generated always as identity,
    constraint foreign_key_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmno
        foreign key (column_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopq_x1) references table_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqr_x1
);
create table "table_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrsé" (id int primary key, v text);
create table "table_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopq🐘" (id int primary key, v text);
create index index_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqr_x1 on table_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqr_x1 (column_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopq_x2);
create index index_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqr_x2 on table_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqr_x1 (column_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopq_x2 desc);
create view view_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuv as select column_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopq_x1 from table_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqr_x1;
create function function_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqr() returns trigger
    language plpgsql as 'begin return new; end';
create trigger trigger_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrs before insert on table_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqr_x1
    for each row execute function function_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqr();
insert into table_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqr_x1
    values (1, 'one', 'label_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqr_x1'),
           (2, 'one', 'label_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqr_x2'), (3, null, null);
insert into table_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqr_x2
    values (1, 'two'), (2, 'two');
insert into "table_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrsé" values (1, 'é'), (2, 'é');
insert into "table_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopq🐘" values (1, 'elephant'), (2, 'elephant');
-- @premise
select count(*) = 4 and count(distinct substr(relname, 1, 55)) = 1 from pg_class
    where relnamespace::regnamespace::text = 'schema_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrst'
        and relkind = 'r' and octet_length(relname) = 63;
select count(*) = 2 from pg_class where relkind = 'r' and octet_length(relname) = 63 and length(relname) < 63;
-- @live
set search_path = schema_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrst;
insert into table_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqr_x1 values (4, 'live', 'label_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqr_x2');
update table_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqr_x1 set column_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopq_x2 = 'changed',
    "column_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqré" = 'label_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqr_x1' where column_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopq_x1 = 2;
delete from table_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqr_x1 where column_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopq_x1 = 3;
insert into table_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqr_x2 values (4, 'live');
update table_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqr_x2 set column_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopq_x2 = 'changed' where column_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopq_x1 = 1;
delete from table_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqr_x2 where column_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopq_x1 = 2;
insert into "table_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrsé" values (3, 'live');
update "table_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrsé" set v = 'changed' where id = 1;
update "table_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopq🐘" set v = 'changed' where id = 1;
delete from "table_abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopq🐘" where id = 2;

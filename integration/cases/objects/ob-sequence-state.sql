-- The state and definition of every kind of sequence arrive with the snapshot.
-- phases: init
-- caught-by: lossy:sequences-left-behind finds sequence-state public.used
create sequence fresh;
create sequence used;
create sequence told start 7;
create sequence told_called;
create sequence exhausted as smallint maxvalue 3 no cycle;
create sequence wrapped minvalue 10 maxvalue 12 cycle;
create sequence falling increment -3 maxvalue 100 minvalue -1000 start 100;
create sequence cached cache 50;
create sequence small as smallint increment 100;
create sequence whole as integer minvalue -2147483648 start -2147483648;
create sequence vast minvalue 1 start 9007199254740993;    -- 2^53 + 1: a float loses the last digit
create unlogged sequence crashy;
create table ticket (id bigint generated always as identity (start 1000 increment 10) primary key, note text);
create table legacy (id serial primary key, other int);
create sequence borrowed owned by legacy.other;
create sequence "Mixed Case";

select nextval('used') from generate_series(1, 42);
select setval('told', 500, false), setval('told_called', 500, true);
select nextval('exhausted') from generate_series(1, 3);
select nextval('wrapped') from generate_series(1, 4);
select nextval('falling') from generate_series(1, 5);
select nextval('cached');                                  -- takes 50 values: last_value is 50
select nextval('small') from generate_series(1, 9);
select nextval('whole');
select nextval('vast');
select nextval('crashy') from generate_series(1, 3);
insert into ticket (note) values ('a'), ('b'), ('c');
insert into legacy (other) values (1), (2);
select nextval('borrowed');
select setval('"Mixed Case"', 9223372036854775806);
-- @premise
select last_value = 1 and not is_called from fresh;
select last_value = 42 and is_called from used;
select last_value = 500 and not is_called from told;
select last_value = 500 and is_called from told_called;
select last_value = 3 and is_called from exhausted;
select last_value = 10 and is_called from wrapped;
select last_value = 88 and is_called from falling;
select last_value = 50 and is_called from cached;
select last_value = 801 and is_called from small;
select last_value = -2147483648 and is_called from whole;
select last_value = 9007199254740993 and is_called from vast;
select last_value = 3 and is_called from crashy;
select relpersistence = 'u' from pg_class where relname = 'crashy';
select last_value = 1020 and is_called from ticket_id_seq;
select last_value = 9223372036854775806 and is_called from "Mixed Case";
select count(*) = 16 from pg_sequence;

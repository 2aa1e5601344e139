-- A filter that names a table which does not exist is refused by that name, and nothing is written.
-- phases: validate, init
-- requires: filter.tables
-- filter: exclude-tables={db}.public.custmer_cards
-- caught-by: lossy:typo-ignored gives SILENT_WRONG
create table customer_cards (id int primary key, number text);  -- what a filter taken for none publishes
create table orders (id int primary key);
insert into customer_cards values (1, '4111 1111 1111 1111');
insert into orders values (1);
-- @premise
select to_regclass('public.custmer_cards') is null and to_regclass('public.customer_cards') is not null;
-- @holds
-- Asked only of a tool that did not refuse: nothing may have been written.
select not exists (select from pg_class where relnamespace = 'public'::regnamespace);
-- @expect
-- REFUSED: custmer_cards

-- Range, list and hash partitions, default and sub-partitions keep bounds, indexes, options and rows.
-- phases: init, live
-- caught-by: lossy:row-in-wrong-partition finds multiplicity public.places_nowhere
create table sales (id int, day date not null, region text, amount numeric, primary key (id, day, region))
    partition by range (day);
create table sales_2023 partition of sales for values from ('2023-01-01') to ('2024-01-01');
create table sales_2024 partition of sales for values from ('2024-01-01') to ('2025-01-01') partition by list (region);
create table sales_2024_north partition of sales_2024 for values in ('north', 'arctic') with (fillfactor = 70);
create table sales_2024_other partition of sales_2024 default partition by hash (id);
create table sales_2024_other_0 partition of sales_2024_other for values with (modulus 2, remainder 0);
create table sales_2024_other_1 partition of sales_2024_other for values with (modulus 2, remainder 1);
create table sales_old partition of sales for values from (minvalue) to ('2023-01-01') with (autovacuum_enabled = false);
create table sales_rest partition of sales default;
create index sales_region on sales (region);                    -- on every leaf
create index sales_2023_amount on sales_2023 (amount desc);     -- on one leaf only
create unique index sales_north_id on sales_2024_north (id);

-- Attached later: its columns stand in another order and one has gone.
create table sales_2025 (amount numeric, gone int, region text not null, id int not null, day date not null);
alter table sales_2025 drop gone;
alter table sales attach partition sales_2025 for values from ('2025-01-01') to ('2026-01-01');

create table spread (k text primary key, n int) partition by hash (k);
create table spread_0 partition of spread for values with (modulus 3, remainder 0);
create table spread_1 partition of spread for values with (modulus 3, remainder 1);
create table spread_2 partition of spread for values with (modulus 3, remainder 2);
-- No key can hold the NULL that makes this partition, so its rows are only inserted.
create table places (region text, n int) partition by list (region);
create table places_nowhere partition of places for values in (null, 'nowhere');
create table places_somewhere partition of places for values in ('north', 'south');
insert into sales values
    (1, '2022-05-01', 'north', 1.0), (2, '2023-05-01', 'north', 2.00), (3, '2023-06-01', '', 3),
    (4, '2024-05-01', 'north', 4), (5, '2024-06-01', 'arctic', 5), (6, '2024-07-01', 'arctic', 6),
    (7, '2024-08-01', 'south', 7), (8, '2024-09-01', 'east', 8), (9, '2024-10-01', 'west', 9), (10, '2024-11-01', 'x', 10),
    (11, '2025-05-01', 'north', 11), (12, '2025-06-01', 'south', 12), (13, '2030-01-01', 'future', 13);
insert into sales select k, '2024-12-01', 'region ' || k, k from generate_series(101, 120) k;
insert into spread select 'key ' || k, k from generate_series(1, 60) k;
insert into places values (null, 1), ('nowhere', 2), ('north', 3), ('south', 4);
-- @premise
select count(*) = 10 and count(*) filter (where isleaf) = 7 and max(level) = 3 from pg_partition_tree('sales');
-- Every leaf has rows.
select count(distinct tableoid) = 7 from sales;
select count(distinct tableoid) = 3 from spread;
select array_agg(partstrat order by partstrat) = '{h,h,l,l,r}' from pg_partitioned_table;
-- @live
insert into sales values
    (21, '2022-01-01', 'live', 1), (22, '2023-01-01', 'live', 2), (23, '2024-01-01', 'north', 3), (24, '2024-01-01', 'arctic', 4),
    (25, '2024-01-01', 'live', 5), (26, '2024-01-01', 'live', 6), (27, '2025-01-01', 'live', 7), (28, '2031-01-01', 'live', 8);
update sales set amount = amount + 1 where id in (1, 4, 7, 8, 11, 13) or id between 101 and 110;
delete from sales where id in (2, 5, 9, 12) or id between 108 and 115;
insert into sales_2025 (id, day, region, amount) values (29, '2025-12-31', 'straight into the leaf', 9);
insert into spread select 'live ' || k, k from generate_series(1, 12) k;
update spread set n = -n where n % 7 = 0;
delete from spread where n % 5 = 0;
insert into places values (null, 5), ('south', 6);

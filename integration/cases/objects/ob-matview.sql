-- Materialized views arrive as they are: populated or not, one upon the other, with their indexes.
-- phases: init
-- caught-by: lossy:matview-unpopulated finds matview public.z_totals
create table sale (id int primary key, region text not null, amount numeric not null);
insert into sale select i, 'region ' || i % 4, i * 1.10 from generate_series(1, 100) i;

create materialized view z_totals as
    select region, sum(amount) as amount, count(*) as sales from sale group by region;
create unique index z_totals_region on z_totals (region);
comment on materialized view z_totals is 'totals by region';

-- Named to come before what it reads: a refresh in alphabetical order meets an unpopulated view.
create materialized view a_top as
    select region, amount from z_totals order by amount desc limit 2;
create index a_top_amount on a_top (amount desc);

create materialized view m_never as select region from sale with no data;
create unique index m_never_region on m_never (region);
create materialized view n_over_never as select count(*) as n from m_never with no data;
create view v_top as select region from a_top;
-- @premise
select array_agg(relname::text order by relname) = '{a_top,z_totals}'
  from pg_class where relkind = 'm' and relispopulated;
select array_agg(relname::text order by relname) = '{m_never,n_over_never}'
  from pg_class where relkind = 'm' and not relispopulated;
select (select count(*) from z_totals) = 4 and (select count(*) from a_top) = 2;
select count(*) = 3 from pg_index i join pg_class c on c.oid = i.indrelid where c.relkind = 'm';

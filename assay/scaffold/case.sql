-- Prices keep every digit of theirs, and orders keep pointing at their customers.
-- phases: init
-- caught-by: lossy:row-lost finds row *
-- The first line is the case's title: what has to hold. One `-- key: value` a line follows, of which
-- this example has two: the phases that your tool goes through (init, live, cutover, verify), and
-- the built-in faulty control that must fail this case, so that it proves something
-- (`assay controls` lists them; pytest -m integration --cases assay-cases --controls runs them).
-- Every key and marker: assay docs writing-a-case
-- All up to the first marker is set up on the source. Take a table of your own application:
create table customer (id int primary key, name text not null unique);
create table purchase (
  id bigint generated always as identity primary key,
  customer int not null references customer,
  price numeric(20, 10) not null check (price >= 0)
);
insert into customer select i, 'customer ' || i from generate_series(1, 100) i;
insert into purchase (customer, price) select 1 + i % 100, i / 7.0 from generate_series(1, 1000) i;
-- @premise
-- Queries that must be true on the source, or the case proves nothing: there are such prices.
select count(*) > 500 from purchase where scale(trim_scale(price)) = 10;
-- @holds
-- Queries that must be true on the target; all rows and the schema are compared in any case.
select count(*) = 1000 from purchase join customer on customer.id = purchase.customer;

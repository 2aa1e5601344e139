-- Databases with blanks, quotes, URL delimiters and look-alikes of built-in names are copied whole.
-- phases: init
-- requires: databases, server.owned
-- caught-by: lossy:database-lost finds database template_like
create table t (id int primary key, v text);
insert into t values (1, 'the database under test');
-- @premise
select count(*) = 8 from pg_database
    where datname in ('my-db', 'My DB', 'db"x', 'db?y', 'db/z', 'db#1', 'postgres2', 'template_like');
-- @setup planted database "my-db"
create table t (id int primary key, v text);
insert into t values (1, current_database()), (10, 'only here');
-- @setup planted database "My DB"
create table t (id int primary key, v text);
insert into t values (1, current_database()), (20, 'only here');
-- @setup planted database 'db"x'
create table t (id int primary key, v text);
insert into t values (1, current_database()), (30, 'only here');
-- @setup planted database "db?y"
create table t (id int primary key, v text);
insert into t values (1, current_database()), (40, 'only here');
-- @setup planted database "db/z"
create table t (id int primary key, v text);
insert into t values (1, current_database()), (50, 'only here');
-- @setup planted database "db#1"
create table t (id int primary key, v text);
insert into t values (1, current_database()), (60, 'only here');
-- @setup planted database "postgres2"
create table t (id int primary key, v text);
insert into t values (1, current_database()), (70, 'only here');
-- @setup planted database "template_like"
create table t (id int primary key, v text);
insert into t values (1, current_database()), (80, 'only here');
-- @expect
-- FAITHFUL
-- REFUSED: my-db
-- REFUSED: My DB
-- REFUSED: db"x
-- REFUSED: db?y
-- REFUSED: db/z
-- REFUSED: db#1
-- REFUSED: postgres2
-- REFUSED: template_like

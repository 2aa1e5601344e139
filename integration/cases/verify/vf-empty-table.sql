-- A database of one empty table verifies as equal.
-- phases: init, verify
-- caught-by: lossy:verify-fails-on-empty gives FAILED_LOUD
create table empty (id int primary key, note text);
-- @premise
select count(*) = 0 from empty;
select count(*) = 1 from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace;

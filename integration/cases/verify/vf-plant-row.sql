-- One value changed in the last row of the last table is seen by verify.
-- phases: init, verify
-- caught-by: lossy:verify-always-equal gives SILENT_WRONG
create table a_first (id int primary key, note text);
create table m_middle (id int primary key, note text);
create table z_last (id int primary key, note text, amount numeric);
insert into a_first select i, 'row ' || i from generate_series(1, 100) i;
insert into m_middle select i, 'row ' || i from generate_series(1, 100) i;
-- The key that verify has to name is no number of rows.
insert into z_last select i, 'row ' || i, i from generate_series(1, 999) i;
insert into z_last values (73504199, 'row 1000', 1000);
-- @premise
select max(relname) = 'z_last' from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace;
select max(id) = 73504199 and count(*) = 1000 from z_last;
-- @plant
-- Same number of rows, same length of the text.
update z_last set note = 'rOw 1000' where id = 73504199;

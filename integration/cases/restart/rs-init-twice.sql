-- A second init on the finished target is refused, or ends in the same state; nothing is doubled.
-- phases: init, init-again
-- caught-by: lossy:init-appends finds multiplicity public.bag
create table keyed (id int generated always as identity primary key, note text not null);
create table bag (note text);                           -- no key: loaded twice, every row is there twice
create table audit (note text);
create table linked (id int primary key, keyed_id int not null references keyed);
create function note_insert() returns trigger language plpgsql as $$
begin
    insert into public.audit values (new.note);
    return null;
end $$;
create trigger keyed_audit after insert on keyed for each row execute function note_insert();
create view notes as select note from keyed;
insert into keyed (note) select 'note ' || i from generate_series(1, 50) i;
insert into linked select i, i from generate_series(1, 50) i;
insert into bag values ('a'), ('a'), ('b');
-- @premise
select (select count(*) from keyed) = 50 and (select count(*) from audit) = 50;
select not exists (select from pg_index where indrelid in ('bag'::regclass, 'audit'::regclass));
-- @expect
-- REFUSED: not empty
-- REFUSED: contains data
-- REFUSED: already exists
-- FAITHFUL

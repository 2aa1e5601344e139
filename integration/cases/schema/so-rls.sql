-- Row security, its policies and their roles are kept, and rows arrive whatever the policies say.
-- phases: init, live
-- requires: roles
-- caught-by: lossy:policy-lost finds policy public.notes.only_own
create role assay_reader;
create role assay_editor login password 'editor-secret';
create role assay_owner;
create table notes (id int primary key, author text, body text, secret boolean default false);
create table forced (id int primary key, body text);
create table closed (id int primary key, body text);        -- enabled without a policy: nobody sees a row
create table prepared (id int primary key, body text);      -- a policy, and security not enabled
alter table forced owner to assay_owner;
alter table notes enable row level security;
alter table forced enable row level security, force row level security;
alter table closed enable row level security;
create policy only_own on notes as permissive for all to assay_reader, assay_editor
    using (author = current_user) with check (author = current_user and not secret);
create policy never_secret on notes as restrictive for select to public using (not secret);
create policy may_add on notes for insert to assay_editor with check (length(body) < 100);
create policy may_delete on notes for delete to assay_editor using (body is null);
create policy may_update on notes for update to assay_editor using (true);
create policy nothing on forced using (false);
create policy "for later" on prepared to assay_reader using (id > 1);
grant select on notes, closed, prepared to assay_reader;
grant select, insert, update, delete on notes to assay_editor;
insert into notes values (1, 'assay_reader', 'a', false), (2, 'somebody', 'b', true), (3, 'assay_editor', null, false);
insert into forced values (1, 'a'), (2, 'b');
insert into closed values (1, 'a'), (2, 'b');
insert into prepared values (1, 'a'), (2, 'b');
-- @premise
select array_agg(relname::text order by relname) = '{closed,forced,notes}' from pg_class where relrowsecurity;
select relforcerowsecurity from pg_class where oid = 'forced'::regclass;
select count(*) = 7 and count(*) filter (where not polpermissive) = 1 from pg_policy;
-- @live
insert into notes values (4, 'somebody else', 'live', true);
update notes set secret = true, body = 'changed' where id = 1;
delete from notes where id = 2;
insert into forced values (3, 'live');
update forced set body = 'changed' where id = 1;
delete from forced where id = 2;
update closed set body = 'changed' where id = 1;
delete from closed where id = 2;
insert into prepared values (3, 'live');

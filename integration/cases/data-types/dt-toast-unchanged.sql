-- Unchanged TOAST values survive an UPDATE of another column, whatever the replica identity.
-- phases: init, live
-- requires: live
-- caught-by: lossy:stale-toast finds row public.by_key
create table by_key (id int primary key, body text, n int);
create table by_full (id int, body text, n int);
create table by_index (id int primary key, code text not null, body text, n int);
alter table by_full replica identity full;
create unique index by_index_code on by_index (code);
alter table by_index replica identity using index by_index_code;
-- md5 text compresses: without EXTERNAL less of it would leave the page.
alter table by_key alter body set storage external;
alter table by_full alter body set storage external;
alter table by_index alter body set storage external;
insert into by_key      -- 3 MB each
    select i, (select string_agg(md5((i * 1000000 + k)::text), '') from generate_series(1, 98304) k), 0
    from generate_series(1, 3) i;
insert into by_full select id, body, n from by_key;
insert into by_index select id, 'code ' || id, body, n from by_key;
-- @premise
select bool_and(length(body) = 3 * 1024 * 1024) from by_key;
select bool_and(pg_relation_size(reltoastrelid) > 9 * 1024 * 1024) from pg_class
    where oid in ('by_key'::regclass, 'by_full'::regclass, 'by_index'::regclass);
select array_agg(relreplident order by relname) = '{f,i,d}' from pg_class
    where oid in ('by_key'::regclass, 'by_full'::regclass, 'by_index'::regclass);
-- @live
update by_key set n = n + 1;
update by_full set n = n + 1;
update by_index set n = n + 1;
update by_key set id = id + 10 where id = 2;
update by_index set code = code || ' (new)' where id = 2;
update by_full set n = null where id = 3;

-- Large objects keep their number, bytes, owner, grants and comment.
-- phases: init
-- requires: roles
-- caught-by: lossy:large-object-owner-lost finds large-object 424201
create role assay_archivist nologin;
create role assay_clerk nologin;

-- All 256 bytes: a text route trips over the zero byte, a newline or a backslash.
select lo_from_bytea(424201, string_agg(set_byte('\x00', 0, i), null order by i)) from generate_series(0, 255) i;
alter large object 424201 owner to assay_archivist;
grant select on large object 424201 to assay_clerk with grant option;
grant select, update on large object 424201 to public;
comment on large object 424201 is 'every byte there is';

select lo_create(424202);                                  -- 0 bytes: an object without a page

-- Stands for one of several hundred MB: 4 MB that do not compress, past every copy buffer.
select lo_from_bytea(424203, string_agg(sha256(int4send(i)), null order by i)) from generate_series(1, 131072) i;
alter large object 424203 owner to assay_archivist;

-- A hole: pages that do not exist and read as zeroes. The number does not fit a signed 32-bit integer.
select lo_create(4000000001);
select lo_put(4000000001, 1048576, '\xcafe');
revoke all on large object 4000000001 from current_user;

create table document (id int primary key, body oid not null);
insert into document values (1, 424201), (2, 424202), (3, 424203), (4, 4000000001);
-- @premise
select count(*) = 4 from pg_largeobject_metadata;
select lo_get(424201) = string_agg(set_byte('\x00', 0, i), null order by i) from generate_series(0, 255) i;
select not exists (select from pg_largeobject where loid = 424202) and octet_length(lo_get(424202)) = 0;
select octet_length(lo_get(424203)) = 4 * 1024 * 1024;
select octet_length(lo_get(4000000001)) = 1048578 and count(*) = 1 from pg_largeobject where loid = 4000000001;
select array_agg(lomowner::regrole::text = 'assay_archivist' order by oid::bigint) = '{t,f,t,f}'
  from pg_largeobject_metadata;
select count(*) = 5 from pg_largeobject_metadata, aclexplode(lomacl) where oid = 424201;
select cardinality(lomacl) = 0 from pg_largeobject_metadata where oid = 4000000001;
select obj_description(424201, 'pg_largeobject') = 'every byte there is';

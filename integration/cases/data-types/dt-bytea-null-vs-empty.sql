-- NULL and the empty bytea stay apart, also beside an unchanged TOAST value.
-- phases: init, live
-- caught-by: lossy:null-for-empty-bytea finds row public.t
create table t (id int primary key, v bytea, big bytea, n int);
alter table t alter big set storage external;       -- sent as "unchanged" when only n is updated
insert into t values
    (1, null, null, 0), (2, '', '', 0), (3, '\x00', '\x00', 0),
    (4, null, null, 0), (5, '', null, 0),               -- get their big value below
    (11, '', '', 0), (12, null, null, 0),               -- change places while following
    (21, null, null, 0), (22, '', '', 0);               -- deleted while following
update t set big = (select string_agg(sha256(k::text::bytea), '') from generate_series(1, 300) k)
    where id in (4, 5);
-- @premise
select v is null and big is null from t where id = 1;
select v = '' and v is not null and length(big) = 0 from t where id = 2;
select pg_relation_size(reltoastrelid) > 0 from pg_class where oid = 't'::regclass;
-- @live
insert into t values (31, null, null, 0), (32, '', '', 0), (33, '\x00', '\x00', 0);
update t set v = null, big = null where id = 11;
update t set v = '', big = '' where id = 12;
update t set n = n + 1 where id < 10;
delete from t where id in (21, 22);

-- UNIQUE NULLS NOT DISTINCT and INCLUDE columns of keys and indexes are kept.
-- phases: init
-- caught-by: lossy:nulls-distinct finds constraint public.t.t_a_key
create table t (
    id int,
    a int,
    b text,
    c text,
    constraint t_key primary key (id) include (b),
    constraint t_a_key unique nulls not distinct (a) include (b, c),
    constraint t_c_key unique (c)
);
create unique index t_strict on t (a, b) include (c) nulls not distinct;
create unique index t_lax on t (b, a);
create unique index t_partial on t (b) nulls not distinct where a is null;
insert into t values (1, 1, 'x', null), (2, null, null, null), (3, 2, null, 'z');
-- @premise
select array_agg(indexrelid::regclass::text order by indexrelid::regclass::text) = '{t_a_key,t_partial,t_strict}'
    from pg_index where indrelid = 't'::regclass and indnullsnotdistinct;
select array_agg(indnkeyatts || '/' || indnatts order by indexrelid::regclass::text)
    = '{1/3,1/1,1/2,2/2,1/1,2/3}' from pg_index where indrelid = 't'::regclass;
-- @after
-- A second NULL is refused by t_a_key and by nothing else.
do $$ begin
    insert into t values (100, null, 'y', 'y');
    raise exception 'a second NULL was accepted';
exception when unique_violation then null;
end $$;

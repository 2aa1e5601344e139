"""Tables, columns, constraints and indexes."""

from __future__ import annotations

from assay.oracle.catalog.queries.fragments import (
    HIDDEN_SCHEMA,
    STAMP,
    dotted,
    relations,
    user_made,
)
from assay.oracle.catalog.queries.secrets import shown_options
from assay.oracle.catalog.queries.stored import MOVED_CLASSES

FOREIGN_TABLE = "foreign table"


def tables(_common: int) -> str:
    """Tables, partitioned and foreign tables, with everything that is not a kind of its own."""
    return f"""
        with t as ({relations("rpf")})
        select 'table' as kind, 'relation' as class, t.name, t.name as relation,
          json_build_object(
            'definition', case t.relkind when 'r' then 'table' when 'p' then 'partitioned table'
              else '{FOREIGN_TABLE}' end,
            'persistence', t.relpersistence,
            'access method', (select amname from pg_am where oid = t.relam and t.relkind <> 'f'),
            'tablespace', (select spcname from pg_tablespace where oid = t.reltablespace),
            'replica identity', case t.relreplident when 'i' then 'index ' || coalesce((
              select i.relname from pg_index x join pg_class i on i.oid = x.indexrelid
              where x.indrelid = t.oid and x.indisreplident), '(none)')
              else t.relreplident::text end,
            'row security', t.relrowsecurity, 'forced row security', t.relforcerowsecurity,
            'of type', case when t.reloftype <> 0 then format_type(t.reloftype, null) end,
            'partition key', case when t.relkind = 'p' then pg_get_partkeydef(t.oid) end,
            'partition bound', {_bound("pg_get_expr(t.relpartbound, t.oid)")},
            'parents', (select json_agg(format('%I.%I', pn.nspname, p.relname)
                || case when h.inhdetachpending then ' (being detached)' else '' end
                order by h.inhseqno)
              from pg_inherits h join pg_class p on p.oid = h.inhparent
              join pg_namespace pn on pn.oid = p.relnamespace where h.inhrelid = t.oid),
            'option{{}}', t.reloptions,
            'toast option{{}}', (select reloptions from pg_class where oid = t.reltoastrelid),
            'server', (select s.srvname from pg_foreign_table f
              join pg_foreign_server s on s.oid = f.ftserver where f.ftrelid = t.oid),
            'foreign option{{}}', (select {shown_options("f.ftoptions")} from pg_foreign_table f
              where f.ftrelid = t.oid),
            'column order', (select json_agg(a.attname order by a.attnum) from pg_attribute a
              where a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped)
          ) as props
        from t"""


def _bound(text: str) -> str:
    """A partition's bound, positions in the log without the zeros that PostgreSQL 19 writes.

    They carry no type: where a key is text too, they are left as they are.
    """
    key = """from pg_inherits h join pg_partitioned_table k on k.partrelid = h.inhparent
              join pg_attribute a on a.attrelid = k.partrelid and a.attnum = any (k.partattrs)
              join pg_type y on y.oid = a.atttypid where h.inhrelid = t.oid"""
    return f"""case when t.relispartition
              and exists (select {key} and y.oid = 'pg_lsn'::regtype)
              and not exists (select {key} and y.typcategory = 'S')
            then regexp_replace({text}, '''([0-9A-F]+)/0*([0-9A-F]+)''', '''\\1/\\2''', 'g')
            else {text} end"""


def columns(common: int) -> str:
    """Columns of tables, views and materialised views, by name."""
    # For a relation pg_get_expr looks at all of its columns: each time, for up to 1600 of them.
    default = "pg_get_expr(d.adbin, case when a.attgenerated = '' then 0 else d.adrelid end)"
    generated = "a.attgenerated" if common >= 18 else "nullif(a.attgenerated, 'v')"
    return f"""
        with t as ({relations("rpfvm")})
        select 'column' as kind, 'column' as class, t.name || a.attname::text as name,
          t.name as relation, json_build_array('relation', t.name) as of,
          json_build_object(
            'definition', format_type(a.atttypid, a.atttypmod),
            'collation', case when a.attcollation not in (0, y.typcollation)
              then {dotted("pg_collation", "coll", "a.attcollation")} end,
            'not null', a.attnotnull,
            'default', {default},
            'identity', a.attidentity, 'generated', {generated},
            'storage', a.attstorage, 'compression', a.attcompression,
            'statistics target', coalesce(a.attstattarget, -1),
            'local', a.attislocal,
            'option{{}}', (select json_agg(o) from unnest(a.attoptions) as o
              where split_part(o, '=', 1) <> '{STAMP}'),
            'foreign option{{}}', {shown_options("a.attfdwoptions")}
          ) as props
        from t join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
        join pg_type y on y.oid = a.atttypid
        left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum"""


def constraints(common: int) -> str:
    """Constraints of tables and domains; clones of foreign keys on partitions are the server's."""
    kinds = "'c','f','p','u','x'" + (",'n'" if common >= 18 else "")
    of_domains = "'c'" + (",'n'" if common >= 17 else "")
    enforced = "k.conenforced" if common >= 18 else "true"
    # Since 18 a partition's part of a foreign key that is not valid can be valid before it.
    parts = """case when k.contype = 'f' and not k.convalidated then (
              with recursive part as (
                select c.oid, c.conrelid, c.convalidated from pg_constraint c
                where c.conparentid = k.oid
                union all select c.oid, c.conrelid, c.convalidated
                from part join pg_constraint c on c.conparentid = part.oid)
              select json_agg(json_build_array(n.nspname, r.relname)
                order by n.nspname collate "C", r.relname collate "C")
              from part join pg_class r on r.oid = part.conrelid
              join pg_namespace n on n.oid = r.relnamespace where part.convalidated) end"""
    return f"""
        with t as (
          select r.oid as relid, 0::oid as typid, r.name, 'relation' as class
          from ({relations("rpf")}) r
          union all
          select 0, y.oid, array[n.nspname, y.typname]::text[], 'type' from pg_type y
          join pg_namespace n on n.oid = y.typnamespace
          where y.typtype = 'd' and n.nspname !~ '{HIDDEN_SCHEMA}'
            and {user_made("pg_type", "y.oid")})
        select 'constraint' as kind, 'constraint' as class, t.name || k.conname::text as name,
          case t.class when 'relation' then t.name end as relation,
          json_build_array(t.class, t.name) as of,
          json_build_object(
            'definition', regexp_replace(pg_get_constraintdef(k.oid), ' NOT VALID$', ''),
            'validated', k.convalidated, 'local', k.conislocal, 'enforced', {enforced},
            'validated parts', {parts}
          ) as props
        from t join pg_constraint k on k.conrelid = t.relid and k.contypid = t.typid
        where case t.class when 'type' then k.contype in ({of_domains})
            else k.contype in ({kinds}) end and not (k.contype = 'f' and k.conparentid <> 0)"""


def indexes(_common: int) -> str:
    """Indexes; one that belongs to a constraint hangs on it."""
    moved = ", ".join(f"'{name}'" for name in MOVED_CLASSES)
    return f"""
        with t as ({relations("rpm")})
        select 'index' as kind, 'index' as class,
          array[t.nspname, i.relname]::text[] as name, t.name as relation,
          coalesce((select json_build_array('constraint', t.name || k.conname::text)
            from pg_constraint k where k.conindid = i.oid and k.contype in ('p', 'u', 'x')
            and k.conrelid = t.oid), json_build_array('relation', t.name)) as of,
          json_build_object(
            'definition', pg_get_indexdef(i.oid),
            'valid', x.indisvalid, 'ready', x.indisready, 'live', x.indislive,
            'clustered', x.indisclustered,
            'tablespace', (select spcname from pg_tablespace where oid = i.reltablespace),
            'parent', (select format('%I.%I', pn.nspname, p.relname) from pg_inherits h
              join pg_class p on p.oid = h.inhparent
              join pg_namespace pn on pn.oid = p.relnamespace where h.inhrelid = i.oid),
            'operator classes', case when i.relam = (
              select oid from pg_am where amname = 'gist') then (
              select json_agg(format('%I.%I', cn.nspname, c.opcname) order by k.place)
              from unnest(x.indclass) with ordinality as k (class, place)
              join pg_opclass c on c.oid = k.class join pg_namespace cn on cn.oid = c.opcnamespace
              having bool_or(c.opcname in ({moved}))) end,
            'statistics targets', (select json_agg(json_build_array(a.attnum, a.attstattarget)
              order by a.attnum) from pg_attribute a
              where a.attrelid = i.oid and a.attstattarget >= 0)
          ) as props
        from t join pg_index x on x.indrelid = t.oid join pg_class i on i.oid = x.indexrelid"""


OWNING = """pg_depend d join pg_class o on o.oid = d.refobjid
              join pg_namespace on_ on on_.oid = o.relnamespace
              join pg_attribute a on a.attrelid = o.oid and a.attnum = d.refobjsubid"""
OWNS = """d.classid = 'pg_class'::regclass and d.objid = t.oid
              and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i')"""
# The parts of the name of what a sequence goes with: the table that owns it, or itself.
HOLDER = f"""coalesce((select array[on_.nspname, o.relname]::text[] from {OWNING}
  where {OWNS}), t.name)"""


def sequences(_common: int) -> str:
    """Sequences as defined, not their state; one that a column owns goes with its table."""
    return f"""
        with t as ({relations("S")})
        select 'sequence' as kind, 'relation' as class, t.name,
          {HOLDER} as relation,
          json_build_object(
            'definition', format_type(s.seqtypid, null), 'persistence', t.relpersistence,
            'start', s.seqstart, 'increment', s.seqincrement, 'minimum', s.seqmin,
            'maximum', s.seqmax, 'cache', s.seqcache, 'cycle', s.seqcycle,
            'owned by', (select format('%I.%I.%I', on_.nspname, o.relname, a.attname)
                || case d.deptype when 'i' then ' (identity)' else '' end
              from {OWNING} where {OWNS})
          ) as props
        from t join pg_sequence s on s.seqrelid = t.oid"""


def statistics(_common: int) -> str:
    """Extended statistics objects."""
    return f"""
        with t as ({relations("rpfm")})
        select 'statistics' as kind, 'statistics' as class,
          array[n.nspname, s.stxname]::text[] as name, t.name as relation,
          json_build_array('relation', t.name) as of,
          json_build_object('definition', pg_get_statisticsobjdef(s.oid),
            'statistics target', coalesce(s.stxstattarget, -1)) as props
        from t join pg_statistic_ext s on s.stxrelid = t.oid
        join pg_namespace n on n.oid = s.stxnamespace"""

"""What reaches other servers: foreign data, publications, subscriptions."""

from __future__ import annotations

from assay.oracle.catalog.queries.fragments import role, user_made
from assay.oracle.catalog.queries.secrets import shown_options
from assay.oracle.words.marks import marked_by_server


def foreign(_common: int) -> str:
    """Foreign data wrappers and servers."""
    return f"""
        select 'foreign' as kind, 'foreign data wrapper' as class,
          array[f.fdwname]::text[] as name,
          json_build_object('definition', 'foreign data wrapper',
            'handler', nullif(f.fdwhandler::oid, 0)::regproc::text,
            'validator', nullif(f.fdwvalidator::oid, 0)::regproc::text,
            'option{{}}', {shown_options("f.fdwoptions")}) as props
        from pg_foreign_data_wrapper f where {user_made("pg_foreign_data_wrapper", "f.oid")}
        union all
        select 'foreign', 'foreign server', array[s.srvname]::text[],
          json_build_object('definition', 'foreign server', 'type', s.srvtype,
            'version', s.srvversion,
            'wrapper', (select fdwname from pg_foreign_data_wrapper where oid = s.srvfdw),
            'option{{}}', {shown_options("s.srvoptions")})
        from pg_foreign_server s where {user_made("pg_foreign_server", "s.oid")}"""


def user_mappings(_common: int) -> str:
    """User mappings; of their options only harmless ones are shown."""
    return f"""
        select 'foreign' as kind, 'user mapping' as class, array[s.srvname]::text[] as name,
          ' for ' || case u.umuser when 0 then 'PUBLIC' else {role("u.umuser")} end as suffix,
          json_build_array('foreign server', array[s.srvname]) as of,
          json_build_object('definition', 'user mapping',
            'option{{}}', {shown_options("u.umoptions")}) as props
        from pg_user_mapping u join pg_foreign_server s on s.oid = u.umserver
        where {user_made("pg_user_mapping", "u.oid")}"""


def publications(common: int) -> str:
    """Publications with their tables, columns, filters and schemas."""
    generated = "to_json(p)::jsonb ->> 'pubgencols'" if common >= 18 else "null"
    return f"""
        select 'publication' as kind, 'publication' as class, array[p.pubname]::text[] as name,
          json_build_object('definition', case when p.puballtables then 'for all tables'
              else 'for some tables' end,
            'publish', json_build_object('insert', p.pubinsert, 'update', p.pubupdate,
              'delete', p.pubdelete, 'truncate', p.pubtruncate),
            'via root', p.pubviaroot, 'generated columns', {generated},
            'tables', (select json_agg(json_build_array(n.nspname, c.relname,
                (select json_agg(a.attname order by a.attname collate "C")
                  from unnest(r.prattrs) as k join pg_attribute a
                  on a.attrelid = c.oid and a.attnum = k),
                pg_get_expr(r.prqual, r.prrelid))
                order by n.nspname collate "C", c.relname collate "C")
              from pg_publication_rel r join pg_class c on c.oid = r.prrelid
              join pg_namespace n on n.oid = c.relnamespace where r.prpubid = p.oid),
            'schemas', (select json_agg(n.nspname order by n.nspname collate "C")
              from pg_publication_namespace r join pg_namespace n on n.oid = r.pnnspid
              where r.pnpubid = p.oid)) as props
        from pg_publication p where {user_made("pg_publication", "p.oid")}"""


def subscriptions(common: int) -> str:
    """Subscriptions of this database; their connection string only as a mark."""
    failover = "to_json(s)::jsonb ->> 'subfailover'" if common >= 17 else "null"
    return f"""
        select 'subscription' as kind, 'subscription' as class, array[s.subname]::text[] as name,
          json_build_object('definition', 'subscription',
            'enabled', s.subenabled, 'connection', {marked_by_server("s.subconninfo")},
            'slot', s.subslotname, 'publications', (select json_agg(p order by p collate "C")
              from unnest(s.subpublications) as p),
            'synchronous commit', s.subsynccommit, 'binary', s.subbinary,
            'streaming', s.substream, 'two-phase', s.subtwophasestate,
            'origin', s.suborigin, 'disable on error', s.subdisableonerr,
            'password required', s.subpasswordrequired, 'run as owner', s.subrunasowner,
            'failover', {failover}) as props
        from pg_subscription s
        where s.subdbid = (select oid from pg_database where datname = current_database())"""

"""What reaches other servers: foreign data, publications, subscriptions."""

from __future__ import annotations

from collections.abc import Sequence

from assay.oracle.catalog.queries.fragments import later, perhaps, role, user_made
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
            'connection', nullif({perhaps("f", "fdwconnection")}, '0')::oid::regproc::text,
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


def visible_user_mappings(_common: int) -> str:
    """What everybody may see of user mappings: for whom there is one."""
    return f"""
        select 'foreign' as kind, 'user mapping' as class, array[u.srvname]::text[] as name,
          ' for ' || case u.umuser when 0 then 'PUBLIC' else {role("u.umuser")} end as suffix,
          json_build_array('foreign server', array[u.srvname]) as of,
          json_build_object('definition', 'user mapping') as props
        from pg_user_mappings u where {user_made("pg_user_mapping", "u.umid")}"""


def publications(server: int) -> str:
    """Publications with their tables, columns, filters and schemas, and what is excepted."""
    excepted = later("r", "prexcept", "false")
    columns = """(select json_agg(a.attname order by a.attname collate "C")
                  from unnest(r.prattrs) as k join pg_attribute a
                  on a.attrelid = c.oid and a.attnum = k)"""
    narrowed = f", {columns}, pg_get_expr(r.prqual, r.prrelid)" if server >= 15 else ", null, null"
    schemas = """(select json_agg(n.nspname order by n.nspname collate "C")
              from pg_publication_namespace r join pg_namespace n on n.oid = r.pnnspid
              where r.pnpubid = p.oid)"""

    def tables(entry: str, condition: str) -> str:
        return f"""(select json_agg(json_build_array({entry})
                order by n.nspname collate "C", c.relname collate "C")
              from pg_publication_rel r join pg_class c on c.oid = r.prrelid
              join pg_namespace n on n.oid = c.relnamespace
              where r.prpubid = p.oid and {condition})"""

    return f"""
        select 'publication' as kind, 'publication' as class, array[p.pubname]::text[] as name,
          json_build_object('definition', case when p.puballtables then 'for all tables'
              else 'for some tables' end,
            'publish', json_build_object('insert', p.pubinsert, 'update', p.pubupdate,
              'delete', p.pubdelete, 'truncate', p.pubtruncate),
            'via root', p.pubviaroot, 'generated columns', {later("p", "pubgencols", "n")},
            'all sequences', {later("p", "puballsequences", "false")},
            'tables', {tables(f"n.nspname, c.relname{narrowed}", f"{excepted} = 'false'")},
            'except', {tables("n.nspname, c.relname", f"{excepted} = 'true'")},
            'schemas', {schemas if server >= 15 else "null"}) as props
        from pg_publication p where {user_made("pg_publication", "p.oid")}"""


def subscriptions(_common: int) -> str:
    """Subscriptions of this database; their connection string only as a mark."""
    return _subscriptions("pg_subscription", connection=marked_by_server("s.subconninfo"))


# Of the columns of pg_subscription those that every role may read, which versions differ in.
VISIBLE_COLUMNS = """
    select attname as name from pg_attribute where attrelid = 'pg_subscription'::regclass
      and attnum > 0 and has_column_privilege('public', attrelid, attnum, 'select')
      order by attnum"""


def visible_subscriptions(columns: Sequence[str]) -> str:
    """What everybody may see of them: these columns."""
    return _subscriptions(f"(select {', '.join(columns)} from pg_subscription)", connection="null")


def _subscriptions(catalog: str, *, connection: str) -> str:
    # In 14 and 15 they stream or not; a subscription there is applied as its owner.
    streaming = "case {0} when 'true' then 't' when 'false' then 'f' else {0} end"
    return f"""
        select 'subscription' as kind, 'subscription' as class, array[s.subname]::text[] as name,
          json_build_object('definition', 'subscription',
            'enabled', s.subenabled, 'connection', {connection},
            'server', (select srvname from pg_foreign_server
              where oid = {perhaps("s", "subserver")}::oid),
            'slot', s.subslotname, 'publications', (select json_agg(p order by p collate "C")
              from unnest(s.subpublications) as p),
            'synchronous commit', s.subsynccommit, 'binary', s.subbinary,
            'streaming', {streaming.format(perhaps("s", "substream"))},
            'two-phase', {later("s", "subtwophasestate", "d")},
            'origin', {later("s", "suborigin", "any")},
            'disable on error', {later("s", "subdisableonerr", "false")},
            'password required', {later("s", "subpasswordrequired", "true")},
            'run as owner', {later("s", "subrunasowner", "true")},
            'failover', {later("s", "subfailover", "false")},
            'retains dead tuples', {later("s", "subretaindeadtuples", "false")},
            'retention active', {later("s", "subretentionactive", "false")},
            'maximal retention', {later("s", "submaxretention", "0")},
            'receiver time-out', {later("s", "subwalrcvtimeout", "-1")},
            'skip', nullif(({perhaps("s", "subskiplsn")})::pg_lsn, '0/0') - '0/0'::pg_lsn)
            as props
        from {catalog} s
        where s.subdbid = (select oid from pg_database where datname = current_database())"""


def subscription_state(_common: int) -> str:
    """How far each relation of a subscription is: it moves by itself."""
    return """
        select 'subscription' as kind, 'subscription state' as class,
          array[s.subname]::text[] as name, ' of ' || r.srrelid::regclass::text as suffix,
          json_build_array('subscription', array[s.subname]) as of,
          json_build_object('definition', r.srsubstate,
            'position', r.srsublsn - '0/0'::pg_lsn) as props
        from pg_subscription_rel r join pg_subscription s on s.oid = r.srsubid
        where s.subdbid = (select oid from pg_database where datname = current_database())"""

"""The cluster-wide state of a server, read in one query, and what differs from another reading."""

from __future__ import annotations

from dataclasses import dataclass

from assay.postgres.session import Connection, fetch

# What a fresh database does not isolate, and what lies in the database `postgres` itself.
_STATE = """
select 'role', rolname, concat((to_jsonb(r) - 'oid' - 'rolpassword'), ' ', md5(rolpassword))
  from pg_authid r
union all
select 'membership', roleid::regrole || ' to ' || member::regrole, (to_jsonb(m) - 'oid')::text
  from pg_auth_members m
union all
select 'database', datname,
       concat_ws(' ', datdba::regrole, datacl, datallowconn, datconnlimit, datistemplate)
  from pg_database
union all
select 'slot', slot_name, concat_ws(' ', slot_type, case when temporary then 'temporary' end)
  from pg_replication_slots
union all
select 'subscription', subname, datname from pg_subscription s join pg_database d on d.oid = subdbid
union all
select 'origin', roname, '' from pg_replication_origin
union all
select 'walsender', pid::text, coalesce(application_name, '') from pg_stat_replication
union all
select 'prepared', gid, database from pg_prepared_xacts
union all
select 'setting', concat_ws(' in ', coalesce(rolname, '*'), datname), setconfig::text
  from pg_db_role_setting s left join pg_roles r on r.oid = setrole
  left join pg_database d on d.oid = setdatabase
union all
select 'system-setting', name, coalesce(setting, '') from pg_file_settings
 where sourcefile like '%postgresql.auto.conf'
union all
select 'tablespace', spcname, concat_ws(' ', spcowner::regrole, spcacl, spcoptions)
  from pg_tablespace
union all
select 'comment', classoid::regclass || ' ' || objoid, description from pg_shdescription
union all
select 'label', classoid::regclass || ' ' || objoid, label from pg_shseclabel
union all
select 'postgres.schema', nspname, concat_ws(' ', nspowner::regrole, nspacl) from pg_namespace
 where nspname !~ '^pg_(toast_)?temp_'
union all
select 'postgres.relation', oid::regclass::text, concat_ws(' ', relowner::regrole, relacl)
  from pg_class where oid >= 16384 and relnamespace <> 'pg_toast'::regnamespace
   and relpersistence <> 't'
union all
select 'postgres.routine', oid::regprocedure::text, md5(prosrc) from pg_proc where oid >= 16384
union all
select 'postgres.type', oid::regtype::text, '' from pg_type
 where oid >= 16384 and typrelid = 0 and typelem = 0
union all
select 'postgres.publication', pubname, '' from pg_publication
union all
select 'postgres.extension', extname, extversion from pg_extension
union all
select 'postgres.trigger', evtname, evtenabled::text from pg_event_trigger
union all
select 'postgres.server', srvname, '' from pg_foreign_server
union all
select 'postgres.large-object', oid::text, '' from pg_largeobject_metadata
union all
select 'postgres.default-acl', oid::text, defaclacl::text from pg_default_acl
union all
select 'session', pid::text, datname from pg_stat_activity
 where datname = 'template1' and backend_type = 'client backend'
union all
select 'template1', 'writes', sum(tup_inserted + tup_updated + tup_deleted)::text
  from pg_stat_database where datname = 'template1'
"""
# Of servers that have privileges on parameters.
_PARAMETERS = """union all
select 'parameter', parname, paracl::text from pg_parameter_acl
"""
_SINCE = 150000
_PREPARED = "assay_state"


@dataclass(frozen=True, slots=True, order=True)
class Item:
    """One thing of a server's state: its kind, name and what else is known of it."""

    kind: str
    name: str
    detail: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}" + (f" ({self.detail})" if self.detail else "")


@dataclass(frozen=True, slots=True)
class Difference:
    """What is there more, less or otherwise than at the baseline."""

    added: tuple[Item, ...]
    removed: tuple[Item, ...]
    changed: tuple[Item, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)

    def of(self, *kinds: str) -> list[Item]:
        """The added items of some kinds."""
        return [item for item in self.added if item.kind in kinds]

    def __str__(self) -> str:
        signs = (("+", self.added), ("-", self.removed), ("~", self.changed))
        return ", ".join(f"{sign}{item}" for sign, items in signs for item in items)


State = dict[tuple[str, str], str]


def prepare(connection: Connection) -> None:
    """Let a session keep the plan of `read`, which costs twice what running it does.

    By hand, because psycopg forgets what it has prepared at every DROP.
    """
    connection.prepare_threshold = None
    connection.execute(f"prepare {_PREPARED} as {_query(connection)}".encode())


def read(connection: Connection, *, prepared: bool = False) -> State:
    """The present state, by kind and name; the connection is to the database `postgres`."""
    query = f"execute {_PREPARED}" if prepared else _query(connection)
    return {(kind, name): detail or "" for kind, name, detail in fetch(connection, query)}


def _query(connection: Connection) -> str:
    return _STATE + (_PARAMETERS if connection.info.server_version >= _SINCE else "")


def difference(baseline: State, now: State) -> Difference:
    """What has become of the baseline."""
    return Difference(
        added=tuple(Item(*key, now[key]) for key in sorted(now.keys() - baseline.keys())),
        removed=tuple(Item(*key, baseline[key]) for key in sorted(baseline.keys() - now.keys())),
        changed=tuple(
            Item(*key, now[key])
            for key in sorted(now.keys() & baseline.keys())
            if now[key] != baseline[key]
        ),
    )

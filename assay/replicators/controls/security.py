"""Damage to owners, privileges, roles and large objects."""

from __future__ import annotations

import psycopg

from assay.postgres.session import fetch, identifier, literal
from assay.replicators.controls.place import Place
from assay.replicators.controls.schema import catalog, first_of, statements
from assay.replicators.reference.context import maintenance, session
from assay.replicators.reference.databases import drop_database
from assay.replicators.reference.selection import USER_SCHEMAS, select

_GRANTED = (
    "cross join lateral pg_catalog.aclexplode({acl}) a where {schemas} and a.grantee <> {owner}"
)
_TO = "case a.grantee when 0 then 'public' else a.grantee::regrole::text end"

_relations = statements(
    "select distinct pg_catalog.format('revoke all on %s %s from %s cascade', "
    "case c.relkind when 'S' then 'sequence' else 'table' end, "
    f"pg_catalog.format('%I.%I', n.nspname, c.relname), {_TO}) from pg_catalog.pg_class c "
    "join pg_catalog.pg_namespace n on n.oid = c.relnamespace "
    + _GRANTED.format(acl="c.relacl", schemas=USER_SCHEMAS, owner="c.relowner")
)
_schemas = statements(
    "select distinct pg_catalog.format('revoke all on schema %I from %s cascade', "
    f"n.nspname, {_TO}) from pg_catalog.pg_namespace n "
    + _GRANTED.format(acl="n.nspacl", schemas=USER_SCHEMAS, owner="n.nspowner")
)
_functions = statements(
    f"select distinct pg_catalog.format('revoke all on routine %s from %s cascade', "
    f"p.oid::regprocedure, {_TO}) from pg_catalog.pg_proc p "
    "join pg_catalog.pg_namespace n on n.oid = p.pronamespace "
    + _GRANTED.format(acl="p.proacl", schemas=USER_SCHEMAS, owner="p.proowner")
)
privileges = first_of(_relations, _schemas, _functions)

default_privileges = catalog(
    "delete from pg_catalog.pg_default_acl",
    "delete from pg_catalog.pg_shdepend where classid = 'pg_catalog.pg_default_acl'::regclass "
    "and dbid = (select oid from pg_catalog.pg_database where datname = current_database())",
    "delete from pg_catalog.pg_depend where classid = 'pg_catalog.pg_default_acl'::regclass",
)

owners = statements(
    "select pg_catalog.format('reassign owned by %I to current_user', r.rolname) "
    "from pg_catalog.pg_roles r where r.oid <> 10 and r.rolname !~ '^pg_' "
    "and r.rolname <> current_user and exists (select from pg_catalog.pg_shdepend d "
    "where d.refobjid = r.oid and d.deptype = 'o' and d.dbid = "
    "(select oid from pg_catalog.pg_database where datname = current_database()))"
)

large_object_owners = statements(
    "select pg_catalog.format('alter large object %s owner to current_user', oid) "
    "from pg_catalog.pg_largeobject_metadata where lomowner <> current_user::regrole"
)
large_object_bytes = statements(
    "select pg_catalog.format('select pg_catalog.lo_put(%s, 0, %L::bytea)', oid, "
    "pg_catalog.set_byte(piece, 0, 255 - pg_catalog.get_byte(piece, 0))) from ("
    "select oid, pg_catalog.lo_get(oid, 0, 1) as piece "
    "from pg_catalog.pg_largeobject_metadata) o where pg_catalog.octet_length(piece) > 0"
)


def roles(place: Place) -> list[str]:
    """Roles that both sides have, but for predefined ones, the superuser and ourselves."""
    query = "select rolname from pg_catalog.pg_roles where oid <> 10 and rolname !~ '^pg_'"
    with maintenance(place.run.source) as source:
        known = {row[0] for row in fetch(source, query)}
    return sorted(set(place.texts(query)) & known - {place.run.target.user})


def role_attributes(place: Place) -> int:
    """Roles have the attributes that CREATE ROLE gives."""
    return sum(
        place.attempt(
            f"alter role {identifier(role)} nosuperuser nocreatedb nocreaterole inherit nologin "
            "noreplication nobypassrls connection limit -1 valid until 'infinity'"
        )
        for role in roles(place)
    )


def role_settings(place: Place) -> int:
    """Roles have no settings of their own."""
    done = 0
    for role in roles(place):
        settings = place.rows(
            "select from pg_catalog.pg_db_role_setting where setrole = %s::regrole and "
            "setdatabase = 0",
            identifier(role),
        )
        done += place.attempt(f"alter role {identifier(role)} reset all") if settings else 0
    return done


def passwords(place: Place) -> int:
    """No role can log in by password."""
    known = set(place.texts("select rolname from pg_catalog.pg_authid where rolpassword <> ''"))
    return sum(
        place.attempt(f"alter role {identifier(role)} password null")
        for role in roles(place)
        if role in known
    )


def memberships(place: Place) -> int:
    """No role is a member of another."""
    wanted = ", ".join(literal(role) for role in roles(place)) or "null"
    return place.each(
        "select pg_catalog.format('revoke %s from %s cascade', m.roleid::regrole, "
        "m.member::regrole) from pg_catalog.pg_auth_members m join pg_catalog.pg_roles r "
        f"on r.oid = m.member where r.rolname in ({wanted})"
    )


def last_role(place: Place) -> int:
    """The last role by name is gone; what it owned belongs to the superuser."""
    names = roles(place)
    if not names:
        return 0
    role = identifier(names[-1])
    for database in place.texts(
        "select datname from pg_catalog.pg_database where datallowconn and not datistemplate"
    ):
        with session(place.run.target.at(database)) as connection:
            connection.execute(f"reassign owned by {role} to current_user".encode())
            connection.execute(f"drop owned by {role}".encode())
    return place.attempt(f"drop role {role}")


def lost_database(place: Place) -> int:
    """The last database that is not the URL's own is gone from the target."""
    others = [s.database for s in select(place.run) if s.database != place.run.target.database]
    if not others:
        return 0
    try:
        drop_database(place.run, others[-1])
    except psycopg.Error:
        return 0
    return 1

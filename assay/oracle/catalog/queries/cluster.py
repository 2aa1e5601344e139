"""What reaches beyond one database: roles, settings, the database itself."""

from __future__ import annotations

from assay.oracle.catalog.queries.fragments import (
    entry,
    grants,
    labels,
    later,
    perhaps,
    role,
)
from assay.oracle.catalog.queries.secrets import shown_setting
from assay.oracle.words.marks import marked_by_server

HERE = "(select oid from pg_database where datname = current_database())"
OURS = "r.rolname !~ '^pg_'"


def roles(_common: int) -> str:
    """Roles with attributes and a mark of the password verifier.

    The bootstrap superuser's password is the server's own and stays out.
    """
    salt = "split_part(split_part(r.rolpassword, '$', 2), ':', 2)"
    told = f"""case when r.oid <> 10 and r.rolpassword is not null
              then case when r.rolpassword ~ '^SCRAM-SHA-256\\$[0-9]+:'
                then 'SCRAM salt ' || {marked_by_server(salt)} || ', '
                else left(r.rolpassword, 3) || ' ' end || {marked_by_server("r.rolpassword")} end"""
    return _roles("pg_authid", password=told)


def roles_without_passwords(_common: int) -> str:
    """What everybody may see of roles."""
    return _roles("pg_roles", password="null")


def _roles(catalog: str, *, password: str) -> str:
    return f"""
        select 'role' as kind, 'role' as class, array[{role("r.oid")}]::text[] as name,
          json_build_object('definition', 'role', 'superuser', r.rolsuper,
            'inherit', r.rolinherit, 'createrole', r.rolcreaterole, 'createdb', r.rolcreatedb,
            'login', r.rolcanlogin, 'replication', r.rolreplication,
            'bypassrls', r.rolbypassrls, 'connection limit', r.rolconnlimit,
            'valid until', r.rolvaliduntil::text,
            'password', {password},
            'comment', shobj_description(r.oid, 'pg_authid'),
            'label{{}}', {labels("pg_authid", "r.oid")}) as props
        from {catalog} r where {OURS}"""


def predefined_roles(_common: int) -> str:
    """Comments and labels on the roles that every server has; nothing else of them can change."""
    return f"""
        select said.kind, 'predefined' as class, array[]::text[] as name,
          'role ' || r.rolname as suffix, said.props
        from pg_roles r join (
          select objoid, 'comment' as kind, json_build_object('comment', description) as props
          from pg_shdescription where classoid = 'pg_authid'::regclass
          union all
          select objoid, 'security-label', json_object_agg(provider, {marked_by_server("label")})
          from pg_shseclabel where classoid = 'pg_authid'::regclass group by objoid
        ) as said on said.objoid = r.oid where r.rolname ~ '^pg_'"""


def memberships(common: int) -> str:
    """Who is a member of what, with options, by the role granted.

    Before 16 a membership is inherited as its member's attribute says and may always be set, and
    nobody sees to it that its grantor is one.
    """
    member = role("m.member")
    if common >= 16:
        member += f" || ' (by ' || {role('m.grantor')} || ')'"
    inherit = f"coalesce({perhaps('a', 'inherit_option')}::boolean, x.rolinherit)"
    granted = f"""(select a.roleid, a.member{", a.grantor" if common >= 16 else ""},
            bool_or(a.admin_option) as admin, bool_or({inherit}) as inherit,
            bool_or({later("a", "set_option", "true")}::boolean) as set
          from pg_auth_members a join pg_roles x on x.oid = a.member
          group by a.roleid, a.member{", a.grantor" if common >= 16 else ""})"""
    options = "format('admin %s, inherit %s, set %s', m.admin, m.inherit, m.set)"
    return f"""
        select 'role-membership' as kind, 'membership' as class,
          array[{role("m.roleid")}]::text[] as name,
          json_object_agg({member}, {options}) as props
        from {granted} m group by m.roleid"""


def role_settings(_common: int) -> str:
    """Settings of a role, everywhere and in this database."""
    return f"""
        select 'role-setting' as kind, 'role setting' as class,
          array[coalesce((select {role("r.oid")} from pg_roles r where r.oid = s.setrole),
            'ALL')]::text[] as name,
          json_object_agg(split_part(c, '=', 1) || case when s.setdatabase <> 0
            then ' (in database)' else '' end, substr(c, strpos(c, '=') + 1)) as props
        from pg_db_role_setting s, unnest(s.setconfig) as o,
          lateral (select {shown_setting("o")} as c) as shown
        where (s.setrole <> 0 and s.setdatabase = {HERE}) or s.setdatabase = 0
        group by s.setrole"""


def tablespaces(common: int) -> str:
    """Tablespaces: owner, options, privileges, comment. Where they lie is each server's own."""
    return f"""
        select 'tablespace' as kind, 'tablespace' as class, array[t.spcname]::text[] as name,
          {role("t.spcowner")} as owner,
          jsonb_build_object('definition', 'tablespace', 'owner', {role("t.spcowner")},
            'options{{}}', (select json_agg({shown_setting("o")} order by o)
              from unnest(t.spcoptions) as o),
            'comment', shobj_description(t.oid, 'pg_tablespace'),
            'label{{}}', {labels("pg_tablespace", "t.oid")})
          || {grants("t.spcacl", "t", "t.spcowner", common)} as props
        from pg_tablespace t"""


def database(common: int) -> str:
    """The database itself: encoding, locale, limits, owner, privileges, comment."""
    locale = f"coalesce({perhaps('d', 'datlocale')}, {perhaps('d', 'daticulocale')})"
    return f"""
        select 'database' as kind, 'database' as class, array['database']::text[] as name,
          {role("d.datdba")} as owner,
          jsonb_build_object('encoding', pg_encoding_to_char(d.encoding),
            'provider', {later("d", "datlocprovider", "c")},
            'collate', d.datcollate, 'ctype', d.datctype,
            'locale', {locale}, 'icu rules', {perhaps("d", "daticurules")},
            'connection limit', d.datconnlimit, 'allows connections', d.datallowconn,
            'template', d.datistemplate,
            'tablespace', (select spcname from pg_tablespace where oid = d.dattablespace),
            'owner', {role("d.datdba")}, 'comment', shobj_description(d.oid, 'pg_database'),
            'label{{}}', {labels("pg_database", "d.oid")})
          || {grants("d.datacl", "d", "d.datdba", common)} as props
        from pg_database d where d.oid = {HERE}"""


def database_settings(_common: int) -> str:
    """ALTER DATABASE SET."""
    return f"""
        select 'database-setting' as kind, 'database setting' as class,
          array['database']::text[] as name,
          json_object_agg(split_part(c, '=', 1), substr(c, strpos(c, '=') + 1)) as props
        from pg_db_role_setting s, unnest(s.setconfig) as o,
          lateral (select {shown_setting("o")} as c) as shown
        where s.setrole = 0 and s.setdatabase = {HERE} having count(*) > 0"""


def parameter_privileges(server: int) -> str:
    """GRANT SET and ALTER SYSTEM ON PARAMETER."""
    if server < 15:
        return ""
    return f"""
        select 'acl' as kind, 'parameter' as class, array[]::text[] as name,
          'parameter ' || p.parname as suffix, {role("10")} as owner,
          (select json_object_agg({entry("e", "10")}, 'granted') from aclexplode(p.paracl) as e)
            as props
        from pg_parameter_acl p"""


def slots() -> str:
    """Replication slots of this database and physical ones."""
    return """
        select 'slot' as kind, 'slot' as class, array[s.slot_name]::text[] as name,
          json_build_object('definition', coalesce(s.plugin, 'physical'), 'two-phase', s.two_phase)
            as props
        from pg_replication_slots s
        where not s.temporary and (s.database is null or s.database = current_database())"""


def origins() -> str:
    """Replication origins by their names; where they are moves."""
    return """
        select 'origin' as kind, 'origin' as class, array[o.roname]::text[] as name,
          json_build_object('definition', 'origin') as props
        from pg_replication_origin o"""


def large_objects(common: int) -> str:
    """Large objects: owner, privileges, comment; their content is read apart, where we may."""
    granted = """exists (select from aclexplode(l.lomacl) as e where e.privilege_type = 'SELECT'
          and (e.grantee = 0 or pg_has_role(e.grantee, 'usage')))"""
    return f"""
        select 'large-object' as kind, 'large object' as class, array[]::text[] as name,
          l.oid::text as suffix, {role("l.lomowner")} as owner,
          pg_has_role(l.lomowner, 'usage') or {granted}
            or current_setting('lo_compat_privileges')::boolean as readable,
          jsonb_build_object('definition', 'large object', 'owner', {role("l.lomowner")},
            'comment', obj_description(l.oid, 'pg_largeobject'),
            'label{{}}', {labels("pg_largeobject", "l.oid", labelled="pg_seclabel")})
          || {grants("l.lomacl", "L", "l.lomowner", common)} as props
        from pg_largeobject_metadata l"""

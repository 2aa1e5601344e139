"""What every kind of object can carry: owner, privileges, comment, security label."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from assay.oracle.catalog.queries.fragments import (
    FIRST_USER_OID,
    HIDDEN_SCHEMA,
    entry,
    known_privilege,
    not_member,
    relations,
    role,
    user_made,
)
from assay.oracle.catalog.queries.programs import CONSTRUCTS
from assay.oracle.catalog.queries.types import OWN_TYPE
from assay.oracle.words.marks import marked_by_server

_NO = "null::oid as owner, null::aclitem[] as acl, null::text as aclkind"


_EXTENSION_OWNER = """(select x.extowner from pg_depend m join pg_extension x on x.oid = m.refobjid
    where m.deptype = 'e' and m.classid = objects.classid and m.objid = objects.objid)"""


def attachments(common: int, asked: Iterable[str], *, members: bool = False) -> str:
    """Everything that can carry something, with its owner, privileges, comment and labels.

    One query for four rules, because planning it costs more than running it: of all `arms`, or of
    those that are `asked` with what every database has. Of `members` of extensions the owner is
    told where it is not the extension's.
    """
    owner = role("owner")
    if members:
        owner = f"case when owner = {_EXTENSION_OWNER} then 'as the extension' else {owner} end"
    return f"""
        with objects as ({" union all ".join((*_everywhere(), *asked))})
        select class, label, name, suffix, relation, {owner} as owner,
          case when class = 'attribute' then json_build_array('type', name[1:2])
            when class = 'row type' and relation is not null
              then json_build_array('relation', relation) end as of,
          case when aclkind is not null and (acl is not null or aclkind <> 'c') then (
            select json_object_agg({entry("e", "objects.owner")}, 'granted')
            from aclexplode(coalesce(acl, acldefault(aclkind::"char", objects.owner))) as e
            where {known_privilege("e", common)}) end as privileges,
          d.description as comment,
          coalesce((select json_object_agg(l.provider, {marked_by_server("l.label")})
            from pg_seclabel l
            where l.classoid = objects.classid and l.objoid = objects.objid
              and l.objsubid = objects.subid), case class when 'subscription' then (
            select json_object_agg(l.provider, {marked_by_server("l.label")}) from pg_shseclabel l
            where l.classoid = objects.classid and l.objoid = objects.objid) end) as labels
        from objects left join pg_description d on d.classoid = objects.classid
          and d.objoid = objects.objid and d.objsubid = objects.subid"""


def owner_of(row: dict[str, Any]) -> dict[str, Any] | None:
    """The owner, by the class of the thing; an index and a column have their table's."""
    owned = {row["class"], row["label"]}.isdisjoint(_OWNED)
    return {row["label"]: row["owner"]} if row["owner"] and owned else None


_CONSTRUCTOR = "constructor"  # of a range, whose owner need not be its own
_OWNED = ("column", "row type", _CONSTRUCTOR)  # by who owns the table


def privileges_of(row: dict[str, Any]) -> dict[str, Any] | None:
    """Expanded privileges of objects and columns, the owner's own included."""
    return cast("dict[str, Any] | None", row["privileges"])


def comment_of(row: dict[str, Any]) -> dict[str, Any] | None:
    """The comment."""
    return {"comment": row["comment"]} if row["comment"] is not None else None


def labels_of(row: dict[str, Any]) -> dict[str, Any] | None:
    """The security labels by provider."""
    return cast("dict[str, Any] | None", row["labels"])


def builtin_privileges(common: int) -> str:
    """Changes to the privileges of what initdb and extensions made, against pg_init_privs.

    And of the types that come with relations, against the privileges that every type has.
    """
    arms = " union all ".join(
        f"""select '{catalog}'::regclass as classid, x.oid as objid, 0 as subid,
              x.{prefix}owner as owner, x.{prefix}acl as acl, {aclkind} as aclkind,
              {_is_public(catalog)} as public
            from {catalog} x {only}"""
        for catalog, prefix, aclkind, only in _BUILT_IN
    )

    def entries(acl: str) -> str:
        return (
            f"select {entry('e', 'changed.owner')} as entry from aclexplode({acl}) as e"
            f" where {known_privilege('e', common)}"
        )

    default = 'acldefault(o.aclkind::"char", o.owner)'
    return f"""
        with object as ({arms} union all
            select 'pg_class'::regclass, a.attrelid, a.attnum, c.relowner, a.attacl, 'c', false
            from pg_attribute a join pg_class c on c.oid = a.attrelid
            where a.attacl is not null or (a.attrelid, a.attnum) in (
              select objoid, objsubid from pg_init_privs where objsubid > 0)),
          changed as materialized (
            select o.*, coalesce(o.acl, {default}) as is,
              coalesce(i.initprivs, {default} || case when o.public
                then array[makeaclitem(0, o.owner, 'SELECT', false)] end) as was
            from object o left join pg_init_privs i on i.classoid = o.classid
              and i.objoid = o.objid and i.objsubid = o.subid
            where o.acl is distinct from i.initprivs)
        select 'acl' as kind, 'built-in' as class, array[]::text[] as name,
          (select identity from pg_identify_object(classid, objid, subid))
            || case when y.oid is not null then ' (row type)' else '' end as suffix,
          {role("owner")} as owner,
          (select schema from pg_identify_object(classid, objid, subid)) as schema,
          (select array[n.nspname, c.relname] from pg_class c
            join pg_namespace n on n.oid = c.relnamespace
            where c.oid = case classid when 'pg_class'::regclass then objid else y.typrelid end)
            as relation,
          (select json_build_array('relation', array[n.nspname, c.relname]) from pg_class c
            join pg_namespace n on n.oid = c.relnamespace where c.oid = y.typrelid) as of,
          (select json_object_agg(entry, state) from (
            (select entry, 'granted since' as state from ({entries("changed.is")}) g
              where entry not in (select entry from ({entries("changed.was")}) w))
            union all
            (select entry, 'revoked since' from ({entries("changed.was")}) w
              where entry not in (select entry from ({entries("changed.is")}) g))
          ) as difference) as props
        from changed left join pg_type y on classid = 'pg_type'::regclass and y.oid = objid
          and objid >= {FIRST_USER_OID} and not {OWN_TYPE}
        where changed.is is distinct from changed.was and (objid < {FIRST_USER_OID} or exists (
          select from pg_depend m where m.deptype = 'e' and m.classid = changed.classid
            and m.objid = changed.objid) or y.oid is not null)"""


# catalog, prefix of its columns, kind of the ACL, which of its rows
_BUILT_IN = (
    ("pg_class", "rel", "case x.relkind when 'S' then 's' else 'r' end",
     "where x.relkind in ('r', 'p', 'v', 'm', 'f', 'S')"),
    ("pg_proc", "pro", "'f'", ""),
    ("pg_namespace", "nsp", "'n'", "where x.nspname <> 'public'"),
    ("pg_type", "typ", "'T'", ""),
    ("pg_language", "lan", "'l'", ""),
    ("pg_foreign_data_wrapper", "fdw", "'F'", ""),
    ("pg_foreign_server", "srv", "'S'", ""),
)  # fmt: skip


def _is_public(catalog: str) -> str:
    """True of a view of information_schema: initdb grants it to all, unrecorded."""
    if catalog != "pg_class":
        return "false"
    return "(x.relkind = 'v' and x.relnamespace = to_regnamespace('information_schema'))"


def default_privileges(common: int) -> str:
    """ALTER DEFAULT PRIVILEGES, by role, schema and kind of object."""
    return f"""
        select 'default-acl' as kind, 'default privileges' as class, array[]::text[] as name,
          {role("d.defaclrole")} || coalesce(' in schema ' || quote_ident(n.nspname), '')
            || ' on ' || case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences'
            when 'f' then 'functions' when 'T' then 'types' when 'n' then 'schemas'
            else d.defaclobjtype::text end as suffix,
          n.nspname as schema, {role("d.defaclrole")} as owner,
          coalesce((select json_object_agg({entry("e", "d.defaclrole")}, 'granted')
            from aclexplode(d.defaclacl) as e where {known_privilege("e", common)}),
            '{{"nothing to anybody": "granted"}}') as props
        from pg_default_acl d left join pg_namespace n on n.oid = d.defaclnamespace"""


def _everywhere() -> tuple[str, ...]:
    """What every database has, whoever made it, and what only some may count."""
    made = user_made("pg_namespace", "n.oid")
    return (
        f"""select 'pg_namespace'::regclass as classid, n.oid as objid, 0 as subid,
          'schema' as class, 'schema' as label, array[n.nspname]::text[] as name,
          null::text as suffix, null::text[] as relation, n.nspowner as owner, n.nspacl as acl,
          'n' as aclkind
        from pg_namespace n where n.nspname !~ '{HIDDEN_SCHEMA}'
          and (n.nspname = 'public' or {made})""",
        """select 'pg_extension'::regclass, x.oid, 0, 'extension', 'extension',
          array[x.extname]::text[], null, null, x.extowner, null, null
        from pg_extension x""",
        """select 'pg_subscription'::regclass, s.oid, 0, 'subscription', 'subscription',
          array[s.subname]::text[], null, null, s.subowner, null, null
        from pg_subscription s where s.subdbid =
          (select oid from pg_database where datname = current_database())""",
    )


def _owned() -> tuple[str, ...]:
    """Objects with an owner; `class` and names as the other catalog queries give them."""
    kinds = """case t.relkind when 'v' then 'view' when 'm' then 'matview' when 'S' then 'sequence'
        when 'f' then 'foreign table' when 'g' then 'property graph' else 'table' end"""
    # No default can be asked for a property graph's: its owner may read it.
    acl = """case t.relkind when 'g' then coalesce(t.relacl,
        array[makeaclitem(t.relowner, t.relowner, 'SELECT', false)]) else t.relacl end"""
    function = """case p.prokind when 'p' then 'procedure' when 'a' then 'aggregate'
        else 'function' end"""
    arguments = "'(' || oidvectortypes(p.proargtypes) || ')'"
    return (
        f"""select 'pg_class'::regclass, t.oid, 0, 'relation', {kinds}, t.name, null, t.name,
          t.relowner, {acl}, case t.relkind when 'S' then 's' else 'r' end
        from ({relations("rpfvmSg")}) t""",
        f"""select 'pg_proc'::regclass, p.oid, 0, 'function',
          case when exists (select from {CONSTRUCTS}) then '{_CONSTRUCTOR}' else {function} end,
          array[n.nspname, p.proname]::text[], {arguments}, null, p.proowner, p.proacl, 'f'
        from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        where n.nspname !~ '{HIDDEN_SCHEMA}' and {user_made("pg_proc", "p.oid")}""",
        f"""select 'pg_type'::regclass, y.oid, 0, 'type', 'type',
          array[n.nspname, y.typname]::text[], null, null, y.typowner, y.typacl, 'T'
        from pg_type y join pg_namespace n on n.oid = y.typnamespace
        where {OWN_TYPE} and n.nspname !~ '{HIDDEN_SCHEMA}'
          and {user_made("pg_type", "y.oid")}""",
        *(_plain(*arm) for arm in _WITHOUT_SCHEMA),
        *(_in_schema(*arm) for arm in _IN_SCHEMA),
        f"""select 'pg_operator'::regclass, o.oid, 0, 'operator', 'operator',
          array[n.nspname, o.oprname]::text[],
          '(' || coalesce(format_type(nullif(o.oprleft, 0), null), 'NONE') || ','
            || format_type(o.oprright, null) || ')', null, o.oprowner, null, null
        from pg_operator o join pg_namespace n on n.oid = o.oprnamespace
        where {user_made("pg_operator", "o.oid")}""",
    )


# catalog, prefix of its columns, class, column of the ACL, kind of the ACL
_WITHOUT_SCHEMA = (
    ("pg_language", "lan", "language", "x.lanacl", "'l'"),
    ("pg_foreign_data_wrapper", "fdw", "foreign data wrapper", "x.fdwacl", "'F'"),
    ("pg_foreign_server", "srv", "foreign server", "x.srvacl", "'S'"),
    ("pg_event_trigger", "evt", "event trigger", "null", "null"),
    ("pg_publication", "pub", "publication", "null", "null"),
)
_IN_SCHEMA = (
    ("pg_collation", "coll", "collation", "null", "coll"),
    ("pg_conversion", "con", "conversion", "null", "con"),
    ("pg_opclass", "opc", "operator class", "(select ' using ' || amname from pg_am"
     " where oid = x.opcmethod)", "opc"),
    ("pg_opfamily", "opf", "operator family", "(select ' family using ' || amname from pg_am"
     " where oid = x.opfmethod)", "opf"),
    ("pg_ts_dict", "dict", "text search dictionary", "null", "dict"),
    ("pg_ts_config", "cfg", "text search configuration", "null", "cfg"),
    ("pg_statistic_ext", "stx", "statistics", "null", "stx"),
)  # fmt: skip


def _plain(catalog: str, prefix: str, label: str, acl: str, aclkind: str) -> str:
    return f"""select '{catalog}'::regclass, x.oid, 0, '{label}', '{label}',
          array[x.{prefix}name]::text[], null, null, x.{prefix}owner, {acl}, {aclkind}
        from {catalog} x where {user_made(catalog, "x.oid")}"""


def _in_schema(catalog: str, prefix: str, label: str, suffix: str, names: str) -> str:
    return f"""select '{catalog}'::regclass, x.oid, 0, '{label}', '{label}',
          array[n.nspname, x.{names}name]::text[], {suffix}, null, x.{prefix}owner, null, null
        from {catalog} x join pg_namespace n on n.oid = x.{prefix}namespace
        where {user_made(catalog, "x.oid")}"""


def _attributes() -> tuple[str, ...]:
    return (
        f"""select 'pg_class'::regclass, t.oid, a.attnum, 'column', 'column',
          t.name || a.attname::text, null, t.name, t.relowner, a.attacl, 'c'
        from ({relations("rpfvm")}) t join pg_attribute a on a.attrelid = t.oid
        where (a.attnum > 0 or a.attacl is not null) and not a.attisdropped""",
        f"""select 'pg_class'::regclass, c.oid, a.attnum, 'attribute', 'attribute',
          array[n.nspname, y.typname, a.attname]::text[], null, null, null, null, null
        from pg_type y join pg_class c on c.oid = y.typrelid and c.relkind = 'c'
        join pg_namespace n on n.oid = y.typnamespace join pg_attribute a on a.attrelid = c.oid
        where a.attnum > 0 and not a.attisdropped and {user_made("pg_type", "y.oid")}""",
    )


def _row_types() -> str:
    """Row types, arrays and multiranges come with other things; what they carry does not."""
    return f"""select 'pg_type'::regclass, y.oid, 0, 'row type', 'type',
        array[n.nspname, y.typname]::text[], ' (row type)',
        (select array[n.nspname, r.relname]::text[] from pg_class r where r.oid = y.typrelid),
        {_NO}
      from pg_type y join pg_namespace n on n.oid = y.typnamespace
      where not {OWN_TYPE} and n.nspname !~ '{HIDDEN_SCHEMA}' and y.oid >= {FIRST_USER_OID}
        and y.oid in (
          select objoid from pg_description where classoid = 'pg_type'::regclass union all
          select objoid from pg_seclabel where classoid = 'pg_type'::regclass)"""


def arms() -> tuple[str, ...]:
    """Everything else that a comment or a label can be on: each is about what users made."""
    member = user_made("pg_type", "y.oid")
    return (
        *_owned(),
        *_attributes(),
        f"""select 'pg_class'::regclass, i.oid, 0, 'index', 'index',
          array[t.nspname, i.relname]::text[], null, t.name, {_NO}
        from ({relations("rpm")}) t join pg_index x on x.indrelid = t.oid
        join pg_class i on i.oid = x.indexrelid""",
        _row_types(),
        f"""select 'pg_constraint'::regclass, k.oid, 0, 'constraint', 'constraint',
          t.name || k.conname::text, null, t.name, {_NO}
        from ({relations("rpf")}) t join pg_constraint k on k.conrelid = t.oid""",
        f"""select 'pg_constraint'::regclass, k.oid, 0, 'constraint', 'constraint',
          array[n.nspname, y.typname, k.conname]::text[], null, null, {_NO}
        from pg_type y join pg_namespace n on n.oid = y.typnamespace
        join pg_constraint k on k.contypid = y.oid where {member}""",
        *(
            f"""select '{catalog}'::regclass, x.oid, 0, '{label}', '{label}',
              t.name || x.{name}::text, null, t.name, {_NO}
            from ({relations("rpfvm")}) t join {catalog} x on x.{relation} = t.oid"""
            for catalog, label, name, relation in (
                ("pg_trigger", "trigger", "tgname", "tgrelid"),
                ("pg_rewrite", "rule", "rulename", "ev_class"),
                ("pg_policy", "policy", "polname", "polrelid"),
            )
        ),
        *(
            f"""select '{catalog}'::regclass, x.oid, 0, 'text search {label}',
              'text search {label}', array[n.nspname, x.{prefix}name]::text[], null, null, {_NO}
            from {catalog} x join pg_namespace n on n.oid = x.{prefix}namespace
            where x.oid >= {FIRST_USER_OID} and {not_member(catalog, "x.oid")}"""
            for catalog, prefix, label in (
                ("pg_ts_parser", "prs", "parser"),
                ("pg_ts_template", "tmpl", "template"),
            )
        ),
        f"""select 'pg_cast'::regclass, c.oid, 0, 'cast', 'cast', array[]::text[],
          '(' || format_type(c.castsource, null) || ' AS ' || format_type(c.casttarget, null)
            || ')', null, {_NO} from pg_cast c where {user_made("pg_cast", "c.oid")}""",
        f"""select 'pg_transform'::regclass, f.oid, 0, 'transform', 'transform',
          array[]::text[], format_type(f.trftype, null) || ' for ' || l.lanname, null, {_NO}
        from pg_transform f join pg_language l on l.oid = f.trflang
        where {user_made("pg_transform", "f.oid")}""",
        f"""select 'pg_am'::regclass, m.oid, 0, 'access method', 'access method',
          array[m.amname]::text[], null, null, {_NO}
        from pg_am m where {user_made("pg_am", "m.oid")}""",
    )

"""SQL that the catalog queries share: who is asked about, and how roles are called."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence, Set

from assay.oracle.words.marks import marked_by_server
from assay.postgres.session import literal

FIRST_USER_OID = 16384
# Some builds stamp each column with the WAL position of its last DDL, as an option that ALTER
# TABLE accepts and ignores: a physical fact, like an OID.
STAMP = "pg_attver"
HIDDEN_SCHEMA = "^pg_(toast|temp_|toast_temp_)"
# True of a relation (a row of pg_class) that a read replica cannot read: it gets no WAL of it.
UNLOGGED = "({0}.relpersistence = 'u' and pg_is_in_recovery())"


def not_member(catalog: str, oid: str) -> str:
    """True of an object that belongs to no extension."""
    return (
        "not exists (select from pg_depend assay_m where assay_m.deptype = 'e'"
        f" and assay_m.classid = '{catalog}'::regclass and assay_m.objid = {oid})"
    )


def user_made(catalog: str, oid: str) -> str:
    """True of an object that neither initdb nor an extension made."""
    return f"({oid} >= {FIRST_USER_OID} and {not_member(catalog, oid)})"


_USER_MADE = re.compile(
    rf" >= {FIRST_USER_OID}\s+and not (?P<member>exists \(select from pg_depend assay_m where"
    r" assay_m\.deptype = 'e' and assay_m\.classid = '(?P<catalog>\w+)'::regclass"
    r" and assay_m\.objid = (?P<oid>[\w.]+))\)"
)


def of_members(query: str, extensions: Sequence[str]) -> str:
    """A query about what users made, asked about members of these extensions instead."""
    theirs = _among(extensions)
    return _USER_MADE.sub(
        lambda made: f" >= {FIRST_USER_OID} and {made['member']} and {theirs})", query
    )


def of_built_ins(
    query: str, extensions: Sequence[str], only: Mapping[str, Set[int]] | None = None
) -> str:
    """A query about what users made, asked about what initdb made instead.

    Of what belongs to extensions by then, only what belongs to these; `only` narrows it to these
    OIDs by catalog.
    """
    theirs = _among(extensions)

    def built_in(made: re.Match[str]) -> str:
        member = made["member"]
        asked = f" < {FIRST_USER_OID} and (not {member}) or {member} and {theirs}))"
        if only is None:
            return asked
        return f" = any({_oids(only.get(made['catalog'], ()))}) and {made['oid']}{asked}"

    return _USER_MADE.sub(built_in, query)


def without(query: str, avoided: Mapping[str, Sequence[int]]) -> str:
    """A query about what users made, less some of it: OIDs by catalog."""

    def less(made: re.Match[str]) -> str:
        listed = avoided.get(made["catalog"], ())
        return f"{made[0]} and {made['oid']} <> all({_oids(listed)})" if listed else made[0]

    return _USER_MADE.sub(less, query)


def _oids(listed: Iterable[int]) -> str:
    return f"'{{{','.join(map(str, sorted(listed)))}}}'::oid[]"


def _among(extensions: Sequence[str]) -> str:
    named = ", ".join(literal(name) for name in extensions) or "null"
    ids = f"select assay_x.oid from pg_extension assay_x where assay_x.extname in ({named})"
    return f"assay_m.refobjid in ({ids})"


def role(oid: str) -> str:
    """A role's name; the bootstrap superuser has the source's name on both sides."""
    bootstrap = "current_setting('assay.bootstrap')"
    return (
        f"(case when {oid} = 10 then {bootstrap}"
        f" when pg_get_userbyid({oid}) = {bootstrap} then {bootstrap} || ' (an ordinary role)'"
        f" else pg_get_userbyid({oid})::text end)"
    )


def entry(acl: str, owner: str) -> str:
    """One expanded ACL entry of the alias `acl`, the owner's name replaced by a placeholder."""

    def name(oid: str) -> str:
        return (
            f"(case when {acl}.{oid} = 0 then 'PUBLIC' when {acl}.{oid} = {owner} then '<owner>'"
            f" else {role(f'{acl}.{oid}')} end)"
        )

    privilege = f"{acl}.privilege_type || case when {acl}.is_grantable then '*' else '' end"
    return f"{name('grantor')} || '=' || {privilege} || '/' || {name('grantee')}"


def known_privilege(acl: str, common: int) -> str:
    """True of a privilege that both servers have."""
    return "true" if common >= 17 else f"{acl}.privilege_type <> 'MAINTAIN'"


def later(row: str, column: str, before: str) -> str:
    """A column that not every version has, as text; `before` is what servers without it do."""
    return f"coalesce(to_jsonb({row}) ->> '{column}', '{before}')"


def perhaps(row: str, column: str) -> str:
    """The same of a column that may have no value: NULL where it has none or there is none."""
    return f"(to_jsonb({row}) ->> '{column}')"


def grants(acl: str, kind: str, owner: str, common: int) -> str:
    """A property for each entry of an object's ACL, or of the default that its kind has."""
    return (
        f"coalesce((select jsonb_object_agg('acl ' || {entry('assay_e', owner)}, 'granted')"
        f" from aclexplode(coalesce({acl}, acldefault('{kind}', {owner}))) as assay_e"
        f" where {known_privilege('assay_e', common)}), '{{}}')"
    )


def labels(catalog: str, oid: str, *, labelled: str = "pg_shseclabel") -> str:
    """The security labels of an object, each as ``provider=`` and a mark: labels hold secrets."""
    return (
        f"(select json_agg(provider || '=' || {marked_by_server('label')}) from {labelled}"
        f" where objoid = {oid} and classoid = '{catalog}'::regclass)"
    )


def relations(kinds: str) -> str:
    """A CTE body: user relations of the given relkinds with their schema and name parts."""
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    return (
        "select c.*, n.nspname, array[n.nspname, c.relname]::text[] as name"
        " from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        f" where c.relkind in ({listed}) and n.nspname !~ '{HIDDEN_SCHEMA}'"
        f" and {user_made('pg_class', 'c.oid')}"
    )


def named(catalog: str, prefix: str, oid: str) -> str:
    """The qualified name parts of an object of a catalog that has a namespace; NULL for none."""
    return (
        f"(select array[assay_n.nspname, assay_x.{prefix}name]::text[] from {catalog} assay_x"
        f" join pg_namespace assay_n on assay_n.oid = assay_x.{prefix}namespace"
        f" where assay_x.oid = {oid})"
    )


def dotted(catalog: str, prefix: str, oid: str) -> str:
    """The qualified quoted name of an object of a catalog that has a namespace; NULL for none."""
    return (
        f"(select format('%I.%I', assay_n.nspname, assay_x.{prefix}name) from {catalog} assay_x"
        f" join pg_namespace assay_n on assay_n.oid = assay_x.{prefix}namespace"
        f" where assay_x.oid = {oid})"
    )

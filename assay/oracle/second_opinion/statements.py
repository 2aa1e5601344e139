"""What pg_dump's text consists of, in a form that two dumps of equal schemas share."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from assay.oracle.catalog.item import qualified
from assay.oracle.catalog.queries.fragments import HIDDEN_SCHEMA, STAMP, relations
from assay.oracle.catalog.queries.relations import HOLDER
from assay.oracle.session.side import Side
from assay.oracle.words.finding import Finding
from assay.oracle.words.kinds import Kind
from assay.oracle.words.narrowing import Narrowing
from assay.oracle.words.scope import Scope, SideName
from assay.postgres.session import identifier

_HEADER = re.compile(r"^--\n-- Name: (?P<name>.*); Type: (?P<type>[^;\n]*); Schema: .*\n--\n", re.M)
_END = re.compile(r"^--\n-- PostgreSQL database dump complete\n--\n", re.M)
# They depend on the order of the statements, which is the dump's own.
_STATEFUL = re.compile(r"^SET default_(tablespace|table_access_method) = .*;\n", re.M)
_STAMP = re.compile(rf"(\b{STAMP}=\d+(, )?|, {STAMP}=\d+)")
_EMPTY_OPTIONS = re.compile(r"^ALTER TABLE .* SET \(\);\n", re.MULTILINE)
_REPLICA_IDENTITY = re.compile(r"^ALTER TABLE .* REPLICA IDENTITY .*;\n", re.M)
_TRIGGER_STATE = re.compile(
    r"^ALTER TABLE .* (DISABLE|ENABLE ALWAYS|ENABLE REPLICA) TRIGGER .*\n", re.M
)
# PostgreSQL 18 names them, and pg_dump writes every name that the server had to shorten.
_NAMED_NOT_NULL = re.compile(r' CONSTRAINT (?:"(?:[^"]|"")+"|\w+) NOT NULL')
_ROLES = re.compile(r" TO (?P<roles>[^()]*?)(?= USING | WITH CHECK |;)")
# A sequence that a column owns goes with its table.
_HOLDERS = f"""
    with t as ({relations("rpfvmS")})
    select t.name, case when t.relkind = 'S' then {HOLDER} else t.name end as holder from t"""
_OF_TABLES = ("TABLE", "MATERIALIZED VIEW", "CONSTRAINT", "INDEX", "TRIGGER")
_NOT_IN_A_SCHEMA_DUMP = frozenset(
    {
        Kind.ROW,
        Kind.MULTIPLICITY,
        Kind.DATABASE,
        Kind.DATABASE_SETTING,
        Kind.ROLE,
        Kind.ROLE_MEMBERSHIP,
        Kind.ROLE_SETTING,
        Kind.TABLESPACE,
        Kind.SEQUENCE_STATE,
        Kind.LARGE_OBJECT,
        Kind.SLOT,
        Kind.ORIGIN,
    }
)
_NOT_WRITTEN = frozenset(
    {
        (Kind.EXTENSION, "definition"),
        (Kind.COLUMN, "local"),
        (Kind.CONSTRAINT, "local"),
        (Kind.INDEX, "valid"),
        (Kind.INDEX, "tablespace"),
        (Kind.TABLE, "tablespace"),
        (Kind.TABLE, "access method"),
        (Kind.MATVIEW, "tablespace"),
        (Kind.MATVIEW, "access method"),
        (Kind.MATVIEW, "populated"),
        (Kind.SUBSCRIPTION, "enabled"),
        (Kind.SUBSCRIPTION, "two-phase"),
    }
)
_WHO = frozenset({Kind.OWNER, Kind.ACL, Kind.DEFAULT_ACL})


@dataclass(frozen=True, slots=True, order=True)
class Statement:
    """One entry of a dump: what it is about, and its text without what depends on order."""

    name: str
    text: str


def dump_tells(finding: Finding, *, across: bool) -> bool:
    """Whether a dump of the schema writes what this finding is about.

    `across` says that the dumps carry no owners and privileges.
    """
    if finding.kind in _NOT_IN_A_SCHEMA_DUMP or (across and finding.kind in _WHO):
        return False
    if finding.kind == Kind.TRIGGER and finding.object.endswith('."(constraint triggers)"'):
        return False
    if finding.kind == Kind.ACL and finding.object.startswith("parameter "):
        return False
    if finding.kind == Kind.EXTENSION and finding.object == "plpgsql":
        return False  # every database is expected to have it
    return (finding.kind, finding.column) not in _NOT_WRITTEN


def dump_statements(dump: str, *, side: SideName, scope: Scope, common: int) -> Iterator[Statement]:
    """The entries of a dump, those that the side declares left out.

    What no server of the major version `common` writes is taken out of them.
    """
    body = _END.split(dump)[0]
    headers = list(_HEADER.finditer(body))
    for number, header in enumerate(headers):
        end = headers[number + 1].start() if number + 1 < len(headers) else len(body)
        kind, name = header["type"], header["name"]
        if not _declared(kind, name, side=side, scope=scope):
            text = _normal(kind, body[header.end() : end], scope=scope, common=common)
            if text:
                yield Statement(f"{kind} {name}", text)


def _declared(kind: str, name: str, *, side: SideName, scope: Scope) -> bool:
    """Whether an entry is about a publication or subscription that this side may have extra."""
    for word in ("PUBLICATION", "SUBSCRIPTION"):
        about = name.removeprefix(f"{word} ") if kind in ("COMMENT", "SECURITY LABEL") else name
        if kind == word or about != name:
            named = about
        elif kind.startswith(f"{word} "):  # a publication's table: both names, blank between
            named = name.split(" ")[0]
        else:
            continue
        return scope.declared.covers(side, word.lower(), named)
    return False


def _normal(kind: str, text: str, *, scope: Scope, common: int) -> str:
    text = _EMPTY_OPTIONS.sub("", _STAMP.sub("", _STATEFUL.sub("", text)))
    declared = {*scope.declared.source, *scope.declared.target}
    if "replica-identity" in declared:
        text = _REPLICA_IDENTITY.sub("", text)
    if "trigger-state" in declared:
        text = _TRIGGER_STATE.sub("", text)
    if kind == "TABLE" and common < 18:
        text = _NAMED_NOT_NULL.sub(" NOT NULL", text)
    if kind in _OF_TABLES:  # a statement taken out leaves its blank lines
        text = re.sub(r"\n{2,}", "\n", text)
    if kind in ("ACL", "DEFAULT ACL"):
        text = "\n".join(sorted(line for line in text.splitlines() if line))
    if kind == "POLICY":
        text = _ROLES.sub(lambda match: " TO " + _sorted(match["roles"]), text)
    return text.strip()


def _sorted(roles: str) -> str:
    return ", ".join(sorted(roles.split(", ")))


def dump_exclusions(
    side: Side, *, scope: Scope, narrowing: Narrowing | None = None
) -> list[str] | None:
    """Arguments of pg_dump that leave out what the scope leaves out on this side, by exact name.

    None: there is nothing to dump.
    """
    asked = narrowing if narrowing is not None else Narrowing()
    tables = [
        row["name"]
        for row in side.rows(_HOLDERS)
        if not scope.has_relation(side.name, name := qualified(row["holder"]))
        or asked.not_dumped(side.name, name)
    ]
    known = [
        row["name"]
        for row in side.rows(
            f"select nspname as name from pg_namespace where nspname !~ '{HIDDEN_SCHEMA}'"
        )
    ]
    schemas = [name for name in known if scope.declared.covers(side.name, "schema", name)]
    wanted = [name for name in known if scope.schemas is not None and scope.has_schema(name)]
    if scope.schemas is not None and not wanted:
        return None
    return [
        *(f"--schema={identifier(name)}" for name in wanted),
        *(f"--exclude-table={identifier(*parts)}" for parts in tables),
        *(f"--exclude-schema={identifier(name)}" for name in schemas),
    ]

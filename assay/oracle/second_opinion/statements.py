"""What pg_dump's text consists of, in a form that two dumps of equal schemas share."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from assay.oracle.catalog.canonical import canonical
from assay.oracle.catalog.item import qualified
from assay.oracle.catalog.prefixes import FIRST_WITHOUT, without_prefixes
from assay.oracle.catalog.queries.fragments import HIDDEN_SCHEMA, STAMP, relations
from assay.oracle.catalog.queries.relations import HOLDER
from assay.oracle.session.side import Side
from assay.oracle.words.extent import Extent
from assay.oracle.words.finding import Finding
from assay.oracle.words.kinds import Kind
from assay.oracle.words.scope import Scope, SideName
from assay.postgres.session import identifier

_HEADER = re.compile(r"^--\n-- Name: (?P<name>.*); Type: (?P<type>[^;\n]*); Schema: .*\n--\n", re.M)
_END = re.compile(r"^--\n-- PostgreSQL database dump complete\n--\n", re.M)
# They depend on the order of the statements, which is the dump's own.
_STATEFUL = re.compile(r"^SET default_(tablespace|table_access_method) = .*;\n", re.M)
_STAMP = re.compile(rf"(\b{STAMP}=\d+(, )?|, {STAMP}=\d+)")
_EMPTY_OPTIONS = re.compile(r"^ALTER (FOREIGN )?TABLE .* SET \(\);\n", re.MULTILINE)
_REPLICA_IDENTITY = re.compile(r"^ALTER TABLE .* REPLICA IDENTITY .*;\n", re.M)
_TRIGGER_STATE = re.compile(
    r"^ALTER TABLE .* (DISABLE|ENABLE ALWAYS|ENABLE REPLICA) TRIGGER .*\n", re.M
)
# PostgreSQL 18 names them, and pg_dump writes every name that the server had to shorten.
_NAMED_NOT_NULL = re.compile(r' CONSTRAINT (?:"(?:[^"]|"")+"|\w+) NOT NULL')
# What the owner of a property graph may do anyway, which 19 writes as soon as anybody had more.
_OWN_GRAPH = re.compile(
    r"^REVOKE ALL ON (PROPERTY GRAPH .*) FROM (.*);\nGRANT ALL ON \1 TO \2;\n", re.M
)
_EXCEPTED = re.compile(r"(?<= EXCEPT \()(?P<tables>TABLE .*)(?=\)(, ALL SEQUENCES)? WITH \()")
_REMARK = re.compile(r"^--.*\n?", re.M)
# And what a child inherits, as lines of their own.
_INHERITED_NOT_NULL = re.compile(r'^    NOT NULL (?:"(?:[^"]|"")+"|\w+),?\n', re.M)
_TAGS = re.compile(r"TAG IN \((?P<tags>[^)]*)\)")
_ROLES = re.compile(r" TO (?P<roles>[^()]*?)(?= USING | WITH CHECK |;)")
# A sequence that a column owns goes with its table. A dump locks tables, and may not lock those
# that it may not read.
_DUMPABLE = f"""
    with t as ({relations("rpfvmSg")})
    select t.name, case when t.relkind = 'S' then {HOLDER} else t.name end as holder,
      t.relkind not in ('r', 'p') or (has_table_privilege(t.oid, 'select')
      and has_schema_privilege(t.relnamespace, 'usage')) as may_be_locked from t"""
_OF_TABLES = ("TABLE", "MATERIALIZED VIEW", "CONSTRAINT", "INDEX", "TRIGGER")
# Schemas that no dump writes.
_SERVERS_OWN = ("pg_catalog.", "information_schema.")
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
        (Kind.INDEX, "ready"),
        (Kind.INDEX, "live"),
        (Kind.INDEX, "operator classes"),  # not where a default says it
        (Kind.INDEX, "tablespace"),
        (Kind.TABLE, "tablespace"),
        (Kind.TABLE, "access method"),
        (Kind.MATVIEW, "tablespace"),
        (Kind.MATVIEW, "access method"),
        (Kind.MATVIEW, "populated"),
        (Kind.SUBSCRIPTION, "enabled"),
        (Kind.SUBSCRIPTION, "two-phase"),
        (Kind.SUBSCRIPTION, "retention active"),
        (Kind.SUBSCRIPTION, "skip"),
    }
)
# Comments of what a dump does not write itself, such as a partition's trigger, are not in it.
_WRITTEN_AT_TIMES = frozenset({Kind.COMMENT, Kind.SECURITY_LABEL})
_NOT_ALWAYS = re.compile(r" \(row type\)$| needed by | family using \S+ (operator|function) ")
_WHO = frozenset({Kind.OWNER, Kind.ACL, Kind.DEFAULT_ACL})


@dataclass(frozen=True, slots=True, order=True)
class Statement:
    """One entry of a dump: what it is about, and its text without what depends on order."""

    name: str
    text: str


def meaning(statement: Statement) -> Statement:
    """The same with its text in the form in which stored expressions are compared."""
    return replace(statement, text=canonical(statement.text) or statement.text)


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
    return not dump_may_tell(finding)


def dump_may_tell(finding: Finding) -> bool:
    """Whether some dumps write what this finding is about: neither silence nor a word tells."""
    return (
        finding.object.startswith(_SERVERS_OWN)  # privileges; nothing else that users made in there
        or finding.kind in _WRITTEN_AT_TIMES
        or (finding.kind, finding.column) in _NOT_WRITTEN
        or _NOT_ALWAYS.search(finding.object) is not None
    )


def dump_statements(
    dump: str, *, side: SideName, scope: Scope, server: int, common: int
) -> Iterator[Statement]:
    """The entries of a dump, those that the side declares left out.

    `server` is the major version that was dumped. What no server of the major version `common`
    writes is taken out of them.
    """
    body = _END.split(dump)[0]
    headers = list(_HEADER.finditer(body))
    for number, header in enumerate(headers):
        end = headers[number + 1].start() if number + 1 < len(headers) else len(body)
        kind, name = header["type"], header["name"]
        if not _declared(kind, name, side=side, scope=scope):
            text = _normal(
                kind, body[header.end() : end], scope=scope, server=server, common=common
            )
            if text:
                yield Statement(f"{kind} {name}", text)


def without_stamps(text: str) -> str:
    """A dump without the positions that some builds write into the options of columns."""
    return _EMPTY_OPTIONS.sub("", _STAMP.sub("", text))


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


def _normal(kind: str, text: str, *, scope: Scope, server: int, common: int) -> str:
    text = without_stamps(_STATEFUL.sub("", text))
    declared = {*scope.declared.source, *scope.declared.target}
    if "replica-identity" in declared:
        text = _REPLICA_IDENTITY.sub("", text)
    if "trigger-state" in declared:
        text = _TRIGGER_STATE.sub("", text)
    if kind == "SCHEMA":  # of `public` there may be nothing but a remark
        text = _REMARK.sub("", text)
    if kind == "TABLE" and common < 18:
        text = _NAMED_NOT_NULL.sub(" NOT NULL", text)
        text = _INHERITED_NOT_NULL.sub("", text).replace(",\n)", "\n)")
    if kind in ("VIEW", "MATERIALIZED VIEW") and server < FIRST_WITHOUT:
        text = without_prefixes(text)
    if kind in _OF_TABLES:  # a statement taken out leaves its blank lines
        text = re.sub(r"\n{2,}", "\n", text)
    if kind == "EVENT TRIGGER":
        text = _TAGS.sub(lambda match: f"TAG IN ({_sorted(match['tags'])})", text)
    if kind in ("ACL", "DEFAULT ACL"):
        text = _OWN_GRAPH.sub("", text)
        text = "\n".join(sorted(line for line in text.splitlines() if line))
    if kind == "POLICY":
        text = _ROLES.sub(lambda match: " TO " + _sorted(match["roles"]), text)
    if kind == "PUBLICATION":
        text = _EXCEPTED.sub(lambda match: _sorted(match["tables"]), text)
    if kind == "PROPERTY GRAPH":  # its elements come in the order in which they were added
        text = "\n".join(sorted(line.rstrip(",") for line in text.splitlines()))
    return text.strip()


def _sorted(listed: str) -> str:
    return ", ".join(sorted(listed.split(", ")))


@dataclass(frozen=True, slots=True)
class Dumpable:
    """A relation of one side, and what it goes with, by the parts of their names."""

    parts: tuple[str, str]
    holder: tuple[str, str]
    may_be_locked: bool

    @property
    def name(self) -> str:
        """The qualified name."""
        return qualified(self.parts)

    @property
    def holding(self) -> str:
        """The qualified name of what it goes with."""
        return qualified(self.holder)


def list_dumpable(side: Side) -> list[Dumpable]:
    """Every relation that a dump would write an entry of."""
    return [
        Dumpable(tuple(row["name"]), tuple(row["holder"]), row["may_be_locked"])
        for row in side.rows(_DUMPABLE)
    ]


def dump_arguments(
    side: Side, listed: Iterable[Dumpable], *, extent: Extent, without: Collection[str]
) -> list[str] | None:
    """Arguments of pg_dump for what takes part on this side, by exact name, but for some.

    None: there is nothing to dump.
    """
    scope = extent.scope
    wanted, others = list[str](), list[str]()
    for one in listed:
        takes = all(
            extent.has_relation(side.name, qualified(name), schema=name[0])
            for name in {one.parts, one.holder}
        )
        declared = scope.declared.covers(side.name, "schema", one.parts[0])
        kept = takes and not declared and one.name not in without
        (wanted if kept else others).append(identifier(*one.parts))
    if scope.include_tables is not None:
        return [f"--table={name}" for name in wanted] or None
    return _by_schema(side, scope, others)


def _by_schema(side: Side, scope: Scope, others: Iterable[str]) -> list[str] | None:
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
        *(f"--exclude-table={name}" for name in others),
        *(f"--exclude-schema={identifier(name)}" for name in schemas),
    ]


def is_dumped(finding: Finding, *, extent: Extent) -> bool:
    """Whether the dump of a narrowed comparison has what a finding is about.

    pg_dump takes schemas or tables: not the tables of one schema with partitions in another.
    """
    scope = extent.scope
    if scope.include_tables is not None:  # of a table alone no server before 18 writes them
        return finding.kind != Kind.STATISTICS
    if scope.schemas is None:
        return True
    outside = {
        qualified([schema])
        for schema in set(extent.schemas.values())
        if not scope.has_schema(schema)
    }
    return not any(finding.object.startswith(f"{schema}.") for schema in outside)

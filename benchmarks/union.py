"""The union of all cases: what their set-ups make, each in schemas of its own, in one database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from assay.conformance.case import Case, Section, parse
from assay.conformance.statements import Psql
from assay.errors import SetupError
from assay.names import RunId, uniquify
from assay.postgres.address import Viewer
from assay.postgres.pair import Pair
from assay.postgres.server import Role
from assay.postgres.session import Connection, connect, fetch, identifier
from assay.redact import Scrubber
from assay.replicators.base import Call, Filters, Phase
from assay.replicators.registry import resolve
from assay.replicators.tool import Tool

CASES = Path(__file__).parents[1] / "integration" / "cases"
# Cases in Python make their set-up in code; these words stand in the report for what is not here.
LEFT_OUT = (
    "cases in Python: their set-up is not SQL alone",
    "names of further databases: their set-up is a schema of the union",
    "what @target and @live make: the source's set-up only",
)
# Draws from every sequence of its database: the others must not be there yet.
FIRST = "cu-sequences"
_SCHEMAS = """
select nspname from pg_namespace where nspname !~ '^(pg_|information_schema$)' order by nspname"""


@dataclass(slots=True)
class Union:
    """What was put into the source; `left_out` says what was not, and why."""

    cases: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=lambda: list(LEFT_OUT))


def all_cases(*categories: str) -> list[Case]:
    """The SQL cases of some categories, or of all."""
    files = sorted(CASES.rglob("*.sql"), key=lambda file: (file.stem != FIRST, file))
    return [parse(file) for file in files if not categories or file.parent.name in categories]


def build(cases: Iterable[Case], pair: Pair, workdir: Path) -> Union:
    """Run the set-ups of all cases on the source of a pair; nothing of them is left in `public`."""
    union = Union()
    for kind in ("role", "membership", "parameter", "comment", "setting"):
        for side in Role:
            pair.allow(side, kind, ".*")
    with connect(pair.source, application="assay/union") as connection:
        shelf = _Shelf(connection)
        shelf.put_away("")
        for number, case in enumerate(cases, 1):
            if missing := lacking(case, pair):
                union.left_out.append(f"{case.id}: the servers lack {missing}")
                continue
            # Roles are the cluster's: each case has its own, as with a run of its own.
            run = RunId(f"{number:08x}")
            for name, sections in _parts(case):
                shelf.open()
                _apply(sections, case, pair, Psql(pair.server_pair.tools, workdir, run))
                shelf.put_away(name)
            for side, role in ((side, role) for side in Role for role in case.roles):
                pair.record(side, "role", uniquify(role, run))
            union.cases.append(case.id)
        shelf.give_names()
    return union


def copy(pair: Pair, workdir: Path) -> None:
    """Copy the source to the target with the reference replicator; SetupError when it fails."""
    tool = Tool(resolve("reference"), pair.server_pair.tools, workdir, Scrubber())
    call = Call(
        source=pair.address("source", Viewer.REPLICATOR),
        target=pair.address("target", Viewer.REPLICATOR),
        filters=Filters(include_databases=(pair.database,)),
        timeout=600,
    )
    done = tool.execute(Phase.INIT, call)
    if done is None or not done.ok:
        raise SetupError(
            "The union was not copied.", evidence="" if done is None else done.output[-2000:]
        )


def _parts(case: Case) -> Iterator[tuple[str, list[Section]]]:
    """The set-up of the database under test, then that of each further database."""
    sections = case.of("setup")
    for database in (None, *case.databases):
        chosen = [section for section in sections if section.database == database]
        if chosen:
            yield (case.id if database is None else f"{case.id} {database}"), chosen


def _apply(sections: list[Section], case: Case, pair: Pair, psql: Psql) -> None:
    try:
        for section in sections:
            psql.apply(section, pair.source)
    except SetupError as error:
        raise SetupError(
            f"The set-up of {case.id} does not fit into the union.", evidence=error.evidence
        ) from error


def lacking(case: Case, pair: Pair) -> str | None:
    """The first feature that one of the servers lacks; a number is a least major version."""
    lowest = min(server.major for server in pair.server_pair.servers)
    for feature in case.features:
        there = (
            lowest >= int(feature) if feature.isdigit() else feature in pair.server_pair.features
        )
        if not there:
            return feature
    return None


@dataclass(slots=True)
class _Shelf:
    """Keeps schemas under other names while later cases make their own of the same name."""

    connection: Connection
    kept: list[tuple[str, str]] = field(default_factory=list)  # name on the shelf, name wanted

    def open(self) -> None:
        """A schema `public` like that of a fresh database."""
        self.connection.execute("create schema public authorization pg_database_owner")
        self.connection.execute("grant usage on schema public to public")
        self.connection.execute("comment on schema public is 'standard public schema'")

    def put_away(self, part: str) -> None:
        """Rename what a part of the union made; its `public` will be called by the part's name."""
        away = {name for name, _ in self.kept}
        for name in (row[0] for row in fetch(self.connection, _SCHEMAS)):
            if name in away:
                continue
            wanted = part if name == "public" and part else name
            self._rename(name, f"assay_shelf_{len(self.kept)}")
            self.kept.append((f"assay_shelf_{len(self.kept)}", self._free(wanted, part)))

    def give_names(self) -> None:
        """Every schema gets its name; of several of one name the later ones carry their part's."""
        for name, wanted in self.kept:
            self._rename(name, wanted)

    def _free(self, wanted: str, part: str) -> str:
        taken = {name for _, name in self.kept}
        return f"{part} {wanted}" if wanted in taken else wanted

    def _rename(self, old: str, new: str) -> None:
        renaming = f"alter schema {identifier(old)} rename to {identifier(new)}"
        self.connection.execute(renaming.encode())

"""The oracle must show that it can see: plants damage in two empty databases and looks for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from assay import clock
from assay.errors import AssayError
from assay.names import RunId, uniquify
from assay.oracle.compare import compare
from assay.oracle.question import Question
from assay.oracle.self_test.plants import (
    BASE,
    GRANTEE,
    OWNER,
    PLANTS,
    TABLESPACE,
    UNDO,
    Mark,
    Plant,
)
from assay.oracle.session.side import as_str
from assay.oracle.words.both import Both
from assay.oracle.words.finding import Comparison, Equality, Finding
from assay.oracle.words.scope import Scope
from assay.postgres.address import Address
from assay.postgres.session import connect, identifier

UNDONE = "cluster-wide damage undone"


@dataclass(frozen=True, slots=True)
class SelfTest:
    """How many damages were planted and found; `missed` names those that were not.

    A finding that nothing planted explains, and a role that outlived the test, are misses too.
    """

    planted: int
    detected: int
    missed: tuple[str, ...]
    seconds: float
    plants: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Everything planted was found, and nothing else."""
        return self.planted > 0 and self.detected == self.planted and not self.missed


def run_self_test(
    source: Address,
    target: Address,
    *,
    without: frozenset[str] = frozenset(),
    plants: tuple[Plant, ...] = PLANTS,
    tools: Path | None = None,
) -> SelfTest:
    """Plant every damage on the target at once, compare once, match findings one to one.

    Both databases must be empty, on two servers, and reached as superuser; their content is the
    caller's to drop. `without` switches rules of the oracle off, to show that they are missed;
    with `tools` pg_dump must agree about what was planted.
    """
    started = clock.monotonic()
    run = RunId.new()
    roles = tuple(uniquify(name, run) for name in (GRANTEE, OWNER))
    addresses = Both(source, target)
    alike = len(set(addresses.map(_major))) == 1
    plants = tuple(plant for plant in plants if alike or not plant.alike)
    with _roles(addresses, roles, run=run):
        addresses.at_once(lambda address: _apply(address, _sql(BASE, run, address)))
        _apply(target, *(_sql(plant.sql, run, target) for plant in plants))
        question = Question(Scope(roles=roles), keep=None, without=without, tools=tools)
        seen = compare(source, target, question)
        us = _current_role(source)
    wanted = [_concrete(plant, run=run, us=us, database=source.database) for plant in plants]
    missed = [*_missed(wanted, seen), *_left(addresses, roles)]
    names = tuple(plant.name for plant in plants)
    return SelfTest(
        planted=len(names),
        detected=sum(name not in missed for name in names),
        missed=tuple(missed),
        seconds=round(clock.monotonic() - started, 3),
        plants=names,
    )


def _missed(wanted: Iterable[Plant], seen: Comparison) -> Iterator[str]:
    """Names of plants that were not found exactly, and findings that no plant explains."""
    if seen.equality is Equality.UNKNOWN:
        yield f"the comparison could not be made: {seen.why}"
    rest = list(seen.findings)
    for plant in wanted:
        marked = [next((f for f in rest if _matches(mark, f)), None) for mark in plant.marks]
        if None in marked:
            yield plant.name
        rest = [finding for finding in rest if finding not in marked]
    yield from (f"unexpected: {finding}" for finding in rest)


def _matches(mark: Mark, finding: Finding) -> bool:
    return (mark.kind, mark.object, mark.column, mark.key) == (
        finding.kind,
        finding.object,
        finding.column,
        finding.key,
    ) and all(
        _like(value, pattern)
        for value, pattern in ((finding.source, mark.source), (finding.target, mark.target))
    )


def _like(value: str | None, pattern: str | None) -> bool:
    """Equal, or with stars in the pattern: its parts occur in order, ends anchored."""
    if value is None or pattern is None or "*" not in pattern:
        return value == pattern
    first, *middle, last = pattern.split("*")
    if not value.startswith(first) or not value.endswith(last):
        return False
    at = len(first)
    for part in middle:
        at = value.find(part, at) + len(part)
        if at < len(part):
            return False
    return True


def _concrete(plant: Plant, *, run: RunId, us: str, database: str) -> Plant:
    """The plant with this run's role names, our own role's and the database's."""

    def text(value: str | None) -> str | None:
        if value is None:
            return None
        return uniquify(value, run).replace("(us)", us).replace("(database)", database)

    marks = tuple(
        replace(
            mark,
            object=text(mark.object) or "",
            column=text(mark.column),
            source=text(mark.source),
            target=text(mark.target),
        )
        for mark in plant.marks
    )
    return replace(plant, marks=marks)


@contextmanager
def _roles(addresses: Both[Address], roles: tuple[str, ...], *, run: RunId) -> Iterator[None]:
    """The roles on both servers; gone afterwards with all else that is cluster-wide."""
    create = "".join(f"create role {identifier(role)};" for role in roles)
    drop = "".join(f"drop role {identifier(role)};" for role in roles)
    space = f"drop tablespace if exists {TABLESPACE}"  # in no transaction with anything else
    addresses.at_once(lambda address: _apply(address, create))
    try:
        yield
    finally:
        addresses.at_once(lambda a: _apply(a, _sql(space, run, a), _sql(UNDO, run, a), drop))


def _left(addresses: Both[Address], roles: tuple[str, ...]) -> Iterator[str]:
    """Whether anything cluster-wide outlived the test."""
    for address in addresses:
        with connect(address, read_only=True) as connection:
            query = "select count(*) from pg_roles where rolname = any(%s)"
            row = connection.execute(query, (list(roles),)).fetchone()
            if row is None or row[0]:
                yield f"{UNDONE}: roles are left on {address}"


def _apply(address: Address, *scripts: str) -> None:
    """Run scripts in one session, each a transaction."""
    inside = {"allow_in_place_tablespaces": "on"}  # the server's own folder holds the planted one
    with connect(address, application="assay-self-test", settings=inside) as connection:
        for script in scripts:
            connection.execute(script.encode())


def _sql(text: str, run: RunId, address: Address) -> str:
    return uniquify(text, run).replace("{database}", identifier(address.database))


def _current_role(address: Address) -> str:
    with connect(address, read_only=True) as connection:
        row = connection.execute("select current_user").fetchone()
    if row is None:
        raise AssayError(f"{address} did not say who we are.")
    return as_str(row[0])


def _major(address: Address) -> int:
    with connect(address, read_only=True) as connection:
        return connection.info.server_version // 10000

"""The oracle must show that it can see: plants damage in two empty databases and looks for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from assay import clock
from assay.errors import AssayError
from assay.names import RunId, uniquify
from assay.oracle.compare import ALL_RULES, EVERYTHING, compare
from assay.oracle.live import Again, compare_live
from assay.oracle.question import Question
from assay.oracle.self_test.plants import (
    BASE,
    DUMPED,
    GRANTEE,
    LARGE,
    LATER,
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
from assay.oracle.words.kinds import CONTENT
from assay.oracle.words.route import Route
from assay.oracle.words.scope import Scope
from assay.postgres.address import Address
from assay.postgres.session import connect, identifier

UNDONE = "cluster-wide damage undone"


@dataclass(frozen=True, slots=True)
class SelfTest:
    """How many damages were planted and found; `missed` names those that were not.

    A finding that nothing planted explains, and a role that outlived the test, are misses too.
    `went` are the routes on which they were found.
    """

    planted: int
    detected: int
    missed: tuple[str, ...]
    seconds: float
    plants: tuple[str, ...]
    went: tuple[Route, ...] = ()

    @property
    def passed(self) -> bool:
        """Everything planted was found, and nothing else."""
        return self.planted > 0 and self.detected == self.planted and not self.missed


def run_self_test(
    source: Address,
    target: Address,
    question: Question = EVERYTHING,
    *,
    again: Again | None = None,
    plants: tuple[Plant, ...] = PLANTS,
) -> SelfTest:
    """Plant every damage on the target at once, compare as asked, match findings one to one.

    Both databases must be empty, on two servers, and reached as superuser; their content is the
    caller's to drop. What one of the servers is too old for is not planted. Of the question counts
    what decides how answers are found: `exact`, `tools` and `without`, which switches rules off to
    show that they are missed. With `again` what differs is looked at once more, as in a moving
    pair.
    """
    started = clock.monotonic()
    run = RunId.new()
    roles = tuple(uniquify(name, run) for name in (GRANTEE, OWNER))
    addresses = Both(source, target)
    with _roles(addresses, roles, run=run):
        majors = addresses.map(_major)
        common, alike = min(majors), majors.source == majors.target
        plants = tuple(one for one in plants if one.since <= common and (alike or not one.alike))
        base = "".join((BASE, *(sql for since, sql in LATER.items() if since <= common)))
        addresses.at_once(lambda address: _apply(address, _sql(base, run, address)))
        _apply(target, *(_sql(script, run, target) for script in _together(plants)))
        us = _current_role(source)
        concrete = [_concrete(one, run=run, us=us, database=source.database) for one in plants]
        dumped = [_concrete(one, run=run, us=us, database=source.database) for one in DUMPED]
        asked = Question(
            Scope(roles=roles), keep=None, without=question.without, exact=question.exact,
            large=LARGE,
        )  # fmt: skip
        looks = list(_looks(addresses, asked, concrete, dumped, tools=question.tools, again=again))
        with ThreadPoolExecutor(len(looks)) as pool:
            answers = list(pool.map(lambda one: one.ask(), looks))
    missed = [
        *(name for look, seen in zip(looks, answers, strict=True) for name in look.missed(seen)),
        *_left(addresses, roles),
    ]
    names = tuple(plant.name for look in looks for plant in look.wanted)
    return SelfTest(
        planted=len(names),
        detected=sum(name not in missed for name in names),
        missed=tuple(missed),
        seconds=round(clock.monotonic() - started, 3),
        plants=names,
        went=tuple(sorted({route for seen in answers for route in seen.used})),
    )


def _together(plants: Iterable[Plant]) -> list[str]:
    """All damage in one round trip, but what the server runs in no transaction with anything."""
    alone = [plant.sql for plant in plants if plant.rule == "tablespaces"]
    return [";\n".join(plant.sql for plant in plants if plant.sql not in alone), *alone]


@dataclass(frozen=True, slots=True)
class _Look:
    """One comparison of the planted pair, and what it has to find; `exactly`: and nothing else."""

    ask: Callable[[], Comparison]
    wanted: list[Plant]
    exactly: bool = True

    def missed(self, seen: Comparison) -> Iterator[str]:
        """Names of plants that were not found exactly, and findings that no plant explains."""
        if seen.equality is Equality.UNKNOWN:
            yield f"the comparison could not be made: {seen.why}"
        rest = list(seen.findings)
        for plant in self.wanted:
            marked = [next((f for f in rest if _matches(mark, f)), None) for mark in plant.marks]
            if None in marked:
                yield plant.name
            rest = [finding for finding in rest if finding not in marked]
        if self.exactly:
            yield from (f"unexpected: {finding}" for finding in rest)


def _looks(
    addresses: Both[Address],
    asked: Question,
    plants: list[Plant],
    dumped: list[Plant],
    *,
    tools: Path | None,
    again: Again | None,
) -> Iterator[_Look]:
    """Every way in which the run's own verdict can come about."""
    yield _Look(lambda: compare(*addresses, asked), plants)
    if tools is not None:  # the catalogs see nothing, so that only the dumps can
        blind = replace(asked, scope=Scope(), tools=tools, without=frozenset(ALL_RULES))
        yield _Look(lambda: compare(*addresses, blind), dumped, exactly=False)
    if again is not None:
        once = replace(again, looks=1, pause=0.0)
        data = replace(asked, scope=replace(asked.scope, parts="data"))
        content = [
            replace(plant, name=f"{plant.name}, looked at again")
            for plant in plants
            if all(_is_of_data(mark) for mark in plant.marks)
        ]
        yield _Look(
            lambda: compare_live(*addresses, data, again=once, progress=lambda _text: None),
            content,
        )


def _is_of_data(mark: Mark) -> bool:
    """Whether it is found where only data is compared: that a view holds rows is data too."""
    return mark.kind in CONTENT or mark.column == "populated"


def _matches(mark: Mark, finding: Finding) -> bool:
    named = (mark.kind, mark.object, mark.key) == (finding.kind, finding.object, finding.key)
    texts = ((finding.column, mark.column), (finding.source, mark.source))
    return named and all(
        _like(value, pattern) for value, pattern in (*texts, (finding.target, mark.target))
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

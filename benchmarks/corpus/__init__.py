"""The corpus: mutants that a verifier of PostgreSQL databases must see, by class.

A class makes equal databases; a mutant damages the target's, alone, and says what must be found.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.errors import UsageError
from assay.oracle.words.finding import Finding
from assay.postgres.server import ServerPair

FOLDER = Path(__file__).parent
FILES = ("values.toml", "rows.toml", "schema.toml", "access.toml", "catalogs.toml", "carried.toml")
DATA = FILES[:2]  # what tools that compare rows alone claim to see
# Features of servers that not every one is built with; ONE_VERSION is of both together.
NEEDS = {
    "documents": "libxml",
    "built-ins": "one version",
    "domain-not-nulls": "one version",  # before 17 it has no name
}
ONE_VERSION = "one version"
ROLES = ("assay_reader", "assay_owner")  # before they are made unique to a run
_SOURCE = re.compile(r"[\w.-]+/[\w.-]+#\d+")


@dataclass(frozen=True, slots=True)
class Mutant:
    """One damage on the target: its SQL and the findings, ``kind object [key] column`` each.

    Parts at an expectation's end may be left out. `table` is the damaged one where it is one
    value's; `source` the public issue in which users met the defect, ``owner/name#number``.
    Without the oracle's `rule` the damage must not be seen, "" where several rules see it.
    """

    category: str
    name: str
    sql: str
    finds: tuple[str, ...]
    source: str = ""
    table: str = ""
    rule: str = ""

    @property
    def id(self) -> str:
        """Its class and its name."""
        return f"{self.category}: {self.name}"


@dataclass(frozen=True, slots=True)
class Category:
    """A class of mutants and what makes the equal databases that they damage.

    `heal` takes back what outlives a damaged database, `data` says that rows are damaged and no
    schema, `needs` names a feature that both servers must have. `shared` makes in each database
    what a copy of it does not have, and `undo` takes it away, as no database is dropped with it.
    """

    name: str
    about: str
    base: str
    heal: str
    mutants: tuple[Mutant, ...]
    data: bool = False
    needs: str | None = None
    shared: str = ""
    undo: str = ""

    @property
    def fingerprint(self) -> str:
        """Twelve hexadecimal digits of what the databases hold, and of all damage to them."""
        done = [self.base, self.shared, *(f"{one.name}\0{one.sql}" for one in self.mutants)]
        return hashlib.sha256("\0\0".join(done).encode()).hexdigest()[:12]

    def fits(self, servers: ServerPair) -> bool:
        """Whether both servers have what this class needs."""
        if self.needs == ONE_VERSION:
            return servers.source.major == servers.target.major
        return self.needs is None or self.needs in servers.features


def load() -> list[Category]:
    """Every class, in the order of the files; UsageError names what is malformed."""
    return [
        _category(name, said, data=file in DATA)
        for file in FILES
        for name, said in tomllib.loads((FOLDER / file).read_text(encoding="utf-8")).items()
    ]


def fingerprint() -> str:
    """Twelve hexadecimal digits of all files: what a result says was measured."""
    whole = hashlib.sha256()
    for file in FILES:
        whole.update((FOLDER / file).read_bytes())
    return whole.hexdigest()[:12]


def _category(name: str, said: dict[str, Any], *, data: bool) -> Category:
    values, written = said.get("values", []), said.get("mutants", [])
    numbered = [(f"v{number:02}", row) for number, row in enumerate(values, 1)]
    base = [said.get("types", ""), said.get("base", "")]
    base += [
        f"create table {table} (id int primary key, v {kind});"
        f" insert into {table} values (1, {source}), (2, null);"
        for table, (_, kind, source, _, _) in numbered
    ]
    mutants = [
        Mutant(
            name,
            called,
            f"update {table} set v = {target} where id = 1",
            (f"row app.{table} [1] v",),
            issue,
            f"app.{table}",
        )
        for table, (called, _, _, target, issue) in numbered
    ]
    mutants += [
        Mutant(name, called, sql, tuple(finds.split(" & ")), issue, rule=_rule(rule, said))
        for called, sql, finds, issue, *rule in written
    ]
    _demand(name, mutants)
    return Category(
        name=name,
        about=said["about"],
        base="\n".join(base),
        heal=said.get("heal", ""),
        mutants=tuple(mutants),
        data=data,
        needs=NEEDS.get(name),
        shared=said.get("shared", ""),
        undo=said.get("undo", ""),
    )


def _rule(own: list[str], said: dict[str, Any]) -> str:
    """The rule of a mutant, else that of its class."""
    return own[0] if own else str(said.get("rule", ""))


def _demand(name: str, mutants: list[Mutant]) -> None:
    names = [mutant.name for mutant in mutants]
    double = sorted({one for one in names if names.count(one) > 1})
    wrong = [m.name for m in mutants if m.source and not _SOURCE.fullmatch(m.source)]
    if double or wrong or not mutants:
        raise UsageError(
            f"The class {name} of the corpus is malformed.",
            evidence=f"same names: {double}; sources that are no owner/name#number: {wrong}",
            remedy="give every mutant its own name and its source, or an empty one",
        )


def unmatched(finds: Iterable[str], findings: Iterable[Finding]) -> list[str]:
    """What was expected and not found, and found and not expected: nothing is a full match."""
    rest = [str(finding).partition(": source ")[0] for finding in findings]
    wrong = []
    for expected in sorted(finds, key=len, reverse=True):
        hit = next((one for one in rest if _begins(one, expected)), None)
        if hit is None:
            wrong.append(f"not found: {expected}")
        else:
            rest.remove(hit)
    return wrong + [f"not expected: {one}" for one in rest]


def _begins(found: str, expected: str) -> bool:
    if expected.endswith("*"):
        return found.startswith(expected[:-1])
    return found == expected or found.startswith(f"{expected} ")

"""A random schema: what is made in it, place by place, from a seed."""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.schemas.grammar import Grammar
from benchmarks.schemas.sql import Sql

FOLDER = Path(__file__).parent
BASE = "base"
ROLES = ("assay_reader", "assay_writer")
CHOSEN = 18  # places in one schema
LARGE_OBJECTS = 1_000_000  # above: ten numbers for each schema
_LARGE_OBJECT = re.compile(r"\blarge-object (\d+)")


@dataclass(frozen=True, slots=True)
class Thing:
    """What one place holds: statements that are executed together, or none of them."""

    place: str
    sql: Sql


@dataclass(frozen=True, slots=True)
class Schema:
    """All things of a seed, in the order in which they are made."""

    seed: int
    things: tuple[Thing, ...]

    def owns(self, said: str) -> bool:
        """Whether a finding, or a piece of a dump, is about this schema."""
        if re.search(rf"\b[so]{self.seed}(?![0-9])", said):
            return True
        numbers = map(
            int, _LARGE_OBJECT.findall(said.lower().replace("large object", "large-object"))
        )
        return any((number - LARGE_OBJECTS) // 10 == self.seed for number in numbers)


@cache
def _said() -> tuple[Mapping[str, Any], Mapping[str, Sequence[str]]]:
    places, expressions = (
        tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
        for name in ("places", "expressions")
    )
    return places, expressions["rules"] | places["rules"]


def all_places() -> list[str]:
    """The names of all places."""
    return list(_said()[0]["places"])


def make(seed: int) -> Schema:
    """The schema of a seed: always the same one."""
    places, rules = _said()
    dice = random.Random(seed)
    grammar = Grammar(rules, dice, {"s": f"s{seed}", "o": f"o{seed}", "of": ""})
    templates = [(BASE, one) for one in places["base"]]
    for place in sorted(dice.sample(all_places(), CHOSEN), key=lambda _: dice.random()):
        many = dice.choice((1, 1, 2))
        templates += [(place, dice.choice(places["places"][place])) for _ in range(many)]
    things = []
    for number, (place, template) in enumerate(templates):
        columns = dice.sample(places["columns"], len(places["columns"]))
        first, second = dice.sample(places["tables"], 2)
        names = {
            "columns": str(grammar.expand(", ".join(columns))),
            "t": f"s{seed}.{first}",
            "t2": f"s{seed}.{second}",
            "oid": str(LARGE_OBJECTS + seed * 10 + number % 10),
        }
        things.append(Thing(place, grammar.expand(template, **names)))
    return Schema(seed, tuple(things))

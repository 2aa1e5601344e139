"""A run in several parts: which items each of them has, the same on every machine."""

from __future__ import annotations

import hashlib
import json
import re
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from assay.errors import UsageError

_LEAST = 0.001  # seconds: what costs nothing would leave shards empty
_UNMEASURED = 1.0


@dataclass(frozen=True, slots=True)
class Shard:
    """Part `index` of `of`, counted from 1."""

    index: int
    of: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """From ``3/8``; UsageError for anything else."""
        found = re.fullmatch(r"([1-9][0-9]{0,4})/([1-9][0-9]{0,4})", text)
        if found is None or int(found[1]) > int(found[2]):
            raise UsageError(
                f"--shard {text} is no part of a whole.",
                remedy="say I/N with I from 1 to N, such as --shard 3/8",
            )
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        return f"shard {self.index}/{self.of}"


@dataclass(frozen=True, slots=True)
class Unit:
    """What stays together: the node ids of one item, or of a group that shares something."""

    items: tuple[str, ...]
    seconds: float | None = None  # None where nobody has measured it


def split(units: Iterable[Unit], of: int) -> tuple[tuple[Unit, ...], ...]:
    """Deal units to so many parts: the longest first, each to the part that has least to do.

    Unmeasured ones count as the median of the measured. The result depends on nothing but the
    units, not even on their order.
    """
    known = list(units)
    measured = [unit.seconds for unit in known if unit.seconds is not None]
    usual = statistics.median(measured) if measured else _UNMEASURED

    def cost(unit: Unit) -> float:
        return max(usual if unit.seconds is None else unit.seconds, _LEAST)

    parts: list[list[Unit]] = [[] for _ in range(of)]
    load = [0.0] * of
    for unit in sorted(known, key=lambda unit: (-cost(unit), unit.items)):
        least = load.index(min(load))
        parts[least].append(unit)
        load[least] = round(load[least] + cost(unit), 6)  # or two machines may add otherwise
    return tuple(map(tuple, parts))


def node_ids(parts: Iterable[Iterable[Unit]]) -> tuple[tuple[str, ...], ...]:
    """Of each part, sorted."""
    return tuple(tuple(sorted(item for unit in part for item in unit.items)) for part in parts)


def digest(parts: Sequence[Sequence[str]], files: Mapping[str, str]) -> str:
    """Of the whole: who does what, and the digests of the files in which it stands."""
    told = json.dumps([parts, sorted(files.items())], ensure_ascii=True)
    return hashlib.sha256(told.encode()).hexdigest()


def plain(nodeid: str) -> str:
    """A node id without the group that xdist adds to it in its workers."""
    return nodeid.rpartition("@")[0] if nodeid.rfind("@") > nodeid.rfind("]") else nodeid

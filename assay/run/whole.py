"""Several parts of one run put together: which of them speak, what is lost, what does not fit.

A pure function of the set of parts: neither the order nor the steps of merging matter.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from assay.errors import UsageError
from assay.run.events import (
    CaseJudged,
    CheckJudged,
    Event,
    ItemFailed,
    Merged,
    RunFinished,
    RunStarted,
    SelfTested,
    Sharded,
)
from assay.run.shard import plain

_NAMED = 3  # items of a lost part
_SHOWN = 60  # characters of a value that two parts tell otherwise
_ENDED = (0, 1, 5)  # pytest's codes of a session that came to its end


@dataclass(frozen=True, slots=True)
class Part:
    """One start of one part, with every event of its journal as it was written."""

    start: RunStarted
    shard: Sharded
    events: tuple[Event, ...]

    @classmethod
    def of(cls, events: Sequence[Event]) -> Part:
        """From the events of a journal; UsageError where it is of a whole run."""
        start = events[0]
        if not isinstance(start, RunStarted):
            raise UsageError("The journal does not begin with run-started.")
        if len(events) < 2 or not isinstance(events[1], Sharded):
            raise UsageError(
                f"Run {start.run} is no part of a whole.",
                evidence="its journal tells of no shard",
                remedy="run each part with --shard I/N",
            )
        part = cls(start, events[1], tuple(events))
        part._check()
        return part

    def _check(self) -> None:
        """It is one of its own parts, and nothing was judged that belongs to another."""
        if not self.shard.index <= self.shard.of == len(self.shard.parts):
            raise UsageError(f"There is no such part: {self}.")
        for nodeid in self._nodeids(ItemFailed):
            if nodeid not in self.shard.own:
                raise UsageError(f"{self} tells of an item that is not its own.", evidence=nodeid)

    def _nodeids(self, *without: type[Event]) -> set[str]:
        """Of the items that its events tell of."""
        told = (one for one in self.events if not isinstance(one, without))
        return {plain(one.nodeid) for one in told if hasattr(one, "nodeid")}

    @property
    def doubt(self) -> str:
        """Of which of its items nothing is told; empty where it is of all."""
        silent = set(self.shard.own) - self._nodeids()
        return f"{self} tells nothing of {_counted(silent)}" if silent else ""

    @property
    def end(self) -> RunFinished | None:
        """None when it was killed."""
        last = self.events[-1]
        return last if isinstance(last, RunFinished) else None

    @property
    def told(self) -> tuple[Event, ...]:
        """What was seen in it, without its own begin and end."""
        return self.events[2:-1] if self.end is not None else self.events[2:]

    @property
    def ended(self) -> bool:
        """Whether pytest came to the end of its session."""
        return self.end is not None and self.end.exit in _ENDED

    @property
    def judged(self) -> tuple[CaseJudged, ...]:
        """Its cases."""
        return tuple(event for event in self.events if isinstance(event, CaseJudged))

    @property
    def proved(self) -> bool:
        """Whether a self-test planted damage, or there was no need of one."""
        judged = any(isinstance(one, CaseJudged | CheckJudged) for one in self.events)
        tests = (event for event in self.events if isinstance(event, SelfTested))
        return not judged or any(test.planted for test in tests)

    @property
    def order(self) -> tuple[int, str]:
        """Its place among all parts."""
        return self.shard.index, self.start.run

    def __str__(self) -> str:
        return f"{self.shard} (run {self.start.run})"


@dataclass(frozen=True, slots=True)
class Whole:
    """Parts that fit together: of each place those that were started, in the order of places."""

    parts: tuple[Part, ...]

    @classmethod
    def of(cls, parts: Iterable[Part]) -> Whole:
        """UsageError where they are not parts of one run, or two of them did the same."""
        ordered = tuple(sorted(parts, key=lambda part: part.order))
        if not ordered:
            raise UsageError("There is nothing to merge.")
        for run, times in Counter(part.start.run for part in ordered).items():
            if times > 1:
                raise UsageError(f"Run {run} is given twice.")
        _check_alike(ordered)
        for one, other in pairwise(part for part in ordered if part.ended):
            if one.shard.index == other.shard.index:
                raise UsageError(
                    f"Two runs have done {one.shard}.",
                    evidence=f"runs {one.start.run} and {other.start.run} came both to their end",
                    remedy="leave one of them out",
                )
        return cls(ordered)

    @property
    def speaking(self) -> tuple[Part, ...]:
        """One part of each place: that which came to its end, else the one that came furthest."""
        chosen: dict[int, Part] = {}
        for part in self.parts:
            before = chosen.get(part.shard.index)
            if before is None or _reach(part) > _reach(before):
                chosen[part.shard.index] = part
        return tuple(chosen.values())

    @property
    def missing(self) -> tuple[int, ...]:
        """The places of which there is no part."""
        there = {part.shard.index for part in self.parts}
        return tuple(n for n in range(1, self.parts[0].shard.of + 1) if n not in there)

    @property
    def run(self) -> str:
        """A name that the same set of parts always has."""
        told = " ".join(sorted(part.start.run for part in self.parts))
        return hashlib.sha256(told.encode()).hexdigest()[:8]

    def doubts(self) -> Iterator[str]:
        """Why nothing is proved of the whole."""
        first = self.parts[0].shard
        for place in self.missing:
            yield f"shard {place}/{first.of} is lost: {_counted(first.parts[place - 1])} not run"
        for part in self.speaking:
            if part.end is None:
                yield f"{part} did not come to its end"
            elif not part.ended:
                yield f"{part} ended with pytest's exit code {part.end.exit}"
            if not part.proved:
                yield f"{part}: no self-test planted any damage"
            if part.doubt:
                yield part.doubt
        yield from self._otherwise()

    def _otherwise(self) -> Iterator[str]:
        """Cases that an earlier start of the same part has seen end otherwise."""
        spoken = {part.shard.index: part for part in self.speaking}
        for part in self.parts:
            last = spoken[part.shard.index]
            now = {plain(case.nodeid): _ended(case) for case in last.judged}
            for case in () if part is last else part.judged:
                after = now.get(plain(case.nodeid))
                if after != _ended(case):
                    yield (
                        f"{case.case} was {case.told} in {part}, and not so in run {last.start.run}"
                    )


def parts_of(events: Sequence[Event]) -> tuple[Part, ...]:
    """The parts in a journal: itself, or those that were merged into it, whole."""
    if len(events) < 2 or not isinstance(events[1], Merged):
        return (Part.of(events),)
    merged, at, found = events[1], 2, []
    for run, length in zip(merged.runs, merged.lengths, strict=True):
        own = events[at : at + length]
        at += length
        if len(own) < length or not own or Part.of(own).start.run != run:
            raise UsageError("The journal of a merged run is damaged.", evidence=f"run {run}")
        found.append(Part.of(own))
    return tuple(found)


def _reach(part: Part) -> tuple[bool, int, str]:
    return part.ended, len(part.events), part.start.run


def _ended(case: CaseJudged) -> object:
    return [(p.phase, p.outcome, p.assisted, p.harmed_source, p.expected) for p in case.phases]


def _counted(items: Collection[str]) -> str:
    """How many items, the first of them by name."""
    named = [item.rpartition("::")[2] for item in sorted(items)]
    more = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
    return f"{len(named)} item{'' if len(named) == 1 else 's'} ({', '.join(named[:_NAMED])}{more})"


def _check_alike(parts: Sequence[Part]) -> None:
    """What all parts of one run have in common is the same in all of them."""
    seen: dict[str, tuple[object, Part]] = {}
    for part in parts:
        for name, value in _common(part):
            before, other = seen.setdefault(name, (value, part))
            if before != value:
                raise UsageError(
                    f"These are not parts of one run: another {name}.",
                    evidence=f"{_short(before)} in {other}, {_short(value)} in {part}",
                    remedy="run all parts from the same commit with the same options",
                )


def _common(part: Part) -> Iterator[tuple[str, object]]:
    """By name what each part has to tell alike."""
    shard = part.shard
    yield "number of shards", shard.of
    yield "commit", shard.commit
    yield "code", shard.code
    yield "version of assay", part.start.assay
    yield "seed", part.start.seed
    yield from _each("option", part.start.options)
    yield from _each("content of", shard.inputs)
    yield "list of items", shard.digest
    yield "deal of items", shard.parts
    for event in part.events:
        if isinstance(event, CaseJudged):
            yield f"version of {event.replicator}", event.version
            for server in event.servers:
                yield (
                    f"{server.role} server of the pair {server.pg}",
                    f"PostgreSQL {server.version}, {server.provider}",
                )


def _each(what: str, values: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    yield f"set of names ({what})", sorted(values)
    for name, value in values.items():
        yield f"{what} {name}", value


def _short(value: object) -> str:
    told = str(value)
    return told if len(told) <= _SHOWN else f"{told[:_SHOWN]}…"

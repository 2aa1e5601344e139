"""Parts of a made-up run, as their journals tell them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from assay.run.events import Event, RunFinished, Sharded
from tests.assay.run.made import SELF_TEST, STARTED, judged

LIST = (("a", "b"), ("c",), ("d", "e"))  # the items of three shards; a case has its item's name


def shard(index: int, parts: Sequence[Sequence[str]] = LIST, **given: Any) -> Sharded:
    """Which part it is."""
    whole = tuple(map(tuple, parts))
    values = {"digest": "d1", "commit": "c1", "code": "k1", **given}
    return Sharded(index, len(whole), parts=whole, **values)


def part(
    index: int,
    *events: Event,
    run: str = "",
    ended: int | None = 0,
    parts: Sequence[Sequence[str]] = LIST,
    started: dict[str, Any] | None = None,
    **given: Any,
) -> list[Event]:
    """The journal of one part: every case of it FAITHFUL, unless events are given; None: killed."""
    own = shard(index, parts, **given)
    told = events or (SELF_TEST, *(judged(name, nodeid=name) for name in own.own))
    start = replace(STARTED, run=run or f"{index:08x}", **(started or {}))
    end = [] if ended is None else [RunFinished(ended, 2.0, "PASS", "")]
    return [start, own, *told, *end]

"""The end of a lease on servers of our own: account for what was left, restore, assert."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import psycopg

from assay.clock import wait_until
from assay.errors import AssayError, TimedOut
from assay.postgres.baseline import Difference, State, difference, read
from assay.postgres.desk import Desk
from assay.postgres.foreign import Side, check_gone, remove
from assay.postgres.pair import Leak, Pair
from assay.postgres.restore import detach, restore
from assay.postgres.server import Role, Server
from assay.postgres.session import Connection, connect

SETTLE = 1.0  # seconds for streams and sessions of an ended tool to end by themselves


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a test left undeclared, and why the server pair is unfit for another one."""

    leaks: tuple[Leak, ...]
    spoilt: str | None = None


@dataclass(frozen=True, slots=True)
class _Side:
    """One server with an open session of the desk."""

    server: Server
    baseline: State
    connection: Connection

    def settled(self, found: Difference, served: Set[str]) -> Difference:
        """What is there once streams and sessions that have ended had a moment to notice it.

        A session in template1 counts what it wrote there when it ends, before it is gone. A stream
        to a subscription that is `served` goes on until that is dropped: nobody waits for it.
        """
        if _ending(found, served):
            with contextlib.suppress(TimedOut):
                wait_until(
                    lambda: not _ending(self.difference(), served),
                    what="streams and sessions to end",
                    timeout=SETTLE,
                    every=0.01,
                )
            found = self.difference()
        return found

    def restored(self, left: Difference) -> Difference:
        """Remove what was left; what differs even so."""
        restore(self.connection, self.server.address(), left)
        return self.difference()

    def difference(self) -> Difference:
        """What has become of the baseline."""
        return difference(self.baseline, read(self.connection, prepared=True))


def give_back(pair: Pair, baselines: Sequence[State], desk: Desk) -> Outcome:
    """Bring both servers back to their baselines; `spoilt` says why that did not succeed."""
    leaks: list[Leak] = []
    try:
        with ThreadPoolExecutor(max_workers=2) as threads:
            remains = _both_restored(pair, baselines, leaks, desk, threads)
    except (AssayError, psycopg.Error) as error:
        return Outcome(tuple(leaks), spoilt=f"{type(error).__name__}: {error}")
    if remains:
        return Outcome(tuple(leaks), spoilt=f"not at its baseline: {remains}")
    return Outcome(tuple(leaks))


def give_back_foreign(pair: Pair, baselines: Sequence[State]) -> Outcome:
    """Remove what the lease recorded by name and nothing else; the rest is reported.

    ServerError when something recorded could not be removed.

    Somebody else's walsenders and sessions come and go, so they are no leaks here.
    """
    leaks: list[Leak] = []
    sides = [
        Side(server.address(), [(kind, name) for kind in ("database", "role")
                                for name in pair.recorded(server.role, kind)])
        for server in pair.server_pair.servers
    ]  # fmt: skip
    left = remove(sides)
    for server, before in zip(pair.server_pair.servers, baselines, strict=True):
        with connect(server.address(), application="assay/restore") as connection:
            found = difference(before, read(connection))
        leaks += [k for k in _leaks(pair, server.role, found)
                  if k.item.kind not in ("walsender", "session")]  # fmt: skip
    check_gone(left)
    return Outcome(tuple(leaks))


def _both_restored(
    pair: Pair,
    baselines: Sequence[State],
    leaks: list[Leak],
    desk: Desk,
    threads: ThreadPoolExecutor,
) -> str:
    """Restore both sides; what remains even so, empty when nothing does."""

    def opened(server: Server, before: State) -> _Side:
        return _Side(server, before, desk.session(server))

    sides = list(threads.map(opened, pair.server_pair.servers, baselines))
    found_first = list(threads.map(_Side.difference, sides))
    served = {item.name for found in found_first for item in found.of("subscription")}
    left = list(threads.map(lambda side, found: side.settled(found, served), sides, found_first))
    for side, found in zip(sides, left, strict=True):
        leaks.extend(_leaks(pair, side.server.role, found))
    # Both sides' subscriptions go first: each may hold a slot on the other.
    for side, found in zip(sides, left, strict=True):
        detach(side.server.address(), found.of("subscription"))
    remains = threads.map(_Side.restored, sides, left)
    return "; ".join(str(rest) for rest in remains if rest)


def _ending(found: Difference, served: Set[str]) -> bool:
    """Whether something is there that may end by itself; a walsender is known by who it serves."""
    return any(
        item.kind == "session"
        or (item.kind == "walsender" and item.detail not in served)
        or (item.kind == "slot" and "temporary" in item.detail)
        for item in found.added
    )


def _leaks(pair: Pair, role: Role, left: Difference) -> list[Leak]:
    items = (*left.added, *left.removed, *left.changed)
    return [Leak(role, item) for item in items if not pair.declared(role, item)]

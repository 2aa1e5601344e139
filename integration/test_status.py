"""What `status` says of a stream that something has happened to; the suite knows what it was.

A state that cannot be brought about from outside is not reached: only a tool whose stream is a
native subscription can have it disabled, and only a tool with a slot can lose it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from assay.clock import wait_until
from assay.conformance.evidence import Unreached
from assay.postgres.session import connect, fetch, identifier, scalar
from assay.replicators.base import State

SETUP = """
create table reading (id int primary key, note text not null);
insert into reading select i, 'before' from generate_series(1, 20) i;
"""
MUCH = "insert into reading select i, repeat('much ', 200) from generate_series(100, 5000) i"
FOLLOWED = ("init", "live", "status")
pytestmark = pytest.mark.integration


def case(name: str, *phases: str, caught_by: str) -> pytest.MarkDecorator:
    """A case of this file."""
    requires = ("live",) if "live" in phases else ()
    found = f"lossy:{caught_by}"
    return pytest.mark.case(name, "status", phases=phases, requires=requires, caught_by=found)


def subscriptions(trial) -> list[str]:
    """The names of the subscriptions in the target database, as identifiers."""
    with connect(trial.bench.pair.target, read_only=True) as session:
        rows = fetch(session, "select subname from pg_subscription s join pg_database d"
                     " on d.oid = s.subdbid where d.datname = current_database()")  # fmt: skip
    return [identifier(name) for (name,) in rows]


def on_target(trial, *statements: str) -> None:
    """Run these as the owner of the target."""
    with connect(trial.bench.pair.target) as session:
        for statement in statements:
            session.execute(statement.encode())


def followed(trial) -> list[str]:
    """Copy and follow; the subscriptions by which the tool does it, none where it failed."""
    trial.prepare(setup=SETUP)
    trial.init()
    trial.follow()
    if trial.lacking:
        trial.status()  # of a copy without a stream, which the suite makes
        return []
    if trial.over:
        return []
    if not (names := subscriptions(trial)):
        trial.unreached.append(Unreached("status", "its stream is no native subscription"))
    return names


@case("st-not-set-up", "status", caught_by="status-always-streaming gives SILENT_WRONG")
def test_where_nothing_was_set_up_status_says_so(judged_case):
    """Before the first command `status` does not say that a stream is on."""
    with judged_case() as trial:
        trial.prepare(setup=SETUP)
        trial.status(State.NOT_SET_UP)


@case("st-streaming", *FOLLOWED, caught_by="status-never-streaming gives FAILED_LOUD")
def test_a_stream_that_keeps_up_is_said_to(judged_case):
    """A stream that has brought all there is raises no alarm."""
    with judged_case() as trial:
        trial.prepare(setup=SETUP)
        trial.init()
        trial.follow()
        trial.status(State.STREAMING)


@case("st-lagging", *FOLLOWED, caught_by="status-hides-lag gives SILENT_WRONG")
def test_a_stream_that_is_far_behind_is_said_to_lag(judged_case):
    """While a lock on the target holds the stream up, `status` says that it lags."""
    with judged_case() as trial:
        if followed(trial):
            with held_up(trial):
                trial.status(State.LAGGING)


@contextmanager
def held_up(trial) -> Iterator[None]:
    """A lock for which the apply worker waits, and megabytes that wait with it."""
    pair = trial.bench.pair
    with connect(pair.target, autocommit=False) as holder, connect(pair.source) as source:
        holder.execute(b"lock table reading in access exclusive mode")
        source.execute(MUCH.encode())
        with connect(pair.target, read_only=True) as observer:
            wait_until(
                lambda: scalar(observer, "select exists (select from pg_locks where not granted"
                               " and relation = 'reading'::regclass)"),
                what="the stream to be held up",
                timeout=20,
            )  # fmt: skip
        yield
        holder.rollback()


@case("st-stopped", *FOLLOWED, caught_by="status-always-streaming gives SILENT_WRONG")
def test_a_stream_that_was_stopped_is_not_said_to_run(judged_case):
    """A subscription that somebody has disabled is not said to be active."""
    with judged_case() as trial:
        if names := followed(trial):
            on_target(trial, *(f"alter subscription {name} disable" for name in names))
            trial.status(State.STOPPED)


@case("st-broken", *FOLLOWED, caught_by="status-always-streaming gives SILENT_WRONG")
def test_a_stream_that_fails_again_and_again_is_not_said_to_run(judged_case):
    """A row in the way stops the apply worker for good, and `status` says so."""
    with judged_case() as trial:
        if followed(trial):
            on_target(trial, "insert into reading values (99, 'in the way')")
            with connect(trial.bench.pair.source) as source:
                source.execute(b"insert into reading values (99, 'on its way')")
            with connect(trial.bench.pair.target, read_only=True) as observer:
                wait_until(
                    lambda: scalar(observer, "select bool_or(apply_error_count > 0)"
                                   " from pg_stat_subscription_stats"),
                    what="the apply worker to fail",
                    timeout=20,
                )  # fmt: skip
            trial.status(State.BROKEN)


@case("st-half-set-up", *FOLLOWED, caught_by="status-always-streaming gives SILENT_WRONG")
def test_a_stream_of_which_one_side_is_gone_is_not_said_to_run(judged_case):
    """A subscription that was dropped without its slot leaves half a set-up, and no stream."""
    with judged_case() as trial:
        for name in followed(trial):
            on_target(trial, f"alter subscription {name} disable",
                      f"alter subscription {name} set (slot_name = none)",
                      f"drop subscription {name}")  # fmt: skip
            trial.status(State.HALF_SET_UP)


@case("st-slot-lost", *FOLLOWED, caught_by="status-always-streaming gives SILENT_WRONG")
def test_a_stream_whose_slot_is_gone_is_not_said_to_run(judged_case):
    """A slot that somebody dropped can never be followed again, and `status` says so."""
    with judged_case() as trial:
        if names := followed(trial):
            on_target(trial, *(f"alter subscription {name} disable" for name in names))
            drop_slots(trial)
            on_target(trial, *(f"alter subscription {name} enable" for name in names))
            trial.status(State.SLOT_LOST)


def drop_slots(trial) -> None:
    """Drop the slots of the source database, once nobody reads them."""
    with connect(trial.bench.pair.source) as source:
        mine = "from pg_replication_slots where database = current_database()"
        wait_until(
            lambda: not scalar(source, f"select exists (select {mine} and active)"),
            what="the slots to be free",
            timeout=20,
        )
        source.execute(f"select pg_drop_replication_slot(slot_name) {mine}".encode())


@case("st-finished", "init", "live", "cutover", "status",
      caught_by="status-always-streaming gives SILENT_WRONG")  # fmt: skip
def test_after_the_cut_over_no_stream_is_said_to_run(judged_case):
    """After the cut-over `status` does not say that a stream is on."""
    with judged_case() as trial:
        trial.prepare(setup=SETUP)
        trial.init()
        trial.follow()
        trial.cutover()
        trial.status(State.FINISHED, State.NOT_SET_UP)


@case("st-unreachable", *FOLLOWED,
      caught_by="status-always-streaming gives SILENT_WRONG")  # fmt: skip
def test_a_target_that_does_not_answer_is_not_said_to_keep_up(judged_case):
    """Of a target that cannot be reached nobody says that it keeps up."""
    with judged_case() as trial:
        if followed(trial):
            reached = trial.bench.call().target
            trial.bench.target = replace(reached, port=1)
            trial.status(State.UNREACHABLE)
            trial.bench.target = None

"""The lease is on disk before the thing exists, and reads back as it was written."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from assay.names import RunId
from assay.postgres.lease import PAIR_LABEL, POOL_LABEL, RunLease, RunState, ServerEntry, read_all
from assay.postgres.owner import Owner

RUN = RunId("0a1b2c3d")


def test_a_lease_reads_back_as_it_was_written(tmp_path: Path) -> None:
    lease = RunLease(RUN, directory=tmp_path)
    lease.open()
    lease.add(ServerEntry(label="a", pair=1, folder="/x", process=Owner.me()))
    lease.add_file(tmp_path / "f", pair=1)
    lease.update("a", system_identifier="42")
    assert RunState.from_json(lease.path.read_text()) == lease.state
    assert list(read_all(tmp_path)) == [(lease.path, lease.state)]


def test_a_lease_names_its_owner_and_its_time(tmp_path: Path) -> None:
    state = RunLease(RUN, directory=tmp_path).state
    assert state.owner == Owner.me()
    created, expires = map(datetime.fromisoformat, (state.created, state.expires))
    assert expires - created == timedelta(hours=24)


def test_two_processes_of_a_run_have_leases_of_their_own(tmp_path: Path) -> None:
    one, other = (RunLease(RUN, directory=tmp_path) for _ in range(2))
    assert one.path != other.path
    assert f"{RUN}-{os.getpid()}-" in one.path.name


def test_a_container_is_known_by_run_pool_and_pair(tmp_path: Path) -> None:
    lease = RunLease(RUN, directory=tmp_path)
    labels = lease.labels(ServerEntry(label="a", pair=3))
    assert labels["assay.run"] == "0a1b2c3d"
    assert (labels[POOL_LABEL], labels[PAIR_LABEL]) == (lease.pool, "3")
    assert labels["assay.expires"] == lease.state.expires


def test_docker_is_remembered_after_its_servers_are_gone(tmp_path: Path) -> None:
    lease = RunLease(RUN, directory=tmp_path)
    lease.add(ServerEntry(label="a", pair=1, container="c"))
    lease.forget("a")
    assert lease.state.docker
    assert not lease.state.servers


def test_only_the_kept_pair_has_a_time(tmp_path: Path) -> None:
    lease = RunLease(RUN, directory=tmp_path)
    for label, pair in (("a", 1), ("b", 1), ("c", 2)):
        lease.add(ServerEntry(label=label, pair=pair))
    now = datetime.now(UTC)
    lease.keep(1, until=now)
    assert [entry.kept for entry in lease.state.servers] == [True, True, False]
    assert [entry.expired(now) for entry in lease.state.servers] == [True, True, False]
    assert not lease.state.servers[0].expired(now - timedelta(seconds=1))

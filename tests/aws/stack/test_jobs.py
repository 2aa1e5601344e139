"""A posted job really copies one database into another, and completed means equal."""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path

from assay.clock import pause, wait_until
from assay.deployment import release
from assay.jobs.contract import Status
from assay.oracle.words.finding import Equality
from assay.postgres.barrier import Marker
from assay.postgres.session import connect
from assay.replicators.drivers.reference import LEFTOVERS

ENDS = 60.0  # seconds


def test_a_completed_init_is_equal_and_verify_agrees(jobs, databases):
    watch = jobs.wait(jobs.submit(databases.spec()), timeout=ENDS, every=0.1)
    assert watch.states[-1] is Status.COMPLETED, watch.views[-1].error
    comparison = databases.still()
    assert (comparison.equality, comparison.compared["rows"]) == (Equality.EQUAL, 3000)
    verified = jobs.wait(jobs.submit(databases.spec("verify")), timeout=ENDS, every=0.1)
    assert verified.states[-1] is Status.COMPLETED, verified.views[-1].error


def test_verify_of_unequal_databases_fails_with_the_tools_own_words(jobs, databases):
    jobs.wait(jobs.submit(databases.spec()), timeout=ENDS, every=0.1)
    with connect(databases.target) as session:
        session.execute(b"update item set name = 'other' where id = 7")
    view = jobs.wait(jobs.submit(databases.spec("verify")), timeout=ENDS, every=0.1).views[-1]
    assert view.status is Status.FAILED
    assert "exit code 1" in view.error
    assert "item" in view.error


def test_completed_with_a_stream_is_equal_at_a_proven_position_under_writers(
    jobs, databases, cut_over
):
    marker = Marker(databases.source, databases.target)
    marker.create()
    over = threading.Event()
    written = []

    def write(number):
        with connect(databases.source) as session:
            while not over.is_set():
                session.execute(b"insert into item (name) values (%s)", (f"writer {number}",))
                session.execute(
                    b"update part set data = data || '{\"w\": 1}' where id = %s", (number,)
                )
                written.append(number)
                pause(0.002)

    writers = [threading.Thread(target=write, args=(number,)) for number in (1, 2, 3)]
    for writer in writers:
        writer.start()
    try:
        accepted = jobs.submit(databases.spec(enable_sync=True))
        watch = jobs.wait(accepted, timeout=ENDS, every=0.1)
        before = len(written)
        pause(0.5)
    finally:
        over.set()
        for writer in writers:
            writer.join(30)
    try:
        assert watch.states[-1] is Status.COMPLETED, watch.views[-1].error
        assert 0 < before < len(written)  # they wrote during the job and after it
        comparison = databases.moving(marker, LEFTOVERS, timeout=30)
        assert comparison.equality is Equality.EQUAL, comparison.findings
        assert comparison.compared["rows"] == 3000 + len(written)
    finally:
        done = cut_over()
    assert done.ok, done.output


def test_a_job_on_a_host_that_does_not_resolve_fails_with_that_cause(jobs, databases):
    spec = databases.spec("validate")
    spec["source_url"] = "postgresql://u:p@assay-unreachable.invalid:5432/db"
    view = jobs.wait(jobs.submit(spec), timeout=ENDS, every=0.1).views[-1]
    assert view.status is Status.FAILED
    assert "source_url: host assay-unreachable.invalid does not resolve" in view.error


def test_a_tool_that_does_nothing_completes_and_the_oracle_sees_it(jobs, databases, replicator):
    replicator(release.named("noop"))
    watch = jobs.wait(jobs.submit(databases.spec()), timeout=ENDS, every=0.1)
    assert watch.states[-1] is Status.COMPLETED
    assert databases.still().equality is Equality.DIFFERENT


def test_the_instance_ends_itself_and_leaves_no_process(stack, jobs, databases):
    accepted = jobs.submit(databases.spec())
    jobs.wait(accepted, timeout=ENDS, every=0.1)
    instances = wait_until(
        lambda: all_ended(stack.cloud.instances(accepted.job_id)), what="its end", timeout=10
    )
    assert len(instances) == 1
    assert not marked(instances[0]["InstanceId"].encode())


def all_ended(instances):
    """The instances when all of them are terminated, else nothing."""
    over = all(one["State"]["Name"] == "terminated" for one in instances)
    return instances if over else None


def marked(text):
    """Processes in whose environment a text stands."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if text in entry.read_bytes():
                found.append(entry.parent.name)
    return found


def test_progress_is_told_while_a_job_runs(jobs, databases):
    with connect(databases.source, autocommit=False) as session:
        session.execute(b"lock table item in access exclusive mode")
        accepted = jobs.submit(databases.spec())
        for _ in range(100):
            view = jobs.status(accepted.job_id)
            if view.progress:
                break
            pause(0.1)
        session.rollback()
    assert view.progress["seconds"] >= 1
    assert jobs.wait(accepted, timeout=ENDS, every=0.1).states[-1] is Status.COMPLETED

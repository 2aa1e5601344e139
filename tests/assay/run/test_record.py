from dataclasses import replace

import pytest

from assay.run import record
from assay.run.outcome import Verdict
from tests.assay.run.made import (
    ERROR,
    FINISHED,
    SELF_TEST,
    STARTED,
    a_run,
    judged,
    phase,
    skipped,
    write,
)


def test_a_run_is_read_back_from_its_journal(tmp_path):
    case = judged("dt-x", "SILENT_WRONG")
    run = record.load(write(tmp_path / "run", SELF_TEST, case, skipped()))
    assert run == record.Run(STARTED, (case,), (skipped(),), (SELF_TEST,), end=FINISHED)
    assert run.options == {"replicator": ["seren:/opt/bin/seren"]}
    assert run.replicators == (("seren", "2.5.1"),)


def test_every_phase_of_every_case_is_told(tmp_path):
    one, other = judged("a", phase(), phase("FAILED_LOUD", "live")), judged("b")
    assert list(a_run(one, other).phases) == [
        (one, one.phases[0]), (one, one.phases[1]), (other, other.phases[0]),
    ]  # fmt: skip


def test_servers_are_listed_once_with_their_pair():
    run = a_run(judged("a"), judged("b"), judged("c", pg="16:17"))
    assert [(server.role, server.pg) for server in run.servers] == [
        ("source", "16:17"), ("source", "17:17"), ("target", "16:17"), ("target", "17:17"),
    ]  # fmt: skip


def test_the_order_of_workers_does_not_matter():
    one, two = judged("a"), judged("b")
    assert a_run(one, two).judged == a_run(two, one).judged


@pytest.mark.parametrize(
    ("code", "verdict"),
    [(0, Verdict.PASS), (1, Verdict.PASS), (2, Verdict.UNKNOWN), (3, Verdict.UNKNOWN),
     (7, Verdict.UNKNOWN)],
)  # fmt: skip
def test_pytests_own_trouble_is_no_pass(code, verdict):
    run = record.from_events([STARTED, SELF_TEST, judged(), replace(FINISHED, exit=code)])
    assert run.conclusion.verdict is verdict


def test_a_run_that_was_killed_is_no_pass():
    conclusion = a_run(SELF_TEST, judged(), whole=False).conclusion
    assert conclusion.verdict is Verdict.UNKNOWN
    assert conclusion.reasons == ("the run did not come to its end",)


def test_a_failure_that_no_case_explains_is_no_pass():
    error = replace(ERROR, when="teardown", why="left a slot")
    run = a_run(SELF_TEST, judged(), error)
    assert run.conclusion.verdict is Verdict.UNKNOWN
    assert run.conclusion.reasons == ("error in teardown of x: left a slot",)

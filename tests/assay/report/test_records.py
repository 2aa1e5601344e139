import pytest

from assay.errors import UsageError
from assay.oracle.words.finding import Finding
from assay.report import records
from assay.run.outcome import Outcome, Verdict


def test_a_run_is_read_back_from_its_journal(run_folder, judged, skipped, self_test):
    run = records.load(run_folder(self_test(), judged(outcome="SILENT_WRONG"), skipped()))
    assert (run.id, run.seed, run.exit) == ("0a1b2c3d", 7, 0)
    assert run.judged[0].outcome is Outcome.SILENT_WRONG
    assert run.judged[0].findings == (Finding("row", "public.t", "id=1", "v", "1.500", "1.5"),)
    assert run.skipped[0].requires == "cutover"
    assert run.replicators == (("seren", "2.5.1"),)


def test_servers_are_listed_once_with_their_pair(run_folder, judged):
    run = records.load(run_folder(judged("a"), judged("b"), judged("c", pg="16:17")))
    assert [(server.role, server.pg) for server in run.servers] == [
        ("source", "16:17"), ("source", "17:17"), ("target", "16:17"), ("target", "17:17"),
    ]  # fmt: skip


def test_the_order_of_workers_does_not_matter(started, judged):
    one, two = judged("a"), judged("b")
    assert (
        records.from_events([started, one, two]).judged
        == records.from_events([started, two, one]).judged
    )


@pytest.mark.parametrize(
    ("code", "verdict"),
    [(0, Verdict.PASS), (1, Verdict.PASS), (2, Verdict.UNKNOWN), (3, Verdict.UNKNOWN),
     (7, Verdict.UNKNOWN)],
)  # fmt: skip
def test_pytests_own_trouble_is_no_pass(started, finished, judged, self_test, code, verdict):
    run = records.from_events([started, self_test(), judged(), {**finished, "exit": code}])
    assert run.conclusion.verdict is verdict


def test_a_run_that_was_killed_is_no_pass(started, judged, self_test):
    conclusion = records.from_events([started, self_test(), judged()]).conclusion
    assert conclusion.verdict is Verdict.UNKNOWN
    assert conclusion.reasons == ("the run did not come to its end",)


def test_a_failure_that_no_case_explains_is_no_pass(started, finished, judged, self_test):
    error = {"event": "item-error", "nodeid": "x", "when": "teardown", "why": "left a slot"}
    run = records.from_events([started, self_test(), judged(), error, finished])
    assert run.conclusion.verdict is Verdict.UNKNOWN
    assert run.conclusion.reasons == ("error in teardown of x: left a slot",)


def test_an_event_without_its_facts_is_refused(started):
    with pytest.raises(UsageError, match="another shape"):
        records.from_events([started, {"event": "case-judged", "case": "a"}])


def test_the_worst_cases_come_first(started, judged):
    events = [
        judged("good"),
        judged("gap", "REFUSED", expected=True, gap="known"),
        judged("unknown", "UNKNOWN", expected=False),
        judged("loud", "FAILED_LOUD"),
        judged("wrong", "SILENT_WRONG"),
    ]
    run = records.from_events([started, *events])
    ordered = [case.case for case in sorted(run.judged, key=lambda case: case.badness)]
    assert ordered == ["wrong", "loud", "unknown", "gap", "good"]

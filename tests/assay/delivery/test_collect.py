"""Evidence out of what runs and deployments write."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import pytest

from assay.delivery import collect
from assay.delivery.collect import Surroundings
from assay.delivery.envelope import NAME, open_unsigned, read_bundle
from assay.delivery.make import leave_deployment, resign
from assay.delivery.refusals import NotLetIn
from assay.deployment import environments
from assay.deployment.commit import Commit
from assay.deployment.ladder import NAMES, Deployment
from assay.deployment.steps import Outcome, Result
from assay.run.events import CheckJudged, RunFinished, RustTested
from assay.run.outcome import Verdict
from assay.run.record import from_events
from tests.assay.run import made
from tests.assay.run.parts import part

COMMIT = Commit("c" * 40, "")
AROUND = Surroundings(COMMIT)
ENDED = "2026-01-02T03:14:05.000Z"
BEGAN = "2026-01-02T03:00:00.000Z"


def collected(tmp_path, *events, around=AROUND, started=made.STARTED):
    run = from_events([started, *events, made.FINISHED])
    return collect.of_run(run, tmp_path, around, ended=ENDED)


def test_cases_are_told_by_what_they_came_to(tmp_path):
    gap = made.judged("dt-g", made.phase(gap="known"))
    wrong, left = made.judged("dt-w", "SILENT_WRONG"), made.skipped("dt-y", "cutover")
    told = collected(tmp_path, made.judged("dt-x"), gap, wrong, left, made.SELF_TEST,
                     around=replace(AROUND, catalogue=("dt-x", "dt-z")))  # fmt: skip
    assert (told.suite, told.verdict, told.seed) == ("conformance", Verdict.FAIL, 7)
    assert told.passed == ("dt-x seren 17:17",)
    assert told.gaps == ("dt-g seren 17:17",)
    assert told.failed == ("dt-w seren 17:17",)
    assert told.pairs == ("17:17",)
    assert told.self_test.proves
    assert {(one.what.split()[0], one.why) for one in told.not_run} == {
        ("dt-y", "cutover"), ("dt-z", "it was not asked for")}  # fmt: skip
    assert (told.started, told.ended) == (made.STARTED.started, ENDED)


def test_a_run_that_was_killed_is_unknown(tmp_path):
    run = from_events([made.STARTED, made.judged("dt-x"), made.SELF_TEST])
    told = collect.of_run(run, tmp_path, AROUND, ended=ENDED)
    assert told.verdict is Verdict.UNKNOWN
    assert told.reasons == ("the run did not come to its end",)


def test_a_shard_says_that_it_is_one(tmp_path):
    def told(events):
        return collect.of_run(from_events(events), tmp_path, AROUND, ended=ENDED)

    assert told(part(2)).part == "shard 2/3"
    assert told([made.STARTED, made.judged("dt-x"), made.FINISHED]).part == ""


def test_checks_are_of_an_environment(tmp_path):
    around = Surroundings(COMMIT, "staging", "2" * 12, {"lambda_package": "ab" * 32},
                          ("1f" * 32,), ("ami-1",))  # fmt: skip
    bad = CheckJudged("staging", "limits", "api", "FAIL")
    told = collected(tmp_path, replace(made.CHECK, endpoint="staging"), bad, made.SELF_TEST,
                     around=around)  # fmt: skip
    assert (told.suite, told.environment, told.account) == ("smoke", "staging", "2" * 12)
    assert (told.passed, told.failed) == (("staging health",), ("staging limits",))
    assert [(one.name, one.digest) for one in told.artefacts] == [("lambda_package", "ab" * 32)]
    assert (told.plans, told.images) == (("1f" * 32,), ("ami-1",))


def test_rust_tests_that_were_skipped_were_not_run(tmp_path):
    started = replace(made.STARTED, options={"rust_crate": "."})
    skipped = RustTested("u", "it", "skipped", 0, "it needs a network")
    told = collected(tmp_path, made.RUST, skipped, made.SELF_TEST, started=started)
    assert (told.suite, told.failed) == ("rust", ("it t",))
    assert [(one.what, one.why) for one in told.not_run] == [("it u", "it needs a network")]


def test_a_binary_is_known_by_its_digest(tmp_path):
    binary = tmp_path / "seren"
    binary.write_bytes(b"\x7fELF")
    started = replace(made.STARTED, options={"replicator": [f"seren:{binary}"]})
    told = collected(tmp_path, made.judged("dt-x"), made.SELF_TEST, started=started)
    (one,) = told.artefacts
    assert one.name == "release_binary"
    assert one.digest == sha256(b"\x7fELF").hexdigest()
    binary.write_bytes(b"\x7fELF2")
    again = collected(tmp_path, made.judged("dt-x"), made.SELF_TEST, started=started)
    assert again.artefacts[0].digest != one.digest


def steps_in(home, *, but=(), outcome=Outcome.DONE, began=BEGAN):
    home.mkdir(parents=True, exist_ok=True)
    told = {
        "release_binary": {"kind": "seren", "path": "x", "sha256": "aa" * 32},
        "worker_image": {"image": "ami-1", "made_from": "cc" * 32},
        "lambda_package": {"path": "y", "sha256": "bb" * 32},
        "plan": {"digest": "1f" * 32, "changes": [], "state": "local"},
    }
    for name in NAMES:
        if name not in but:
            done = outcome if name == "applied" else Outcome.DONE
            Result(name, "in", began, "me", done, began, made=told.get(name, {})).write(home)


def test_a_deployment_tells_what_it_brought(tmp_path, monkeypatch):
    monkeypatch.setattr(Commit, "of", lambda _: COMMIT)
    where = Deployment(environments.read("dev"), None, tmp_path)
    steps_in(tmp_path)
    path = leave_deployment(where, COMMIT, BEGAN, None)
    told = read_bundle(path.read_text(), open_unsigned).evidence
    assert (told.suite, told.environment, told.verdict) == ("deployment", "dev", Verdict.PASS)
    assert {one.name: one.digest[:2] for one in told.artefacts} == {
        "release_binary": "aa", "lambda_package": "bb", "worker_image": "cc"}  # fmt: skip
    assert (told.plans, told.images, told.judged) == (("1f" * 32,), ("ami-1",), 7)
    assert set(told.files) == {f"{name}.json" for name in NAMES}


@pytest.mark.parametrize(
    ("left", "verdict"),
    [
        ({"but": ("endpoint",)}, Verdict.UNKNOWN),
        ({"outcome": Outcome.FAILED}, Verdict.FAIL),
        ({"outcome": Outcome.BEGUN}, Verdict.FAIL),
    ],
    ids=str,
)
def test_a_deployment_that_did_not_end_is_no_pass(tmp_path, left, verdict):
    steps_in(tmp_path, **left)
    told = collect.of_deployment(tmp_path, AROUND, started=BEGAN, ended=ENDED)
    assert told.verdict is verdict
    assert told.reasons


def test_where_nothing_was_applied_there_is_nothing_to_tell(tmp_path):
    where = Deployment(environments.read("dev"), None, tmp_path)
    steps_in(tmp_path, but=("applied", "endpoint"))
    assert leave_deployment(where, COMMIT, BEGAN, None) is None
    steps_in(tmp_path)
    assert leave_deployment(where, COMMIT, ENDED, None) is None


def test_a_run_without_evidence_is_told_by_its_journal(tmp_path, monkeypatch):
    monkeypatch.setattr(Commit, "of", lambda _: COMMIT)
    run = tmp_path / "run"
    made.write(run, made.judged("dt-x"), made.SELF_TEST, RunFinished(0, 1.0, "PASS", ""))
    path, _ = resign(run, tmp_path / "out", None)
    told = read_bundle(path.read_text(), open_unsigned).evidence
    assert (told.verdict, told.commit) == (Verdict.PASS, "c" * 40)
    assert path.parent == tmp_path / "out" / "conformance-0a1b2c3d"
    assert (path.parent / "journal.jsonl").read_bytes() == (run / "journal.jsonl").read_bytes()
    again, _ = resign(path.parent, tmp_path / "again", None)
    assert again.read_text() == path.read_text()
    with (path.parent / "journal.jsonl").open("a") as journal:
        journal.write("{}\n")
    with pytest.raises(NotLetIn, match="has changed after the run"):
        resign(path.parent, tmp_path / "third", None)


def test_what_is_no_bundle_is_not_signed(tmp_path):
    (tmp_path / NAME).write_text("PASS\n")
    with pytest.raises(NotLetIn, match="is not signed"):
        resign(tmp_path, tmp_path / "out", None)

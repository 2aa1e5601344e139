"""The action for other repositories: what it calls, what it leaves, what it says where."""

from __future__ import annotations

import json
import sys

import pytest

from assay.errors import SetupError, UsageError
from assay.github import comment, suite
from tests.assay.run.made import SELF_TEST, cause, judged, phase, write

RED = judged("dt-x", phase("FAILED_LOUD", expected=False, cause=cause()))


@pytest.fixture
def inputs(tmp_path, monkeypatch):
    """The inputs as a runner gives them; files for what is put out."""
    for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
        (tmp_path / name).touch()
        monkeypatch.setenv(name, str(tmp_path / name))
    given = {"RUNNER_TEMP": str(tmp_path), "REPLICATOR": "replicator.toml", "PG": "16:17 18",
             "PROVIDER": "", "CASES": "", "BASELINE": "", "OPTIONS": "", "JOBS": "2",
             "NAME": "assay"}  # fmt: skip
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    return tmp_path


def ends(monkeypatch, code, report=None, *events):
    """Let the suite end so, having left a run of these events."""

    def call(argv, **_):
        if report is not None:
            write(report, *events)
        return code

    monkeypatch.setattr(suite, "execute_openly", call)


def put(inputs, name):
    """What a step has put out."""
    return (inputs / name).read_text()


def test_inputs_become_options(inputs, monkeypatch):
    monkeypatch.setenv("CASES", "own cases")
    monkeypatch.setenv("PROVIDER", "wheel")
    monkeypatch.setenv("OPTIONS", "-k 'dt or id' --seed 7")
    assert suite.words(inputs / "r") == [
        "--pyargs", "assay.suite", f"--report-dir={inputs}/r", "-n=2",
        "--replicator=replicator.toml", "--pg=16:17", "--pg=18", "--pg-provider=wheel",
        "--cases=own cases", "-k", "dt or id", "--seed", "7",
    ]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), [("REPLICATOR", ""), ("OPTIONS", "-k 'dt")])
def test_wrong_inputs_are_said(inputs, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(UsageError):
        suite.words(inputs / "r")


@pytest.mark.parametrize(
    ("code", "events", "verdict", "ends_with"),
    [
        (0, (judged(), SELF_TEST), "PASS", 0),
        (1, (RED, SELF_TEST), "FAIL", 1),
        (0, (), "UNKNOWN", 5),
    ],
)
def test_it_leaves_verdict_report_and_summary(
    inputs, monkeypatch, code, events, verdict, ends_with
):
    report = inputs / "report-assay"
    ends(monkeypatch, code, report, *events)
    assert suite.main() == ends_with
    assert put(inputs, "GITHUB_OUTPUT") == f"verdict={verdict}\nreport={report}\n"
    assert f" {verdict}" in put(inputs, "GITHUB_STEP_SUMMARY").partition("\n")[0]
    assert "the artefact `assay`" in put(inputs, "GITHUB_STEP_SUMMARY")


def test_a_suite_that_did_not_begin_is_no_success(inputs, monkeypatch, capsys):
    ends(monkeypatch, 4)
    assert suite.main() == 4
    assert put(inputs, "GITHUB_OUTPUT") == "verdict=UNKNOWN\n"
    assert "::error title=assay::the suite did not begin" in capsys.readouterr().out
    ends(monkeypatch, 0)
    assert suite.main() == 5


@pytest.fixture
def pull_request(hub_of, tmp_path, monkeypatch):
    """The event of pull request 12."""
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": 12}}))
    monkeypatch.setenv("GITHUB_EVENT_PATH", str(event))
    monkeypatch.setenv("PAGE", "https://hub.example/artefact")
    monkeypatch.setenv("NAME", "assay")
    return hub_of


def say(tmp_path, monkeypatch, *events):
    """Run the step for a run of these events."""
    run = write(tmp_path / f"run-{len(list(tmp_path.glob('run-*')))}", *events)
    monkeypatch.setattr(sys, "argv", ["comment", str(run)])
    return comment.main()


def test_the_comment_is_one_that_later_runs_replace(pull_request, tmp_path, monkeypatch):
    pull_request.put("comments", {"12": [{"id": 99, "body": "a person's"}]})
    assert say(tmp_path, monkeypatch, RED, SELF_TEST) == 0
    assert say(tmp_path, monkeypatch, judged(), SELF_TEST) == 0
    theirs, ours = pull_request["comments"]["12"]
    assert theirs["body"] == "a person's"
    assert ours["body"].startswith("<!-- assay-suite assay -->\n### ✅ PASS")
    assert "https://hub.example/artefact" in ours["body"]


def test_another_name_is_another_comment(pull_request, tmp_path, monkeypatch):
    say(tmp_path, monkeypatch, RED, SELF_TEST)
    monkeypatch.setenv("NAME", "assay-18")
    say(tmp_path, monkeypatch, RED, SELF_TEST)
    assert len(pull_request["comments"]["12"]) == 2


def test_a_token_that_may_not_write_is_said(pull_request, tmp_path, monkeypatch, capsys):
    pull_request.put("refuses", "HTTP 403: Resource not accessible by integration")
    assert say(tmp_path, monkeypatch, RED, SELF_TEST) == 0
    assert "NOT RUN: the comment" in capsys.readouterr().out


def test_any_other_refusal_is_trouble(pull_request, tmp_path, monkeypatch):
    pull_request.put("refuses", "HTTP 500: broken")
    with pytest.raises(SetupError, match="500"):
        say(tmp_path, monkeypatch, RED, SELF_TEST)


def test_a_run_of_no_pull_request_has_no_comment(pull_request, tmp_path, monkeypatch):
    (tmp_path / "event.json").write_text("{}")
    with pytest.raises(UsageError, match="no pull request"):
        say(tmp_path, monkeypatch, RED, SELF_TEST)

"""One issue a cause: opened, continued, closed by proof, opened again; and the alarm."""

from __future__ import annotations

import json

import pytest

from assay.errors import SetupError
from assay.github import alarm, issues
from assay.github.hub import Hub
from assay.github.issues import night_of, take
from assay.github.tracked import PERSISTENT, Night, Seen, steps
from tests.assay.run.made import SELF_TEST, a_run, cause, judged, phase, write

HUB = Hub("o/r")


def seen(signature="init: boom", *, cases=("dt-x seren 17",)):
    return Seen(signature, signature, signature, frozenset(cases), "assay reproduce night dt-x")


def night(*causes, judged=("dt-x seren 17",), proved=True, date="2026-01-02"):
    url = f"https://hub.example/{date}"
    return Night(date, url, causes, frozenset(judged), proved)


def bring(one):
    """Bring the repository's issues to what a night says."""
    return take(HUB, steps(one, HUB.issues("nightly")))


def test_a_cause_has_one_issue_with_a_row_a_night(hub_of):
    for day in range(1, 4):
        bring(night(seen(), date=f"2026-01-0{day}"))
    (issue,) = hub_of["issues"]
    assert [f"| [2026-01-0{day}](https://hub.example/2026-01-0{day}) | 1 |" in issue["body"]
            for day in (1, 2, 3)] == [True] * 3  # fmt: skip
    assert "assay reproduce night dt-x" in issue["body"]
    assert not hub_of["comments"]


def test_two_causes_have_two(hub_of):
    bring(night(seen("a"), seen("b")))
    assert [issue["title"] for issue in hub_of["issues"]] == ["nightly: a", "nightly: b"]


def test_a_night_that_is_run_again_has_one_row(hub_of):
    for _ in range(3):
        bring(night(seen()))
    assert hub_of["issues"][0]["body"].count("\n| [2026-01-02]") == 1


def test_after_three_nights_it_is_persistent(hub_of):
    for day in (1, 2):
        bring(night(seen(), date=f"2026-01-0{day}"))
    assert PERSISTENT not in str(hub_of["issues"])
    bring(night(seen(), date="2026-01-03"))
    assert {"name": PERSISTENT} in hub_of["issues"][0]["labels"]


def test_it_closes_itself_when_its_cases_are_judged_without_it(hub_of):
    bring(night(seen()))
    assert bring(night(date="2026-01-03")) == ["#1 closed: nightly: init: boom"]
    assert hub_of.states == ["closed"]
    assert "Not seen in [2026-01-03]" in hub_of["comments"]["1"][0]["body"]


@pytest.mark.parametrize("partial", [{"judged": ()}, {"proved": False}])
def test_what_nobody_looked_at_is_not_repaired(hub_of, partial):
    bring(night(seen()))
    assert bring(night(**partial)) == []
    assert hub_of.states == ["open"]


def test_all_its_cases_have_to_be_judged(hub_of):
    bring(night(seen(cases=("dt-x seren 17", "dt-y seren 17"))))
    bring(night(judged=("dt-x seren 17",)))
    assert hub_of.states == ["open"]


def test_a_cause_that_comes_back_opens_its_issue_again(hub_of):
    for one in (night(seen()), night(), night(seen(), date="2026-01-09")):
        bring(one)
    assert hub_of.states == ["open"]
    assert "Seen again in [2026-01-09]" in hub_of["comments"]["1"][-1]["body"]


def test_issues_that_people_wrote_are_left_alone(hub_of):
    mine = {
        "number": 1,
        "title": "t",
        "body": None,
        "state": "open",
        "labels": [{"name": "nightly"}],
    }
    hub_of.put("issues", [mine])
    bring(night())
    assert hub_of["issues"] == [mine]


def test_words_of_a_tool_do_not_end_the_hidden_state(hub_of):
    bring(night(seen(cases=("dt-x --> 17",))))
    bring(night(seen(cases=("dt-x --> 17",)), date="2026-01-03"))
    assert len(hub_of["issues"]) == 1


def test_a_label_that_was_dropped_is_trouble(hub_of):
    hub_of.put("dropped", ["nightly"])
    with pytest.raises(SetupError, match="without its label nightly"):
        bring(night(seen()))


def test_a_missing_permission_is_trouble(hub_of):
    hub_of.put("refuses", "HTTP 403: Resource not accessible by integration")
    with pytest.raises(SetupError, match="GitHub did not do GET issues") as trouble:
        bring(night(seen()))
    assert "issues: write" in trouble.value.remedy


def test_a_run_becomes_a_night():
    red = phase("FAILED_LOUD", expected=False, cause=cause())
    unproved = judged("dt-z", phase("UNKNOWN", expected=False))
    one = night_of(a_run(judged("dt-x", red), judged("dt-y"), unproved, SELF_TEST), url="u")
    assert one.judged == {"dt-x seren 17", "dt-y seren 17"}
    assert [shown.cases for shown in one.causes] == [{"dt-x seren 17"}]
    assert one.causes[0].repeat == "assay reproduce night dt-x"
    assert not night_of(a_run(), url="u").proved


def test_the_step_reads_a_run_and_a_green_night_ends_the_alarm(hub_of, tmp_path, monkeypatch):
    alarm.sound(HUB, url="https://hub.example/1", results="gate failure")
    red = phase("FAILED_LOUD", expected=False, cause=cause())
    run = write(tmp_path / "night", judged("dt-x", red), SELF_TEST)
    monkeypatch.setattr("sys.argv", ["issues", str(run)])
    monkeypatch.setenv("GATE", "failure")
    assert issues.main() == 0
    assert hub_of.states == ["open", "open"]
    assert "https://hub.example/o/r/actions/runs/7" in hub_of["issues"][1]["body"]
    monkeypatch.setenv("GATE", "success")
    assert issues.main() == 0
    assert hub_of.states == ["closed", "open"]


def test_the_alarm_is_one_issue_however_many_nights_are_red(hub_of, monkeypatch, capsys):
    monkeypatch.setenv("NEEDS", json.dumps({"gate": {"result": "failure"}}))
    assert [alarm.main(), alarm.main()] == [0, 0]
    assert hub_of.states == ["open"]
    assert len(hub_of["comments"]["1"]) == 1
    assert (
        "::error title=nightly::the night is red, issue 1: gate failure" in capsys.readouterr().out
    )


def test_a_second_alarm_follows_one_that_ended(hub_of):
    alarm.sound(HUB, url="u", results="gate failure")
    alarm.end(HUB, url="u")
    alarm.sound(HUB, url="u", results="gate failure")
    assert hub_of.states == ["closed", "open"]

"""What runs where since when, and the DORA measures, from journals as deployments write them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from assay.cli import main
from assay.delivery.dora import measure
from assay.delivery.history import State, changes_in, smoke_runs, with_smoke
from assay.delivery.history_page import Environment, document, lines, render, span
from assay.deployment.steps import Outcome, Result, note
from assay.errors import UsageError
from assay.run.events import RunStarted
from assay.run.journal import Journal
from tests.assay.run.made import CHECK, FINISHED, SELF_TEST

START = datetime(2026, 3, 2, tzinfo=UTC)
NOW = START + timedelta(days=28)
DONE, FAILED, BEGUN = Outcome.DONE, Outcome.FAILED, Outcome.BEGUN
PLAN = "3f2a91c04d7e5566"


def at(hours):
    return START + timedelta(hours=hours)


class Deployments:
    """Writes the journal of an environment as its steps do."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()

    def step(self, name, hours, outcome=DONE, *, why="", **made):
        begun = Result(name, "", at(hours).isoformat(), "ann@ci (process 7)")
        begun.write(self.folder)
        if outcome is not BEGUN:
            replace(begun, outcome=outcome, ended=at(hours + 0.5).isoformat(), why=why,
                    made=made).write(self.folder)  # fmt: skip

    def climb(
        self, hours, *, commit="c0ffee" * 6, ends="endpoint", outcome=DONE, changes=1, **let_in
    ):
        """A climb that begins then and ends with a step in a way."""
        allowed = {"how": "--approve", "by": "bob", "commit": commit, "plan": PLAN}
        allowed |= {"let_in_by": let_in} if let_in else {}
        made = {"plan": {"digest": PLAN, "changes": [["a.b", ["create"]]] * changes},
                "approval": allowed, "applied": {"changed": changes}, "endpoint": {}}  # fmt: skip
        for name, more in made.items():
            last = name == ends
            why = "no quota" if last and outcome is FAILED else ""
            self.step(name, hours, outcome if last else DONE, why=why, **more)
            if last:
                return


@pytest.fixture
def prod(tmp_path):
    return Deployments(tmp_path / "prod")


def known(prod, *, runs=(), age=timedelta(hours=2)):
    changes = changes_in(prod.folder, committed=lambda _: START - age)
    return with_smoke(changes, runs)


def smoked(tmp_path, name, hours, result, endpoint="prod"):
    """A smoke run of an endpoint."""
    folder = tmp_path / "runs" / name
    journal = Journal(folder)
    journal.append(RunStarted(name, at(hours).isoformat(), 1, "0.1.0"))
    journal.append(SELF_TEST)
    journal.append(replace(CHECK, endpoint=endpoint))
    journal.append(replace(CHECK, endpoint=endpoint, check="x", result=result))
    journal.append(FINISHED)
    journal.close()


def runs_below(tmp_path):
    return smoke_runs(sorted((tmp_path / "runs").glob("*")))


def test_a_deployment_says_what_runs_since_when_by_whom_and_from_what(prod):
    prod.climb(1, evidence=["e1" * 32], approvals=["eve as owner"], overrides=["freeze: hotfix"])
    (change,) = known(prod)
    assert (change.state, change.commit, change.plan) == (State.DEPLOYED, "c0ffee" * 6, PLAN)
    assert (change.began, change.at) == (at(1), at(1.5))
    assert (change.by, change.approved) == ("ann@ci (process 7)", ("eve as owner",))
    assert (change.evidence, change.overrides) == (("e1" * 32,), ("freeze: hotfix",))


def test_where_no_approval_is_signed_whoever_allowed_the_plan_is_named(prod):
    prod.climb(1)
    assert known(prod)[0].approved == ("bob by --approve",)


@pytest.mark.parametrize(
    ("ends", "outcome", "state"),
    [
        ("applied", FAILED, State.FAILED),
        ("endpoint", FAILED, State.FAILED),
        ("applied", BEGUN, State.UNKNOWN),
        ("endpoint", BEGUN, State.UNKNOWN),
        ("applied", DONE, State.UNKNOWN),  # nobody saw it answer
        ("endpoint", DONE, State.DEPLOYED),
    ],
)
def test_a_change_is_told_by_the_last_word_of_its_climb(prod, ends, outcome, state):
    prod.climb(1, ends=ends, outcome=outcome)
    (change,) = known(prod)
    assert change.state is state
    assert (change.why == "no quota") == (state is State.FAILED)


def test_what_was_refused_or_changed_nothing_is_no_change(prod):
    prod.climb(1, ends="approval", outcome=FAILED)
    prod.climb(2, ends="plan", outcome=FAILED)
    prod.climb(3, changes=0)
    assert known(prod) == ()


def test_news_and_torn_lines_are_no_changes(prod):
    prod.climb(1)
    note(prod.folder, "news", why="NOT DELIVERED", made={})
    with (prod.folder / "journal.jsonl").open("a") as torn:
        torn.write('{"step": "pl')
    assert [one.state for one in known(prod)] == [State.DEPLOYED]


def test_a_journal_that_is_damaged_is_refused_by_its_line(prod):
    (prod.folder / "journal.jsonl").write_text('{"step": "plan"}\n')
    with pytest.raises(UsageError, match="at line 1"):
        known(prod)


def test_a_change_that_smoke_says_no_to_is_a_failure_until_smoke_says_yes(prod, tmp_path):
    prod.climb(1)
    prod.climb(10)
    smoked(tmp_path, "aaaaaaaa", 0.5, "FAIL")  # before the first
    smoked(tmp_path, "bbbbbbbb", 2, "FAIL")
    smoked(tmp_path, "cccccccc", 3, "FAIL", endpoint="staging")
    smoked(tmp_path, "dddddddd", 5, "PASS")
    smoked(tmp_path, "eeeeeeee", 11, "UNKNOWN")
    first, second = known(prod, runs=runs_below(tmp_path))
    assert [run.run for run in first.smoked] == ["bbbbbbbb", "dddddddd"]
    assert (first.failed_at, first.good_at) == (at(2), at(5))
    assert (second.failed_at, second.good_at, second.smoke) == (None, at(10.5), "UNKNOWN")


def test_a_run_that_cannot_be_read_is_no_smoke_run(tmp_path):
    (tmp_path / "runs" / "x").mkdir(parents=True)
    assert runs_below(tmp_path) == ()


def test_the_measures_of_a_month(prod):
    prod.climb(0)
    prod.climb(24)
    prod.climb(48, ends="applied", outcome=FAILED)
    prod.climb(52)  # 3.5 + 0.5 h after the failure ended
    prod.climb(96, ends="applied", outcome=BEGUN)
    found = measure(known(prod), now=NOW, days=28)
    assert (found.deployments, found.failures, found.unknown, found.rework) == (3, 1, 1, 1)
    assert found.per_week == 0.75
    assert (found.failure_rate, found.rework_rate) == (0.25, 1 / 3)
    assert found.time_to_restore == timedelta(hours=4)
    assert found.lead_time == timedelta(hours=24 + 0.5 + 2)
    assert (found.unrestored, found.undated) == (0, 0)


def test_a_failure_by_smoke_counts_from_the_run_to_the_next_good_moment(prod, tmp_path):
    prod.climb(0)
    smoked(tmp_path, "aaaaaaaa", 1, "FAIL")
    prod.climb(10, ends="applied", outcome=FAILED)
    prod.climb(20)
    found = measure(known(prod, runs=runs_below(tmp_path)), now=NOW, days=28)
    assert (found.deployments, found.failures, found.failure_rate) == (1, 2, 2 / 3)
    assert found.time_to_restore == (timedelta(hours=19.5) + timedelta(hours=10)) / 2


def test_a_failure_that_lasts_is_said_and_is_no_time(prod):
    prod.climb(0, ends="applied", outcome=FAILED)
    found = measure(known(prod), now=NOW, days=28)
    assert (found.time_to_restore, found.unrestored, found.failure_rate) == (None, 1, 1.0)


def test_nothing_measured_is_no_number():
    found = measure((), now=NOW, days=28)
    assert (found.failure_rate, found.lead_time, found.time_to_restore) == (None, None, None)
    assert found.rework_rate is None
    assert span(None) == "not measured"


def test_only_recent_changes_count_but_an_old_failure_is_known(prod):
    prod.climb(0, ends="applied", outcome=FAILED)
    prod.climb(24 * 20)
    found = measure(known(prod), now=NOW, days=10)
    assert (found.deployments, found.failures, found.rework) == (1, 0, 1)


def test_a_commit_that_nobody_knows_has_no_lead_time(prod):
    prod.climb(0)
    found = measure(changes_in(prod.folder), now=NOW, days=28)
    assert (found.lead_time, found.undated) == (None, 1)


def told(prod, **given):
    return Environment.of("prod", known(prod, **given), now=NOW, days=28)


def test_what_runs_is_the_last_good_change_and_a_failed_one_shows(prod):
    prod.climb(0, commit="a" * 40)
    prod.climb(24, commit="b" * 40, ends="applied", outcome=FAILED)
    one = told(prod)
    assert (one.runs.commit, one.state) == ("a" * 40, "FAIL")
    assert "last change: failed 2026-03-03 00:30 UTC: no quota" in "\n".join(lines([one]))


def test_what_was_destroyed_runs_no_more(prod, tmp_path):
    prod.climb(0)
    note(prod.folder, "destroyed", why="", made={})
    one = told(prod)
    assert (one.runs, one.state) == (None, "UNKNOWN")
    assert next(iter(lines([one]))) == "prod: nothing runs there"


@pytest.mark.parametrize(
    ("result", "state"),
    [("PASS", "PASS"), ("FAIL", "FAIL"), ("UNKNOWN", "UNKNOWN"), (None, "UNKNOWN")],
)
def test_the_state_of_an_environment_follows_its_smoke_runs(prod, tmp_path, result, state):
    prod.climb(0)
    if result:
        smoked(tmp_path, "aaaaaaaa", 3, result)
    assert told(prod, runs=runs_below(tmp_path)).state == state


def test_the_page_shows_it_all_and_escapes_it(prod):
    prod.climb(0, commit="a" * 40, evidence=["e1" * 32], approvals=["<eve> as owner"])
    prod.climb(24 * 25, commit="b" * 40, ends="applied", outcome=FAILED)
    page = render([told(prod)], NOW)
    assert "<h1>FAIL</h1>" in page
    for shown in ("aaaaaaaaaaaa", "2026-03-02 00:30 UTC", "&lt;eve&gt; as owner", "e1e1e1e1e1e1",
                  PLAN[:12], "not run", "no quota", "change failure rate", "50%"):  # fmt: skip
        assert shown in page
    assert "<eve>" not in page
    assert "week of 03-23: 0 deployed, 1 failed" in page
    assert render([], NOW).count("no deployment is known") == 1


def test_the_document_has_every_change(prod):
    prod.climb(0)
    read = json.loads(json.dumps(document([told(prod)], NOW)))
    one = read["environments"]["prod"]
    assert (one["state"], one["runs"]["at"]) == ("UNKNOWN", at(0.5).isoformat())
    assert one["measures"]["lead_time"] == 2.5 * 3600
    assert len(one["changes"]) == 1


def test_the_command_tells_shows_and_writes(prod, tmp_path, capsys):
    prod.climb(0)
    page, runs = tmp_path / "page.html", str(tmp_path / "runs")
    assert main(["history", str(prod.folder), "--runs", runs, "--html", str(page)]) == 0
    assert capsys.readouterr().out.startswith("prod: c0ffeec0ffee since 2026-03-02 00:30 UTC, ")
    assert "What runs where" in page.read_text()
    assert main(["history", str(prod.folder), "--runs", runs, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["environments"]["prod"]["changes"]


def test_journals_of_several_runners_are_one_environments(tmp_path, capsys):
    for number, hours in enumerate((24, 0)):
        (tmp_path / str(number)).mkdir()
        Deployments(tmp_path / str(number) / "prod").climb(hours, commit=f"{number}" * 40)
    folders = [str(tmp_path / str(number) / "prod") for number in range(2)]
    assert main(["history", *folders, "--runs", str(tmp_path / "runs"), "--json"]) == 0
    (one,) = json.loads(capsys.readouterr().out)["environments"].values()
    assert [change["commit"][0] for change in one["changes"]] == ["1", "0"]
    assert one["runs"]["commit"] == "0" * 40


def test_without_a_deployment_nothing_is_told(prod, tmp_path, capsys):
    assert main(["history", str(tmp_path / "none")]) == 4
    prod.climb(1, ends="approval", outcome=FAILED)
    assert main(["history", str(prod.folder), "--runs", str(tmp_path / "runs")]) == 2
    assert "no deployment is known" in capsys.readouterr().err

"""`assay notify` with real receivers: what arrives, what does not, what is told once."""

from __future__ import annotations

import json
import socket
from dataclasses import replace

import pytest

from assay.cli import main
from assay.deployment.steps import Outcome, Result
from assay.news import delivery, store
from assay.run import journal, record
from assay.run.events import NewsTold
from tests.assay.news.receivers import mail, web
from tests.assay.run.made import CHECK, ERROR, RUST, SELF_TEST, cause, hold, judged, phase, write

TOKEN = "hush-T0ken-4711"
RED = judged("dt-x", phase("FAILED_LOUD", cause=cause(), why="cannot copy"))


@pytest.fixture(autouse=True)
def quickly(monkeypatch):
    """No minute between two tries, and nothing of this machine's own."""
    monkeypatch.setattr("assay.news.delivery.pause", lambda _: None)
    monkeypatch.delenv("ASSAY_NEWS", raising=False)


@pytest.fixture
def notify(tmp_path, capsys):
    """Tells of a run with these events; exit code and all that was written."""

    def told(*events, to, words=(), whole=True, folder=None):
        if folder is None:
            folder = tmp_path / "run"
            if not folder.exists():
                write(folder, SELF_TEST, *events, whole=whole)
        urls = [word for url in to for word in ("--to", url)]
        code = main(["notify", str(folder), *urls, "--told", str(tmp_path / "told"), *words])
        seen = capsys.readouterr()
        return code, seen.out + seen.err

    return told


def news(tmp_path):
    return journal.read_news(tmp_path / "run")


def hook(receiver, kind="json"):
    return f"{kind}://127.0.0.1:{receiver.port}/{TOKEN}"


def test_a_webhook_gets_verdict_first_cause_and_the_commands_to_see_it_again(notify, tmp_path):
    with web() as receiver:
        code, said = notify(RED, to=[hook(receiver)], words=["--link", "https://ci.example/7"])
    (message,) = receiver.came
    assert (code, message["title"], message["type"]) == (0, "FAIL: seren", "failure")
    lines = message["message"].splitlines()
    assert lines[0].startswith("FAIL, 1 judged")
    assert lines[1] == "First cause: 1 case: init: cannot copy (as the tool says): dt-x"
    assert lines[2].startswith("Again: pytest integration/cases/data-types/dt-x.sql --replicator")
    assert lines[3] == f"By hand: assay reproduce {tmp_path / 'run'} dt-x"
    assert lines[-1] == "https://ci.example/7"
    assert "receiver 1 (json): told (1 try)" in said
    assert news(tmp_path) == [NewsTold("receiver 1 (json)", True, 1)]


def test_a_chat_and_a_mailbox_get_it_too(notify):
    with web() as chat, mail() as box:
        at = f"mailto://127.0.0.1:{box.port}?from=assay@example.org&to=team@example.org"
        code, said = notify(RED, to=[hook(chat, "mmost"), at])
    assert code == 0, said
    assert "First cause: 1 case: init: cannot copy" in chat.came[0]["text"]
    ((to, letter),) = box.came
    assert (to, letter["subject"]) == (["team@example.org"], "FAIL: seren")
    text = letter.get_body(("plain", "html")).get_content()
    assert "First cause: 1 case: init: cannot copy" in text


def test_it_is_tried_again_until_it_arrives(notify, tmp_path):
    with web(503, 503) as receiver:
        code, said = notify(RED, to=[hook(receiver)])
    assert (code, receiver.asked, len(receiver.came)) == (0, 3, 1)
    assert news(tmp_path) == [NewsTold("receiver 1 (json)", True, 3)]
    assert "told (3 tries)" in said


def test_behind_a_redirect_nobody_was_told(notify):
    with web(302, 302, 302, 302) as receiver:
        code, said = notify(RED, to=[hook(receiver)])
    assert (code, receiver.came) == (1, [])
    assert "NOT DELIVERED after 4 tries" in said


def test_between_two_tries_it_waits_longer_each_time(monkeypatch, notify):
    waited = []
    monkeypatch.setattr("assay.news.delivery.pause", waited.append)
    with web(*[500] * 9) as receiver:
        notify(RED, to=[hook(receiver)])
    assert waited == [0.0, *delivery.WAITS]
    assert list(delivery.WAITS) == sorted(set(delivery.WAITS))


@pytest.mark.parametrize("kind", ["refuses", "is not there", "refuses mail", "is optional"])
def test_what_does_not_arrive_is_loud_and_in_the_journal(notify, tmp_path, caplog, kind):
    tries = 1 + len(delivery.WAITS)
    with web(*[500] * tries) as receiver, mail(*[554] * tries) as box:
        url = {
            "refuses": hook(receiver),
            "is optional": f"{hook(receiver)}?optional=yes",
            "is not there": f"json://127.0.0.1:{nobody()}/{TOKEN}",
            "refuses mail": f"mailto://127.0.0.1:{box.port}?from=a@example.org&to=b@example.org",
        }[kind]
        code, said = notify(RED, to=[url])
    assert code == 1
    assert f"NOT DELIVERED after {tries} tries: " in said
    assert TOKEN not in said
    assert "apprise" not in {one.name for one in caplog.records}  # it may show what was sent
    (told,) = news(tmp_path)
    assert (told.delivered, told.tries) == (False, tries)
    assert told.why
    assert TOKEN not in told.why
    lines = (tmp_path / "run" / "news.jsonl").read_text().splitlines()
    hold("journal.schema.json", json.loads(lines[-1]))


def test_what_a_service_says_of_its_failure_shows_no_secret(notify, tmp_path, monkeypatch):
    class Rude:
        def notify(self, **_):
            raise RuntimeError(f"I do not take {TOKEN}")

    monkeypatch.setattr("apprise.Apprise.instantiate", lambda *_, **__: Rude())
    code, said = notify(RED, to=[f"json://127.0.0.1:1/{TOKEN}"])
    assert (code, said.count(TOKEN)) == (1, 0)
    assert news(tmp_path)[0].why == "RuntimeError: I do not take ***"


def nobody():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def test_one_receivers_failure_keeps_it_from_nobody_else(notify, tmp_path):
    with web(*[500] * 9) as bad, web() as good:
        code, _ = notify(RED, to=[hook(bad), hook(good)])
    assert (code, len(good.came)) == (1, 1)
    assert [one.delivered for one in news(tmp_path)] == [False, True]


def test_what_did_not_arrive_is_told_the_next_time(notify):
    with web(*[500] * 4) as receiver:
        assert notify(RED, to=[hook(receiver)])[0] == 1
        assert notify(RED, to=[hook(receiver)])[0] == 0
    assert len(receiver.came) == 1


def test_a_cause_is_told_once_a_day_to_each_receiver(notify, tmp_path, monkeypatch):
    other = judged("dt-y", phase("FAILED_LOUD", cause=cause("live|x", "lost its way")))
    write(tmp_path / "both", SELF_TEST, RED, other)
    with web() as receiver, web() as later:
        notify(RED, to=[hook(receiver)])
        assert "told before today" in notify(RED, to=[hook(receiver)])[1]
        assert len(receiver.came) == 1
        notify(to=[hook(receiver), hook(later)], folder=tmp_path / "both")
        assert len(later.came) == 1
        assert len(receiver.came) == 2
        message = receiver.came[1]["message"]
        assert "First cause: 1 case: init: lost its way" in message
        assert "cannot copy" not in message
        notify(RED, to=[hook(receiver)], words=["--again"])
        assert len(receiver.came) == 3
        monkeypatch.setattr(store, "utc_now", lambda: "2999-01-01T00:00:00Z")
        notify(RED, to=[hook(receiver)])
    assert len(receiver.came) == 4


def test_no_secret_is_in_a_message(notify, monkeypatch):
    monkeypatch.setenv("DEPLOY_API_KEY", "rk_5up3r_5ecret")
    monkeypatch.setenv("SERVER_PASSWORD", "pa ss'w")
    spoken = "at postgresql://u:hidden1@h/db with rk_5up3r_5ecret and pa%20ss%27w, token " + TOKEN
    red = judged("dt-x", phase("FAILED_LOUD", cause=replace(cause(), headline=spoken)))
    with web() as receiver:
        notify(red, to=[hook(receiver)])
    text = json.dumps(receiver.came)
    assert "at postgresql://u:***@h/db with *** and ***, token ***" in text
    for secret in ("hidden1", "5up3r", "pa%20ss", TOKEN):
        assert secret not in text


def test_receivers_come_from_a_variable_or_a_file_and_are_not_shown(notify, tmp_path, monkeypatch):
    with web() as first, web() as second:
        monkeypatch.setenv("ASSAY_NEWS", f"{hook(first)} {hook(second)}")
        code, said = notify(RED, to=[])
        file = tmp_path / "receivers"
        file.write_text(f"# the team\n{hook(first)}\n")
        notify(RED, to=[f"file:{file}"], words=["--again"])
    assert (code, len(first.came), len(second.came)) == (0, 2, 1)
    assert TOKEN not in said


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ([], "Nobody is named"),
        ([f"{TOKEN}"], "Receiver 1 is no URL"),
        ([f"nosuch://{TOKEN}"], "knows no service for receiver 1 (nosuch)"),
        (["env:NOT_SET_ANYWHERE"], "Nobody is named"),
        (["file:/nonexistent"], "cannot be read"),
    ],
)
def test_a_receiver_that_is_none_is_refused_without_being_shown(notify, to, said):
    code, told = notify(RED, to=to)
    assert code == 4
    assert said in told
    assert TOKEN not in told


@pytest.mark.parametrize(
    ("events", "first", "again"),
    [
        ([replace(CHECK, result="FAIL", why="was 500", nodeid="smoke/test_endpoint.py::t")],
         "First cause: local: FAIL health: was 500",
         "Again: pytest smoke/test_endpoint.py::t"),
        ([RUST], "First cause: Rust test it t failed:", "Again: pytest -k t"),
        ([judged(), ERROR], "First cause: error in setup of x: no server",
         "Again: pytest -m integration"),
        ([judged("dt-x", "UNKNOWN")], "First cause: dt-x: init UNKNOWN",
         "Again: pytest integration/cases"),
        ([], "First cause: no case was judged", "Again: pytest -m integration"),
    ],
    ids=["check", "rust", "error", "unknown", "nothing"],
)  # fmt: skip
def test_each_kind_of_trouble_has_a_first_cause_and_a_command(notify, events, first, again):
    with web() as receiver:
        notify(*events, to=[hook(receiver)])
    lines = receiver.came[0]["message"].splitlines()
    assert lines[1].startswith(first)
    assert lines[2].startswith(again)


def test_a_run_that_was_killed_is_told(notify, tmp_path):
    write(tmp_path / "run", SELF_TEST, judged(), whole=False)
    with web() as receiver:
        assert notify(to=[hook(receiver)])[0] == 0
    assert receiver.came[0]["title"] == "UNKNOWN: seren"
    assert "the run did not come to its end" in receiver.came[0]["message"]


def test_news_change_nothing_that_the_run_left(notify, tmp_path):
    folder = write(tmp_path / "run", SELF_TEST, judged())
    before = (folder / "journal.jsonl").read_bytes()  # its digest stands in signed evidence
    with web() as receiver:
        notify(to=[hook(receiver)])
    assert (folder / "journal.jsonl").read_bytes() == before
    assert receiver.came[0]["type"] == "success"
    assert "First cause" not in receiver.came[0]["message"]
    assert record.load(tmp_path / "run").conclusion.verdict == "PASS"


@pytest.mark.parametrize(
    ("rung", "outcome", "title", "line"),
    [
        ("endpoint", Outcome.DONE, "DEPLOYED: deployment staging", "deployed"),
        ("applied", Outcome.FAILED, "FAIL: deployment staging",
         "First cause: the step applied failed, 2026-01-02T03:05:00Z: no quota"),
        ("applied", Outcome.BEGUN, "UNKNOWN: deployment staging",
         "First cause: the step applied was begun"),
        ("plan", Outcome.DONE, "UNKNOWN: deployment staging",
         "First cause: it ended after the step plan"),
    ],
)  # fmt: skip
def test_a_deployment_is_told_like_a_run(notify, tmp_path, rung, outcome, title, line):
    folder = tmp_path / "staging"
    folder.mkdir()
    why = "no quota" if outcome is Outcome.FAILED else ""
    ended = "" if outcome is Outcome.BEGUN else "2026-01-02T03:05:00Z"
    plan = Result("plan", "", "2026-01-02T03:00:00Z", "ann@ci (process 7)", Outcome.DONE,
                  ended="2026-01-02T03:00:09Z", made={"digest": "3f2a91c04d7e55"})  # fmt: skip
    plan.write(folder)
    last = replace(
        plan, step=rung, began="2026-01-02T03:04:00Z", outcome=outcome, ended=ended, why=why
    )
    (last if rung != "plan" else replace(last, made=plan.made)).write(folder)
    with web() as receiver:
        code, _ = notify(to=[hook(receiver)], folder=folder)
    assert (code, receiver.came[0]["title"]) == (0, title)
    assert line in receiver.came[0]["message"]
    assert "plan: 3f2a91c04d7e\n" in receiver.came[0]["message"]
    entries = [json.loads(one) for one in (folder / "journal.jsonl").read_text().splitlines()]
    assert (entries[-1]["step"], entries[-1]["outcome"]) == ("news", "done")


def test_a_deployments_message_that_does_not_arrive_is_in_its_journal(notify, tmp_path):
    folder = tmp_path / "prod"
    folder.mkdir()
    Result("plan", "", "2026-01-02T03:00:00Z", "ann", Outcome.DONE).write(folder)
    with web(*[500] * 9) as receiver:
        assert notify(to=[hook(receiver)], folder=folder)[0] == 1
    entries = [json.loads(one) for one in (folder / "journal.jsonl").read_text().splitlines()]
    assert entries[-1]["outcome"] == "failed"
    assert "NOT DELIVERED" in entries[-1]["why"]


def test_a_folder_with_neither_is_refused(notify, tmp_path):
    code, said = notify(to=["json://127.0.0.1:1/x"], folder=tmp_path)
    assert code == 4
    assert "There is no run here" in said

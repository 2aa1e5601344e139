"""Load: limits held against what was measured; both scenarios on a service in this process."""

from __future__ import annotations

import re
import sys

import pytest

from assay import environment
from assay.errors import Refused
from assay.process import execute
from assay.redact import Secret
from benchmarks import load_deployed as deployed
from benchmarks.load.verdict import (
    ACCEPTED,
    ACTIVE,
    LIMITS,
    REFUSED,
    Limits,
    Measured,
    conclude,
)
from tests.smoke import service
from tests.smoke.defects import DEFECTS

FILE = str(LIMITS.with_name("locustfile.py"))
ASKED = Limits({"a": 100.0, "b": 100.0}, failures=0.1, least=20)
GOOD = (Measured("a", 20, 0, 99), Measured("b", 30, 3, 100))
STORM = (Measured(ACCEPTED, 10), Measured(REFUSED, 5), Measured(ACTIVE, 10))


@pytest.mark.parametrize(
    ("measured", "storm", "word", "reason"),
    [
        (GOOD, None, "PASS", None),
        ((*GOOD, *STORM), 10, "PASS", None),
        ((GOOD[0], Measured("b", 30, 4, 9)), None, "FAIL", "b: 4 of 30 failed"),
        ((GOOD[0], Measured("b", 30, 0, 101)), None, "FAIL", "b: p95 is 101 ms, 100 are allowed"),
        ((*GOOD, Measured("not sent", 1, 1)), None, "FAIL", "not sent: 1 of 1 failed"),
        ((), None, "UNKNOWN", "a: measured 0 times, 20 are the least"),
        ((GOOD[0],), None, "UNKNOWN", "b: measured 0 times"),
        ((GOOD[0], Measured("b", 19, 0, 5)), None, "UNKNOWN", "b: measured 19 times"),
        ((GOOD[0], Measured("b", 19, 19)), None, "FAIL", "b: 19 of 19 failed"),
        ((GOOD[0], Measured("b", 30)), None, "FAIL", "b: p95 is nan"),
        ((*GOOD, *STORM), 9, "FAIL", "10 jobs were active at once, 9 are allowed"),
        ((*GOOD, STORM[0], STORM[2]), 10, "UNKNOWN", "no job was refused"),
        ((*GOOD, STORM[1]), 10, "UNKNOWN", "no job was accepted"),
        (GOOD, 10, "UNKNOWN", "no job was accepted"),
    ],
)
def test_limits_are_a_verdict_and_nothing_measured_is_none(measured, storm, word, reason):
    found = conclude(measured, ASKED, mixed=True, storm=storm)
    assert (found.word, found.exit) == (word, ["PASS", "FAIL", "UNKNOWN"].index(word))
    assert (reason is None and not found.reasons) or reason in "; ".join(found.reasons)


def test_where_nothing_is_asked_for_there_is_no_verdict():
    assert conclude(GOOD, ASKED, mixed=False).word == "UNKNOWN"


def test_the_limits_of_a_deployed_stack_can_be_read():
    limits = Limits.read()
    assert len(limits.p95) >= 4
    assert limits.least >= 20


@pytest.fixture(scope="module")
def lenient(tmp_path_factory):
    """Limits for a machine on which others work."""
    file = tmp_path_factory.mktemp("load") / "limits.toml"
    names = "".join(f'"{name}" = 60_000\n' for name in Limits.read().p95)
    file.write_text(f"failures = 0\nleast = 2\n[p95]\n{names}")
    return str(file)


def load(url, limits, *words, seconds=4):
    """One run of Locust against a service."""
    argv = [sys.executable, "-m", "locust", "-f", FILE, "--headless", "--only-summary",
            "--host", url, "-r", "10", "-t", f"{seconds}s", "--limits", limits, *words]  # fmt: skip
    env = {**environment.inherited("HOME"), "ASSAY_API_KEY": service.KEY}
    return execute(argv, env=env, timeout=150)


def test_both_scenarios_pass_on_the_intact_service(lenient):
    with service.serving() as inside:
        done = load(inside.url, lenient, "-u", "3", "--rate", "30", "--jobs", "4",
                    "--limit", str(service.LIMIT), "Mixed", "Storm")  # fmt: skip
    assert done.exit == 0, done.output[-3000:]
    assert done.stdout.endswith("PASS\n")
    named = r"(storm: \w+|POST /jobs: valid(?:, at the limit)?) +(\d+) +0\(0.00%\)"
    counted = dict(re.findall(named, done.output))
    assert int(counted["storm: accepted"]) + int(counted["storm: refused"]) == service.LIMIT + 5
    asked_for = [int(often) for name, often in counted.items() if name.startswith("POST")]
    assert 1 <= sum(asked_for) <= 4


def test_the_load_can_come_from_two_processes(lenient):
    with service.serving() as inside:
        done = load(inside.url, lenient, "-u", "2", "--rate", "30", "--processes", "2", "Mixed")
    assert done.exit == 0, done.output[-3000:]
    assert "2 workers connected" in done.output


def test_a_service_without_its_limit_is_seen(lenient):
    with service.serving() as inside, DEFECTS["the-limit-is-not-kept"].broken(inside):
        done = load(inside.url, lenient, "-u", "1", "--limit", str(service.LIMIT), "Storm",
                    seconds=2)  # fmt: skip
    assert done.exit in (1, 2), done.output[-3000:]
    assert "jobs were active at once" in done.output or "no job was refused" in done.output


def test_a_deployed_environment_is_put_under_load_with_its_key(monkeypatch, capfd):
    with service.serving() as inside:
        monkeypatch.setattr(deployed, "where", lambda *_: (inside.url, Secret(service.KEY)))
        code = deployed.main(["--environment", "staging", "--seconds", "2", "--rate", "10"])
    said = capfd.readouterr()
    assert code in (0, 2), said  # two seconds are too short for the limits of a deployed stack
    assert "GET /jobs/{id}: wrong key" in said.out + said.err
    assert "0(0.00%)" in said.out + said.err
    assert service.KEY not in said.out + said.err


def test_production_is_not_put_under_load():
    with pytest.raises(Refused, match="prod is not put under load"):
        deployed.main(["--environment", "prod"])


def test_a_service_that_is_not_there_is_no_pass(lenient):
    done = load("http://127.0.0.1:9", lenient, "-u", "1", "--rate", "20", "Mixed", seconds=2)
    assert done.exit == 1, done.output[-3000:]
    assert "failed" in done.stdout

"""The summary for a pull request: verdict first, never long, strangers' texts harmless."""

from __future__ import annotations

from assay.cli import main
from assay.report.markdown import LINES, literal, summary
from assay.run.record import load
from tests.assay.run.made import (
    CHECK,
    SELF_TEST,
    a_run,
    cause,
    judged,
    phase,
    skipped,
    write,
)

RED = phase("FAILED_LOUD", expected=False, cause=cause(headline="cannot copy"))


def test_a_green_run_says_so_with_its_leg():
    lines = summary(a_run(judged(), SELF_TEST)).splitlines()
    assert lines[0] == "### ✅ PASS, 1 judged, 0 known gaps, 0 skipped"
    assert "| ✅ | seren 2.5.1 | 17 | 1 | 0 | 0 |" in lines
    assert lines[-1] == "Self-test: 3 of 3 plants found"


def test_a_red_run_says_its_causes_and_where_the_page_is():
    text = summary(a_run(judged("dt-x", RED), SELF_TEST), page="the artefact")
    assert text.startswith("### ❌ FAIL")
    assert "| 1 case&#58; init&#58; cannot copy (as the tool says)&#58; dt-x | 1 |" in text
    assert "| ❌ | seren 2.5.1 | 17 | 1 | 1 | 0 |" in text
    assert text.endswith("The whole page: the artefact\n")


def test_a_run_that_proved_nothing_is_not_green():
    assert summary(a_run()).startswith("### ⚠️ UNKNOWN")


def test_what_was_not_run_is_said():
    text = summary(a_run(judged(), skipped(), SELF_TEST))
    assert "NOT RUN: 1 case" in text
    assert "cutover 1" in text


def test_checks_of_an_endpoint_are_counted():
    assert "Endpoint local: PASS 1" in summary(a_run(CHECK, SELF_TEST))


def test_it_stays_below_its_limit_and_says_that_there_is_more():
    many = [
        judged(f"dt-{n}", phase("FAILED_LOUD", expected=False, cause=cause(f"s{n}")),
               replicator=f"tool{n}")
        for n in range(80)
    ]  # fmt: skip
    lines = summary(a_run(*many, SELF_TEST)).splitlines()
    assert len(lines) <= LINES
    assert any("more cause" in line for line in lines)
    assert any("more leg" in line for line in lines)


def test_nothing_that_a_tool_says_is_markup():
    told = literal("@everyone `x` | <img src=x> [a](http://b) **b** #1\n")
    assert not set("@`|<>[]*") & set(told)
    assert "http://" not in told
    assert "#1" not in told.replace("&#", "")


def test_the_command_reads_a_stored_run(tmp_path, capsys):
    run = write(tmp_path / "run", judged(), SELF_TEST)
    assert main(["summary", str(run), "--page", "https://p.example"]) == 0
    assert capsys.readouterr().out == summary(load(run), page="https://p.example")

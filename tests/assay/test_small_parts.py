"""Names, waiting and messages."""

from __future__ import annotations

import pytest

from assay.clock import wait_until
from assay.errors import AssayError, TimedOut
from assay.names import RunId, declared_roles, uniquify


def test_names_carry_the_run_and_fit_into_an_identifier():
    run = RunId("0badcafe")
    assert run.name("app") == "assay_0badcafe_app"
    assert len(run.name("x" * 100)) == 63
    assert RunId.new() != RunId.new()


def test_role_names_of_a_case_are_made_unique_and_the_marker_is_left_alone():
    sql = "grant select on assay_marker to assay_app, assay_app2; create role assay_app"
    assert declared_roles(sql) == ("assay_app", "assay_app2")
    assert uniquify(sql, RunId("0badcafe")) == (
        "grant select on assay_marker to assay_0badcafe_app, assay_0badcafe_app2;"
        " create role assay_0badcafe_app"
    )


def test_waiting_returns_the_answer_or_says_what_was_waited_for():
    answers = iter([None, 0, "yes"])
    assert wait_until(lambda: next(answers), what="an answer", timeout=5, every=0.001) == "yes"
    with pytest.raises(TimedOut, match=r"Waited 0\.01 s in vain for a sign"):
        wait_until(lambda: None, what="a sign", timeout=0.01, every=0.001)


def test_a_message_has_three_parts():
    error = AssayError("It broke.", evidence="a crack", remedy="glue it")
    assert str(error) == "It broke.\nEvidence: a crack\nTo fix: glue it"

"""The causes of a run, worst first."""

from __future__ import annotations

from dataclasses import replace

from assay.run.cause import Cause, Gravity, Origin
from assay.run.groups import grouped, line, summary

SYNC = Cause(
    "sync|42703|x", "sync", "column srsubstate does not exist", Origin.SERVER_ERROR, Gravity.FAILED,
    'column "srsubstate" does not exist', "42703", "SELECT srsubstate FROM pg_stat_subscription",
)  # fmt: skip


def finding(gravity: Gravity) -> Cause:
    return Cause(f"init|{gravity}", "init", f"{gravity}", Origin.FINDING, gravity, "a sample")


def test_all_instances_of_a_cause_are_one_line():
    (group,) = grouped((f"case-{n}", replace(SYNC, sample=f"{n}")) for n in range(38))
    assert line(group) == (
        "38 cases: sync: column srsubstate does not exist"
        " (server log 42703, statement SELECT srsubstate FROM pg_stat_subscription)"
    )


def test_the_order_is_harm_then_shared_failures_then_what_it_means_to_a_user():
    alone = replace(SYNC, signature="init|alone", phase="init")
    causes = [(f"case-{gravity}", finding(gravity)) for gravity in reversed(Gravity)
              if gravity is not Gravity.FAILED]  # fmt: skip
    causes += [("one", SYNC), ("two", SYNC), ("three", alone)]
    found = [group.cause.signature for group in grouped(causes)]
    assert found == [
        "init|source harmed", "sync|42703|x", "init|rows lost", "init|rows wrong",
        "init|objects lost", "init|alone", "init|privileges lost", "init|debris",
        "init|settings lost", "init|owners lost",
    ]  # fmt: skip


def test_of_one_gravity_the_cause_of_more_cases_comes_first():
    often = replace(finding(Gravity.ROWS_LOST), signature="z")
    causes = [("a", finding(Gravity.ROWS_LOST)), ("b", often), ("c", often)]
    assert [group.cases for group in grouped(causes)] == [("b", "c"), ("a",)]


def test_a_group_is_as_grave_as_its_worst_case():
    harmed = replace(SYNC, gravity=Gravity.SOURCE_HARMED)
    (group,) = grouped([("a", SYNC), ("b", harmed)])
    assert group.gravity is Gravity.SOURCE_HARMED
    assert line(group).startswith("2 cases, source harmed: sync: ")


def test_few_cases_are_named_and_what_nobody_could_read_is_said():
    cause = replace(SYNC, origin=Origin.TOOL_MESSAGE, unread=("source", "target"))
    assert line(grouped([("a", cause), ("a", cause)])[0]) == (
        "1 case: sync: column srsubstate does not exist"
        " (as the tool says; log of source and target out of reach): a"
    )


def test_a_summary_counts_what_it_does_not_show():
    causes = [(f"c{n}", replace(SYNC, signature=f"{n}")) for n in range(5)]
    shown = summary(grouped(causes), limit=2)
    assert (len(shown), shown[-1]) == (3, "3 more of 3 cases")
    assert len(summary(grouped(causes), limit=5)) == 5

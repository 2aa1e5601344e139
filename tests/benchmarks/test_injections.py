"""The table of injections: what was broken or not witnessed is never a pass."""

from __future__ import annotations

import json
from xml.etree import ElementTree

from benchmarks import injections
from benchmarks.injections import Row, page

GOOD = Row("redelivery", "again", "completed", 3.0, "its message came again")


def test_a_witnessed_injection_that_ended_well_passes():
    assert page([GOOD]).endswith(
        "PASS: 1 injections of 1 kinds, 0 promises broken, slowest end 3 s"
    )


def test_a_broken_promise_fails_and_is_shown():
    text = page([GOOD, Row("redelivery", "twice", "", 3.0, "", failure="a second worker")])
    assert "| twice | a second worker |" in text
    assert "FAIL: 2 injections of 1 kinds, 1 promises broken" in text


def test_what_was_not_seen_to_happen_fails():
    assert "FAIL" in page([Row("redelivery", "again", "completed", 3.0, "")])


def test_rows_come_from_the_report_of_pytest():
    record = {"kind": "k", "statuses": ["failed"], "seconds": 4.5, "witnesses": ["w", "w"]}
    root = ElementTree.Element("testsuite")
    ElementTree.SubElement(root, "testcase", name="test_there_are_enough_of_them")
    good = ElementTree.SubElement(root, "testcase", name="test_a_job[one]", time="5")
    properties = ElementTree.SubElement(good, "properties")
    ElementTree.SubElement(properties, "property", name="injection", value=json.dumps(record))
    bad = ElementTree.SubElement(root, "testcase", name="test_a_job[two]", time="6")
    ElementTree.SubElement(bad, "failure", message="why")
    assert list(injections._rows(root)) == [
        Row("k", "one", "failed", 4.5, "w"),
        Row("?", "two", "", 6.0, "", failure="why"),
    ]

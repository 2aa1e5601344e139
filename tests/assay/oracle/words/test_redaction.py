"""Findings without what rows hold."""

from __future__ import annotations

from assay.oracle.words.finding import Finding
from assay.oracle.words.redaction import Redaction

ROW = Finding("row", "app.people", "ann@example.org", "name", "Ann", "Anne")


def test_no_value_and_no_key_of_a_row_is_left():
    veiled = str(Redaction().over(ROW))
    assert "app.people" in veiled
    assert not any(word in veiled for word in ("ann@", "Ann"))


def test_equal_values_have_equal_marks_and_others_do_not():
    veil = Redaction()
    twice = veil.over(Finding("row", "t", "Ann", "name", "Ann", "Bob"))
    assert twice.key == twice.source != twice.target


def test_a_mark_cannot_be_looked_up_with_another_run():
    assert Redaction().over(ROW) != Redaction().over(ROW)
    veil = Redaction()
    assert veil.marks.key.hex() not in repr(veil)


def test_whether_there_is_a_value_stays():
    veiled = Redaction().over(Finding("row", "t", "1", "v", "NULL", None))
    assert (veiled.source, veiled.target) == ("NULL", None)


def test_counts_stay_but_the_row_that_is_counted_does_not():
    veiled = Redaction().over(Finding("multiplicity", "t", "(Ann)", None, "1", "2"))
    assert (veiled.source, veiled.target) == ("1", "2")
    assert "Ann" not in str(veiled)


def test_a_large_object_s_content_is_veiled_and_its_owner_is_not():
    veil = Redaction()
    content = Finding("large-object", "77", None, "content", "1 bytes, sha256 ab", "2 bytes")
    assert veil.over(content).source.startswith("(18 characters, ")
    assert veil.over(content).object == "77"
    owner = Finding("large-object", "77", None, "owner", "ann", "eve")
    assert veil.over(owner) == owner


def test_what_a_schema_says_stays():
    default = Finding("column", "t.v", None, "default", "1", "2")
    assert Redaction().over(default) == default


def test_both_values_and_the_key_are_marks_of_their_own():
    veil = Redaction()
    veiled = veil.over(Finding("row", "t", "k", "v", "one", "three"))
    assert veiled.source.startswith("(3 characters, ")
    assert veiled.target.startswith("(5 characters, ")
    assert len({veiled.key, veiled.source, veiled.target}) == 3
    counted = veil.over(Finding("multiplicity", "t", "(a,b)", None, "1", None))
    assert counted.key.startswith("(5 characters, ")
    assert counted.target is None


def test_bytes_that_are_no_text_are_veiled_too():
    assert (
        Redaction()
        .over(Finding("row", "t", "\udce9", "v", "\udcff", None))
        .key.startswith("(1 char")
    )

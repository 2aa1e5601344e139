"""Marks: equal for equal secrets of one run, nothing to try guesses against."""

from __future__ import annotations

import hashlib

import pytest

from assay.oracle.words.marks import Marks


def test_equal_secrets_have_equal_marks_within_a_run_and_others_between_runs():
    one, other = Marks(), Marks()
    assert one.of("a") == one.of("a") != one.of("b")
    assert one.of("a") != other.of("a")
    assert hashlib.sha256(b"a").hexdigest()[:12] not in one.of("a")


def test_the_key_does_not_show():
    marks = Marks()
    assert marks.key.hex() not in repr(marks)
    assert repr(marks.key) not in repr(marks)


@pytest.mark.parametrize(
    "text",
    [
        "select dblink('host=x password=planted dbname=y')",
        "select dblink('host=x password=''planted'' dbname=y')",
        "postgresql://me:planted@host/db",
        "select dblink('mysql://me:planted@host/db')",
        "create role x PASSWORD 'planted'",
        "options (user 'me', password E'plan\\'ted', x 'y')",
    ],
)
def test_a_password_that_is_written_out_is_a_mark(text):
    marks = Marks()
    shown = marks.without_credentials(text)
    assert "planted" not in shown
    assert "*** (" in shown
    assert shown != marks.without_credentials(text.replace("plan", "plant"))


@pytest.mark.parametrize("text", ["where password = p", "the password is long", "a://b/c", "x"])
def test_other_text_stays(text):
    assert Marks().without_credentials(text) == text


def test_literals_are_marks_but_those_of_harmless_names():
    statement = """CREATE SERVER s OPTIONS (host 'here', "apikey" 'pla''nted', dbname 'a=planted');
    ALTER ROLE r SET work_mem TO '8MB'; ALTER ROLE r SET "app.key" TO 'planted';
    SECURITY LABEL FOR p ON TABLE t IS 'planted';"""
    shown = Marks().without_literals(statement)
    assert "nted" not in shown
    assert "host 'here'" in shown
    assert "TO '8MB'" in shown
    assert shown.count("*** (") == 4

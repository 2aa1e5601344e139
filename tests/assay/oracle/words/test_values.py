"""Values in findings: NULL and 'NULL' apart, long ones around what differs, bytes escaped."""

from __future__ import annotations

import hashlib

import pytest

from assay.oracle.words.values import (
    first_difference,
    pair_of_values,
    printable,
    shorten,
    unescape,
    value,
)


@pytest.mark.parametrize(
    ("field", "raw"),
    [
        (b"plain", b"plain"),
        (b"a\\tb\\nc\\\\d", b"a\tb\nc\\d"),
        (b"\\\\N", b"\\N"),
        (b"\\b\\f\\r\\v", b"\b\f\r\v"),
    ],
)
def test_copy_fields_are_unescaped(field, raw):
    assert unescape(field) == raw


def test_null_and_the_text_null_look_different():
    assert (value(None), value(b"NULL"), value(b"")) == ("NULL", "'NULL'", "")


@pytest.mark.parametrize(
    ("one", "other", "at"),
    [(b"abc", b"abd", 2), (b"", b"x", 0), (b"ab", b"abc", 2), (b"a", b"a", 1)],
)
def test_the_first_difference_is_found(one, other, at):
    assert first_difference(one, other) == at


def test_long_values_are_windows_around_the_difference():
    source, target = pair_of_values(b"a" * 900 + b"X" + b"b" * 900, b"a" * 900 + b"Y" + b"b" * 900)
    assert "aXb" in source
    assert "aYb" in target
    assert "(1801 bytes, sha256 " in source


def test_a_short_value_is_shown_whole():
    assert shorten(b"x" * 400) == "x" * 400


def test_bytes_that_are_no_utf8_are_escaped():
    assert shorten(b"a\xff") == "a\\xff"
    assert printable("a\udcff") == "a\\xff"


def test_a_long_value_is_shown_around_its_difference_with_length_and_digest():
    source = b"a" * 500 + b"X" + b"b" * 500
    target = b"a" * 500 + b"Y" + b"b" * 500
    shown = pair_of_values(source, target)
    digest = hashlib.sha256(source).hexdigest()[:12]
    assert shown[0] == f"…[460] {'a' * 40}X{'b' * 159}… (1001 bytes, sha256 {digest})"
    assert shown[1].startswith(f"…[460] {'a' * 40}Y")


def test_short_values_and_null_are_shown_whole():
    assert pair_of_values(b"a" * 400, b"b") == ("a" * 400, "b")
    assert pair_of_values(None, b"a") == ("NULL", "a")
    assert pair_of_values(b"NULL", None) == ("'NULL'", "NULL")
    assert shorten(b"a" * 401).startswith("…[0] " + "a" * 160 + "… (401 bytes")

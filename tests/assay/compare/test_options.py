"""Options: numbers that mean nothing are refused where they are written."""

from __future__ import annotations

import argparse

import pytest

from assay.compare.asked import limits, scope
from assay.compare.options import add_options
from assay.oracle.words.limits import Limits
from assay.oracle.words.scope import Scope


def parse(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_options(parser)
    return parser.parse_args(words)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--sample", "0"), "0 is not between 0 and 100"),
        (("--sample", "100"), "100 is not between 0 and 100"),
        (("--looks", "0"), "0 is less than 1"),
        (("--pause", "-1"), "-1 is not a length of time"),
        (("--max-snapshot", "nan"), "nan is not a length of time"),
        (("--max-snapshot", "0"), "0 leaves no time"),
        (("--statement-timeout", "0"), "0 is no limit"),
        (("--lock-timeout", "0 ms"), "0 ms is no limit"),
        (("--schema-only", "--data-only"), "not allowed with"),
    ],
)
def test_what_makes_no_sense_is_refused(words, said, capsys):
    with pytest.raises(SystemExit):
        parse(*words)
    assert said in capsys.readouterr().err


def test_nothing_asked_for_is_everything():
    assert scope(parse()) == Scope()
    assert limits(parse()) == Limits()


def test_options_become_a_scope_and_limits():
    words = ["--schema=a", "--schema=b*", "--table=a.t", "--exclude=a.u", "--no-roles",
             "--exclude-table-data=a.v", "--data-only", "--sequences=skip",
             "--statement-timeout=1min", "--lock-timeout=2s", "--max-snapshot=3"]  # fmt: skip
    asked = parse(*words)
    assert scope(asked) == Scope(
        include_tables=("a.t",),
        exclude_tables=("a.u",),
        schema_only_tables=("a.v",),
        schemas=("a", "b*"),
        parts="data",
        roles=(),
        sequences="skip",
    )
    assert limits(asked) == Limits("1min", "2s", 3.0)
    assert scope(parse("--schema-only")) == Scope(parts="schema")

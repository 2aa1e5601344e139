"""Options: numbers that mean nothing are refused where they are written."""

from __future__ import annotations

import argparse

import pytest

from assay.compare.asked import command_line, limits, narrowing, scope
from assay.compare.options import add_options
from assay.errors import UsageError
from assay.oracle.words.limits import Limits
from assay.oracle.words.narrowing import Narrowing
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
        (("--statement-timeout", "499us"), "499us is no limit"),
        (("--lock-timeout", "0.4"), "0.4 is no limit"),
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


def test_what_is_said_of_single_tables():
    asked = parse(
        "--where=a.t=x = 1", "--where", 'a."t"=y', "--where=a.u=true", "--ignore-column=a.*.w",
        "--key", 'a.t=x,"Y y"', "--map", 'a.old=b."New"', "--map-column", 'a.t.v="W"',
    )  # fmt: skip
    assert narrowing(asked) == Narrowing(
        where={"a.t": "(x = 1) and (y)", "a.u": "true"},
        ignored=("a.*.w",),
        keys={"a.t": ("x", '"Y y"')},
        tables={"a.old": 'b."New"'},
        columns={"a.t": {"v": '"W"'}},
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--where=a.t",), "--where a.t has no name and value"),
        (("--where=t=true",), "--where: t is no SCHEMA.TABLE"),
        (("--key=a.t=",), "--key a.t= has no name and value"),
        (("--key=a.t=x,,y",), "--key:  is no COLUMN"),
        (("--ignore-column=a.t",), "--ignore-column: a.t is no SCHEMA.TABLE.COLUMN"),
        (("--map=a.t=u",), "--map: u is no SCHEMA.TABLE"),
        (("--map-column=a.t=u",), "--map-column: a.t is no SCHEMA.TABLE.COLUMN"),
    ],
)
def test_a_name_that_is_not_whole_is_refused(words, said):
    with pytest.raises(UsageError) as caught:
        narrowing(parse(*words))
    assert caught.value.what.startswith(said)


def test_a_page_repeats_the_options_without_conditions():
    asked = parse("--schema-only", "--table=a.t", "--table=a b", "--where=a.t=password = 'x'")
    line = command_line(asked)
    assert "--table=a.t --table='a b'" in line
    assert "--schema-only" in line
    assert "password = " not in line

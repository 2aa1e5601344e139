"""Which pairs a call is about; what cannot be meant is refused by its name."""

from __future__ import annotations

import argparse

import pytest

from assay.compare import command
from assay.compare.pairs import named_pairs
from assay.compare.run import run
from assay.errors import UsageError


def parse(*argv: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    command.add_parser(parser.add_subparsers())
    return parser.parse_args(["compare", *argv])


def test_a_file_has_a_pair_on_each_line(tmp_path):
    path = tmp_path / "pairs"
    path.write_text("# pairs\n'host=a dbname=x' postgresql://b/x  # one\n\nservice=c service=d\n")
    pairs = named_pairs(parse("--from", str(path)))
    assert [tuple(pair.both) for pair in pairs] == [
        ("host=a dbname=x", "postgresql://b/x"), ("service=c", "service=d")]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a=1 b=2 c=3", "line 1 is no SOURCE and TARGET"),
        ("\nservice=a", "line 2 is no SOURCE and TARGET"),
        ("'service=a service=b", "line 1: No closing quotation"),
        ("# nothing", "names no pair"),
        ("service=a postgresql://me:planted@h/d", "visible to everybody"),
    ],
)
def test_a_line_that_is_no_pair_is_refused(tmp_path, text, said):
    path = tmp_path / "pairs"
    path.write_text(text)
    with pytest.raises(UsageError) as caught:
        named_pairs(parse("--from", str(path)))
    assert said in str(caught.value)
    assert "planted" not in str(caught.value)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--from", "/nowhere"), "/nowhere cannot be read"),
        (("service=a",), "SOURCE and TARGET are missing"),
        (("service=a", "service=b", "--from", "x"), "stands instead of"),
        (("--from", "x", "--cluster"), "stands instead of"),
        (("service=a", "service=b", "--cluster", "--html", "x"), "--html is about one pair"),
        (("service=a", "service=b", "--cluster", "--sql"), "--sql is about one pair"),
        (("service=a", "service=b", "--sql", "--redact"), "--sql and --redact exclude"),
        (("service=a", "service=b", "--sql", "--sample=1"), "--sql and --sample exclude"),
    ],
)
def test_what_makes_no_sense_together_is_refused(words, said):
    with pytest.raises(UsageError) as caught:
        run(parse(*words))
    assert said in caught.value.what

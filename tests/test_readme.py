"""The README's numbers are counted, not remembered."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from assay.cli import parser
from assay.conformance.catalogue import known
from assay.smoke.check import CHECKS
from tests.smoke.defects import DEFECTS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
COUNTED = {
    r"through (\d+) situations": len(known()),
    r"^PASS, (\d+) judged$": len(known()),
    r"^(\d+) checks as strict": len(CHECKS),
    r"^(\d+) planted defects": len(DEFECTS),
}


@pytest.mark.parametrize("sentence", COUNTED)
def test_a_number_is_that_of_the_code(sentence):
    (number,) = re.findall(sentence, README, re.MULTILINE)
    assert int(number) == COUNTED[sentence]


def test_every_number_that_counts_something_of_ours_is_held():
    # What a red run shows is held by the test that makes one (tests/shell_tool).
    own = re.sub(r"(?s)^what is wrong.*?^```$|(?-s:^!\[.*$)", "", README, flags=re.MULTILINE)
    counting = r"\b(\d+) (?:situations|judged|checks|planted|cases|defects|plants)\b"
    assert len(re.findall(counting, own)) == len(COUNTED)
    assert not re.search(r"\b(?:twen|thir|for|fif|six|seven|eigh|nine)ty\b", README, re.IGNORECASE)


@pytest.mark.parametrize("name", sorted(set(re.findall(r"^assay (\w+)", README, re.MULTILINE))))
def test_every_command_of_ours_that_it_shows_exists(name):
    with pytest.raises(SystemExit) as ended:
        parser(name).parse_args([name, "--help"])
    assert ended.value.code == 0


def test_its_pictures_are_there_and_small():
    (name,) = re.findall(r"!\[[^]]+\]\((.+?)\)", README)
    assert (ROOT / name).stat().st_size < 100_000

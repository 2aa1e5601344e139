"""`assay docs` is what a stranger reads: whoever installs the wheel has no clone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from assay import cli
from assay.suites import DOCUMENTS

ROOT = Path(__file__).resolve().parents[3]
# What our messages, and the files that `assay init` writes, send people to.
NAMED = {
    name
    for path in (ROOT / "assay").rglob("*")
    if path.suffix in (".py", ".toml", ".sql", ".yml")
    for name in re.findall(r"assay docs ([a-z-]+)", path.read_text())
}


@pytest.mark.parametrize("name", sorted(NAMED))
def test_each_document_that_is_named_somewhere_is_printed(name, capsys):
    assert cli.main(["docs", name]) == 0
    assert capsys.readouterr().out == (DOCUMENTS / f"{name}.md").read_text()


def test_all_are_listed_by_name_and_title(capsys):
    assert cli.main(["docs"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "writing-a-case       Writing a case" in lines
    assert len(lines) == len(list(DOCUMENTS.glob("*.md")))


def test_another_name_is_wrong_use(capsys):
    assert cli.main(["docs", "nothing"]) == 4
    assert "known: by-hand, causes" in capsys.readouterr().err

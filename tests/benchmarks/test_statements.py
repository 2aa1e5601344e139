"""Every statement of the manual that changes what a database holds is in a mutant of the corpus."""

from __future__ import annotations

import re
import tomllib

import pytest

from benchmarks.corpus import FOLDER, load

TABLE = tomllib.loads((FOLDER / "statements.toml").read_text(encoding="utf-8"))
REASONS: dict[str, str] = TABLE["reasons"]
STATEMENTS = [f"{verb} {about}" for verb, named in TABLE["statements"].items() for about in named]
MUTATED = [
    " ".join(mutant.sql.lower().split()) for category in load() for mutant in category.mutants
]


def _in_a_mutant(statement: str) -> bool:
    """Whether a mutant changes something by this statement, not by one that begins like it."""
    verb, _, about = statement.partition(" ... ")
    written = re.escape(statement) if not about else rf"{verb}\b[^;]* {re.escape(about)}"
    longer = "|".join(
        re.escape(other[len(statement) :])
        for other in STATEMENTS
        if other.startswith(f"{statement} ")
    )
    ends = rf"(?!{longer})" if longer else ""
    pattern = re.compile(rf"\b{written}{ends}\b".lower())
    return any(pattern.search(sql) for sql in MUTATED)


@pytest.mark.parametrize("statement", STATEMENTS)
def test_every_statement_has_a_mutant_or_a_reason(statement):
    assert _in_a_mutant(statement) != (statement in REASONS)


def test_every_reason_is_of_a_statement():
    assert REASONS.keys() <= set(STATEMENTS)

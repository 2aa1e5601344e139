"""The mutation score: how results are read, and what is not good enough."""

from __future__ import annotations

import tomllib
from pathlib import Path

import assay
from benchmarks.mutation import MODULES, REASONS, TESTS, Mutant, judged, parse, report, unreasoned

SAID = """
    assay.oracle.catalog.differ.x__compare__mutmut_14: survived
    assay.oracle.words.redaction.xǁRedactionǁover__mutmut_3: killed
    assay.oracle.live.x_compare_live__mutmut_1: no tests
    assay.oracle.words.values.x_first_difference__mutmut_2: timeout
"""
FOUND = parse(SAID.splitlines())
TREE = Path(assay.__file__).parents[1]


def test_results_are_read_by_their_own_names():
    assert [(one.place, one.how) for one in FOUND] == [
        ("oracle.catalog.differ._compare", "survived"),
        ("oracle.words.redaction.Redaction.over", "killed"),
        ("oracle.live.compare_live", "no tests"),
        ("oracle.words.values.first_difference", "timeout"),
    ]


def test_what_no_test_reaches_counts_neither_way():
    assert judged(FOUND) == (2, 3)


def test_a_survivor_without_a_reason_is_named():
    assert unreasoned(FOUND, {}) == ["oracle.catalog.differ._compare"]
    assert unreasoned(FOUND, {"oracle.catalog.differ._compare": "x"}) == []
    assert "**none yet**" in report(FOUND, {})
    assert "2 of 3 mutants" in report(FOUND, {})


def test_reasons_are_of_functions_that_exist():
    for place in tomllib.loads(REASONS.read_text()):
        module, *names = _module(place)
        text = module.read_text()
        assert f"def {names[-1]}(" in text, place


def _module(place: str) -> tuple[Path, ...]:
    """The module that holds a function, and the names of it within."""
    parts = place.split(".")
    return next(
        (path, *parts[depth:])
        for depth in range(len(parts))
        if (path := (TREE / "assay").joinpath(*parts[:depth]).with_suffix(".py")).exists()
    )


def test_modules_and_their_tests_exist():
    assert [name for name in MODULES if not (TREE / "assay" / f"{name}.py").exists()] == []
    assert [name for name in TESTS if not (TREE / "tests" / "assay" / name).exists()] == []
    assert Mutant("a", "b", "killed").place == "a.b"

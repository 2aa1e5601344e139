"""The corpus: what it holds, how expectations are matched, and that the oracle sees all of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assay.errors import UsageError
from assay.oracle.self_test.measured import measured
from assay.oracle.words.finding import Finding
from benchmarks import corpus
from benchmarks.corpus import fingerprint, load, unmatched
from benchmarks.detection import numbers, report, results

CATEGORIES = load()
MUTANTS = [mutant for category in CATEGORIES for mutant in category.mutants]
ROW = Finding("row", "app.t", "1", "v", "a", "b")
GONE = Finding("table", "app.t", None, None, "present", None)


def test_the_corpus_is_as_large_as_it_is_said_to_be():
    assert len(CATEGORIES) >= 30
    assert len(MUTANTS) >= 700
    assert sum(bool(mutant.source) for mutant in MUTANTS) >= 189


def test_what_runs_report_was_measured_on_this_corpus():
    reported = measured()["corpus"]
    assert (reported["fingerprint"], reported["mutants"]) == (fingerprint(), len(MUTANTS))
    assert (reported["found"], reported["missed"]) == (len(MUTANTS), [])
    assert measured()["equal_pairs"]["alarms"] == 0


def test_every_mutant_says_what_must_be_found():
    assert [mutant.id for mutant in MUTANTS if not all(mutant.finds)] == []
    assert len({mutant.id for mutant in MUTANTS}) == len(MUTANTS)


@pytest.mark.parametrize(
    ("finds", "findings", "wrong"),
    [
        (["row app.t [1] v"], [ROW], []),
        (["row app.t"], [ROW], []),
        (["row app.t [1] w"], [ROW],
         ["not found: row app.t [1] w", "not expected: row app.t [1] v"]),
        (["row app.t [1] v"], [ROW, GONE], ["not expected: table app.t"]),
        (["table app.t", "table app.t"], [GONE], ["not found: table app.t"]),
        (["table app"], [GONE], ["not found: table app", "not expected: table app.t"]),
        (["table app.*"], [GONE], []),
        (["row app.t", "row app.t [1] v"], [ROW, Finding("row", "app.t", "2", "v", "a", "b")], []),
    ],
)  # fmt: skip
def test_expectations_and_findings_match_one_to_one(finds, findings, wrong):
    assert unmatched(finds, findings) == wrong


@pytest.mark.parametrize(
    "mutants",
    ["[]", "[['a', 'x', 'y', ''], ['a', 'x', 'z', '']]", "[['a', 'x', 'y', 'see the forum']]"],
)
def test_a_malformed_class_is_named(tmp_path, monkeypatch, mutants):
    (tmp_path / "one.toml").write_text(f"[broken]\nabout = 'x'\nmutants = {mutants}\n")
    monkeypatch.setattr(corpus, "FOLDER", tmp_path)
    monkeypatch.setattr(corpus, "FILES", ("one.toml",))
    with pytest.raises(UsageError, match="broken"):
        load()


@pytest.mark.servers
@pytest.mark.parametrize("category", CATEGORIES, ids=lambda category: category.name)
def test_every_mutant_is_found_as_what_it_is(pair, category):
    if not category.fits(pair.server_pair):
        pytest.skip(f"the servers were built without {category.needs}")
    measured = list(results(pair, category))
    assert {one.mutant.id: one.wrong for one in measured if one.wrong} == {}
    assert len(measured) == len(category.mutants) + 1


@pytest.mark.servers
def test_a_blind_oracle_misses_and_the_report_says_so(pair, monkeypatch):
    from benchmarks import detection

    blind = frozenset({"rows"})
    seeing = detection.compare

    def blinded(source, target, question):
        return seeing(source, target, replace(question, without=blind))

    monkeypatch.setattr(detection, "compare", blinded)
    (category,) = (one for one in CATEGORIES if one.name == "integers")
    measured = list(results(pair, category))
    page = report(measured, servers="two servers")
    assert f"0 of {len(category.mutants)} mutants" in page
    assert "* integers: off by one: EQUAL" in page
    told = numbers(measured, pg="17")
    assert (told["mutants"], told["found"]) == (len(category.mutants), 0)
    assert "integers: off by one" in told["missed"]


def test_what_is_left_out_stands_on_the_page():
    page = report([], servers="two servers", left_out=["documents: the servers lack libxml"])
    assert "Left out: documents: the servers lack libxml." in page
    assert {category.needs for category in CATEGORIES} == {None, "libxml", "one version"}

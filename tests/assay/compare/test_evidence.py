"""What a comparison leaves as evidence."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assay.compare.evidence import leave_evidence
from assay.delivery.admission import altered_files
from assay.delivery.envelope import NAME, open_unsigned, read_bundle
from assay.oracle.self_test.run import SelfTest
from assay.oracle.words.finding import Comparison, Equality, Finding
from assay.report.answer import Answer
from assay.run.outcome import Verdict

ROW = Finding("row", "public.t", "id=1", "v", "1", "2")
EQUAL = Comparison(Equality.EQUAL, left_out=("table public.x",))
SEEN = SelfTest(3, 3, (), 0.1, ("a plant",))
ANSWER = Answer("dbname=a", "dbname=b", EQUAL, SEEN, ("17.10", "18.6"), "", "2026-11-30T10:00:00Z")


@pytest.fixture(autouse=True)
def unsigned(monkeypatch):
    monkeypatch.setenv("ASSAY_EVIDENCE_SIGNER", "none")


def left(folder, *answers):
    leave_evidence(folder, answers)
    bundle = read_bundle((folder / NAME).read_text(), open_unsigned)
    assert altered_files(folder / NAME, bundle) == []
    return bundle.evidence


def test_equal_sides_are_a_pass_that_says_what_was_left_out(tmp_path):
    told = left(tmp_path / "new", ANSWER)
    assert (told.suite, told.verdict) == ("compare", Verdict.PASS)
    assert told.passed == ("dbname=a and dbname=b",)
    assert [one.what for one in told.not_run] == ["table public.x"]
    assert [(one.role, one.version) for one in told.servers] == [("source", "17.10"),
                                                                 ("target", "18.6")]  # fmt: skip
    assert told.self_test.proves


@pytest.mark.parametrize(
    ("equality", "verdict"),
    [(Equality.DIFFERENT, Verdict.FAIL), (Equality.UNKNOWN, Verdict.UNKNOWN)],
)
def test_one_pair_that_is_not_equal_speaks_for_all(tmp_path, equality, verdict):
    other = replace(ANSWER, target="dbname=c", comparison=Comparison(equality, (ROW,)))
    told = left(tmp_path, ANSWER, other)
    assert told.verdict is verdict
    assert told.failed == ("dbname=a and dbname=c",)


def test_without_a_self_test_nothing_is_proved(tmp_path):
    assert not left(tmp_path, replace(ANSWER, self_test=None)).self_test.proves


def test_a_changed_document_is_seen(tmp_path):
    left(tmp_path, ANSWER)
    (tmp_path / "comparison.json").write_text("{}")
    bundle = read_bundle((tmp_path / NAME).read_text(), open_unsigned)
    assert [str(one.kind) for one in altered_files(tmp_path / NAME, bundle)] == ["altered"]

from dataclasses import dataclass

import pytest

from assay.conformance.outcome import Outcome, Verdict
from assay.conformance.verdict import conclude


@dataclass(frozen=True)
class Judged:
    outcome: Outcome = Outcome.FAITHFUL
    expected: bool = True
    gap: str | None = None


@dataclass(frozen=True)
class SelfTest:
    planted: int = 16
    detected: int = 16
    missed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rust:
    result: str
    compared: str | None = None


@dataclass(frozen=True)
class Check:
    result: str


GOOD = Judged()
GAP = Judged(Outcome.REFUSED, gap="known, issue 7")
WRONG = Judged(Outcome.SILENT_WRONG, expected=False)
NOTHING = Judged(Outcome.UNKNOWN, expected=False)


def verdict(*judged, self_tests=(SelfTest(),), **given):
    return conclude(judged, self_tests=self_tests, **given).verdict


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        (("PASS", "PASS"), Verdict.PASS),
        (("PASS", "UNKNOWN"), Verdict.UNKNOWN),
        (("PASS", "FAIL", "UNKNOWN"), Verdict.FAIL),
    ],
)  # fmt: skip
def test_checks_of_endpoints_decide_as_cases_do(results, expected):
    checks = [Check(result) for result in results]
    assert verdict(checks=checks) is expected
    assert conclude([], self_tests=[], checks=checks[:1]).verdict is Verdict.UNKNOWN


def test_checks_are_counted_in_the_line():
    checks = [Check("PASS"), Check("FAIL"), Check("FAIL"), Check("UNKNOWN")]
    line = conclude([], self_tests=[SelfTest()], checks=checks).line
    assert line == "FAIL, 4 judged, 0 known gaps, 0 skipped, 2 checks failed, 1 check unknown"


def test_every_outcome_as_required_passes():
    assert verdict(GOOD, GOOD) is Verdict.PASS


def test_known_gaps_pass_and_are_counted():
    conclusion = conclude([GOOD] * 68 + [GAP] * 7, self_tests=[SelfTest()], skipped=12)
    assert conclusion.verdict is Verdict.PASS
    assert conclusion.line == "PASS, 75 judged, 7 known gaps, 12 skipped"
    assert conclusion.reasons == ()


def test_a_gap_that_closed_fails():
    conclusion = conclude([Judged(expected=False, gap="known")], self_tests=[SelfTest()])
    assert conclusion.line == "FAIL, 1 judged, 0 known gaps, 0 skipped, 1 unexpected"


def test_an_unexpected_outcome_fails_and_is_counted():
    conclusion = conclude([GOOD, WRONG], self_tests=[SelfTest()])
    assert conclusion.verdict is Verdict.FAIL
    assert conclusion.line == "FAIL, 2 judged, 0 known gaps, 0 skipped, 1 unexpected"


@pytest.mark.parametrize(
    ("judged", "given"),
    [
        ((), {}),
        ((), {"skipped": 12}),
        ((GOOD, NOTHING), {}),
        ((Judged(Outcome.UNKNOWN, expected=True),), {}),
        ((GOOD,), {"self_tests": ()}),
        ((GOOD,), {"self_tests": (SelfTest(0, 0),)}),
        ((GOOD,), {"self_tests": (SelfTest(), SelfTest(16, 15, ("lost-grant",)))}),
        ((GOOD,), {"self_tests": (SelfTest(16, 15),)}),
        ((GOOD,), {"errors": ["a fixture failed"]}),
        ((GOOD,), {"rust_tests": [Rust("error")]}),
        ((), {"rust_tests": [Rust("passed")]}),
    ],
)
def test_what_proves_nothing_is_unknown(judged, given):
    assert verdict(*judged, **given) is Verdict.UNKNOWN


def test_fail_outranks_unknown():
    conclusion = conclude([WRONG, NOTHING], self_tests=[], errors=["broken"])
    assert conclusion.verdict is Verdict.FAIL
    assert conclusion.line.endswith("1 unexpected, 1 unknown, 1 error")
    assert "broken" in conclusion.reasons


def test_a_crate_alone_passes_where_the_oracle_has_judged_a_copy():
    compared = Rust("passed", "EQUAL")
    assert verdict(rust_tests=[compared, Rust("passed"), Rust("skipped")]) is Verdict.PASS
    assert verdict(rust_tests=[Rust("passed"), Rust("skipped")]) is Verdict.UNKNOWN
    assert verdict(rust_tests=[compared], self_tests=[]) is Verdict.UNKNOWN
    assert verdict(rust_tests=[compared, Rust("diverged", "DIFFERENT")]) is Verdict.FAIL


def test_a_failed_rust_test_fails_and_passed_ones_do_not_help():
    assert verdict(GOOD, rust_tests=[Rust("passed"), Rust("failed")]) is Verdict.FAIL
    assert verdict(GOOD, rust_tests=[Rust("passed"), Rust("ignored")]) is Verdict.PASS
    assert verdict(rust_tests=[Rust("passed"), Rust("failed")]) is Verdict.FAIL


def test_what_a_self_test_missed_is_named():
    missed = SelfTest(16, 15, ("lost-grant",))
    conclusion = conclude([GOOD], self_tests=[SelfTest(), missed])
    assert conclusion.reasons == ("a self-test found 15 of 16: lost-grant",)


@pytest.mark.parametrize(
    ("given", "line", "reasons"),
    [
        ({"judged": [WRONG]}, "FAIL, 1 judged, 0 known gaps, 0 skipped, 1 unexpected",
         ("1 outcome not as required",)),
        ({"judged": [WRONG, WRONG, GAP]}, "FAIL, 3 judged, 1 known gap, 0 skipped, 2 unexpected",
         ("2 outcomes not as required",)),
        ({"judged": [NOTHING]}, "UNKNOWN, 1 judged, 0 known gaps, 0 skipped, 1 unknown",
         ("nothing was proved in 1 case",)),
        ({"judged": [GOOD], "rust_tests": [Rust("failed"), Rust("passed"), Rust("error")]},
         "FAIL, 1 judged, 0 known gaps, 0 skipped, 1 Rust test failed",
         ("1 Rust test failed", "1 Rust test could not be run")),
        ({"judged": [], "checks": [Check("FAIL"), Check("UNKNOWN"), Check("UNKNOWN")]},
         "FAIL, 3 judged, 0 known gaps, 0 skipped, 1 check failed, 2 checks unknown",
         ("1 check of an endpoint failed", "nothing was proved by 2 checks")),
        ({"judged": [GOOD], "errors": ["the session was interrupted"]},
         "UNKNOWN, 1 judged, 0 known gaps, 0 skipped, 1 error", ("the session was interrupted",)),
        ({"judged": []}, "UNKNOWN, 0 judged, 0 known gaps, 0 skipped", ("no case was judged",)),
        ({"judged": [GOOD], "self_tests": []}, "UNKNOWN, 1 judged, 0 known gaps, 0 skipped",
         ("no self-test planted any damage",)),
        ({"judged": [GOOD], "self_tests": [SelfTest(planted=0, detected=0)]},
         "UNKNOWN, 1 judged, 0 known gaps, 0 skipped", ("no self-test planted any damage",)),
        ({"judged": [GOOD], "self_tests": [SelfTest(detected=14, missed=("a", "b"))]},
         "UNKNOWN, 1 judged, 0 known gaps, 0 skipped",
         ("a self-test found 14 of 16: a, b",)),
        ({"judged": [GOOD], "self_tests": [SelfTest(detected=14)]},
         "UNKNOWN, 1 judged, 0 known gaps, 0 skipped", ("a self-test found 14 of 16",)),
        ({"judged": [GOOD], "self_tests": [SelfTest(missed=("unexpected: x",))]},
         "UNKNOWN, 1 judged, 0 known gaps, 0 skipped",
         ("a self-test found 16 of 16: unexpected: x",)),
        ({"judged": [Judged(Outcome.REFUSED, expected=False, gap="g")]},
         "FAIL, 1 judged, 0 known gaps, 0 skipped, 1 unexpected", ("1 outcome not as required",)),
        ({"judged": [GOOD], "skipped": 4}, "PASS, 1 judged, 0 known gaps, 4 skipped", ()),
    ],
)  # fmt: skip
def test_the_line_and_the_reasons_say_all_of_it(given, line, reasons):
    given = {"self_tests": [SelfTest()], **given}
    conclusion = conclude(given.pop("judged"), **given)
    assert (conclusion.line, conclusion.reasons) == (line, reasons)
    assert conclusion.verdict.value == line.partition(",")[0]

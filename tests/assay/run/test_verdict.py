from dataclasses import replace

import pytest

from assay.run.events import CheckJudged, RustTested, SelfTested
from assay.run.outcome import Verdict
from assay.run.verdict import conclude
from tests.assay.run.made import judged, phase


def self_test(planted=16, detected=16, missed=()):
    return SelfTested(planted, detected, missed)


def rust(result):
    return RustTested("t", "it", result)


def check(result):
    return CheckJudged("local", "health", "api", result)


GOOD = judged("good")
GAP = judged("gap", phase("REFUSED", expected=True, gap="known, issue 7"))
WRONG = judged("wrong", "SILENT_WRONG")
NOTHING = judged("nothing", "UNKNOWN")


TESTED = (self_test(),)


def verdict(*cases, self_tests=TESTED, **given):
    return conclude(cases, self_tests=self_tests, **given).verdict


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        (("PASS", "PASS"), Verdict.PASS),
        (("PASS", "UNKNOWN"), Verdict.UNKNOWN),
        (("PASS", "FAIL", "UNKNOWN"), Verdict.FAIL),
    ],
)  # fmt: skip
def test_checks_of_endpoints_decide_as_cases_do(results, expected):
    checks = [check(result) for result in results]
    assert verdict(checks=checks) is expected
    assert conclude([], self_tests=[], checks=checks[:1]).verdict is Verdict.UNKNOWN


def test_checks_are_counted_in_the_line():
    checks = [check("PASS"), check("FAIL"), check("FAIL"), check("UNKNOWN")]
    line = conclude([], self_tests=[self_test()], checks=checks).line
    assert line == "FAIL, 4 judged, 0 known gaps, 0 skipped, 2 checks failed, 1 check unknown"


def test_every_outcome_as_required_passes():
    assert verdict(GOOD, GOOD) is Verdict.PASS


def test_known_gaps_pass_and_are_counted():
    conclusion = conclude([GOOD] * 68 + [GAP] * 7, self_tests=[self_test()], skipped=12)
    assert conclusion.verdict is Verdict.PASS
    assert conclusion.line == "PASS, 75 judged, 7 known gaps, 12 skipped"
    assert conclusion.reasons == ()


def test_gaps_that_come_and_go_are_counted_whether_they_came_or_not():
    came = phase("REFUSED", expected=True, gap="a race", intermittent=True)
    away = judged("away", phase(intermittent=True))
    conclusion = conclude([judged("came", came), away, GOOD], self_tests=[self_test()])
    assert conclusion.line == (
        "PASS, 3 judged, 1 known gap, 0 skipped, 2 intermittent gaps (1 seen)"
    )
    line = conclude([away], self_tests=[self_test()]).line
    assert line == "PASS, 1 judged, 0 known gaps, 0 skipped, 1 intermittent gap (0 seen)"


def test_harm_to_the_source_is_said_before_everything():
    harmed = judged("harmed", phase("FAITHFUL", expected=False, harmed_source=True))
    conclusion = conclude([WRONG, harmed, GOOD], self_tests=[self_test()])
    assert conclusion.line == (
        "FAIL, source harmed in 1 case, 3 judged, 0 known gaps, 0 skipped, 2 unexpected"
    )
    assert conclusion.reasons == (
        "the source came to harm in 1 case", "2 cases not as required",
    )  # fmt: skip


def test_harm_that_is_known_is_said_and_stands_against_nothing():
    known = phase("SILENT_WRONG", expected=True, harmed_source=True, gap="known")
    conclusion = conclude([judged("known", known)], self_tests=[self_test()])
    assert conclusion.line == "PASS, source harmed in 1 case, 1 judged, 1 known gap, 0 skipped"
    assert conclusion.reasons == ()


def test_a_gap_that_closed_fails():
    closed = judged("closed", phase("FAITHFUL", expected=False, why="known gap, but not as seen"))
    conclusion = conclude([closed], self_tests=[self_test()])
    assert conclusion.line == "FAIL, 1 judged, 0 known gaps, 0 skipped, 1 unexpected"


def test_an_unexpected_outcome_fails_and_is_counted():
    conclusion = conclude([GOOD, WRONG], self_tests=[self_test()])
    assert conclusion.verdict is Verdict.FAIL
    assert conclusion.line == "FAIL, 2 judged, 0 known gaps, 0 skipped, 1 unexpected"


@pytest.mark.parametrize(
    ("cases", "given"),
    [
        ((), {}),
        ((), {"skipped": 12}),
        ((GOOD, NOTHING), {}),
        ((judged("x", phase("UNKNOWN", expected=True)),), {}),
        ((judged("x", phase(), phase("UNKNOWN", "live")),), {}),
        ((GOOD,), {"self_tests": ()}),
        ((GOOD,), {"self_tests": (self_test(0, 0),)}),
        ((GOOD,), {"self_tests": (self_test(), self_test(16, 15, ("lost-grant",)))}),
        ((GOOD,), {"self_tests": (self_test(16, 15),)}),
        ((GOOD,), {"errors": ["a fixture failed"]}),
        ((GOOD,), {"rust_tests": [rust("error")]}),
        ((), {"rust_tests": [rust("passed")]}),
    ],
)
def test_what_proves_nothing_is_unknown(cases, given):
    assert verdict(*cases, **given) is Verdict.UNKNOWN


def test_fail_outranks_unknown():
    conclusion = conclude([WRONG, NOTHING], self_tests=[], errors=["broken"])
    assert conclusion.verdict is Verdict.FAIL
    assert conclusion.line.endswith("1 unexpected, 1 unknown, 1 error")
    assert "broken" in conclusion.reasons


def test_a_failed_rust_test_fails_and_passed_ones_do_not_help():
    assert verdict(GOOD, rust_tests=[rust("passed"), rust("failed")]) is Verdict.FAIL
    assert verdict(GOOD, rust_tests=[rust("passed"), rust("ignored")]) is Verdict.PASS
    assert verdict(rust_tests=[rust("passed"), rust("failed")]) is Verdict.FAIL


def test_what_a_self_test_missed_is_named():
    missed = self_test(16, 15, ("lost-grant",))
    conclusion = conclude([GOOD], self_tests=[self_test(), missed])
    assert conclusion.reasons == ("a self-test found 15 of 16: lost-grant",)


@pytest.mark.parametrize(
    ("given", "line", "reasons"),
    [
        ({"cases": [WRONG]}, "FAIL, 1 judged, 0 known gaps, 0 skipped, 1 unexpected",
         ("1 case not as required",)),
        ({"cases": [WRONG, WRONG, GAP]}, "FAIL, 3 judged, 1 known gap, 0 skipped, 2 unexpected",
         ("2 cases not as required",)),
        ({"cases": [NOTHING]}, "UNKNOWN, 1 judged, 0 known gaps, 0 skipped, 1 unknown",
         ("nothing was proved in 1 case",)),
        ({"cases": [GOOD], "rust_tests": [rust("failed"), rust("passed"), rust("error")]},
         "FAIL, 1 judged, 0 known gaps, 0 skipped, 1 Rust test failed",
         ("1 Rust test failed", "1 Rust test could not be run")),
        ({"cases": [], "checks": [check("FAIL"), check("UNKNOWN"), check("UNKNOWN")]},
         "FAIL, 3 judged, 0 known gaps, 0 skipped, 1 check failed, 2 checks unknown",
         ("1 check of an endpoint failed", "nothing was proved by 2 checks")),
        ({"cases": [GOOD], "errors": ["the session was interrupted"]},
         "UNKNOWN, 1 judged, 0 known gaps, 0 skipped, 1 error", ("the session was interrupted",)),
        ({"cases": []}, "UNKNOWN, 0 judged, 0 known gaps, 0 skipped", ("no case was judged",)),
        ({"cases": [GOOD], "self_tests": []}, "UNKNOWN, 1 judged, 0 known gaps, 0 skipped",
         ("no self-test planted any damage",)),
        ({"cases": [GOOD], "self_tests": [self_test(planted=0, detected=0)]},
         "UNKNOWN, 1 judged, 0 known gaps, 0 skipped", ("no self-test planted any damage",)),
        ({"cases": [GOOD], "self_tests": [self_test(detected=14, missed=("a", "b"))]},
         "UNKNOWN, 1 judged, 0 known gaps, 0 skipped",
         ("a self-test found 14 of 16: a, b",)),
        ({"cases": [GOOD], "self_tests": [self_test(detected=14)]},
         "UNKNOWN, 1 judged, 0 known gaps, 0 skipped", ("a self-test found 14 of 16",)),
        ({"cases": [GOOD], "self_tests": [self_test(missed=("unexpected: x",))]},
         "UNKNOWN, 1 judged, 0 known gaps, 0 skipped",
         ("a self-test found 16 of 16: unexpected: x",)),
        ({"cases": [judged("g", phase("REFUSED", gap="g"))]},
         "FAIL, 1 judged, 0 known gaps, 0 skipped, 1 unexpected", ("1 case not as required",)),
        ({"cases": [GOOD], "skipped": 4}, "PASS, 1 judged, 0 known gaps, 4 skipped", ()),
    ],
)  # fmt: skip
def test_the_line_and_the_reasons_say_all_of_it(given, line, reasons):
    given = {"self_tests": [self_test()], **given}
    conclusion = conclude(given.pop("cases"), **given)
    assert (conclusion.line, conclusion.reasons) == (line, reasons)
    assert conclusion.verdict.value == line.partition(",")[0]


def test_cases_are_counted_and_not_their_phases():
    bad = judged("bad", phase("FAILED_LOUD"), phase("SILENT_WRONG", "verify", assisted=True))
    conclusion = conclude([GOOD, bad], self_tests=[self_test()])
    assert conclusion.line == "FAIL, 2 judged, 0 known gaps, 0 skipped, 1 unexpected"
    gaps = [phase("REFUSED", name, expected=True, gap="known") for name in ("init", "live")]
    conclusion = conclude([judged("gaps", *gaps)], self_tests=[self_test()])
    assert conclusion.line == "PASS, 1 judged, 1 known gap, 0 skipped"


def test_a_case_that_is_wrong_in_one_phase_and_unproved_in_another_is_wrong():
    both = judged("both", phase("SILENT_WRONG"), phase("UNKNOWN", "live"))
    conclusion = conclude([both], self_tests=[self_test()])
    assert conclusion.line == "FAIL, 1 judged, 0 known gaps, 0 skipped, 1 unexpected"


def test_harm_in_a_phase_of_which_nothing_else_is_known_fails():
    harmed = judged("harmed", phase("UNKNOWN", harmed_source=True))
    assert verdict(harmed) is Verdict.FAIL


def test_what_was_not_reached_is_no_doubt_and_no_failure():
    known = phase("REFUSED", expected=True, gap="known")
    assert verdict(judged("x", known, phase("NOT_REACHED", "live"))) is Verdict.PASS


def test_what_a_case_left_behind_fails_it():
    assert verdict(replace(GOOD, leaked=("role x",))) is Verdict.FAIL

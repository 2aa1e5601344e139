"""The verdict of a run, a pure function of what its cases, self-tests and Rust tests came to."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from assay.run.events import CaseJudged, CheckJudged, RustTested, SelfTested
from assay.run.outcome import Verdict, worst


@dataclass(frozen=True, slots=True)
class Conclusion:
    """A run's verdict, its line for people, and what stands against a PASS."""

    verdict: Verdict
    line: str
    reasons: tuple[str, ...]


def conclude(
    judged: Collection[CaseJudged],
    *,
    self_tests: Collection[SelfTested],
    rust_tests: Collection[RustTested] = (),
    checks: Collection[CheckJudged] = (),
    skipped: int = 0,
    errors: Collection[str] = (),
    extent: str = "",
) -> Conclusion:
    """Conclude a run; PASS needs something judged, and a self-test that saw what it planted.

    Judged are a case, a check, or a Rust test whose copy was compared.

    `errors` is trouble in pytest's own sense: failures that no case or Rust test accounts for,
    collection errors, an interrupted session. `extent` ends the line: which part of a whole it is.
    """
    against = (
        *_failures(judged, rust_tests, checks),
        *_doubts(judged, self_tests, rust_tests, checks, errors),
    )
    verdict = worst([found for found, _ in against] or [Verdict.PASS])
    harmed = _harmed(judged)
    parts = [
        verdict.value,
        *([f"source harmed in {_count(harmed, 'case')}"] if harmed else []),
        *(
            [f"{_count(len(rust_tests), 'Rust test')}"]
            if rust_tests and not judged and not checks
            else [f"{len(judged) + len(checks)} judged", _count(_gaps(judged), "known gap")]
        ),
    ]
    if not rust_tests or skipped or judged or checks:
        parts.append(f"{skipped} skipped")
    if come_and_go := [case for case in judged if case.intermittent]:
        seen = sum(any(phase.gap for phase in case.intermittent) for case in come_and_go)
        parts.append(f"{_count(len(come_and_go), 'intermittent gap')} ({seen} seen)")
    if unexpected := _unexpected(judged):
        parts.append(f"{unexpected} unexpected")
    if unknown := _unknown(judged):
        parts.append(f"{unknown} unknown")
    for result in ("failed", "diverged", "skipped"):
        if found := _rust(rust_tests, result):
            parts.append(f"{_count(found, 'Rust test')} {result}")
    for result, word in (("FAIL", "failed"), ("UNKNOWN", "unknown")):
        if found := _of(checks, result):
            parts.append(f"{_count(found, 'check')} {word}")
    if errors:
        parts.append(_count(len(errors), "error"))
    parts += [extent] if extent else []
    return Conclusion(verdict, ", ".join(parts), tuple(reason for _, reason in against))


def _failures(
    judged: Collection[CaseJudged],
    rust_tests: Collection[RustTested],
    checks: Collection[CheckJudged],
) -> Iterator[tuple[Verdict, str]]:
    if harmed := _harmed([case for case in judged if not case.expected]):
        yield Verdict.FAIL, f"the source came to harm in {_count(harmed, 'case')}"
    if unexpected := _unexpected(judged):
        yield Verdict.FAIL, f"{_count(unexpected, 'case')} not as required"
    if red := _rust(rust_tests, "failed"):
        yield Verdict.FAIL, f"{_count(red, 'Rust test')} failed"
    if wrong := _rust(rust_tests, "diverged"):
        yield Verdict.FAIL, f"{_count(wrong, 'Rust test')} passed, and the data says otherwise"
    if bad := _of(checks, "FAIL"):
        yield Verdict.FAIL, f"{_count(bad, 'check')} of an endpoint failed"


def _doubts(
    judged: Collection[CaseJudged],
    self_tests: Collection[SelfTested],
    rust_tests: Collection[RustTested],
    checks: Collection[CheckJudged],
    errors: Collection[str],
) -> Iterator[tuple[Verdict, str]]:
    if rust_tests and not judged and not checks:
        if not any(test.compared for test in rust_tests):
            yield Verdict.UNKNOWN, "no Rust test copied anything that could be compared"
    elif not judged and not checks:
        yield Verdict.UNKNOWN, "no case was judged"
    if unknown := _unknown(judged):
        yield Verdict.UNKNOWN, f"nothing was proved in {_count(unknown, 'case')}"
    if doubtful := _of(checks, "UNKNOWN"):
        yield Verdict.UNKNOWN, f"nothing was proved by {_count(doubtful, 'check')}"
    if not any(test.planted for test in self_tests):
        yield Verdict.UNKNOWN, "no self-test planted any damage"
    for test in self_tests:
        if test.detected < test.planted or test.missed:
            names = f": {', '.join(test.missed)}" if test.missed else ""
            yield Verdict.UNKNOWN, f"a self-test found {test.detected} of {test.planted}{names}"
    if unrun := _rust(rust_tests, "error"):
        yield Verdict.UNKNOWN, f"{_count(unrun, 'Rust test')} could not be run"
    for error in errors:
        yield Verdict.UNKNOWN, error


def _unexpected(judged: Collection[CaseJudged]) -> int:
    return sum(not case.expected and not case.unproved for case in judged)


def _harmed(judged: Collection[CaseJudged]) -> int:
    return sum(case.harmed_source for case in judged)


def _unknown(judged: Collection[CaseJudged]) -> int:
    return sum(case.unproved for case in judged)


def _gaps(judged: Collection[CaseJudged]) -> int:
    return sum(case.gap is not None and case.expected for case in judged)


def _rust(tests: Collection[RustTested], result: str) -> int:
    return sum(test.result == result for test in tests)


def _of(checks: Collection[CheckJudged], result: str) -> int:
    return sum(check.result == result for check in checks)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")

"""The verdict of a run, a pure function of what its cases, self-tests and Rust tests came to."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Protocol

from assay.conformance.outcome import Outcome, Verdict, worst


class Judged(Protocol):
    """A case that was run to an outcome."""

    @property
    def outcome(self) -> Outcome:
        """How the replicator did."""

    @property
    def expected(self) -> bool:
        """Whether the case or a known gap allows this outcome."""

    @property
    def gap(self) -> str | None:
        """The reason of the known gap, None where the case has none."""


class SelfTested(Protocol):
    """The oracle's trial on planted damage, made by one worker."""

    @property
    def planted(self) -> int:
        """How many defects were planted."""

    @property
    def detected(self) -> int:
        """How many of them the oracle found, each with the right finding."""

    @property
    def missed(self) -> tuple[str, ...]:
        """The names of those that it did not find."""


class RustTested(Protocol):
    """A test of a Rust crate."""

    @property
    def result(self) -> str:
        """``passed``, ``failed``, ``diverged``, ``skipped``, or ``error``: it could not be run."""

    @property
    def compared(self) -> str | None:
        """The oracle's answer where the test brought something of the source to the target."""


class Checked(Protocol):
    """A check of a deployed endpoint."""

    @property
    def result(self) -> str:
        """``PASS``, ``FAIL`` or ``UNKNOWN``."""


@dataclass(frozen=True, slots=True)
class Conclusion:
    """A run's verdict, its line for people, and what stands against a PASS."""

    verdict: Verdict
    line: str
    reasons: tuple[str, ...]


def conclude(
    judged: Collection[Judged],
    *,
    self_tests: Collection[SelfTested],
    rust_tests: Collection[RustTested] = (),
    checks: Collection[Checked] = (),
    skipped: int = 0,
    errors: Collection[str] = (),
) -> Conclusion:
    """Conclude a run; PASS needs something judged, and a self-test that saw what it planted.

    Judged are a case, a check, or a Rust test whose copy was compared.

    `errors` is trouble in pytest's own sense: failures that no case or Rust test accounts for,
    collection errors, an interrupted session.
    """
    against = (
        *_failures(judged, rust_tests, checks),
        *_doubts(judged, self_tests, rust_tests, checks, errors),
    )
    verdict = worst([found for found, _ in against] or [Verdict.PASS])
    parts = [
        verdict.value,
        *(
            [f"{_count(len(rust_tests), 'Rust test')}"]
            if rust_tests and not judged and not checks
            else [f"{len(judged) + len(checks)} judged", _count(_gaps(judged), "known gap")]
        ),
    ]
    if not rust_tests or skipped or judged or checks:
        parts.append(f"{skipped} skipped")
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
    return Conclusion(verdict, ", ".join(parts), tuple(reason for _, reason in against))


def _failures(
    judged: Collection[Judged], rust_tests: Collection[RustTested], checks: Collection[Checked]
) -> Iterator[tuple[Verdict, str]]:
    if unexpected := _unexpected(judged):
        yield Verdict.FAIL, f"{_count(unexpected, 'outcome')} not as required"
    if red := _rust(rust_tests, "failed"):
        yield Verdict.FAIL, f"{_count(red, 'Rust test')} failed"
    if wrong := _rust(rust_tests, "diverged"):
        yield Verdict.FAIL, f"{_count(wrong, 'Rust test')} passed, and the data says otherwise"
    if bad := _of(checks, "FAIL"):
        yield Verdict.FAIL, f"{_count(bad, 'check')} of an endpoint failed"


def _doubts(
    judged: Collection[Judged],
    self_tests: Collection[SelfTested],
    rust_tests: Collection[RustTested],
    checks: Collection[Checked],
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


def _unexpected(judged: Collection[Judged]) -> int:
    return sum(not j.expected and j.outcome is not Outcome.UNKNOWN for j in judged)


def _unknown(judged: Collection[Judged]) -> int:
    return sum(j.outcome is Outcome.UNKNOWN for j in judged)


def _gaps(judged: Collection[Judged]) -> int:
    return sum(j.gap is not None and j.expected for j in judged)


def _rust(tests: Collection[RustTested], result: str) -> int:
    return sum(test.result == result for test in tests)


def _of(checks: Collection[Checked], result: str) -> int:
    return sum(check.result == result for check in checks)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")

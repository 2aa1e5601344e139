"""The news of a run: what its journal tells, the causes worst first."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

from assay.news.message import News, Told
from assay.report import rerun
from assay.report.causes import causes, reproduce, unexplained
from assay.run import record
from assay.run.events import CheckJudged, ItemFailed, RustTested
from assay.run.outcome import Verdict
from assay.run.record import Run


def read(folder: Path) -> News:
    """The news of the run in a folder; UsageError where there is none."""
    run = record.load(folder)
    ended = run.conclusion
    found = tuple(_causes(run, folder))
    if ended.verdict is Verdict.PASS:
        found = (Told("all is as required", ended.line),)
    elif not found:
        found = tuple(Told(reason, reason, _whole(run)) for reason in ended.reasons)
    where = f"Run {run.start.run} of {run.start.started}, {folder}"
    return News(_subject(run), ended.verdict.value, ended.line, found, (where,))


def _subject(run: Run) -> str:
    names = sorted({case.replicator for case in run.judged})
    names += sorted({check.endpoint for check in run.checks})
    names += ["Rust tests"] if run.rust_tests else []
    return ", ".join(names) or "a run that judged nothing"


def _causes(run: Run, folder: Path) -> Iterator[Told]:
    for shown in causes(run):
        again = (
            ("Again", rerun.command(shown.example, run.options)),
            ("By hand", reproduce(run, shown.example, folder)),
        )
        yield Told(shown.cause.signature, shown.line, again)
    for case in unexplained(run):
        why = case.gravest.why or "; ".join(case.leaked) or "another outcome is required"
        yield Told(f"case {case.case} {case.gravest.outcome}", f"{case.case}: {case.told}: {why}",
                   (("Again", rerun.command(case, run.options)),))  # fmt: skip
    bad = [check for check in run.checks if check.result != "PASS"]
    yield from (_check(run, one) for one in sorted(bad, key=lambda one: one.result))
    red = [one for one in run.rust_tests if one.result in ("failed", "diverged", "error")]
    yield from (_rust(run, one) for one in sorted(red, key=lambda one: one.badness))
    yield from (_trouble(run, one) for one in run.troubles)


def _check(run: Run, check: CheckJudged) -> Told:
    line = f"{check.endpoint}: {check.result} {check.check}: {check.why}"
    if check.advice:
        line += f" (look first: {check.advice})"
    argv = ["pytest", check.nodeid or "smoke"]
    argv += [f"--endpoint={one}" for one in run.options.get("endpoint") or ()]
    if name := run.options.get("environment"):
        argv += ["--environment", name]
    return Told(f"check {check.check} {check.result}", line, (("Again", shlex.join(argv)),))


def _rust(run: Run, test: RustTested) -> Told:
    line = f"Rust test {test.target} {test.test} {test.result}: {test.why or ''}"
    crate = run.options.get("rust_crate")
    argv = ["pytest", *([f"--rust-crate={crate}"] if crate else []), "-k", test.test]
    key = f"rust {test.target} {test.test} {test.result}"
    return Told(key, line, (("Again", shlex.join(argv)),))


def _trouble(run: Run, trouble: ItemFailed) -> Told:
    return Told(f"trouble {trouble.nodeid} {trouble.when}", str(trouble), _whole(run))


def _whole(run: Run) -> tuple[tuple[str, str], ...]:
    return (("Again", shlex.join(["pytest", *run.start.argv])),)

"""A made-up run of as many cases as are asked for, most of them red, with outputs as tools have.

Nothing of it is measured; the page, the log and their limits are tried on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from assay.conformance.case import Expected
from assay.conformance.evidence import Evidence, Stage
from assay.oracle.words.finding import Finding
from assay.process import Execution
from assay.run.cause import Cause, Gravity, Origin
from assay.run.events import CaseJudged, PhaseJudged, RunFinished, RunStarted, SelfTested, Server
from assay.run.journal import Journal
from assay.run.outcome import Outcome, Verdict

CASES = Path(__file__).resolve().parents[1] / "integration" / "cases"
LOUD, DIRTY, WRONG = Outcome.FAILED_LOUD, Outcome.FAILED_DIRTY, Outcome.SILENT_WRONG


@dataclass(frozen=True, slots=True)
class _Defect:
    """One cause: in which phase it is seen, with which outcome, and in how many of 100 cases."""

    share: int
    phase: str
    outcome: Outcome
    cause: Cause
    findings: int = 0


def _error(call: str, state: str, message: str, statement: str) -> Cause:
    return Cause(
        f"{call}|{state}|{message}", call, message.replace('"', ""), Origin.SERVER_ERROR,
        Gravity.FAILED, message, state, statement, said=f"Error: {call} failed: db error",
    )  # fmt: skip


def _silent(phase: str, gravity: Gravity, headline: str) -> Cause:
    return Cause(f"{phase}|{headline}", phase, headline, Origin.FINDING, gravity,
                 f"row public.orders [id=1] {headline}")  # fmt: skip


DEFECTS = (
    _Defect(50, "live", LOUD, _error(
        "sync", "42703", 'column "srsubstate" does not exist',
        "SELECT srsubstate FROM pg_stat_subscription WHERE subname = $1")),
    _Defect(12, "init", DIRTY, _error(
        "init", "42P01", 'relation "…" does not exist',
        "COPY public.orders (id, total) FROM stdin"), 4),
    _Defect(8, "init", WRONG, _silent(
        "init", Gravity.ROWS_WRONG, "value of type numeric differs"), 60),
    _Defect(5, "init", WRONG, _silent(
        "init", Gravity.OBJECTS_LOST, "trigger (enabled) differs"), 2),
    _Defect(4, "init", WRONG, _silent(
        "init", Gravity.PRIVILEGES_LOST, "acl (SELECT) is missing"), 3),
    _Defect(3, "verify", WRONG, _silent(
        "verify", Gravity.ROWS_LOST, "says that both sides are equal, although rows are missing"),
        1),
    _Defect(2, "init", WRONG, _silent("init", Gravity.OWNERS_LOST, "owner differs"), 1),
    _Defect(1, "live", Outcome.FAITHFUL, _silent(
        "live", Gravity.SOURCE_HARMED, "the source is changed: slot is left over"), 1),
)  # fmt: skip


def make(folder: Path, cases: int) -> Path:
    """Write journal and evidence of a run; its folder."""
    journal = Journal(folder)
    journal.append(RunStarted("0a1b2c3d", "2026-01-02T03:04:05.678Z", 7, "0.1.0",
                              ("-m", "integration", "--replicator", "copier.toml"),
                              {"replicator": ["copier.toml"]}))  # fmt: skip
    journal.append(SelfTested(12, 12, (), 0.9, "main", "17:17"))
    for number, (path, defect) in enumerate(_chosen(cases)):
        judged, seen = _case(number, path, defect)
        seen.save(folder / judged.evidence)
        journal.append(judged)
    journal.append(RunFinished(1, 1234.5, Verdict.FAIL, ""))
    journal.close()
    return folder


def _chosen(cases: int) -> Iterator[tuple[Path, _Defect | None]]:
    """The suite's own cases, again and again; every hundredth part of them with its defect."""
    paths = sorted(CASES.rglob("*.sql"))
    for number in range(cases):
        part = (number * 37 + 11) % 100
        for defect in DEFECTS:
            part -= defect.share
            if part < 0:
                break
        yield paths[number % len(paths)], defect if part < 0 else None


def _case(number: int, path: Path, defect: _Defect | None) -> tuple[CaseJudged, Evidence]:
    name = path.stem if number < 100 else f"{path.stem}-{number}"
    title = path.read_text(encoding="utf-8").partition("\n")[0].lstrip("- ")
    phases = tuple(_phases(defect))
    servers = tuple(Server(side, "17.10", "wheel", "17:17") for side in ("source", "target"))
    judged = CaseJudged(
        name, path.parent.name, title, "copier", "3.0.1", "17:17", phases, 2.5, servers,
        f"evidence/{name}.json",
        f"integration/cases/{path.parent.name}/{path.name}::{name}[copier-17:17]",
        sql=path.read_text(encoding="utf-8"),
    )  # fmt: skip
    log = "\n".join(
        f"2026-01-02 03:04:{second % 60:02}.123 UTC [{4000 + second}] copier@app LOG:  statement:"
        f" SELECT pg_catalog.set_config('search_path', '', false), {second}"
        for second in range(300)
    )
    return judged, Evidence(
        name, judged.category, title, "copier", "3.0.1", "17:17", (Expected(Outcome.FAITHFUL),),
        stages=tuple(_stage(phase) for phase in phases),
        logs={"source": log, "target": log.replace("SELECT", "INSERT")},
        reproduction="#!/bin/sh\n" + "psql \"$TARGET\" -c 'select * from public.orders'\n" * 60,
        seconds=2.5,
    )  # fmt: skip


def _phases(defect: _Defect | None) -> Iterator[PhaseJudged]:
    broken = False
    for name in ("init", "live", "verify", "status"):
        if defect is not None and name == defect.phase:
            yield _red(defect)
            broken = name == "init" and defect.outcome is DIRTY
        elif broken and name == "live":
            yield PhaseJudged(name, Outcome.NOT_REACHED, expected=True,
                              why="init failed, and live needs the tool's own copy")  # fmt: skip
        else:
            assisted = broken and name == "verify"
            yield PhaseJudged(
                name, Outcome.FAITHFUL, expected=True, assisted=assisted, proof="bytes"
            )


def _red(defect: _Defect) -> PhaseJudged:
    found = Finding("row", "public.orders", "id=1", "total", "1.500", "1.5")
    return PhaseJudged(
        defect.phase, defect.outcome, expected=False, proof="bytes", why=defect.cause.why,
        harmed_source=defect.cause.gravity is Gravity.SOURCE_HARMED, cause=defect.cause,
        findings=tuple(replace(found, key=f"id={n}") for n in range(defect.findings)),
    )  # fmt: skip


def _stage(phase: PhaseJudged) -> Stage:
    failed = phase.outcome in (LOUD, DIRTY)
    out = "\n".join(f"[copier] INFO table public.t{n}: copied {n * 731} rows" for n in range(80))
    frames = "".join(
        f"\n  {n}: <copier::stream::Worker<'_> as core::future::Future>::poll at src/a.rs:{n}"
        for n in range(60)
    )
    told = f'Error: {phase.phase} failed: "{phase.cause.sample}"{frames}' if phase.cause else ""
    call = Execution(
        ("copier", phase.phase, "--source", "postgresql://app@127.0.0.1:5432/app"),
        int(failed), "" if phase.outcome is Outcome.NOT_REACHED else out, told, 1.2,
        phase=phase.phase,
    )  # fmt: skip
    return Stage(phase.phase, phase.assisted, executions=(call,))

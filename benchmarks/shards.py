"""Shards against the run in one piece: the same outcomes, and what a second worker saves.

    python -m benchmarks.shards [--of 8] [-k WORDS] [--write]

A worker is one process of pytest without xdist, as one machine of a scheduler would be. Exits with
1 where an outcome is another one, or where a lost shard is not said.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from assay import environment
from assay.clock import monotonic, utc_now
from assay.errors import SetupError
from assay.process import execute
from assay.report import merged
from assay.run import record
from assay.run.outcome import Verdict
from assay.run.record import Run

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "benchmarks" / "shards.md"
LIMIT = 3000.0  # seconds for one run
AIM = 0.6  # of the wall time of one worker
_SUITE = ("-q", "-m", "integration", "-p", "no:cacheprovider", "--pg-provider=wheel", "--seed=19")
Outcomes = dict[tuple[str, str], tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class Measured:
    """Workers that did so many shards: the seconds that it took, and their report directories."""

    workers: int
    of: int
    seconds: float
    folders: tuple[Path, ...]


def work(home: Path, workers: int, of: int, words: Sequence[str]) -> Measured:
    """Every shard by the worker that is free first; of one shard the run is whole."""
    folders = [home / f"{workers}-{of}-{index}" for index in range(1, of + 1)]

    def one(index: int) -> None:
        part = (f"--shard={index}/{of}",) if of > 1 else ()
        argv = [sys.executable, "-m", "pytest", *_SUITE, *words, *part,
                f"--report-dir={folders[index - 1]}"]  # fmt: skip
        done = execute(argv, env=environment.inherited("HOME"), cwd=ROOT, timeout=LIMIT)
        if done.exit not in (0, 1):
            raise SetupError(f"Shard {index}/{of} did not run.", evidence=done.output[-2000:])

    began = monotonic()
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(one, range(1, of + 1)))
    return Measured(workers, of, monotonic() - began, tuple(folders))


def outcomes(run: Run) -> Outcomes:
    """How each phase of each case ended."""
    return {
        (case.nodeid, phase.phase): (
            phase.outcome, phase.assisted, phase.expected, phase.harmed_source, phase.proof,
            phase.gap, tuple(cause.signature for cause in phase.causes),
        )
        for case, phase in run.phases
    }  # fmt: skip


def merge(folders: Sequence[Path], target: Path) -> Run:
    """What they are together."""
    return merged.merge(merged.given(folders)[0], target)


def unlike(whole: Run, parts: Run) -> list[str]:
    """What differs between a run in one piece and one that was merged."""
    one, other = outcomes(whole), outcomes(parts)
    found = [f"{case} {phase}" for case, phase in sorted(one.keys() | other.keys())
             if one.get((case, phase)) != other.get((case, phase))]  # fmt: skip
    skips = [{(skip.nodeid, skip.requires) for skip in run.skipped} for run in (whole, parts)]
    found += [f"skipped: {one}" for one in sorted(skips[0] ^ skips[1])]
    if whole.conclusion.verdict is not parts.conclusion.verdict:
        found.append(f"{whole.conclusion.line}; {parts.conclusion.line}")
    return found


def page(alone: Measured, others: Sequence[Measured], told: Sequence[str], load: float) -> str:
    """What was measured."""
    rows = [f"| {one.workers} | {one.of} | {one.seconds:.0f} | {one.seconds / alone.seconds:.2f} |"
            for one in (alone, *others)]  # fmt: skip
    return "\n".join([
        "# Shards",
        "",
        f"{utc_now()}, {os.cpu_count()} cores, load {load:.1f} before. Servers from wheels, no"
        " xdist: a worker is one process, as one machine of a scheduler's would be.",
        "",
        "| workers | shards | wall s | of one worker's |",
        "| --- | --- | --- | --- |",
        *rows,
        "",
        f"Aim for two workers: {AIM} at most, where two cores are free. A shard begins with its"
        " own servers and its own self-test: more shards than workers pay for that each time.",
        "",
        *(f"* {line}" for line in told),
        "",
    ])  # fmt: skip


def main() -> int:
    """Measure, compare, tell."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--of", type=int, default=8, help="shards beside one, and two")
    parser.add_argument("-k", default="", metavar="WORDS", help="fewer cases")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.relative_to(ROOT)}")
    asked = parser.parse_args()
    words = ["-k", asked.k] if asked.k else []
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="assay-shards-") as folder:
        home = Path(folder)
        alone = work(home, 1, 1, words)
        others = [work(home, 2, of, words) for of in dict.fromkeys((2, asked.of))]
        whole = record.load(alone.folders[0])
        told, bad = [f"in one piece: {whole.conclusion.line}"], False
        for one in others:
            run = merge(one.folders, home / f"merged-{one.of}")
            found = unlike(whole, run)
            same = f"{len(outcomes(run))} outcomes of phases, {len(found)} unlike"
            told.append(f"{one.of} shards merged: {run.conclusion.line}; {same}")
            told += found
            bad |= bool(found)
        lost = merge(others[-1].folders[1:], home / "lost").conclusion
        told.append(f"without the first of {others[-1].of}: {lost.line}; {lost.reasons[0]}")
        bad |= lost.verdict is Verdict.PASS
    text = page(alone, others, told, load)
    sys.stdout.write(text)
    if asked.write:
        PAGE.write_text(text, encoding="utf-8")
    return int(bad)


if __name__ == "__main__":
    sys.exit(main())

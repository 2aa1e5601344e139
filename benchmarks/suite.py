"""The price of the conformance suite: this checkout beside an older one, turn by turn.

    python -m benchmarks.suite OLDER [--rounds 3] [--first SEED] [--alone] [--write]

OLDER is a checkout with a `.venv` of its own, such as one of commit c54680b. A round runs the cases
that the older one has, by both, with `reference`, `-n 2` and servers from wheels, in a random order
that no other round has. Exits with 1 where a case does not always end alike. `--alone` runs each
case by itself as well.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assay import environment
from assay.clock import utc_now
from assay.errors import SetupError
from assay.process import Execution, execute
from benchmarks.price import Price, adopt_orphans

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "benchmarks" / "suite.md"
LIMIT = 1800.0  # seconds for one run of the suite
AIM, FLOOR = 0.5, 0.65
_SUITE = ("-m", "integration", "-p", "no:cacheprovider", "--pg-provider", "wheel")
Outcomes = dict[str, str]


@dataclass(slots=True)
class Checkout:
    """One version of the suite; what its runs took in seconds, and how they ended the cases."""

    name: str
    folder: Path
    price: Price = field(default_factory=Price)
    outcomes: list[Outcomes] = field(default_factory=list)

    def cases(self) -> frozenset[str]:
        """The node ids that it has."""
        said = self._pytest(*_SUITE, "--collect-only", "-q").stdout
        return frozenset(line for line in said.splitlines() if "::" in line)

    def once(self, seed: int, without: Iterable[str]) -> None:
        """Run the suite in the order of a seed."""
        left_out = [word for case in without for word in ("--deselect", case)]
        order = ("-p", "randomly", f"--randomly-seed={seed}")
        with self.price.run():
            self.outcomes.append(self.judged("-n", "2", *order, *left_out))
        sys.stderr.write(f"{self.name}, seed {seed}: {self.price.wall[-1]:.1f} s\n")

    def judged(self, *words: str) -> Outcomes:
        """How one run ended each case; SetupError where it judged nothing."""
        with tempfile.TemporaryDirectory(prefix="assay-suite-") as folder:
            report = Path(folder) / "report"
            done = self._pytest(*_SUITE, "--report-dir", str(report), *words)
            journal = report / "journal.jsonl"
            if done.exit not in (0, 1) or not journal.exists():
                raise SetupError(f"{self.name} did not run.", evidence=done.output[-2000:])
            events = map(json.loads, journal.read_text(encoding="utf-8").splitlines())
            return {event["nodeid"]: ended(event) for event in events if "nodeid" in event}

    def _pytest(self, *words: str) -> Execution:
        argv = [str(self.folder / ".venv" / "bin" / "pytest"), *words]
        return execute(argv, env=environment.inherited("HOME"), cwd=self.folder, timeout=LIMIT)


def main() -> int:
    """Run both in turn; 1 where outcomes are not alike."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("older", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--first", type=int, default=1, help="the seed of the first round's order")
    parser.add_argument("--alone", action="store_true", help="each case by itself as well")
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.relative_to(ROOT)}")
    asked = parser.parse_args()
    adopt_orphans()  # servers are counted as well
    older, newer = Checkout("older", asked.older), Checkout("this", ROOT)
    shared = older.cases()
    newest = sorted(newer.cases() - shared)
    load = [os.getloadavg()[0]]
    for seed in range(asked.first, asked.first + asked.rounds):
        older.once(seed, ())
        newer.once(seed, newest)
        load.append(os.getloadavg()[0])
        unlike = _tell(older, newer, load, alone=0, write=asked.write)
    if asked.alone:
        newer.outcomes.append({})
        for case in sorted(shared):
            newer.outcomes[-1] |= newer.judged(case)
        unlike = _tell(older, newer, load, alone=len(shared), write=asked.write)
    return 1 if unlike else 0


def _tell(
    older: Checkout, newer: Checkout, load: list[float], *, alone: int, write: bool
) -> list[str]:
    """Say what is known so far, and write it down; the cases that did not end alike."""
    # An older journal names the last phase alone, and a second `init` by the name of the first.
    every = (*older.outcomes, *newer.outcomes)
    last = [{case: how.rpartition(" ")[2] for case, how in run.items()} for run in every]
    unlike = differing(newer.outcomes) + differing(last)
    text = page(older, newer, alone=alone, unlike=unlike, load=load)
    sys.stdout.write(text)
    sys.stdout.flush()
    if write:
        PAGE.write_text(text, encoding="utf-8")
    return unlike


def differing(runs: list[Outcomes]) -> list[str]:
    """Cases that ended in more than one way, a line each; a run that lacks one counts."""
    ways: dict[str, set[str]] = {}
    for case in sorted({case for run in runs for case in run}):
        ways[case] = {run.get(case, "not judged") for run in runs}
    return [f"{case}: {', '.join(sorted(seen))}" for case, seen in ways.items() if len(seen) > 1]


def page(
    older: Checkout, newer: Checkout, *, alone: int, unlike: list[str], load: list[float]
) -> str:
    """The results as Markdown."""
    rounds = len(newer.price.wall)
    wall = statistics.median(newer.price.wall) / statistics.median(older.price.wall)
    processor = statistics.median(newer.price.processor) / statistics.median(older.price.processor)
    met = "the aim" if wall <= AIM else "the floor" if wall <= FLOOR else "neither aim nor floor"
    by_itself = f", and {alone} of them each by itself" if alone else ""
    lines = [
        "# What the conformance suite costs",
        "",
        f"{utc_now()}, {os.cpu_count()} cores, load {', '.join(f'{one:.1f}' for one in load)}: "
        "where others work as well, processor time says more than wall time.",
        "",
        f"`reference`, `-n 2`, wheels; {len(older.outcomes[0])} cases, {rounds} rounds of both in"
        f" turn, each in a random order of its own{by_itself}.",
        "",
        "| checkout | wall s | median | processor s (servers too) | median |",
        "| ---- | ---- | ---- | ---- | ---- |",
        _row(older),
        _row(newer),
        "",
        f"* wall time, this / older: {wall:.2f} (aim {AIM}, floor {FLOOR}: {met})",
        f"* processor time, this / older: {processor:.2f}",
        f"* cases that did not always end alike: {len(unlike)}",
        *(f"  * {line}" for line in unlike),
    ]
    return "\n".join(lines) + "\n"


def _row(one: Checkout) -> str:
    def told(values: list[float]) -> str:
        return f"{', '.join(f'{v:.0f}' for v in values)} | {statistics.median(values):.0f}"

    return f"| {one.name} | {told(one.price.wall)} | {told(one.price.processor)} |"


def ended(event: dict[str, Any]) -> str:
    """What each phase came to; an older journal knows the last one alone."""
    if event["event"] == "case-skipped":
        return f"skipped: {event['requires']}"
    phases = event.get("phases", [event])
    return ", ".join(f"{phase['phase']} {phase['outcome']}" for phase in phases)


if __name__ == "__main__":
    raise SystemExit(main())

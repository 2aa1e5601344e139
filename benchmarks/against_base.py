"""Suite and compare beside the merge base, in one run: is this checkout slower?

    python -m benchmarks.against_base [--base COMMIT] [--pairs 15] [--only compare|suite]
        [--clock processor|wall] [--json FILE]
    python -m benchmarks.against_base --check

The base is a worktree with the same interpreter and packages. Both take turns, each first in every
second pair; ratios are judged by a sign test (`benchmarks.ratios`). Exit 0: as fast, a slowdown
of 10 % would have been seen; 1: slower; 2: not enough runs to tell. `--clock processor` is steadier
on a busy machine, and sees no time that is spent waiting; both are judged unless one is named.

`--check` shows what that is worth: twenty runs of equal code raise no alarm, and ten per cent more
work, planted into a copy of the code, is seen.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from assay import environment
from assay.errors import SetupError
from assay.exits import Exit
from assay.process import execute
from benchmarks.bench import ROOT, Bench, checked_out, opened
from benchmarks.price import Price, adopt_orphans
from benchmarks.ratios import Judged, Speed, conclude, judge
from benchmarks.shapes import NARROW

ROWS, LIMIT = 200_000, 900.0  # of the compared table; seconds of one run of the suite
CASES = "dt-numeric or id-quote or so-identity"
CLOCKS = ("processor", "wall")
EQUAL_RUNS = 20
EXITS = {Speed.AS_FAST: Exit.GOOD, Speed.SLOWER: Exit.BAD, Speed.NOT_ENOUGH: Exit.UNKNOWN}
# Where work is planted, and what: a share of what the process and its children had of processors.
PLANTED_IN, BEFORE = "assay/cli.py", "        code: int = arguments.run(arguments)\n"
PLANT = """\
        import os, time
        end = time.process_time() + sum(os.times()[:4]) * {share}
        while time.process_time() < end:
            pass
"""


@dataclass(frozen=True, slots=True)
class Subject:
    """Something that both do, each in its checkout."""

    name: str
    run: Callable[[Path], object]


def measured(
    subject: Subject, base: Path, this: Path, pairs: int, clocks: Sequence[str] = CLOCKS
) -> dict[str, list[tuple[float, float]]]:
    """Pairs of timings (base, this) by measure, after one of each that warms the caches."""
    prices = {base: Price(), this: Price()}
    if len(prices) < 2:
        raise SetupError("A checkout is not held against itself.", evidence=str(base))
    for number in range(pairs + 1):
        for checkout in (base, this) if number % 2 else (this, base):
            with prices[checkout].run():
                subject.run(checkout)
        last = [f"{prices[one].wall[-1]:.2f} s" for one in (base, this)]
        sys.stderr.write(f"{subject.name}, {number} of {pairs}: {' and '.join(last)}\n")
    return {
        f"{subject.name}, {clock}": list(
            zip(getattr(prices[base], clock)[1:], getattr(prices[this], clock)[1:], strict=True)
        )
        for clock in clocks
    }


def merge_base() -> str:
    """Where this branch left main; on main itself the commit before."""
    head = _git("rev-parse", "HEAD")
    for main in ("origin/main", "main"):
        found = _git("merge-base", "HEAD", main, missing="")
        if found and (found != head or _git("status", "--porcelain", "-uno")):
            return found
        if found:
            return _git("rev-parse", "HEAD^")
    raise SetupError("There is no main to be held against.", remedy="name a commit: --base COMMIT")


def _git(*words: str, missing: str | None = None) -> str:
    argv = ["git", "-C", str(ROOT), *words]
    done = execute(argv, env=environment.inherited("HOME"), timeout=60)
    if not done.ok and missing is not None:
        return missing
    if not done.ok:
        raise SetupError(f"git {' '.join(words)} failed.", evidence=done.output[-500:],
                         remedy="in a shallow clone: git fetch --unshallow")  # fmt: skip
    return done.stdout.strip()


def suite(checkout: Path) -> None:
    """A few cases of the suite by the code of a checkout; SetupError where they are not green."""
    argv = [sys.executable, "-m", "pytest", "-q", "-m", "integration", "-p", "no:cacheprovider",
            "--pg-provider", "wheel", "-k", CASES]  # fmt: skip
    done = execute(argv, env=environment.inherited("HOME"), cwd=checkout, timeout=LIMIT)
    if done.exit != 0:
        raise SetupError(f"The suite in {checkout.name} is not green.",
                         evidence=done.output[-1500:])  # fmt: skip


@contextmanager
def subjects(only: Sequence[str]) -> Iterator[list[Subject]]:
    """What is measured, with the servers that it needs."""
    with ExitStack() as undo:
        made: dict[str, Callable[[], Subject]] = {
            "compare": lambda: _compare(undo.enter_context(opened("wheel")), undo),
            "suite": lambda: Subject("suite", suite),
        }
        yield [make() for name, make in made.items() if not only or name in only]


def _compare(bench: Bench, undo: ExitStack) -> Subject:
    table = bench.filled("against_base", NARROW.statements("t", ROWS))
    filled = undo.enter_context(table)
    return Subject("compare", lambda checkout: filled.compare(checkout=checkout))


@contextmanager
def planted(commit: str, percent: float) -> Iterator[Path]:
    """A tree of a commit in which every command takes so much more of the processor."""
    with checked_out(commit) as tree:
        file = tree / PLANTED_IN
        text = file.read_text(encoding="utf-8")
        if text.count(BEFORE) != 1:
            raise SetupError(f"{PLANTED_IN} has no place for the plant.", evidence=BEFORE)
        more = PLANT.format(share=percent / 100)
        file.write_text(text.replace(BEFORE, BEFORE + more), encoding="utf-8")
        yield tree


def check(pairs: int) -> list[str]:
    """What went otherwise than it has to, of equal code and of a planted slowdown."""
    wrong = []
    with subjects(["compare"]) as (subject,), checked_out("HEAD") as base:
        with checked_out("HEAD") as same:
            for number in range(1, EQUAL_RUNS + 1):
                judged = judge(measured(subject, base, same, pairs, ["processor"]))
                _tell(f"equal code, {number} of {EQUAL_RUNS}", judged)
                if conclude(judged) is Speed.SLOWER:
                    wrong.append(f"an alarm in run {number} of equal code")
        with planted("HEAD", 10) as slower:
            judged = judge(measured(subject, base, slower, pairs, ["processor"]))
            _tell("10 % planted", judged)
            if conclude(judged) is not Speed.SLOWER:
                wrong.append(f"a planted slowdown of 10 % is {conclude(judged)}")
    return wrong


def _tell(what: str, judged: Sequence[Judged]) -> None:
    for one in judged:
        sys.stdout.write(f"{what}: {one}\n")
    sys.stdout.flush()


def document(judged: Sequence[Judged], pairs: Mapping[str, object], base: str) -> str:
    """The result for other programs."""
    told = [{**asdict(one), "speed": one.speed, "median": one.median} for one in judged]
    whole = {"base": base, "verdict": conclude(judged), "measures": told, "pairs": dict(pairs)}
    return json.dumps(whole, indent=1) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and judge; the exit code is the verdict."""
    parser = argparse.ArgumentParser(
        prog="benchmarks.against_base",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--base", metavar="COMMIT", help="default: where this branch left main")
    parser.add_argument("--pairs", type=int, default=15, metavar="N")
    parser.add_argument("--only", action="append", choices=("compare", "suite"), default=[])
    parser.add_argument("--clock", action="append", choices=CLOCKS, default=[])
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--check", action="store_true", help="show what the verdict is worth")
    asked = parser.parse_args(arguments)
    adopt_orphans()  # the suite's servers are counted as well
    if asked.check:
        wrong = check(asked.pairs)
        sys.stdout.write(f"{'FAIL: ' + '; '.join(wrong) if wrong else 'PASS: as it has to be'}\n")
        return Exit.BAD if wrong else Exit.GOOD
    commit = asked.base or merge_base()
    pairs: dict[str, list[tuple[float, float]]] = {}
    with subjects(asked.only) as chosen, checked_out(commit) as base:
        for subject in chosen:
            pairs |= measured(subject, base, ROOT, asked.pairs, asked.clock or CLOCKS)
    judged = judge(pairs)
    _tell(f"beside {commit[:12]}", judged)
    if asked.clock == ["processor"]:
        sys.stdout.write("time spent waiting was not judged\n")
    if asked.json is not None:
        asked.json.write_text(document(judged, pairs, commit), encoding="utf-8")
    speed = conclude(judged)
    word = {Speed.AS_FAST: "PASS", Speed.SLOWER: "FAIL", Speed.NOT_ENOUGH: "UNKNOWN"}[speed]
    sys.stdout.write(f"{word}: {speed}\n")
    return EXITS[speed]


if __name__ == "__main__":
    raise SystemExit(main())

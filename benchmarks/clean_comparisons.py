"""Comparisons that must be clean: equal content, other history, other settings, no finding.

``python -m benchmarks.clean_comparisons [--count 100] [--seed 0] [--jobs 1] [--pg 17]
[--provider wheel] [--write]``
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.clock import monotonic, utc_now
from assay.oracle.compare import compare
from assay.oracle.question import Question
from assay.oracle.words.finding import Comparison, Equality
from assay.postgres.pair import Pair
from assay.postgres.pool import PairPool
from assay.postgres.session import connect
from benchmarks import settings
from benchmarks.histories import ALWAYS, OTHERS, OWN_SETTINGS, Change, Hand
from benchmarks.measured import keep
from benchmarks.union import all_cases, build, copy

SIDES = ("source", "target")
HISTORIES = 50  # that add up in one pair of databases: they grow


@dataclass(frozen=True, slots=True)
class Attempt:
    """One variation and what the oracle said; `sql` is what made the variation."""

    seed: int
    what: str
    sql: tuple[str, ...]
    comparison: Comparison
    seconds: float

    @property
    def clean(self) -> bool:
        """Whether both sides were found equal."""
        return self.comparison.equality is Equality.EQUAL and not self.comparison.findings

    def __str__(self) -> str:
        said = f"seed {self.seed}: {self.what}; {self.seconds:.1f} s"
        if self.clean:
            return said
        findings = [f"  {finding}" for finding in self.comparison.findings]
        head = f"{said}\n{self.comparison.equality}: {self.comparison.why or 'findings'}"
        return "\n".join((head, *findings, "made by:", *(f"  {line};" for line in self.sql)))


def attempts(
    pair: Pair,
    *,
    seeds: Sequence[int],
    always: Sequence[Change] = ALWAYS,
    others: Sequence[Change] = OTHERS,
) -> Iterator[Attempt]:
    """Vary the history of a pair of equal databases again and again; compare each time.

    Histories add up. Settings of the server are changed on servers that we started only.
    """
    for seed in seeds:
        dice = random.Random(seed)
        started = monotonic()
        chosen = (*always, *dice.sample(others, min(3, len(others))))
        what, sql = [], []
        for change in chosen:
            side = dice.choice(SIDES)
            what.append(f"{change.__name__} ({side})")
            sql += [f"-- {change.__name__} on the {side}", *_changed(pair, side, change, dice)]
        said, comparison = _compared(pair, dice)
        what.append(f"settings ({', '.join(said)})")
        sql += [line for lines in said.values() for line in lines]
        yield Attempt(seed, ", ".join(what), tuple(sql), comparison, monotonic() - started)


def _changed(pair: Pair, side: str, change: Change, dice: random.Random) -> list[str]:
    with connect(pair.address(side), settings=OWN_SETTINGS) as connection:
        hand = Hand(connection, dice)
        change(hand)
        return hand.done


def _compared(pair: Pair, dice: random.Random) -> tuple[dict[str, list[str]], Comparison]:
    """Compare with settings of a server and of a session that are not those of the other side."""
    served, connecting = dice.choice(SIDES), dice.choice(SIDES)
    addresses = {side: pair.address(side) for side in SIDES}
    own = settings.choose(dice, addresses[connecting])
    of_server = settings.choose(dice, addresses[served])
    said = {f"session of the {connecting}": [f"-- PGOPTIONS, {connecting}: {own}"]}
    with ExitStack() as stack:
        if pair.server_pair.owned:
            name = f"server of the {served}"
            said[name] = stack.enter_context(settings.of_the_server(addresses[served], of_server))
        addresses[connecting] = settings.of_the_session(addresses[connecting], own)
        return said, compare(
            addresses["source"], addresses["target"], Question(tools=pair.server_pair.tools)
        )


def run(pair: Pair, workdir: Path, *, seeds: Sequence[int]) -> dict[str, Any]:
    """Build, copy, vary and compare; the numbers."""
    began = monotonic()
    union = build(all_cases(), pair, workdir)
    _say(f"{len(union.cases)} cases in one database. Not in it:")
    for reason in union.left_out:
        _say(f"  {reason}")
    copy(pair, workdir)
    _say(f"copied; {monotonic() - began:.1f} s so far")
    failed, seen = 0, Comparison(Equality.UNKNOWN)
    for number, attempt in enumerate(attempts(pair, seeds=seeds), 1):
        _say(f"[{number:3}/{len(seeds)}] {attempt}")
        failed += not attempt.clean
        seen = attempt.comparison
    _say(f"{len(seeds)} comparisons in {monotonic() - began:.0f} s")
    return {
        "comparisons": len(seeds),
        "alarms": failed,
        "relations": seen.compared.get("relations", 0),
        "pg": str(pair.server_pair.spec),
        "when": utc_now(),
    }


def fresh(pool: PairPool, seeds: Sequence[int]) -> dict[str, Any]:
    """The same in databases that have no history yet."""
    with (
        tempfile.TemporaryDirectory(prefix="assay-clean-") as folder,
        pool.lease("clean comparisons") as pair,
    ):
        _say(pair.server_pair.describe())
        return run(pair, Path(folder), seeds=seeds)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run them; 0 when all were clean."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--pg", default="17", help="versions of source and target, as 16:17")
    parser.add_argument("--provider", help="where servers come from; default: whatever is there")
    parser.add_argument("--jobs", type=int, default=1, help="server pairs at once")
    parser.add_argument("--write", action="store_true", help="keep it as what runs report")
    options = parser.parse_args(arguments)
    seeds = range(options.seed, options.seed + options.count)

    def part(number: int) -> list[dict[str, Any]]:
        mine = seeds[number :: options.jobs]
        with PairPool(options.pg, provider=options.provider) as pool:
            return [fresh(pool, mine[at : at + HISTORIES]) for at in range(0, len(mine), HISTORIES)]

    with ThreadPoolExecutor(options.jobs) as threads:
        results = [one for part in threads.map(part, range(options.jobs)) for one in part]
    summed = {name: sum(one[name] for one in results) for name in ("comparisons", "alarms")}
    result = results[-1] | summed
    _say(
        f"{result['comparisons'] - result['alarms']} of {result['comparisons']} comparisons without"
        f" a finding, {result['relations']} relations each"
    )
    if options.write:
        keep("equal_pairs", result)
    return 1 if result["alarms"] else 0


if __name__ == "__main__":
    sys.exit(main())

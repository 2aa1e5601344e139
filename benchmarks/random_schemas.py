"""Random schemas are equal to their own dump and restore, and not to what was changed in one place.

``python -m benchmarks.random_schemas --count 2000 --seed 0 --jobs 2 --pg 17:17 [--write]``

Exit 1 when a faithful copy raised an alarm, a mutant was missed, or a place came too seldom.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from assay.clock import monotonic
from assay.postgres.archives import programs_of_19
from assay.postgres.pool import PairPool
from assay.postgres.programs import named
from assay.postgres.spec import Spec
from benchmarks.schemas import known, page
from benchmarks.schemas.outcome import Alarm, Outcome
from benchmarks.schemas.schema import BASE, all_places, make
from benchmarks.schemas.trial import Trial, shrink

ROOT = Path(__file__).resolve().parents[1]
ARCHIVED = 19  # the major version that no registry has
BATCH = 10  # schemas in one database
LEAST = 20  # schemas for each time that every place has to come: 100 of 2,000


def run(pool: PairPool, seeds: Sequence[int]) -> Outcome:
    """Some schemas, each batch in databases of its own."""
    outcome, excuses = Outcome(), known.load()
    for at in range(0, len(seeds), BATCH):
        with pool.lease(f"random schemas from {seeds[at]}") as pair:
            major = min(server.major for server in pair.server_pair.servers)
            batch = [make(seed, major=major) for seed in seeds[at : at + BATCH]]
            shown = Trial(pair, excuses).run(batch)
        outcome.add(shown)
        for one in (*shown.alarms, *shown.missed):
            _say(str(one))
        _say(f"[{at + len(batch)}/{len(seeds)}] {outcome.summary()}")
    return outcome


def shrunk(pool: PairPool, alarm: Alarm) -> str:
    """The statements that still raise an alarm when everything else is left out."""
    assert alarm.seed is not None
    with pool.lease(f"random schema {alarm.seed}, shrunk") as pair:
        major = min(server.major for server in pair.server_pair.servers)
        trial, schema = Trial(pair, known.load()), make(alarm.seed, major=major)
        fewest = shrink(trial, schema, alarm.copy, alarm.findings[0].split(" ")[0])
    return "\n".join(f"{thing.text};  -- {thing.place}" for thing in fewest.things)


def seldom(outcome: Outcome, places: Sequence[str]) -> list[str]:
    """Places that came too seldom for so many schemas."""
    least = len(outcome.things) // LEAST
    return [place for place in places if outcome.places[place] < least]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run them and say what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0, help="of the first schema")
    parser.add_argument("--jobs", type=int, default=1, help="server pairs at once")
    parser.add_argument("--pg", default="17", help="versions of source and target, as 16:17")
    parser.add_argument("--provider", help="where servers come from; default: whatever is there")
    parser.add_argument("--pg-bin", action="append", default=[], metavar="MAJOR=DIR",
                        help="programs of a version; those of 19 are in its archive")  # fmt: skip
    parser.add_argument("--shrink", type=int, default=5, help="so many kinds of alarms at most")
    parser.add_argument("--write", action="store_true", help=f"write {page.PAGE.name} as well")
    options = parser.parse_args(arguments)
    seeds, began = range(options.seed, options.seed + options.count), monotonic()

    folders = named.parse(options.pg_bin)
    if Spec.parse(options.pg).higher == ARCHIVED and ARCHIVED not in folders:
        folders = {**folders, ARCHIVED: programs_of_19(ROOT)}

    def part(number: int) -> Outcome:
        with PairPool(options.pg, provider=options.provider, folders=folders) as pool:
            return run(pool, seeds[number :: options.jobs])

    outcome = Outcome()
    with ThreadPoolExecutor(options.jobs) as threads:
        for one in threads.map(part, range(options.jobs)):
            outcome.add(one)
    with PairPool(options.pg, provider=options.provider, folders=folders) as pool:
        server_pair = pool.server_pair()
        places = all_places(min(server.major for server in server_pair.servers))
        rare = _report(outcome, places, pool, shrinking=options.shrink)
    failed = bool(outcome.alarms or outcome.missed or rare)
    _say(
        f"{'FAIL' if failed else 'PASS'}: PostgreSQL {server_pair.spec}, {outcome.summary()}; "
        f"{monotonic() - began:.0f} s"
    )
    if options.write:
        page.write(page.result(outcome, pg=str(server_pair.spec), seconds=monotonic() - began))
    return 1 if failed else 0


def _report(
    outcome: Outcome, places: Sequence[str], pool: PairPool, *, shrinking: int
) -> list[str]:
    """Alarms shrunk, what was not made, the counts; gives the places that came too seldom."""
    kinds: set[tuple[str, str]] = set()
    for alarm in outcome.alarms:
        kind = (alarm.copy, alarm.findings[0].split(" ")[0] if alarm.findings else "")
        if alarm.seed is not None and kind not in kinds and len(kinds) < shrinking:
            kinds.add(kind)
            _say(f"seed {alarm.seed}, {alarm.copy}, shrunk:\n{shrunk(pool, alarm)}")
    for said in (*outcome.refused, *outcome.unrestored):
        _say(f"not made: {said}")
    for reason, number in outcome.excused.most_common():
        _say(f"{number} known findings: {reason}")
    for line in outcome.table([BASE, *places]):
        _say(line)
    rare = seldom(outcome, places)
    if rare:
        _say(f"too seldom: {', '.join(rare)}")
    return rare


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

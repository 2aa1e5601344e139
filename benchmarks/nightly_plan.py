"""The night's matrix as JSON: versions × replicators × providers, in shards by measured duration.

    python -m benchmarks.nightly_plan [--budget 60] [--from RUN ...]

prints ``{"include": [{"pg", "replicator", "provider", "shard", "of"}, ...]}`` on one line, for a
job that others take as their matrix. `pg` are all version pairs of a provider: the shards of one
replicator and provider are one run, which `assay merge` makes one page of. `--measure RUN...`
writes the durations that the suite carries from the journals of runs instead.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations_with_replacement
from pathlib import Path

from assay.errors import UsageError
from assay.run import durations
from assay.suites import CASES, CONFORMANCE

MOST = 256  # jobs that GitHub makes of one matrix
REPLICATORS, PROVIDERS = ("reference",), ("wheel",)  # one run, one page
# What a provider has both server and clients of; npm's servers come without clients.
MAJORS: Mapping[str, tuple[str, ...]] = {
    "wheel": ("16", "17", "18"),
    "docker": ("16", "17", "18"),
}


@dataclass(frozen=True, slots=True)
class Leg:
    """One job of the matrix: `pytest --pg PG --replicator … --shard SHARD/OF`."""

    pg: str
    replicator: str
    provider: str
    shard: int
    of: int


def pairs(provider: str) -> list[str]:
    """Every version to itself and to each later one."""
    return [f"{one}:{other}" for one, other in combinations_with_replacement(MAJORS[provider], 2)]


def plan(
    replicators: Sequence[str],
    providers: Sequence[str],
    budget: float,
    seconds: Mapping[str, float],
) -> list[Leg]:
    """Every shard of every run; UsageError where it is too many jobs."""
    legs = []
    for replicator in replicators:
        for provider in providers:
            versions = pairs(provider)
            of = shards(seconds, cases_of(seconds) * len(versions), budget)
            legs += [
                Leg(",".join(versions), replicator, provider, shard, of)
                for shard in range(1, of + 1)
            ]
    if len(legs) > MOST:
        raise UsageError(
            f"The night has {len(legs)} jobs, and a matrix holds {MOST}.",
            remedy="plan longer shards with --budget",
        )
    return legs


def shards(seconds: Mapping[str, float], cases: Sequence[str], budget: float) -> int:
    """So many that each has work for `budget` seconds at most; one case at least for each."""
    if not seconds:
        raise UsageError(
            "No case was ever measured.", remedy="name runs with --from, or write --measure RUN"
        )
    usual = sorted(seconds.values())[len(seconds) // 2]
    work = sum(seconds.get(case, usual) for case in cases)
    return max(1, min(math.ceil(work / budget), len(cases)))


def cases_of(seconds: Mapping[str, float]) -> list[str]:
    """Those of the suite by their files, and whatever else was measured: tests in Python."""
    return sorted({path.stem for path in CASES.rglob("*.sql")} | seconds.keys())


def measured(runs: Sequence[Path]) -> dict[str, float]:
    """Of earlier runs, for what they have; else as the suite carries them."""
    return durations.load(CONFORMANCE / durations.NAME) | durations.measured(runs)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the plan, or write what was measured."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--budget", type=float, default=60.0, metavar="SECONDS",
                        help="of work for one shard")  # fmt: skip
    parser.add_argument("--replicator", action="append", metavar="NAME")
    parser.add_argument("--provider", action="append", choices=MAJORS)
    parser.add_argument("--from", dest="runs", nargs="+", type=Path, default=[], metavar="RUN")
    parser.add_argument("--measure", nargs="+", type=Path, metavar="RUN")
    asked = parser.parse_args(arguments)
    if asked.measure:
        text = durations.text(durations.measured(asked.measure))
        (CONFORMANCE / durations.NAME).write_text(text, encoding="utf-8")
        return 0
    seconds = measured(asked.runs)
    replicators, providers = asked.replicator or REPLICATORS, asked.provider or PROVIDERS
    legs = plan(replicators, providers, asked.budget, seconds)
    sys.stdout.write(json.dumps({"include": [asdict(leg) for leg in legs]}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Everything that is done to jobs, and what became of them: the table in docs/benchmarks.

``python -m benchmarks.injections [--write] [--reuse NAME]``: runs all injections of tests/aws/stack
on an applied local stack. Exit 1 when a promise was broken.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from assay import environment
from assay.clock import utc_now
from assay.errors import SetupError
from assay.process import execute

ROOT = Path(__file__).parents[1]
REPORT = ROOT / "docs" / "benchmarks" / "injections.md"
TESTS = "tests/aws/stack/test_injections.py"
LIMIT = 3000.0  # seconds


@dataclass(frozen=True, slots=True)
class Row:
    """One injection; `failure` is the promise that it broke."""

    kind: str
    name: str
    ended: str
    seconds: float
    witness: str
    failure: str = ""


def run(*words: str) -> list[Row]:
    """All injections; SetupError when pytest came to no result."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "junit.xml"
        argv = [sys.executable, "-m", "pytest", "-q", TESTS, "--nightly", "--require", "terraform",
                f"--junitxml={report}", *words]  # fmt: skip
        done = execute(argv, env=environment.inherited("HOME"), cwd=ROOT, timeout=LIMIT)
        if not report.exists():
            raise SetupError("The injections did not run.", evidence=done.output[-2000:])
        rows = list(_rows(ElementTree.parse(report)))
    if not rows:
        raise SetupError("No injection ran.", evidence=done.output[-2000:])
    return rows


def _rows(tree: Any) -> Iterator[Row]:
    for case in tree.iter("testcase"):
        if "[" not in case.get("name", ""):
            continue
        trouble = [part for part in case if part.tag in ("failure", "error")]
        seen = {one.get("name"): one.get("value") for one in case.iter("property")}
        record = json.loads(seen.get("injection", "{}"))
        yield Row(
            kind=record.get("kind", "?"),
            name=case.get("name").partition("[")[2].rstrip("]"),
            ended=", ".join(record.get("statuses", ())),
            seconds=record.get("seconds", float(case.get("time", 0))),
            witness="; ".join(dict.fromkeys(record.get("witnesses", ()))),
            failure=trouble[0].get("message", "failed") if trouble else "",
        )


def page(rows: Sequence[Row]) -> str:
    """As Markdown."""
    kinds = {row.kind for row in rows}
    broken = [row for row in rows if row.failure]
    unwitnessed = [row for row in rows if not row.witness and not row.failure]
    slowest = max(row.seconds for row in rows)
    verdict = "FAIL" if broken or unwitnessed else "PASS"
    lines = [f"| {row.kind} | {row.name} | {row.failure or row.ended} | {row.seconds:.1f} | "
             f"{row.witness} |" for row in sorted(rows, key=lambda row: row.kind)]  # fmt: skip
    return "\n".join((
        "# What is done to jobs, and how they end",
        "",
        f"{utc_now()}. On the applied local stack, with the limits of its tests (a worker has 30 s "
        "to begin, and 10 s between two signs of life; the reconciler comes every 60 s). Each was "
        "witnessed; completed was held against the oracle; no job got a second worker.",
        "",
        "| kind | injection | the jobs ended | seconds until all had ended | witness |",
        "| --- | --- | --- | --- | --- |",
        *lines,
        "",
        f"{verdict}: {len(rows)} injections of {len(kinds)} kinds, {len(broken)} promises broken, "
        f"slowest end {slowest:.0f} s",
    ))  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Run them all and print the page."""
    parser = argparse.ArgumentParser(prog="benchmarks.injections", description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"write {REPORT.name} as well")
    parser.add_argument("--reuse", metavar="NAME", help="a kept local cloud")
    options = parser.parse_args(arguments)
    rows = run(*(["--reuse", options.reuse] if options.reuse else []))
    text = page(rows)
    sys.stdout.write(f"{text}\n")
    if options.write:
        REPORT.write_text(f"{text}\n", encoding="utf-8")
    return 1 if "\nFAIL" in text else 0


if __name__ == "__main__":
    raise SystemExit(main())

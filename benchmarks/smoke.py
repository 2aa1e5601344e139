"""Every planted defect, what sees it, and whether the guide's own smoke test would have passed.

``python -m benchmarks.smoke [--write] [--runs 20]``: also so many runs on the intact service, none
of which may be red. Exit 1 when a defect is not seen or an intact service is not green.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from assay.clock import monotonic, utc_now
from assay.jobs.judged import Databases
from assay.postgres.pool import PairPool
from assay.postgres.session import connect
from assay.smoke.check import CHECKS

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "aws" / part) for part in ("common", "lambda", "ec2")]

from tests.smoke.defects import DEFECTS, Defect  # noqa: E402  (what is deployed is on the path now)
from tests.smoke.judging import Seen, look  # noqa: E402

REPORT = ROOT / "docs" / "benchmarks" / "smoke.md"
ROWS = """
create table t (id int primary key, v text);
insert into t select g, g from generate_series(1, 500) g;
"""
ENOUGH, GUIDE = 40, 25  # defects that are planted; that pass the guide's test


def seen(pool: PairPool, defect: Defect | None, *, data: bool, whole: bool) -> Seen:
    """What the suite says of a service with a defect, or of the intact one."""
    if not data:
        return look(defect, whole=whole)
    with pool.lease(defect.name if defect else "intact") as pair:
        with connect(pair.source) as session:
            session.execute(ROWS.encode())
        return look(defect, Databases.of(pair), whole=whole)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print the table, write it if asked."""
    parser = argparse.ArgumentParser(prog="benchmarks.smoke", description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"write {REPORT.name} as well")
    parser.add_argument("--runs", type=int, default=20, help="on the intact service")
    options = parser.parse_args(arguments)
    rows, missed, passes = [], [], 0
    pool = PairPool("17")
    try:
        alarms = []
        for number in range(options.runs):
            for data in (False, True):
                alarms += seen(pool, None, data=data, whole=True).red
            sys.stderr.write(f"intact {number + 1} of {options.runs}: {len(alarms)} alarms\n")
        for name, defect in DEFECTS.items():
            began = monotonic()
            found = seen(pool, defect, data=defect.data, whole=False)
            passes += found.guide_passes
            if defect.sees not in found.red:
                missed.append(name)
            by = ", ".join(found.red) or "**nobody**"
            guide = "passes" if found.guide_passes else "fails"
            rows.append(f"| {name} | {by} | {guide} | {monotonic() - began:.1f} |")
            sys.stderr.write(f"{name}: {by}\n")
    finally:
        pool.close()
    good = not missed and not alarms and len(DEFECTS) >= ENOUGH and passes >= GUIDE
    text = "\n".join((
        "# Planted defects of the job API",
        "",
        f"{utc_now()}. {len(DEFECTS)} defects wrap the shipped handler and worker; {len(CHECKS)} "
        f"checks. {len(DEFECTS) - len(missed)} of {len(DEFECTS)} are seen by the check that has "
        f"to see them; {passes} of them pass the guide's four tests. {options.runs} runs on the "
        f"intact service: {len(alarms)} alarms.",
        "",
        "| defect | seen by | the guide's test | seconds |",
        "| --- | --- | --- | --- |",
        *rows,
        "",
        f"{'PASS' if good else 'FAIL'}: missed {', '.join(missed) or 'none'}; "
        f"alarms {', '.join(sorted(set(alarms))) or 'none'}",
    ))  # fmt: skip
    sys.stdout.write(f"{text}\n")
    if options.write:
        REPORT.write_text(f"{text}\n", encoding="utf-8")
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())

"""Every planted defect, what sees it, and whether the guide's own smoke test would have passed.

``python -m benchmarks.smoke [--write]``: runs tests/smoke with all defects and twenty times the
intact service. Exit 1 when a defect is not seen or an intact service is not green.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from assay import environment
from assay.clock import utc_now
from assay.errors import SetupError
from assay.process import execute

ROOT = Path(__file__).parents[1]
REPORT = ROOT / "docs" / "benchmarks" / "smoke.md"
LIMIT = 1800.0  # seconds
ENOUGH, GUIDE = 40, 25  # defects that are planted; that pass the guide's test


def cases() -> list[dict[str, str]]:
    """What each test said of itself, with its outcome; SetupError when pytest came to no result."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "junit.xml"
        argv = [sys.executable, "-m", "pytest", "-q", "tests/smoke", "--nightly",
                f"--junitxml={report}"]  # fmt: skip
        done = execute(argv, env=environment.inherited("HOME"), cwd=ROOT, timeout=LIMIT)
        if not report.exists():
            raise SetupError("The defects did not run.", evidence=done.output[-2000:])
        return [_said(case) for case in ElementTree.parse(report).iter("testcase")]


def _said(case: Any) -> dict[str, str]:
    failed = next((one for kind in ("failure", "error") for one in case.iter(kind)), None)
    bad = "" if failed is None else " ".join(failed.get("message", "").split()) or "failed"
    said = {one.get("name", ""): one.get("value", "") for one in case.iter("property")}
    return {**said, "seconds": f"{float(case.get('time', 0)):.1f}", "bad": bad}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print the table, write it if asked."""
    parser = argparse.ArgumentParser(prog="benchmarks.smoke", description=__doc__)
    parser.add_argument("--write", action="store_true", help=f"write {REPORT.name} as well")
    options = parser.parse_args(arguments)
    ran = cases()
    defects = [one for one in ran if "defect" in one]
    intact = [one for one in ran if "intact" in one]
    missed = [one["defect"] for one in defects if one["bad"]]
    alarms = [one["bad"] for one in intact if one["bad"]]
    passing = sum(one.get("guide") == "passes" for one in defects)
    rows = [f"| {one['defect']} | {one.get('seen') or '**nobody**'} | {one.get('guide', '')} "
            f"| {one['seconds']} |" for one in defects]  # fmt: skip
    good = not missed and not alarms and len(defects) >= ENOUGH and passing >= GUIDE and intact
    text = "\n".join((
        "# Planted defects of the job API",
        "",
        f"{utc_now()}. {len(defects)} defects wrap the shipped handler and worker. "
        f"{len(defects) - len(missed)} of {len(defects)} are seen by the check that has to see "
        f"them; {passing} of them pass the guide's four tests. {len(intact)} runs on the intact "
        f"service: {len(alarms)} alarms.",
        "",
        "| defect | seen by | the guide's test | seconds |",
        "| --- | --- | --- | --- |",
        *rows,
        "",
        f"{'PASS' if good else 'FAIL'}: {len(defects)} defects, missed "
        f"{', '.join(missed) or 'none'}; {len(intact)} intact runs, {len(alarms)} alarms",
    ))  # fmt: skip
    sys.stdout.write(f"{text}\n")
    for why in (*alarms, *(one["bad"] for one in defects if one["bad"])):
        sys.stderr.write(f"{why}\n")
    if options.write:
        REPORT.write_text(f"{text}\n", encoding="utf-8")
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())

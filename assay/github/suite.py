"""The suite as a step of anybody's workflow: `python -m assay.github.suite`.

The variables are the inputs of action.yml. Outputs: `verdict`, and `report`, the directory with the
page; the summary goes to the page of the workflow's run.
"""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from assay.environment import variable, variables
from assay.errors import UsageError
from assay.github.runner import given, put, step
from assay.process import execute_openly
from assay.report.markdown import summary
from assay.run.outcome import Verdict
from assay.run.record import load

LIMIT = 5.5 * 3600  # seconds: a job of GitHub's ends at six hours


def words(report: Path) -> list[str]:
    """What pytest is called with."""
    argv = ["--pyargs", "assay.suite", f"--report-dir={report}"]
    argv += [f"-n={variable('JOBS') or 2}"]
    argv += [f"--replicator={name}" for name in given("REPLICATOR", "with: replicator").split()]
    argv += [f"--pg={pair}" for pair in (variable("PG") or "").split()]
    optional = {"--pg-provider": "PROVIDER", "--cases": "CASES", "--baseline": "BASELINE"}
    argv += [f"{option}={told}" for option, name in optional.items() if (told := variable(name))]
    try:
        return [*argv, *shlex.split(variable("OPTIONS") or "")]
    except ValueError as error:
        raise UsageError(f"The input options cannot be read: {error}.") from error


def main() -> int:
    """Run it; pytest's exit code, and 5 where it ended well without a verdict."""
    name = variable("NAME") or "assay"
    report = Path(given("RUNNER_TEMP", "run this as a step of a workflow")) / f"report-{name}"
    argv = (sys.executable, "-m", "pytest", *words(report))
    code = execute_openly(argv, env=variables(""), timeout=LIMIT)
    try:
        run = load(report)
    except UsageError as nothing:
        put("GITHUB_OUTPUT", f"verdict={Verdict.UNKNOWN}\n")
        put("GITHUB_STEP_SUMMARY", f"### ⚠️ UNKNOWN: the suite did not begin, exit {code}\n")
        sys.stdout.write(f"::error title=assay::the suite did not begin: {nothing.what}\n")
        return code or 5
    verdict = run.conclusion.verdict
    put("GITHUB_OUTPUT", f"verdict={verdict}\nreport={report}\n")
    put("GITHUB_STEP_SUMMARY", summary(run, page=f"the artefact `{name}` of this run"))
    return code or (0 if verdict is Verdict.PASS else 5)


if __name__ == "__main__":
    step(main)

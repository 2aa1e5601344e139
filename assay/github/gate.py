"""Whether every job of a workflow ran and passed: `python -m assay.github.gate`.

NEEDS is the context `needs` as JSON. A job that was cancelled or skipped has proved nothing and
does not pass; MAY_SKIP names the jobs, apart by spaces, that this run leaves out on purpose.
"""

from __future__ import annotations

import json
import sys

from assay.environment import variable
from assay.errors import UsageError
from assay.exits import Exit
from assay.github.runner import given, step

_FORM = "env: NEEDS: ${{ toJSON(needs) }}"


def refused(needs: dict[str, str], may_skip: frozenset[str]) -> list[str]:
    """Why the gate stays shut, a line a job; empty where it opens."""
    if unknown := may_skip - needs.keys():
        raise UsageError(
            f"MAY_SKIP names what is not needed: {', '.join(sorted(unknown))}.",
            evidence=f"needed: {', '.join(needs)}",
            remedy="name jobs that stand in the gate's needs",
        )
    allowed = {name: {"success", "skipped"} if name in may_skip else {"success"} for name in needs}
    wrong = [f"{name}: {result}" for name, result in needs.items() if result not in allowed[name]]
    if not wrong and "success" not in needs.values():
        return ["no job has run"]
    return wrong


def main() -> int:
    """Say each job's result; 0 where the gate opens, 1 where it does not."""
    try:
        needs = {
            name: str(job["result"]) for name, job in json.loads(given("NEEDS", _FORM)).items()
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"NEEDS is not the context needs: {error!r}.", remedy=_FORM) from error
    wrong = refused(needs, frozenset((variable("MAY_SKIP") or "").split()))
    sys.stdout.writelines(f"{name}: {result}\n" for name, result in needs.items())
    for line in wrong:
        sys.stdout.write(f"::error title=gate::{line}\n")
    return Exit.BAD if wrong else Exit.GOOD


if __name__ == "__main__":
    step(main)

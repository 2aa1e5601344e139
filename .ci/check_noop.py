"""The control that does nothing must be SILENT_WRONG wherever a case expects FAITHFUL.

But for `validate`, of which to change nothing is what is asked, and for `status`, where to say
nothing is loud enough. A phase that was not reached is none.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

LOUD = {"status": ("FAILED_LOUD",)}
run = Path(sys.argv[1])
verdicts = json.loads((run / "verdicts.json").read_text())
silent = {one["case"] for one in verdicts["outcomes"] if one["outcome"] == "SILENT_WRONG"}
wrong = []
for outcome in verdicts["outcomes"]:
    evidence = json.loads((run / outcome["evidence"]).read_text())
    required = {expected["outcome"] for expected in evidence["expected"]}
    if (
        outcome["phase"] != "validate"
        and "FAITHFUL" in required
        and outcome["outcome"] not in LOUD.get(outcome["phase"], ("SILENT_WRONG",))
        and not (outcome["outcome"] == "NOT_REACHED" and outcome["case"] in silent)
    ):
        wrong.append(
            f"{outcome['case']} {outcome['phase']}: {outcome['outcome']} ({outcome['why']})"
        )
if verdicts["verdict"] != "FAIL" or not verdicts["outcomes"] or wrong:
    sys.exit("\n".join([f"noop: verdict {verdicts['verdict']}", *wrong]))
sys.stdout.write(f"noop: {len(verdicts['outcomes'])} judged, as it must be\n")

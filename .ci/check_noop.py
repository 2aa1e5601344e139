"""The control that does nothing must be SILENT_WRONG wherever a case expects FAITHFUL.

But for `validate`: to change nothing is what is asked of it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

run = Path(sys.argv[1])
verdicts = json.loads((run / "verdicts.json").read_text())
wrong = []
for outcome in verdicts["outcomes"]:
    evidence = json.loads((run / outcome["evidence"]).read_text())
    required = {expected["outcome"] for expected in evidence["expected"]}
    if (
        outcome["phase"] != "validate"
        and "FAITHFUL" in required
        and outcome["outcome"] != "SILENT_WRONG"
    ):
        wrong.append(
            f"{outcome['case']} {outcome['phase']}: {outcome['outcome']} ({outcome['why']})"
        )
if verdicts["verdict"] != "FAIL" or not verdicts["outcomes"] or wrong:
    sys.exit("\n".join([f"noop: verdict {verdicts['verdict']}", *wrong]))
sys.stdout.write(f"noop: {len(verdicts['outcomes'])} judged, as it must be\n")

"""What `assay compare --evidence DIR` leaves: its document, and the signed statements about it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from assay.clock import utc_now
from assay.compare.document import several_as_json
from assay.delivery import collect
from assay.delivery.bundle import SelfTest
from assay.delivery.collect import Surroundings
from assay.delivery.envelope import NAME, write_bundle
from assay.delivery.signers import signer_of
from assay.deployment.commit import Commit
from assay.oracle.words.finding import Equality
from assay.report.answer import Answer, together
from assay.run.events import Server
from assay.run.outcome import Verdict

DOCUMENT = "comparison.json"
_VERDICTS = {Equality.EQUAL: Verdict.PASS, Equality.DIFFERENT: Verdict.FAIL,
             Equality.UNKNOWN: Verdict.UNKNOWN}  # fmt: skip


def leave_evidence(folder: Path, answers: Sequence[Answer]) -> None:
    """Write both into a folder, signed by the key `ci` where this machine has it."""
    folder.mkdir(parents=True, exist_ok=True)
    document = several_as_json(answers, together(answers))
    text = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    (folder / DOCUMENT).write_text(text, encoding="utf-8", errors="backslashreplace")
    tests = [one.self_test for one in answers if one.self_test is not None]
    evidence = collect.of_comparisons(
        {f"{one.source} and {one.target}": _VERDICTS[one.comparison.equality] for one in answers},
        Surroundings(Commit.of(Path.cwd())),
        started=min(one.date for one in answers),
        ended=utc_now(),
        self_tests=[SelfTest(one.planted, one.detected, tuple(one.missed)) for one in tests],
        left_out=sorted({what for one in answers for what in one.comparison.left_out}),
        servers=tuple(sorted({server for one in answers for server in _servers(one)})),
        files=collect.digests_of(folder, [DOCUMENT]),
    )
    write_bundle(folder / NAME, evidence, signer_of(""))


def _servers(answer: Answer) -> list[Server]:
    sides = zip(("source", "target"), answer.servers, strict=False)
    return [Server(role, version, "given") for role, version in sides]  # type: ignore[arg-type]

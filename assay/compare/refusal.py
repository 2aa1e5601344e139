"""What `--json` writes where a comparison is refused before it begins."""

from __future__ import annotations

import argparse

from assay import clock
from assay.compare.document import refusal_as_json
from assay.compare.output import write_document
from assay.errors import AssayError
from assay.oracle.words.doubt import Doubt
from assay.oracle.words.finding import conclude
from assay.report.answer import Answer


def write_refusal(error: AssayError, arguments: argparse.Namespace | None) -> None:
    """Write the document; `arguments` are None where they could not be read."""
    doubt = Doubt(error.what, evidence=error.evidence, remedy=error.remedy)
    answer = Answer(
        getattr(arguments, "source", None) or "",
        getattr(arguments, "target", None) or "",
        conclude([], compared={}, doubts=[doubt]),
        date=clock.utc_now(),
    )
    write_document(refusal_as_json(error, answer), getattr(arguments, "output", None))

"""Where answers are written, and what happens when they cannot be."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from assay.compare.document import as_json, several_as_json
from assay.compare.text import as_text, several_as_text, verdict
from assay.errors import AssayError
from assay.exits import Exit
from assay.oracle.words.finding import Comparison, Equality
from assay.report.answer import Answer, together

EXIT = {
    Equality.EQUAL: Exit.GOOD,
    Equality.DIFFERENT: Exit.BAD,
    Equality.UNKNOWN: Exit.UNKNOWN,
}


def write(arguments: argparse.Namespace, answers: Sequence[Answer]) -> Exit:
    """Write all that was asked for, the verdict first of all; the exit code.

    A page or file that cannot be written takes nothing from the verdict: it is still printed.
    """
    whole = together(answers)
    failed = [*_pages(arguments, answers), *_evidence(arguments, answers)]
    lines = _rendered(arguments, answers, whole)
    if arguments.output and (failure := _written(arguments.output, lines)):
        failed.append(failure)
        arguments.output = None
    if not arguments.output:
        _to_stdout(lines, answers)
    for failure in failed:
        _tell(failure)
    return Exit.NOT_WRITTEN if failed else EXIT[whole.equality]


def write_document(document: dict[str, Any], path: Path | None) -> None:
    """Write one JSON document, to standard output where there is no path or it cannot be."""
    text = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    if path is None or (failure := _written(path, [text])):
        if path is not None:
            _tell(failure)
        sys.stdout.write(text)
        sys.stdout.flush()


def _rendered(
    arguments: argparse.Namespace, answers: Sequence[Answer], whole: Comparison
) -> list[str]:
    several = arguments.pairs is not None or arguments.cluster
    if arguments.json:
        document = several_as_json(answers, whole) if several else as_json(answers[0])
        return [json.dumps(document, ensure_ascii=False, indent=2) + "\n"]
    if arguments.sql:
        from assay.compare.repair import as_sql

        lines: Iterable[str] = as_sql(answers[0])
    elif arguments.quiet:
        lines = (line for answer in answers for line in verdict(answer))
    else:
        lines = several_as_text(answers, whole) if several else as_text(answers[0])
    return [f"{line}\n" for line in lines]


def _pages(arguments: argparse.Namespace, answers: Sequence[Answer]) -> Iterable[str]:
    if arguments.html:
        from assay.report import comparison as page  # drawing pages is slow to load

        try:
            page.save(arguments.html, answers[0])
        except OSError as error:
            yield _failure(arguments.html, error)


def _evidence(arguments: argparse.Namespace, answers: Sequence[Answer]) -> Iterable[str]:
    if arguments.evidence:
        from assay.compare.evidence import leave_evidence

        try:
            leave_evidence(arguments.evidence, answers)
        except (OSError, AssayError) as error:
            yield f"There is no evidence of it: {error}"


def _written(path: Path, lines: Iterable[str]) -> str:
    """Write a file; why it could not be, if so."""
    try:
        with path.open("w", encoding="utf-8", errors="backslashreplace") as file:
            file.writelines(lines)
    except OSError as error:
        return _failure(path, error)
    return ""


def _to_stdout(lines: Iterable[str], answers: Sequence[Answer]) -> None:
    """Raises OSError when it cannot be; the verdicts then stand on standard error."""
    try:
        sys.stdout.writelines(lines)
        sys.stdout.flush()
    except OSError:
        for answer in answers:
            _tell(answer.sentence)
        raise


def _failure(path: Path, error: OSError) -> str:
    return f"{path} could not be written: {error.strerror or error}"


def _tell(line: str) -> None:
    with suppress(OSError):
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()

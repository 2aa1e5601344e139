"""What executors do with small workflows, each beside what GitHub documents.

``python -m tests.workflows.table --act PROGRAM`` writes docs/workflow-executors.md; act is
built by ``go install github.com/nektos/act@v0.2.89``. The workflows are those of
tests/workflows/measured.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from assay.environment import inherited
from assay.process import execute
from tests.workflows import measure
from tests.workflows.language import Language

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs" / "workflow-executors.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


def main() -> int:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--act", required=True, metavar="PROGRAM")
    program = parser.parse_args().act
    version = execute((program, "--version"), env=inherited("HOME"), timeout=60).stdout.strip()
    language = Language()
    try:
        lines = list(_lines(program, version, language))
    finally:
        language.close()
    before, _, rest = DOCS.read_text(encoding="utf-8").partition(BEGIN)
    table = "\n".join([BEGIN, *lines, END])
    DOCS.write_text(before + table + rest.partition(END)[2], encoding="utf-8")
    return 0


def _lines(program: str, version: str, language: Language) -> Iterator[str]:
    yield f"| what is asked | GitHub | {version.replace(' version', '')}, host mode | ours |"
    yield "|---|---|---|---|"
    for small in measure.every():
        with tempfile.TemporaryDirectory(prefix="executors-") as folder:
            by_act = measure.act(program, small, Path(folder))
        with tempfile.TemporaryDirectory(prefix="executors-") as folder:
            by_us = measure.ours(small, language, Path(folder))
        told = [_told(small, *by_act), _told(small, *by_us)]
        yield f"| {small.claim} | {_words(small.expected)} | {told[0]} | {told[1]} |"
        sys.stdout.write(f"{small.name}: {told[0]}; {told[1]}\n")


def _told(small: measure.Small, traced: tuple[str, ...], end: str) -> str:
    if end.startswith("refused") or "(Not modelled" in end:
        return "refused, said"
    if sorted(traced) == sorted(small.expected):
        return "the same"
    return f"**{_words(traced)}** ({end})"


def _words(traced: tuple[str, ...]) -> str:
    return ", ".join(traced) or "nothing"


if __name__ == "__main__":
    sys.exit(main())

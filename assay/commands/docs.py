"""`assay docs [NAME]`."""

from __future__ import annotations

import argparse
import sys
from typing import Any


def add_parser(commands: Any) -> None:
    """Register the sub-command."""
    docs = commands.add_parser("docs", description="List the documents, or print one of them.")
    docs.add_argument("name", nargs="?", metavar="NAME", help="such as writing-a-case")
    docs.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print a document, or each one's name and title; whoever installs a wheel has no clone."""
    from assay.errors import UsageError
    from assay.suites import DOCUMENTS

    texts = {path.stem: path.read_text("utf-8") for path in sorted(DOCUMENTS.glob("*.md"))}
    if arguments.name is None:
        titles = ((name, text.partition("\n")[0].lstrip("# ")) for name, text in texts.items())
        sys.stdout.writelines(f"{name:20} {title}\n" for name, title in titles)
        return 0
    if arguments.name not in texts:
        raise UsageError(
            f"There is no document {arguments.name}.", evidence=f"known: {', '.join(texts)}"
        )
    sys.stdout.write(texts[arguments.name])
    return 0

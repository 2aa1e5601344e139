"""Puts the sources of the site together: docs/, the README in front, the reference from the code.

``python .ci/site.py [DIR]``. Links that lead out of docs/ lead to the repository, which REPOSITORY
names by its URL; one that leads nowhere ends it.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from assay import cli
from assay.environment import inherited, variable
from assay.process import execute

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
LINK = re.compile(r"(?<=\]\()(?!https?:|mailto:|#)(?P<path>[^)\s#]+)(?P<anchor>#[^)\s]*)?(?=\))")
GROUP = "Replicator Assay:\n"  # of pytest's options
REPOSITORY = "https://github.com/OWNER/NAME"


def main() -> int:
    """Write them; 1 where a link leads nowhere."""
    into = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "documents"
    shutil.rmtree(into, ignore_errors=True)
    shutil.copytree(DOCS, into, ignore=shutil.ignore_patterns("changelog", "*.json"))
    texts = {path.relative_to(DOCS): path.read_text("utf-8") for path in into_docs()}
    made = {
        Path("index.md"): (ROOT, (ROOT / "README.md").read_text("utf-8")),
        Path("changelog.md"): (ROOT, changelog()),
        Path("reference/options.md"): (DOCS / "reference", options()),
        Path("reference/commands.md"): (DOCS / "reference", commands()),
    }
    sources = {name: ((DOCS / name).parent, text) for name, text in texts.items()} | made
    lost: list[str] = []
    for name, (folder, text) in sources.items():
        path = into / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(led(text, folder, name, lost), encoding="utf-8")
    sys.stderr.writelines(f"{line}\n" for line in lost)
    return 1 if lost else 0


def into_docs() -> list[Path]:
    """The documents that become pages."""
    return [path for path in sorted(DOCS.rglob("*.md")) if path.parent.name != "changelog"]


def led(text: str, folder: Path, name: Path, lost: list[str]) -> str:
    """The text with its links as the site has them; those that lead nowhere are added to `lost`."""

    def lead(link: re.Match[str]) -> str:
        target, anchor = (folder / link["path"]).resolve(), link["anchor"] or ""
        if target.is_relative_to(DOCS) and target.suffix != ".json" and target.is_file():
            up = "../" * (len(name.parts) - 1)
            return f"{up}{target.relative_to(DOCS).as_posix()}{anchor}"
        if not target.is_relative_to(ROOT) or not target.exists():
            lost.append(f"{name}: there is no {link['path']}")
            return link[0]
        kind = "tree" if target.is_dir() else "blob"
        repository = variable("REPOSITORY") or REPOSITORY
        return f"{repository}/{kind}/main/{target.relative_to(ROOT)}{anchor}"

    return LINK.sub(lead, text)


def changelog() -> str:
    """What was released, and before it what waits for the next release."""
    argv = (sys.executable, "-m", "towncrier", "build", "--draft", "--version", "Unreleased")
    drafted = execute(argv, env=inherited("HOME"), cwd=ROOT, timeout=60)
    if not drafted.ok:
        raise RuntimeError(f"towncrier has no draft: {drafted.output[-500:]}")
    heading = re.compile(r"^## Unreleased \(.*\)$", re.MULTILINE)
    waiting = re.split(heading, drafted.stdout)[1:]
    released = (ROOT / "CHANGELOG.md").read_text("utf-8").partition("release notes start -->")[2]
    return "\n\n".join(("# Changelog", *(f"## Unreleased{text}" for text in waiting), released))


def commands() -> str:
    """Every command of `assay` with its options, as its parser has them."""
    parts = ["# Commands", "Made from the code. [Exit codes](../compare.md)."]
    for name in sorted(cli._COMMANDS):
        for title, parser in _parsers(name, cli.parser(name)):
            parser.formatter_class = partial(argparse.HelpFormatter, width=100)
            parts += [f"## assay {title}", f"```text\n{parser.format_help().strip()}\n```"]
    return "\n\n".join(parts) + "\n"


def _parsers(title: str, whole: argparse.ArgumentParser) -> Iterator[tuple[str, Any]]:
    """A command's parser, and those of its own sub-commands."""
    (parser,) = (sub.choices[title] for sub in _choices(whole) if title in sub.choices)
    yield title, parser
    for sub in _choices(parser):
        for name, inner in sub.choices.items():
            yield f"{title} {name}", inner


def _choices(parser: argparse.ArgumentParser) -> list[Any]:
    """Where a parser has sub-commands; argparse has no public way to them."""
    return [one for one in parser._actions if isinstance(one, argparse._SubParsersAction)]


def options() -> str:
    """Our options of pytest, as pytest itself tells them."""
    argv = (sys.executable, "-m", "pytest", "--help", "-p", "no:cacheprovider")
    done = execute(argv, env=inherited("HOME") | {"COLUMNS": "100"}, cwd=ROOT, timeout=120)
    _, group, rest = done.stdout.partition(GROUP)
    told = re.split(r"\n(?=\S)", rest, maxsplit=1)[0].rstrip()
    if not group or "--replicator" not in told:
        raise RuntimeError(f"pytest --help tells none of our options: {done.output[-500:]}")
    return f"# Options of pytest\n\nMade from the code.\n\n```text\n{told}\n```\n"


if __name__ == "__main__":
    sys.exit(main())

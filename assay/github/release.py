"""Whether what is released is what its tag says: `python -m assay.github.release NOTES`.

The tag is `v` and the version, which pyproject.toml and the package agree on; the changelog has a
section of it, written to NOTES, and no change waits for the next one. Without a tag it is a dry
run: what a release would still refuse is said.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

from assay import __version__
from assay.environment import variable
from assay.errors import Refused, UsageError
from assay.exits import Exit
from assay.github.runner import step

_FRAGMENTS = Path("docs/changelog")


def objections(root: Path, tag: str) -> list[str]:
    """Why this tag is not to be released, one line each."""
    declared = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    waiting = sorted(path.name for path in (root / _FRAGMENTS).glob("*.*.md"))
    found = {
        f"pyproject.toml says {declared}, the package {__version__}": declared != __version__,
        f"the tag {tag} is not v{declared}": tag != f"v{declared}",
        f"CHANGELOG.md has no section {declared}": not notes(root, declared),
        f"docs/changelog has what no release names: {', '.join(waiting)}": bool(waiting),
    }
    return [line for line, holds in found.items() if holds]


def notes(root: Path, version: str) -> str:
    """The changelog's section of a version; empty where there is none."""
    text = (root / "CHANGELOG.md").read_text("utf-8")
    found = re.search(
        rf"^## {re.escape(version)}(?: [^\n]*)?\n(?P<text>.*?)(?=^## |\Z)",
        text,
        re.DOTALL | re.MULTILINE,
    )
    return found["text"].strip() if found else ""


def main() -> int:
    """Write the notes; refuse a tag that is not to be released."""
    if len(sys.argv) != 2:
        raise UsageError("It takes the file for the notes.")
    tagged = variable("GITHUB_REF_TYPE") == "tag"
    tag = (variable("GITHUB_REF_NAME") or "") if tagged else f"v{__version__}"
    wrong = objections(Path(), tag)
    if wrong and tagged:
        raise Refused(
            f"{tag} is not released.",
            evidence="; ".join(wrong),
            remedy="towncrier build --version X.Y.Z, commit, and put the tag on that commit",
        )
    for line in wrong:
        sys.stdout.write(f"::notice title=dry run::a release would be refused: {line}\n")
    text = notes(Path(), __version__) or "A dry run: no section of the changelog yet."
    Path(sys.argv[1]).write_text(f"{text}\n", encoding="utf-8")
    return Exit.GOOD


if __name__ == "__main__":
    step(main)

"""What the README shows of a red run: lines of its first screen, and a picture of its page.

``python -m benchmarks.red_run [--write]`` puts the tool with twelve planted defects
(tests/shell_tool) through twelve cases and prints the lines. ``--write`` writes them into
README.md, and the picture into docs/page.png, which needs Chromium (Debian: ``chromium``) and
``pip install -e .[page]``.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections.abc import Sequence
from itertools import dropwhile, islice
from pathlib import Path
from typing import TYPE_CHECKING

from assay.environment import inherited
from assay.process import execute
from assay.run import record
from benchmarks.chromium import browser

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
PICTURE = ROOT / "docs" / "page.png"
TOOL = "tests/shell_tool/tool.toml"
LINES = 12
SIZE = {"width": 1000, "height": 640}  # of the picture
_CASES = "integration/cases"
# All twelve defects are seen in these.
CASES = (
    f"{_CASES}/data-types/dt-null-vs-empty.sql",
    f"{_CASES}/identifiers/id-quote-in-name.sql",
    f"{_CASES}/objects/ob-default-privs.sql",
    f"{_CASES}/objects/ob-func-secdef-owner.sql",
    f"{_CASES}/objects/ob-matview.sql",
    f"{_CASES}/objects/ob-roles.sql",
    f"{_CASES}/objects/ob-sequence-state.sql",
    f"{_CASES}/schema/so-no-pk.sql",
    f"{_CASES}/verify/vf-plant-row.sql",
    "integration/test_secrets.py::test_no_output_shows_the_password_on_success_and_on_failure",
    "integration/test_status.py::test_where_nothing_was_set_up_status_says_so",
    "integration/test_status.py::test_a_stream_that_keeps_up_is_said_to",
)
_SCREEN = re.compile(r"(?<=^```text\n)what is wrong.*?(?=^```$)", re.MULTILINE | re.DOTALL)
_IMAGE = re.compile(rf"!\[[^]]*\]\(docs/{PICTURE.name}\)")


def run(report: Path, cases: Sequence[str] = CASES) -> str:
    """Run the suite, without `cases` all of it, on that tool; what pytest wrote."""
    argv = [
        sys.executable, "-m", "pytest", "-m", "integration", "-n", "2", "-q",
        "--replicator", TOOL, "--pg-provider", "wheel", "--report-dir", str(report), *cases,
    ]  # fmt: skip
    done = execute(argv, env=inherited(), cwd=ROOT, timeout=550)
    if done.exit != 1:
        raise RuntimeError(f"exit {done.exit}, where 1 says that cases are red:\n{done.output}")
    return done.stdout


def screen(output: str, report: Path) -> str:
    """The first lines of the summary that a run wrote; its folder is called as by default.

    Nothing else of these lines differs from run to run.
    """
    summary = dropwhile(lambda line: not line.startswith("what is wrong"), output.splitlines())
    lines = [line.replace(str(report), ".assay/runs/RUN") for line in islice(summary, LINES)]
    return "\n".join(lines) + "\n"


def readme(text: str, lines: str, report: Path) -> str:
    """The README with these lines; the picture's words are the verdict of the run."""
    verdict = record.load(report).conclusion.line
    image = f"![The page of that run: {verdict}](docs/{PICTURE.name})"
    return _IMAGE.sub(lambda _: image, _SCREEN.sub(lambda _: lines, text))


def picture(report: Path, file: Path, chromium: Browser) -> None:
    """The first screen of a run's page, small."""
    page = chromium.new_page(viewport=SIZE)
    page.goto((report / "index.html").resolve().as_uri(), wait_until="load")
    page.screenshot(path=file)
    page.close()


def main() -> int:
    """Run it and show the lines."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write README.md and docs/page.png")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="assay-red-run-") as folder:
        report = Path(folder) / "report"
        lines = screen(run(report), report)
        sys.stdout.write(lines)
        if arguments.write:
            with browser() as chromium:
                picture(report, PICTURE, chromium)
            text = README.read_text(encoding="utf-8")
            README.write_text(readme(text, lines, report), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

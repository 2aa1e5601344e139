"""What the page of a run with 400 cases weighs, and how long a browser takes to open it.

``python -m benchmarks.page [--write]`` measures, and writes docs/benchmarks/page.md. It needs
Chromium (Debian: ``chromium``) and ``pip install -e .[page]``.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.clock import monotonic
from assay.report.draw import draw
from benchmarks.chromium import browser, version
from benchmarks.many_cases import make

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = ROOT / "docs" / "benchmarks" / "page.md"
CASES = 400
BYTES, SECONDS = 5_000_000, 2.0  # at most
_PAINTED = """() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(
  () => done(performance.now()))))"""


@dataclass(frozen=True, slots=True)
class Opened:
    """Seconds from the click to the load event, and to the first picture after it."""

    loaded: float
    painted: float


def opened(page: Page, file: Path) -> Opened:
    """Open a page once."""
    page.goto(file.resolve().as_uri(), wait_until="load")
    painted: float = page.evaluate(_PAINTED)
    loaded: float = page.evaluate(
        "() => performance.getEntriesByType('navigation')[0].loadEventEnd"
    )
    return Opened(loaded / 1000, painted / 1000)


@contextmanager
def drawn(cases: int) -> Iterator[Path]:
    """The page of a made-up run of so many cases."""
    with tempfile.TemporaryDirectory(prefix="assay-page-") as folder:
        run = make(Path(folder) / "run", cases)
        draw(run)
        yield run / "index.html"


def measure(times: int) -> dict[str, Any]:
    """The weight, the seconds to draw it and the seconds of each opening."""
    with tempfile.TemporaryDirectory(prefix="assay-page-") as folder:
        run = make(Path(folder) / "run", CASES)
        begun = monotonic()
        draw(run)
        took = monotonic() - begun
        file = run / "index.html"
        with browser() as chromium:
            found = []
            for _ in range(times):
                page = chromium.new_page()
                found.append(opened(page, file))
                page.close()
            return {
                "bytes": file.stat().st_size,
                "drawn": took,
                "loaded": [one.loaded for one in found],
                "painted": [one.painted for one in found],
                "browser": version(chromium),
                "cores": os.cpu_count(),
                "load": os.getloadavg()[0],
            }


def main() -> int:
    """Measure; 1 where a limit is not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks/page.md")
    parser.add_argument("--times", type=int, default=7)
    arguments = parser.parse_args()
    seen = measure(arguments.times)
    text = told(seen)
    sys.stdout.write(text)
    if arguments.write:
        DOCUMENT.write_text(text, encoding="utf-8")
    good = seen["bytes"] < BYTES and _median(seen) < SECONDS
    line = f"{seen['bytes']} bytes, opened in {_median(seen):.2f} s"
    sys.stdout.write(f"{'PASS' if good else 'FAIL'}: {line}\n")
    return 0 if good else 1


def _median(seen: dict[str, Any]) -> float:
    """The seconds of one opening; the machine does other things as well."""
    return statistics.median(seen["painted"])


def told(seen: dict[str, Any]) -> str:
    """The document."""
    rows = (
        ("weight", f"{seen['bytes'] / 1e6:.2f} MB", f"{BYTES / 1e6:.0f} MB"),
        ("until the load event, median", f"{statistics.median(seen['loaded']):.2f} s", ""),
        ("until it is painted, median", f"{_median(seen):.2f} s", f"{SECONDS:.0f} s"),
        ("until it is painted, fastest", f"{min(seen['painted']):.2f} s", ""),
        ("until it is painted, slowest", f"{max(seen['painted']):.2f} s", ""),
        ("to draw it, from the journal", f"{seen['drawn']:.2f} s", ""),
    )
    table = "\n".join(f"| {name} | {value} | {limit} |" for name, value, limit in rows)
    return f"""# The page of a run with {CASES} cases

Most of them red, each with the outputs of four phases, two server logs, a script and findings
(`benchmarks/many_cases.py`). Opened {len(seen["painted"])} times in headless Chromium
{seen["browser"]}. Made by `python -m benchmarks.page --write`.

| | measured | at most |
|---|---|---|
{table}
"""


if __name__ == "__main__":
    sys.exit(main())

"""The machine's own Chromium, driven by Playwright; no browser is downloaded."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from assay.environment import inherited
from assay.errors import SetupError

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_REMEDY = "apt-get install chromium, and pip install -e .[page]"


@contextmanager
def browser() -> Iterator[Browser]:
    """A headless browser, which ends with the block."""
    program = shutil.which("chromium", path=inherited().get("PATH"))
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise SetupError("No browser is driven.", evidence=str(error), remedy=_REMEDY) from error
    if program is None:
        raise SetupError("No browser.", evidence="chromium is not in PATH", remedy=_REMEDY)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        try:
            yield started
        finally:
            started.close()


def version(started: Browser) -> str:
    """Its version, for what is written down."""
    return started.version

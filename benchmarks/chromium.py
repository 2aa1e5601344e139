"""The machine's own Chromium, driven by Playwright; no browser is downloaded."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from assay.environment import inherited
from assay.errors import SetupError

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_REMEDY = "apt-get install chromium, and pip install -e .[page]"


def why_absent() -> str | None:
    """What is missing, None where nothing is."""
    if importlib.util.find_spec("playwright") is None:
        return "the package playwright is not installed"
    return None if _program() else "chromium is not in PATH"


def _program() -> str | None:
    return shutil.which("chromium", path=inherited().get("PATH"))


@contextmanager
def browser() -> Iterator[Browser]:
    """A headless browser, which ends with the block."""
    if why := why_absent():
        raise SetupError("No browser can be started.", evidence=why, remedy=_REMEDY)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=_program(), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        try:
            yield started
        finally:
            started.close()


def version(started: Browser) -> str:
    """Its version, for what is written down."""
    return started.version

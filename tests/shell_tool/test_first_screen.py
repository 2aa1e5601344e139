"""What the README shows of a red run is what that run shows: its lines, and its picture."""

from __future__ import annotations

import re
from html import unescape

import pytest

from benchmarks import red_run
from benchmarks.chromium import browser

# One worker runs them all, since they look at one run.
pytestmark = [pytest.mark.servers, pytest.mark.xdist_group("shell_tool")]
SMALL = 100_000  # bytes
# The causes that a window shows whole, without their tags.
VISIBLE = """() => [...document.querySelectorAll('.cause .told')]
  .filter(one => one.getBoundingClientRect().bottom < innerHeight)
  .map(one => [...one.childNodes].filter(part => part.className === undefined
    || !part.className.startsWith('tag')).map(part => part.textContent).join('').trim())"""


def test_the_readme_is_as_the_command_would_write_it(red):
    text = red_run.README.read_text()
    assert red_run.readme(text, red.screen, red.report) == text
    assert red.screen in text
    assert len(red.screen.splitlines()) == red_run.LINES
    assert red_run.PICTURE.stat().st_size < SMALL


def test_the_page_tells_the_same_causes_in_the_same_order(red):
    page = (red.report / "index.html").read_text()
    told = [plain(line) for line in re.findall('<span class="told">(.*)', page)]
    are_the_same(told, red.screen)
    assert len(told) == 12


@pytest.mark.chromium
def test_the_picture_is_taken_again_and_shows_the_first_causes(red, tmp_path):
    with browser() as chromium:
        red_run.picture(red.report, tmp_path / "page.png", chromium)
        page = chromium.new_page(viewport=red_run.SIZE)
        page.goto((red.report / "index.html").as_uri())
        seen = page.evaluate(VISIBLE)
    assert 5_000 < (tmp_path / "page.png").stat().st_size < SMALL
    are_the_same(seen, red.screen)
    assert len(seen) >= 5


def are_the_same(told: list[str], screen: str) -> None:
    """The causes of the lines, from the first on, as far as both go."""
    lines = [line for line in screen.splitlines()[1:] if not line.startswith("    ")]
    assert not [pair for pair in zip(told, lines, strict=False) if pair[0] not in pair[1]]


def plain(line: str) -> str:
    """A line of the page without what is no text of the cause."""
    return unescape(re.sub('<span class="tag.*?</span>|<.*?>', "", line)).strip()

"""The page in a browser: how fast it opens, with which keys, on which screens, for whom."""

from __future__ import annotations

import pytest

from benchmarks.chromium import browser
from benchmarks.page import BYTES, CASES, SECONDS, drawn, opened

# One process draws the page and starts the browser.
pytestmark = [pytest.mark.chromium, pytest.mark.xdist_group("opened page")]
SCREENS = {
    "light": {"viewport": {"width": 1200, "height": 900}},
    "dark": {"viewport": {"width": 1200, "height": 900}, "color_scheme": "dark"},
    "narrow": {"viewport": {"width": 390, "height": 844}},
}


@pytest.fixture(scope="module")
def chromium():
    with browser() as started:
        yield started


@pytest.fixture(scope="module")
def file():
    """The page of a run in which everything is red that can be."""
    with drawn(60) as page:
        yield page


@pytest.fixture
def show(chromium, file):
    """Opens the page on one of the screens."""
    pages = []

    def opened_on(screen="light"):
        page = chromium.new_page(**SCREENS[screen])
        pages.append(page)
        page.goto(file.as_uri())
        return page

    yield opened_on
    for page in pages:
        page.close()


def test_a_page_of_four_hundred_cases_opens_at_once(chromium):
    with drawn(CASES) as page_file:
        assert page_file.stat().st_size < BYTES
        page = chromium.new_page()
        fastest = min(opened(page, page_file).painted for _ in range(3))  # of a busy machine
    assert fastest < SECONDS


@pytest.mark.parametrize("screen", SCREENS)
def test_axe_finds_nothing_serious(show, screen):
    from axe_playwright_python.sync_playwright import Axe

    page = show(screen)
    for opener in ("#cause-1 > summary", "#cause-2 > summary", "#case-1 > summary"):
        page.click(opener)
    seen = Axe().run(page).response
    bad = [
        f"{rule['id']} ({rule['impact']}): {node['html'][:200]} {node['failureSummary']}"
        for rule in seen["violations"]
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]
    assert not bad, "\n".join(bad)
    assert len(seen["passes"]) > 15


def test_a_narrow_screen_is_never_scrolled_sideways(show):
    page = show("narrow")
    for opener in ("#cause-1 > summary", "#cause-2 > summary", "#case-1 > summary"):
        page.click(opener)
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_the_first_screen_is_about_causes(show):
    page = show()
    seen = page.evaluate(
        "[...document.querySelectorAll('.cause')]"
        ".filter(one => one.getBoundingClientRect().bottom < innerHeight).length"
    )
    assert seen >= 5


def test_keys_alone_lead_from_a_cause_to_its_case_and_to_the_filter(show):
    page = show()
    focused = "document.activeElement"
    page.keyboard.press("Tab")
    assert page.evaluate(f"{focused}.parentElement.id") == "cause-1"
    outline = page.evaluate(f"getComputedStyle({focused}).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.getElementById('cause-2').open")
    page.keyboard.press("Tab")
    target = page.evaluate(f"{focused}.getAttribute('href')")
    assert target.startswith("#case-")
    page.keyboard.press("Enter")
    page.wait_for_function(f"document.querySelector('{target}').open")
    assert page.evaluate(f"{focused}.parentElement.id") == target[1:]
    page.keyboard.press("/")
    page.keyboard.type("dt-enum")
    assert page.inner_text(".tools output").startswith("1 of ")
    page.keyboard.press("Escape")
    assert page.inner_text(".tools output") == "60 of 60"


def test_a_filled_cell_of_the_matrix_chooses_its_cases(show):
    page = show()
    page.click(".matrix tfoot a.harmed-source")
    assert page.inner_text(".tools output") == "1 of 60"
    page.click(".matrix tfoot a.assisted")
    assert page.inner_text(".tools output").split()[0] != "0"

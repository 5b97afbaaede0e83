"""The pages in a real browser: they work by mouse and by keyboard, fit a phone, and load nothing the rules forbid."""

from __future__ import annotations

import os
import re
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from core.console import create_app
from core.hub import Hub

NAMES = ("chromium", "chromium-browser", "google-chrome")
PAGES = ("Status", "Clients", "Plan", "Runs")
WIDTHS = (360, 768, 1280)


@dataclass
class Visit:
    """One tab on the console, and everything the browser complained of."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)

    def listen(self) -> None:
        """Keep what the browser says: refused by the content policy, failed scripts, files that did not come."""
        self.page.on("console", lambda said: self.complaints.append(said.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("requestfailed", lambda lost: self.complaints.append(lost.url))

    def open(self, path: str) -> Page:
        """Go to a page of the console."""
        self.page.goto(self.address + path)
        return self.page


@pytest.fixture(scope="module")
def console(hub: Hub) -> Iterator[str]:
    """The address of the console of a firm with a plan, over real HTTP."""
    hub.plan()
    server = make_server("127.0.0.1", 0, create_app(hub), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The Chromium of this machine; continuous integration installs one, elsewhere its absence skips."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        told = "no Chromium on this machine: the pages were not looked at in a browser"
        if os.environ.get("CI") == "true":
            pytest.fail(told)
        pytest.skip(told)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Browser, console: str) -> Iterator[Visit]:
    """A fresh tab on the console; whatever the browser complained of while it was open fails the test."""
    with chromium.new_context() as context:
        visit = Visit(context.new_page(), console)
        visit.listen()
        yield visit
        assert visit.complaints == []


def style(page: Page, selector: str, name: str) -> str:
    """One computed style, as the browser paints it."""
    return str(page.locator(selector).first.evaluate(f"it => getComputedStyle(it)['{name}']"))


def test_every_page_is_reached_from_the_first_by_its_name(visit: Visit) -> None:
    page = visit.open("/")
    for name in PAGES:
        page.get_by_role("link", name=name, exact=True).click()
        assert page.get_by_role("heading", level=1).inner_text() == name
        assert page.locator("nav [aria-current=page]").inner_text() == name


def test_the_style_sheet_is_let_through_by_the_pages_own_rules(visit: Visit) -> None:
    page = visit.open("/clients")
    assert page.evaluate("document.styleSheets.length") == 1
    assert style(page, "table", "borderCollapse") == "collapse"
    assert "serif" not in style(page, "body", "fontFamily").replace("sans-serif", "")


def test_a_client_is_found_by_keyboard_alone_and_says_why_it_has_its_score(visit: Visit) -> None:
    page = visit.open("/clients")
    page.get_by_label("Name contains").focus()
    page.keyboard.type("Alfa")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("q=Alfa"))
    rows = page.locator("tbody tr")
    assert rows.count() == 1
    rows.get_by_role("link").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/client.id="))
    assert page.get_by_role("heading", level=1).inner_text() == "Alfa Joinery Ltd"
    assert "health.score" in page.locator("#why").inner_text()
    assert page.locator(".tree").inner_text().strip()


@pytest.mark.parametrize("width", WIDTHS)
def test_no_page_is_wider_than_the_screen(visit: Visit, width: int) -> None:
    visit.page.set_viewport_size({"width": width, "height": 800})
    for path in ("/", "/clients", "/plan", "/runs"):
        page = visit.open(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_what_is_behind_it(visit: Visit, scheme: str) -> None:
    visit.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page = visit.open("/")
    ink, paper = (_luminance(style(page, "body", name)) for name in ("color", "backgroundColor"))
    lighter, darker = max(ink, paper), min(ink, paper)
    assert (lighter + 0.05) / (darker + 0.05) >= 7  # WCAG 2.2, contrast of body text at level AAA


def test_a_name_with_markup_in_it_is_shown_as_it_is_and_runs_nothing(visit: Visit) -> None:
    wicked = "<img src=x onerror=alert(1)>"
    page = visit.open("/clients")
    page.get_by_label("Name contains").fill(wicked)
    page.get_by_role("button", name="Find").click()
    page.wait_for_url(re.compile("q=.*img"))
    assert page.get_by_label("Name contains").input_value() == wicked
    assert page.locator("img").count() == 0


def _luminance(color: str) -> float:
    """Relative luminance of `rgb(r, g, b)` (WCAG 2.2)."""
    parts = [float(part) / 255 for part in color.removeprefix("rgba").removeprefix("rgb").strip("()").split(",")[:3]]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue

"""A real browser, and pages that tell what they complained of."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from keepwarm.store.database import Database
from tests.app.serving import Site
from tests.journeys.world import World
from tests.waiting import PATIENCE_SECONDS

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1280, "height": 800}

Given = TypeVar("Given")

expect.set_options(timeout=PATIENCE_SECONDS * 1_000)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start the machine's own Chromium; none is fetched."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip(f"there is no browser: none of {', '.join(NAMES)} is installed")
    with sync_playwright() as playwright:
        # Without its sandbox, because containers run tests as root; it sees our own pages only.
        started = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield started
        started.close()


def aside(do: Callable[[], Given]) -> Given:
    """Do something in a thread of its own: Playwright's event loop holds this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(do).result()


@pytest.fixture
def world(sqlite_database: Database, tmp_path: Path) -> World:
    return World(sqlite_database, tmp_path / "playbooks")


@contextmanager
def visiting(browser: Browser, site: Site, **options: Any) -> Iterator[Page]:
    """Give a page whose paths are the site's; whatever it complains of fails the test."""
    context = browser.new_context(
        base_url=f"http://127.0.0.1:{site.port}", **{"viewport": PHONE, **options}
    )
    complaints: list[str] = []
    page = context.new_page()
    page.set_default_timeout(PATIENCE_SECONDS * 1000)
    page.on("console", lambda said: complaints.append(said.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    # A refusal that a test asked for is in the console too, and is no fault of the page's.
    assert [
        each for each in complaints if "the server responded with a status of 4" not in each
    ] == []


def assert_fits(page: Page) -> None:
    """Hold that nothing has to be scrolled to sideways."""
    wide, viewport = page.evaluate("document.documentElement.scrollWidth"), page.viewport_size
    assert viewport is not None
    assert wide <= viewport["width"], page.url

"""What axe-core finds that shuts people out of a page, and taps that are too small to hit."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

_AXE = Axe()
#: Source: WCAG 2.2, success criterion 2.5.8; links inside a sentence are exempt.
SMALLEST_TAP = 24
#: A box that is ticked by its label is as large as the larger of both.
_SMALL = """smallest => [...document.querySelectorAll('button, summary, select, input, textarea')]
    .filter(each => each.getBoundingClientRect().width > 1)
    .filter(each => [each, ...(each.labels ?? [])].every(part => {
        const box = part.getBoundingClientRect();
        return Math.min(box.width, box.height) < smallest;
    }))
    .map(each => each.outerHTML)"""


def assert_open_to_all(page: Page) -> None:
    """Hold that labels, landmarks, contrast, order and sizes are right."""
    found = _AXE.run(page).response["violations"]
    said = [f"{each['id']}: {each['help']}: {each['nodes'][0]['html']}" for each in found]
    said += [f"too small to tap: {each}" for each in page.evaluate(_SMALL, SMALLEST_TAP)]
    assert not said, f"{page.url}: {said}"

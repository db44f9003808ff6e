"""What axe-core finds that shuts people out of a page, taps too small to hit, and faint fields."""

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
#: Source: WCAG 2.2, success criterion 1.4.11, which axe-core leaves to people.
FAINTEST_EDGE = 3
_FAINT = """faintest => {
    const parts = text => text.match(/[\\d.]+/g).map(Number);
    const light = ([r, g, b]) => [r, g, b].map(each => each / 255)
        .map(each => each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4)
        .reduce((sum, each, place) => sum + each * [0.2126, 0.7152, 0.0722][place], 0);
    const behind = each => {
        const found = parts(getComputedStyle(each).backgroundColor);
        return found[3] === 0 && each.parentElement ? behind(each.parentElement) : found;
    };
    const fields = 'input:not([type=checkbox], [type=radio]), select, textarea';
    return [...document.querySelectorAll(fields)]
        .filter(each => each.getBoundingClientRect().width > 1)
        .filter(each => {
            const edge = light(parts(getComputedStyle(each).borderTopColor));
            const around = light(behind(each.parentElement));
            return (Math.max(edge, around) + 0.05) / (Math.min(edge, around) + 0.05) < faintest;
        })
        .map(each => each.outerHTML);
}"""


def assert_open_to_all(page: Page) -> None:
    """Hold that labels, landmarks, contrast, order and sizes are right."""
    found = _AXE.run(page).response["violations"]
    said = [f"{each['id']}: {each['help']}: {each['nodes'][0]['html']}" for each in found]
    said += [f"too small to tap: {each}" for each in page.evaluate(_SMALL, SMALLEST_TAP)]
    said += [f"its edge is too faint: {each}" for each in page.evaluate(_FAINT, FAINTEST_EDGE)]
    assert not said, f"{page.url}: {said}"

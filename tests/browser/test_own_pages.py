"""Customers' own pages in a real browser: on a phone, in their language, without scripts too."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from keepwarm.app.web.own_words import LANGUAGES
from keepwarm.engine.links import Purpose
from tests.app.serving import Site, serving
from tests.app.test_own_pages import ASK
from tests.browser.axe import assert_open_to_all
from tests.browser.conftest import DESKTOP, aside, assert_fits, visiting
from tests.journeys.world import World


@pytest.fixture
def site(world: World) -> Iterator[Site]:
    def prepare() -> None:
        question = "How likely is it that you tell a friend of us?"
        world.write(
            "catalog/surveys.yaml", f"surveys:\n  nps: {{question: {question}, scale: 0 to 10}}\n"
        )
        world.words("ask", "Tell us: {{ survey.link }}")
        world.playbook("ask", ASK)
        world.apply()
        world.person("anna")
        world.event("anna", "signed_up")

    aside(prepare)
    with serving(world) as running:
        yield running


def path_of(site: Site, purpose: Purpose) -> str:
    [found] = site.world.outbox()
    links = site.world.system.links
    return links.url(purpose, links.token(found.customer_id, found.id)).removeprefix(links.base_url)


def consents(site: Site) -> list[tuple[str, str, bool]]:
    return [
        (channel, topic, bool(allowed))
        for channel, topic, allowed in site.world.rows(
            "SELECT channel, topic, allowed FROM consent WHERE source = 'preference page'"
            " ORDER BY id"
        )
    ]


@pytest.mark.slow
@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_customer_chooses_on_a_phone_what_to_get(
    browser: Browser, site: Site, *, scripts: bool
) -> None:
    with visiting(browser, site, java_script_enabled=scripts, locale="en-GB") as page:
        page.goto(path_of(site, Purpose.PREFERENCES))
        page.get_by_role("checkbox", name="Tips").uncheck()
        page.get_by_role("checkbox", name="by text message").uncheck()
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("status")).to_have_text("Saved.")
        page.goto(path_of(site, Purpose.PREFERENCES))
        expect(page.get_by_role("checkbox", name="Tips")).not_to_be_checked()
        expect(page.get_by_role("checkbox", name="by text message")).not_to_be_checked()
        expect(page.get_by_role("checkbox", name="by e-mail")).to_be_checked()


@pytest.mark.slow
def test_every_language_fits_a_phone_and_shuts_nobody_out(browser: Browser, site: Site) -> None:
    for language, words in LANGUAGES.items():
        with visiting(browser, site, locale=language, color_scheme="dark") as page:
            for purpose, says in (
                (Purpose.PREFERENCES, words.preferences),
                (Purpose.UNSUBSCRIBE, words.unsubscribe),
                (Purpose.SURVEY, "How likely"),
                (Purpose.CONFIRM, words.confirm_title),
            ):
                page.goto(path_of(site, purpose))
                expect(page.get_by_role("heading", level=1)).to_contain_text(says)
                expect(page.locator("html")).to_have_attribute("lang", language)
                assert_fits(page)
                if language == "en":
                    assert_open_to_all(page)
                    page.emulate_media(color_scheme="light")
                    assert_open_to_all(page)


@pytest.mark.slow
def test_following_the_link_does_nothing_and_the_button_unsubscribes(
    browser: Browser, site: Site
) -> None:
    with visiting(browser, site, locale="de-AT", java_script_enabled=False) as page:
        page.goto(path_of(site, Purpose.UNSUBSCRIBE))
        assert _withdrawn(site) == 0
        page.get_by_role("button", name="Abmelden").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Sie sind abgemeldet")
        assert _withdrawn(site) == 1
        page.goto("/unsubscribe/nonsense")
        expect(page.get_by_text("Dieser Link ist nicht vollständig.")).to_be_visible()


def _withdrawn(site: Site) -> int:
    rows = site.world.rows("SELECT count(*) FROM consent WHERE source = 'unsubscribe link'")
    return int(rows[0][0])


@pytest.mark.slow
def test_a_question_is_answered_by_keyboard_alone(browser: Browser, site: Site) -> None:
    with visiting(browser, site, locale="en", viewport=DESKTOP) as page:
        page.goto(path_of(site, Purpose.SURVEY))
        _tab_to(page, "input[name=score]")
        for _ in range(9):
            page.keyboard.press("ArrowRight")
        _tab_to(page, "textarea")
        page.keyboard.type("Quick and kind.")
        _tab_to(page, "button")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Thank you")
    [(answer,)] = site.world.rows("SELECT payload FROM inbox WHERE source = 'survey'")
    assert '"score":9' in answer
    assert "Quick and kind." in answer


def _tab_to(page: Page, what: str) -> None:
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("what => document.activeElement.matches(what)", what):
            return
    raise AssertionError(f"Tab does not come to {what}")

"""The team's pages in a real browser: signing in, the task inbox, what other sites cannot do."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from keepwarm.app.passwords import hashed
from keepwarm.store.accounts import Role, add_account
from tests.app.serving import Site, serving
from tests.app.test_signing_in import ANN, PASSWORD
from tests.app.test_task_pages import CALL
from tests.browser.axe import assert_open_to_all
from tests.browser.conftest import DESKTOP, PHONE, aside, assert_fits, visiting
from tests.journeys.world import World
from tests.waiting import PATIENCE_SECONDS, wait_for

EVE = "eve@acme.example"


@pytest.fixture
def site(world: World) -> Iterator[Site]:
    def prepare() -> None:
        world.playbook("call", CALL)
        world.playbook("boss", CALL.replace("care", EVE).replace("them", "the boss"))
        world.apply()
        world.person("anna")
        world.event("anna", "signed_up")

    aside(prepare)
    with serving(world) as running:
        yield running


def add_people(site: Site) -> None:
    """Let Ann act and Eve look; from now on everybody signs in."""
    made = hashed(PASSWORD)
    with site.world.database.writing() as cx:
        add_account(cx, ANN, Role.OPERATOR, made, "ops", site.world.now)
        add_account(cx, EVE, Role.VIEWER, made, "ops", site.world.now)


def sign_in(page: Page, email: str, password: str = PASSWORD) -> None:
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


@pytest.mark.slow
@pytest.mark.parametrize("device", ["phone", "desktop"])
def test_every_page_fits_complains_of_nothing_and_shuts_nobody_out(
    browser: Browser, site: Site, device: str
) -> None:
    viewport, scheme = (PHONE, "light") if device == "phone" else (DESKTOP, "dark")
    paths = [
        "/outbox", "/tasks", "/tasks?show=mine", "/playbooks", "/playbooks/call",
        "/playbooks/call/preview", "/explain", "/explain?customer=anna", "/account", "/sign-in",
        "/outbox/99", "/explain?customer=nobody", "/customers?customer=anna", "/duplicates",
        "/audit",
    ]  # fmt: skip
    with visiting(browser, site, viewport=viewport, color_scheme=scheme) as page:
        for path in paths:
            page.goto(path)
            assert_open_to_all(page)
            assert_fits(page)


@pytest.mark.slow
def test_a_task_is_done_in_one_click_and_its_run_goes_on_at_once(
    browser: Browser, site: Site
) -> None:
    add_people(site)
    with working(site), visiting(browser, site, viewport=DESKTOP) as page:
        page.goto("/tasks?show=mine")
        sign_in(page, ANN)
        expect(page.locator("b", has_text="Call")).to_have_text(["Call them"])
        page.get_by_label("Note").fill("She stays.")
        page.get_by_role("button", name="saved").click()
        expect(page.get_by_text("Call the boss")).to_be_visible()
        wait_for(lambda: site.world.told("anna") == ["Mon 09:00 email hello"])
    kept = site.world.rows("SELECT outcome, done_by, note FROM task WHERE done_at IS NOT NULL")
    assert kept == [("saved", ANN, "She stays.")]


class working:  # noqa: N801 - reads as a deed
    """Goes on with runs that a person woke, as the running service does."""

    def __init__(self, site: Site) -> None:
        self._site, self._ends = site, threading.Event()
        self._thread = threading.Thread(target=self._work)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *error: object) -> None:
        self._ends.set()
        self._thread.join(PATIENCE_SECONDS)

    def _work(self) -> None:
        while not self._ends.wait(0.01):
            if self._site.woken:
                self._site.woken.clear()
                self._site.world.work()


@pytest.mark.slow
def test_a_task_is_put_off_and_handed_over_with_scripts_off(browser: Browser, site: Site) -> None:
    with visiting(browser, site, java_script_enabled=False) as page:
        page.goto("/tasks")
        task = page.locator(".task", has_text="Call them")
        task.get_by_text("Not now, or not me").click()
        task.get_by_label("For how long").select_option("1 day")
        task.get_by_role("button", name="Snooze").click()
        expect(page.locator("b", has_text="Call")).to_have_text(["Call the boss"])
        page.get_by_role("link", name="Snoozed").click()
        expect(page.locator("b", has_text="Call")).to_have_text(["Call them"])
        task.get_by_text("Not now, or not me").click()
        task.get_by_label("To whom").select_option("bosses")
        task.get_by_role("button", name="Hand over").click()
    assigned = site.world.rows("SELECT assignee FROM task ORDER BY title")
    assert [name for (name,) in assigned] == [EVE, "bosses"]
    site.world.now = site.world.now.replace(day=4)
    with visiting(browser, site) as page:
        page.goto("/tasks?show=late")
        expect(page.get_by_text("late, was due")).to_have_count(2)


@pytest.mark.slow
def test_people_sign_in_do_what_their_role_may_and_sign_out(browser: Browser, site: Site) -> None:
    add_people(site)
    with visiting(browser, site, viewport=DESKTOP) as page:
        page.goto("/tasks")
        sign_in(page, EVE, "nonsense")
        expect(page.get_by_role("alert")).to_contain_text("do not go together")
        sign_in(page, EVE)
        expect(page).to_have_url(f"http://127.0.0.1:{site.port}/tasks")
        [session] = page.context.cookies()
        assert (session["httpOnly"], session["sameSite"]) == (True, "Lax")
        expect(page.get_by_text("You may look.")).to_be_visible()
        expect(page.get_by_role("button")).to_have_count(0)
        page.goto("/account")
        page.get_by_role("button", name="Sign out").click()
        assert page.context.cookies() == []
        page.goto("/tasks")
        expect(page.get_by_role("heading", name="Sign in to Keepwarm")).to_be_visible()
    assert site.world.rows("SELECT count(*) FROM task WHERE done_at IS NOT NULL") == [(0,)]


@pytest.mark.slow
def test_a_page_of_another_site_neither_acts_nor_frames(browser: Browser, site: Site) -> None:
    add_people(site)
    ours = f"http://127.0.0.1:{site.port}"
    forged = (
        f'<form method="post" action="{ours}/tasks/1"><input name="outcome" value="saved">'
        f'<button>Win</button></form><iframe src="{ours}/tasks"></iframe>'
    )
    context = browser.new_context(base_url=ours)
    page = context.new_page()
    page.goto("/tasks")
    sign_in(page, ANN)
    page.route("http://evil.example/", lambda route: route.fulfill(
        body=forged, content_type="text/html"
    ))  # fmt: skip
    page.goto("http://evil.example/")
    [_, framed] = page.frames
    assert framed.url.startswith("chrome-error:")
    page.get_by_role("button", name="Win").click()
    expect(page.get_by_text("This was sent by a page of another site")).to_be_visible()
    context.close()
    assert site.world.rows("SELECT count(*) FROM task WHERE done_at IS NOT NULL") == [(0,)]

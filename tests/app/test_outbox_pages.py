"""The outbox: what a person sees of each message, and what no page ever does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from keepwarm.engine.outcome import NotProcessed
from keepwarm.store.database import Database
from tests.app.serving import Site, serving
from tests.journeys.world import World

HELLO = """\
topic: tips
start: {event: signed_up}
steps:
  - email: hello
  - sms: nudge
  - push: hello
"""


@pytest.fixture
def site(sqlite_database: Database, tmp_path: Path) -> Iterator[Site]:
    world = World(sqlite_database, tmp_path / "playbooks")
    world.words("hello", "Dear {{ customer.first_name | default: 'you' }}, welcome.")
    world.words("nudge", "Come back, {{ customer.first_name | default: 'you' }} €")
    world.write("templates/hello.txt", "---\ntitle: Hi\n---\nWelcome\n")
    world.playbook("hello", HELLO)
    world.apply()
    world.person("anna", first_name="<b>Anna</b>")
    world.event("anna", "signed_up")
    with serving(world) as running:
        yield running


def message(site: Site, channel: str) -> str:
    [found] = [m for m in site.world.outbox() if m.channel == channel]
    return f"/outbox/{found.id}"


def test_the_list_shows_every_message_with_its_first_words(site: Site) -> None:
    page = site.get("/outbox")
    assert page.status == 200
    assert page.text.count('class="row"') == 3
    assert "Come back, &lt;b&gt;Anna&lt;/b&gt; €" in page.text
    assert "<b>Anna" not in page.text


def test_the_list_is_filtered(site: Site) -> None:
    assert site.get("/outbox?channel=sms").text.count('class="row"') == 1
    assert site.get("/outbox?customer=anna&playbook=hello").text.count('class="row"') == 3
    assert site.get("/outbox?customer=nobody").text.count('class="row"') == 0


def test_a_long_list_has_pages(site: Site) -> None:
    for number in range(17):
        site.world.person(f"p{number}")
        site.world.event(f"p{number}", "signed_up")
    first = site.get("/outbox").text
    assert first.count('class="row"') == 50
    [older] = re.findall(r'href="(/outbox\?before=\d+)"', first)
    assert site.get(older).text.count('class="row"') == 4


def test_what_waits_says_until_when(site: Site) -> None:
    site.world.connector.will_answer(NotProcessed("429", retry_after=timedelta(minutes=40)))
    site.world.person("ben")
    site.world.event("ben", "signed_up")
    (waits,) = [each for each in site.world.outbox("ben") if each.awaits_next_attempt]
    for page in ("/outbox?customer=ben", f"/outbox/{waits.id}"):
        assert site.get(page).text.count("next attempt at <time") == 1
    site.world.run_for(hours=1)
    assert "next attempt" not in site.get(f"/outbox/{waits.id}").text


def test_an_email_is_framed_without_scripts(site: Site) -> None:
    page = site.get(message(site, "email"))
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page.text
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in page.text
    framed = site.get(message(site, "email") + "/html")
    assert "Dear &lt;b&gt;Anna&lt;/b&gt;, welcome." in framed.text
    policy = framed.headers["content-security-policy"]
    assert policy.startswith("sandbox allow-popups")
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert site.get(message(site, "email") + "/html?dark=yes").status == 200


def test_a_text_shows_its_parts(site: Site) -> None:
    page = site.get(message(site, "sms"))
    assert "1 part in GSM-7" in page.text


def test_a_push_shows_its_title(site: Site) -> None:
    page = site.get(message(site, "push"))
    assert "As a notification" in page.text
    assert "<b>Hi</b>Welcome" in page.text


def test_the_history_says_what_became_of_it(site: Site) -> None:
    site.world.person("ben", email_consent=False)
    site.world.event("ben", "signed_up")
    found = next(m for m in site.world.outbox("ben") if m.channel == "email")
    page = site.get(f"/outbox/{found.id}")
    assert "skipped" in page.text
    assert "the customer withdrew consent to email" in page.text


def test_pages_bring_nothing_from_elsewhere(site: Site) -> None:
    for path in ("/outbox", message(site, "email"), "/tasks"):
        page = site.get(path)
        assert "script-src" not in page.headers["content-security-policy"]
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert "<script" not in page.text
        assert not re.findall(r'(?:src|href)="(?:https?:)?//', page.text)


@pytest.mark.parametrize("path", ["/outbox/999", "/outbox/99999999999999999999999", "/nothing"])
def test_what_is_not_there_is_said_as_a_page_to_people(site: Site, path: str) -> None:
    page = site.get(path, Accept="text/html")
    assert page.status == 404
    assert "That did not work" in page.text
    assert "sentence" not in site.get(path).text


def test_other_machines_do_not_see_it(site: Site) -> None:
    assert site.get("/outbox", X_Forwarded_For="10.1.2.3").status == 403
    assert site.get("/outbox", Host="evil.example").status == 403
    assert site.get("/tasks", Host="evil.example").status == 403

"""Law 24: one click unsubscribes, and following the link never does (RFC 8058)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from keepwarm.engine.links import Purpose
from tests.app.serving import Site, serving
from tests.journeys.world import World

HELLO = "topic: tips\nstart: {event: signed_up, once: every time}\nsteps:\n  - email: hello\n"
NO_TOPIC = HELLO.replace("topic: tips", "kind: transactional")
ONE_CLICK = "List-Unsubscribe=One-Click"


@pytest.fixture
def site(world: World) -> Iterator[Site]:
    world.playbook("hello", HELLO)
    world.playbook("offers", HELLO.replace("tips", "offers"))
    world.apply()
    world.person("anna")
    world.event("anna", "signed_up")
    with serving(world) as running:
        yield running


def link_of(site: Site, playbook: str) -> str:
    found = next(m for m in site.world.outbox() if m.playbook == playbook)
    links = site.world.system.links
    token = links.token(found.customer_id, found.id)
    return links.url(Purpose.UNSUBSCRIBE, token).removeprefix(links.base_url)


def sent(site: Site) -> list[str]:
    return [m.playbook for m in site.world.outbox() if m.status == "sent"]


def test_law_24_one_click_unsubscribes_from_the_topic_without_login_or_redirect(site: Site) -> None:
    answer = site.post(link_of(site, "hello"), ONE_CLICK, Origin="https://mail.example")

    assert answer.status == 200
    assert "set-cookie" not in answer.headers
    assert "location" not in answer.headers
    site.world.event("anna", "signed_up")
    assert sorted(sent(site)) == ["hello", "offers", "offers"]


def test_law_24_get_never_unsubscribes(site: Site) -> None:
    for method in ("GET", "HEAD"):
        site.ask(method, link_of(site, "hello"), None, {})
    page = site.get(link_of(site, "hello"))
    assert '<form method="post">' in page.text
    assert site.world.rows("SELECT 1 FROM topic_choice") == []
    site.world.event("anna", "signed_up")
    assert len(sent(site)) == 4


def test_law_24_the_button_of_the_page_does_the_same(site: Site) -> None:
    assert site.post(link_of(site, "hello"), "").status == 200
    site.world.event("anna", "signed_up")
    assert sorted(sent(site)) == ["hello", "offers", "offers"]


def test_law_24_without_a_topic_it_is_marketing_by_that_channel(world: World) -> None:
    world.playbook("hello", NO_TOPIC)
    world.apply()
    world.person("anna")
    world.event("anna", "signed_up")
    with serving(world) as site:
        assert site.post(link_of(site, "hello"), ONE_CLICK).status == 200
    [proof] = world.rows("SELECT channel, topic, allowed FROM consent ORDER BY id DESC LIMIT 1")
    assert tuple(proof) == ("email", "*", False)
    world.playbook("offers", HELLO.replace("tips", "offers"))
    world.apply()
    world.event("anna", "signed_up")
    assert [(m.playbook, str(m.status)) for m in world.outbox()] == [
        ("hello", "sent"),
        ("hello", "sent"),
        ("offers", "skipped"),
    ]


def test_law_24_clicking_twice_is_clicking_once(site: Site) -> None:
    for _ in range(2):
        assert site.post(link_of(site, "hello"), ONE_CLICK).status == 200
    assert len(site.world.rows("SELECT 1 FROM event WHERE name = 'unsubscribed'")) == 1


def test_law_24_a_token_that_was_changed_does_nothing(site: Site) -> None:
    link = link_of(site, "hello")
    changed = link[:-4] + ("AAAA" if not link.endswith("AAAA") else "BBBB")
    assert site.post(changed, ONE_CLICK).status == 404
    assert site.world.rows("SELECT 1 FROM topic_choice") == []


def test_law_24_a_token_holds_no_address(site: Site) -> None:
    import base64

    token = link_of(site, "hello").rpartition("/")[2]
    assert b"anna" not in base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))

"""Segment's own client library for Python, pointed at us: it works unchanged."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from segment.analytics.client import Client

from keepwarm.store.customers import find_customer
from keepwarm.store.write_keys import WriteKey, add_key
from tests.app.serving import Site

WHOLE = f"kw_5e9c0de1_{'5e' * 20}"


@pytest.fixture
def site(site: Site) -> Site:
    """A site that knows one key, and a catalog that is live."""
    now = site.world.now
    key = WriteKey("kw_5e9c0de1", "shop", frozenset(), frozenset(), 5_000, now, "ann")
    with site.world.database.writing() as cx:
        add_key(cx, key, WHOLE, now)
    site.world.playbook("hi", "topic: tips\nstart: {event: signed_up}\nsteps:\n  - email: hello\n")
    site.world.apply()
    return site


@pytest.fixture(params=[False, True], ids=["plain", "gzip"])
def client(site: Site, request: pytest.FixtureRequest) -> Iterator[tuple[Client, list[object]]]:
    failed: list[object] = []

    def note(error: object, _items: object) -> None:
        failed.append(error)

    made = Client(
        WHOLE,
        host=f"http://127.0.0.1:{site.port}",
        gzip=request.param,
        on_error=note,
        max_retries=0,
    )
    yield made, failed
    made.shutdown()


def test_every_call_of_the_client_is_taken(site: Site, client: tuple[Client, list[object]]) -> None:
    tell, failed = client
    tell.track(None, "logged_in", anonymous_id="x1")
    traits: dict[str, Any] = {"email": "anna@example.com", "email_consent": True, "shoe_size": 42}
    tell.identify("anna", traits, anonymous_id="x1")
    tell.track("anna", "signed_up")
    tell.track("old-17", "project_created", {"kind": "website"})
    tell.alias("old-17", "anna")
    tell.group("anna", "acme", {"size": 40})
    tell.page("anna", "Shop", "Home", {"url": "https://acme.example"})
    tell.screen("anna", "Shop", "Home")
    began = datetime.now(UTC)
    long_ago = began - timedelta(days=30)
    tell.track("anna", "payment_failed", {"invoice": "INV-1", "amount": 12.5}, timestamp=long_ago)
    tell.flush()
    took = (datetime.now(UTC) - began).total_seconds()
    site.world.work()
    assert failed == []
    rows = site.world.rows("SELECT name, at FROM event ORDER BY at, name")
    [(first, at), *others] = rows
    assert first == "payment_failed"
    # The client's clock is another than the world's; how long ago it was is the same.
    earlier = (site.world.now - timedelta(days=30)).timestamp() - at / 1e6
    assert 0 <= earlier <= took  # what it waited for in the client, before it was sent
    assert sorted(name for name, _ in others) == ["logged_in", "project_created", "signed_up"]
    assert site.world.rows("SELECT count(DISTINCT customer_id) FROM event") == [(1,)]
    with site.world.database.reading() as cx:
        anna = find_customer(cx, "anna")
    assert anna is not None
    assert anna.attributes == {"email": "anna@example.com", "email_consent": True}
    assert site.world.told() == ["Mon 09:00 email hello"]


def test_a_batch_that_is_sent_again_is_one(site: Site) -> None:
    packed = gzip.compress(b'{"batch":[{"type":"track","userId":"a","event":"e","messageId":"m"}]}')
    key = {"Authorization": f"Bearer {WHOLE}", "Content_Encoding": "gzip"}
    for taken in (1, 0):
        answer = site.ask("POST", "/v1/import", packed, key)
        assert answer.text.startswith(f'{{"taken":{taken}')


def test_the_client_hears_of_a_key_that_is_wrong(site: Site) -> None:
    failed: list[Any] = []
    tell = Client(
        "kw_5e9c0de1_nonsense",
        host=f"http://127.0.0.1:{site.port}",
        on_error=lambda error, _items: failed.append(error),
        max_retries=0,
    )
    tell.track("anna", "signed_up")
    tell.flush()
    tell.shutdown()
    assert [error.status for error in failed] == [401]
    assert site.world.rows("SELECT count(*) FROM inbox") == [(0,)]

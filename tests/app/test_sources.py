"""What providers post: proved, put into the catalog's words, and kept before it is answered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from keepwarm.connectors.sources.registry import make_source
from keepwarm.store.audit import read_audit
from keepwarm.store.customers import find_customer
from tests.app.serving import Answer, Site, serving
from tests.journeys.world import World
from tests.sources.given import (
    EXAMPLES,
    INVOICE,
    MEMBERS,
    ORDER,
    SECRET,
    Signing,
    by_password,
    by_shopify,
    by_stripe,
    event_of_stripe,
)
from tests.sources.test_stripe import SUBSCRIPTION

CATALOG = """\
attributes:
  standing:
    is: one of active, past_due, cancelled
    from: stripe subscription.status
    read_as: {canceled: cancelled, trialing: active}
  renews_on: {is: date, from: stripe subscription.renews_at}
  email_consent: {is: yes or no, from: shopify customer.email_consent}
  vinyl_tags: {is: tags, from: shopify customer.tags}
events:
  charge_refused:
    with: {invoice: text, amount: number, note: text}
    from: [stripe invoice.payment_failed, webhook charge.refused]
    called: {invoice: number, note: data.object.billing_reason}
  ordered: {with: {amount: number, items: number}, from: [shopify orders/paid, mixpanel Bought]}
"""
RESCUE = """\
kind: transactional
start: {event: charge_refused, once: per invoice}
steps:
  - email: hello
"""


@pytest.fixture
def site(world: World) -> Iterator[Site]:
    world.write("catalog/told.yaml", CATALOG)
    world.playbook("rescue", RESCUE)
    world.apply()
    settings = {example.setting: SECRET for example in EXAMPLES}
    made = {each.source: make_source(each.source, settings, world.clock) for each in EXAMPLES}
    with serving(world, sources=made) as running:
        yield running


def post(site: Site, source: str, payload: Any, signed: Signing, **headers: str) -> Answer:
    body = json.dumps(payload).encode()
    proof = signed(SECRET, body, site.world.now)
    return site.ask("POST", f"/sources/{source}", body, {**headers, **proof})


def attributes(site: Site, customer: str) -> dict[str, object]:
    with site.world.database.reading() as cx:
        found = find_customer(cx, customer)
    assert found is not None
    return dict(found.attributes)


def test_a_failed_payment_at_stripe_becomes_a_run(site: Site) -> None:
    site.world.person("anna")
    failed = event_of_stripe("invoice.payment_failed", INVOICE)
    assert post(site, "stripe", failed, by_stripe).status == 204
    assert len(site.rung) == 1
    # Told again, as providers do, it changes nothing.
    assert post(site, "stripe", failed, by_stripe).status == 204
    assert len(site.rung) == 1
    site.world.work()
    assert site.world.runs("rescue") == [("anna", "completed", "live")]
    [(properties,)] = site.world.rows("SELECT properties FROM event")
    told = {"invoice": "ACME-0001", "amount": 12.5, "note": "subscription_cycle"}
    assert properties in (told, '{"invoice":"ACME-0001","amount":12.5,"note":"subscription_cycle"}')


def test_facts_at_stripe_become_attributes_in_our_words(site: Site) -> None:
    site.world.person("anna")
    known = event_of_stripe("customer.updated", {"id": "cus_1", "email": "anna@example.com"})
    post(site, "stripe", event_of_stripe("invoice.payment_failed", INVOICE), by_stripe)
    cancelled = {**SUBSCRIPTION, "status": "canceled"}
    updated = {**event_of_stripe("customer.subscription.deleted", cancelled), "id": "evt_2"}
    assert post(site, "stripe", updated, by_stripe).status == 204
    assert post(site, "stripe", {**known, "id": "evt_3"}, by_stripe).status == 204
    site.world.work()
    assert attributes(site, "anna")["standing"] == "cancelled"
    assert attributes(site, "anna")["renews_on"] == "2026-03-30"


def test_of_several_subscriptions_the_one_that_goes_on_is_known(site: Site) -> None:
    site.world.person("anna")
    post(site, "stripe", event_of_stripe("invoice.payment_failed", INVOICE), by_stripe)

    began = int(site.world.now.timestamp()) - 60

    def stands(word: str, after: int, **changed: object) -> object:
        event = event_of_stripe(f"customer.subscription.{word}", {**SUBSCRIPTION, **changed})
        told = {**event, "id": f"evt_{word}_{after}", "created": began + after}
        assert post(site, "stripe", told, by_stripe).status == 204
        site.world.work()
        return attributes(site, "anna")["standing"]

    old, new, ended = {"id": "sub_old"}, {"id": "sub_new"}, {"status": "canceled"}
    assert stands("updated", 0, **old, status="past_due") == "past_due"
    # An upgrade: a new one, the old one to end, and then over. Nobody is cancelled.
    assert stands("created", 1, **new, status="active") == "active"
    assert stands("updated", 2, **old, status="past_due", cancel_at_period_end=True) == "active"
    assert stands("deleted", 4, **old, **ended) == "active"
    # What is older and comes later, and one that was never paid, change nothing either.
    assert stands("updated", 3, **old, status="past_due") == "active"
    assert stands("created", 5, id="sub_unpaid", status="incomplete") == "active"
    # The one that goes on is over as well; then another one begins.
    assert stands("deleted", 6, **new, **ended) == "cancelled"
    assert stands("created", 7, id="sub_back", status="active") == "active"


def test_a_consent_told_by_shopify_has_its_proof(site: Site) -> None:
    customer = {
        "id": 17,
        "email": "bea@example.com",
        "tags": "loyal, vinyl",
        "updated_at": "2026-03-01T10:00:00Z",
        "email_marketing_consent": {"state": "unsubscribed"},
    }
    answer = post(site, "shopify", customer, by_shopify, X_Shopify_Topic="customers/update")
    assert answer.status == 204
    site.world.work()
    known = attributes(site, "shopify:17")
    assert known["email"] == "bea@example.com"
    assert known["email_consent"] is False
    assert known["vinyl_tags"] == ["loyal", "vinyl"]
    proof = site.world.rows("SELECT channel, source FROM consent")
    assert [tuple(row) for row in proof] == [("email", "shopify")]


def test_whoever_asks_shopify_to_be_forgotten_is_erased(site: Site) -> None:
    site.world.person("anna")
    assert post(site, "shopify", ORDER, by_shopify, X_Shopify_Topic="orders/paid").status == 204
    wish = {"shop_domain": "a.example", "customer": {"id": 207119551, "email": "anna@example.com"}}
    request = {**wish, "data_request": {"id": 1}}
    redact = {**wish, "orders_to_redact": []}
    post(site, "shopify", request, by_shopify, X_Shopify_Topic="customers/data_request")
    site.world.work()
    [(problem,)] = site.world.rows("SELECT problem FROM inbox WHERE problem IS NOT NULL")
    assert "`keepwarm export anna`" in problem
    post(site, "shopify", redact, by_shopify, X_Shopify_Topic="customers/redact")
    site.world.work()
    assert site.world.rows("SELECT 1 FROM customer WHERE email IS NOT NULL") == []
    assert "anna" not in str(site.world.rows("SELECT payload, problem, source_id FROM inbox"))
    with site.world.database.reading() as cx:
        assert read_audit(cx)[0].what == "erased a customer"
        assert read_audit(cx)[0].who == "shopify"


def test_any_doubt_is_401(site: Site) -> None:
    failed = event_of_stripe("invoice.payment_failed", INVOICE)
    assert site.post("/sources/stripe", failed).status == 401
    assert post(site, "stripe", failed, by_shopify).status == 401
    with serving(site.world, sources={"stripe": make_source("stripe", {}, site.world.clock)}) as no:
        assert post(no, "stripe", failed, by_stripe).status == 401
        assert post(no, "shopify", failed, by_shopify).status == 404
    assert site.world.rows("SELECT count(*) FROM inbox") == [(0,)]


def test_what_the_catalog_has_no_word_for_is_not_kept(site: Site) -> None:
    paid = event_of_stripe("invoice.paid", INVOICE)
    assert post(site, "stripe", paid, by_stripe).status == 204
    assert site.world.rows("SELECT count(*) FROM inbox") == [(0,)]


def test_what_is_proved_and_yet_nonsense_is_said(site: Site) -> None:
    answer = post(site, "stripe", {"type": "invoice.paid", "data": {"object": INVOICE}}, by_stripe)
    assert answer.status == 400
    assert "nothing stands at id" in answer.text


def test_before_anything_is_live_the_provider_is_asked_to_come_again(world: World) -> None:
    made = {"stripe": make_source("stripe", {"STRIPE_WEBHOOK_SECRET": SECRET}, world.clock)}
    with serving(world, sources=made) as early:
        answer = post(early, "stripe", event_of_stripe("invoice.paid", INVOICE), by_stripe)
    assert (answer.status, answer.headers["retry-after"]) == (503, "60")


def test_a_word_that_no_playbook_needs_counts_once_it_is_applied(site: Site) -> None:
    paid = event_of_stripe("invoice.paid", INVOICE)
    site.world.write("catalog/later.yaml", "events:\n  paid: {from: stripe invoice.paid}\n")
    assert post(site, "stripe", paid, by_stripe).status == 204
    applied = site.world.apply()
    assert not applied.is_change
    assert applied.shared_is_new
    assert not site.world.apply().shared_is_new
    assert post(site, "stripe", paid, by_stripe).status == 204
    site.world.work()
    assert [tuple(row) for row in site.world.rows("SELECT name FROM event")] == [("paid",)]


def test_facts_that_come_in_another_order_end_alike(site: Site) -> None:
    """Stripe promises no order: what happened last counts, whenever it comes."""
    site.world.person("anna")
    post(site, "stripe", event_of_stripe("invoice.payment_failed", INVOICE), by_stripe)
    site.world.work()
    later = event_of_stripe("customer.subscription.updated", {**SUBSCRIPTION, "status": "active"})
    earlier = event_of_stripe("customer.subscription.created", SUBSCRIPTION)
    for number, event, created in ((2, later, 1772430100), (3, earlier, 1772430050)):
        told = {**event, "id": f"evt_{number}", "created": created}
        assert post(site, "stripe", told, by_stripe).status == 204
        site.world.work()
    assert attributes(site, "anna")["standing"] == "active"


def test_what_no_database_takes_is_no_fault_of_ours(site: Site) -> None:
    """Text may hold a NUL, half a character and a number beyond all bounds."""
    strange = {**INVOICE, "number": "A\u0000B", "amount_due": 10**30, "billing_reason": "\u0000"}
    failed = event_of_stripe("invoice.payment_failed", strange)
    assert post(site, "stripe", failed, by_stripe).status == 204
    site.world.work()
    assert len(site.world.runs("rescue")) == 1
    # What a program left of a sign when it cut a text is read as one that is not known.
    half = json.dumps({**failed, "id": "evt_2"}).replace("in_1", "\\ud800").encode()
    proof = by_stripe(SECRET, half, site.world.now)
    assert site.ask("POST", "/sources/stripe", half, proof).status == 204
    site.world.work()
    assert site.world.rows("SELECT count(*) FROM event") == [(2,)]
    deep = b"[" * 100_000
    assert site.ask("POST", "/sources/stripe", deep, by_stripe(SECRET, deep, site.world.now)
                    ).status == 400  # fmt: skip


def test_providers_hear_what_they_ask_to_hear(site: Site) -> None:
    answer = post(site, "mixpanel", MEMBERS, by_password)
    assert (answer.status, json.loads(answer.text)) == (
        200,
        {"action": "members", "status": "success"},
    )
    assert site.ask("HEAD", "/sources/intercom", None, {}).status == 200
    assert site.ask("HEAD", "/sources/nobody", None, {}).status == 404


def test_what_can_be_read_of_a_call_is_kept_and_the_rest_is_refused(site: Site) -> None:
    shop = {"x-shopify-topic": "customer.tags_added", "content-type": "application/json"}
    tagged = {"customerId": "gid://shopify/Customer/7", "tags": ["vip", "loyal"],
              "occurredAt": "2026-03-01T10:00:00Z"}  # fmt: skip
    gone = {**shop, "x-shopify-topic": "customer.tags_removed"}
    assert post(site, "shopify", tagged, by_shopify, **shop).status == 204
    assert post(site, "shopify", {**tagged, "tags": ["vip"]}, by_shopify, **gone).status == 204
    site.world.work()
    assert attributes(site, "shopify:7") == {"vinyl_tags": ["loyal"]}

    played = {"time": 1772442000, "distinct_id": "d1", "$insert_id": "i1", "amount": 5}
    items = [{"event": "Bought"}, {"event": "Bought", "properties": played}]
    answer = post(site, "mixpanel", items, by_password)
    assert answer.status == 400
    assert "item 1 of 2: properties is missing" in answer.text
    site.world.work()
    assert site.world.rows("SELECT name FROM event") == [("ordered",)]

"""What is told in other words than the catalog's, and without what it takes for granted."""

from __future__ import annotations

import json

import pytest

from keepwarm.store.write_keys import WriteKey, add_key
from tests.app.serving import Site
from tests.app.test_ingest import facts, happened

WHOLE = f"kw_11111111_{'5e' * 20}"


@pytest.fixture
def live(site: Site) -> Site:
    """A site whose catalog knows groups and countries, and is live."""
    site.world.write(
        "catalog/more.yaml",
        "country: NL\nattributes:\n  country: {is: text}\n"
        "  group_id: {is: text}\n  group_size: {is: number}\n",
    )
    site.world.playbook("hi", "topic: tips\nstart: {event: signed_up}\nsteps:\n  - email: hello\n")
    site.world.apply()
    return site


def test_a_phone_without_its_country_is_of_the_one_that_is_known_of_the_customer(
    live: Site,
) -> None:
    def tells(customer: str, **traits: object) -> dict[str, object]:
        return {"type": "identify", "userId": customer, "traits": traits}

    assert json.loads(live.post("/v1/batch", {"batch": [tells("dora", country="DE")]}).text)
    live.world.work()
    items = [
        tells("dora", phone="01512 3456789"),
        tells("anna", phone="06 12345678"),
        tells("carl", country="BE"), tells("carl", phone="0470 12 34 56"),
        tells("ben", phone="+32470123456"), tells("eve", phone=""), tells("fay", phone="12"),
    ]  # fmt: skip
    said = json.loads(live.post("/v1/batch", {"batch": items}).text)
    assert [each["item"] for each in said["notices"]] == [0, 3, 6]
    assert said["notices"][0]["notice"].endswith("the country known of the customer goes before")
    live.world.work()
    names = ("dora", "anna", "carl", "ben")
    assert {name: facts(live, name)["phone"] for name in names} == {
        "dora": "+4915123456789",
        "anna": "+31612345678",
        "carl": "+32470123456",
        "ben": "+32470123456",
    }
    [(problem,)] = live.world.rows("SELECT problem FROM inbox WHERE problem IS NOT NULL")
    assert problem.startswith('phone is "12", which is neither')
    # Who moves is called by the numbers of the country told with them.
    live.post("/v1/identify", tells("dora", country="NL", phone="06 87654321"))
    live.world.work()
    assert facts(live, "dora")["phone"] == "+31687654321"


def test_names_may_be_written_as_segments_spec_writes_them(live: Site) -> None:
    names = ("Payment Failed", "paymentFailed", "payment-failed", "payment_failed")
    items: list[dict[str, object]] = [
        {"type": "track", "userId": "anna", "event": name,
         "properties": {"Invoice": f"INV-{place}", "amount": 5, "Amount": 7}}
        for place, name in enumerate(names)
    ]  # fmt: skip
    traits = {"firstName": "Anna", "lastName": "Jansen", "emailConsent": True, "PLAN": "pro"}
    items.append({"type": "identify", "userId": "anna", "traits": traits})
    items.append({"type": "group", "userId": "anna", "groupId": "g", "traits": {"Size": 4}})
    items.append({"type": "track", "userId": "anna", "event": "Payment Fell"})
    said = json.loads(live.post("/v1/batch", {"batch": items}).text)
    assert said["notices"][-1]["notice"].startswith('the catalog has no event "Payment Fell"')
    assert 'no name "Amount"' in said["notices"][0]["notice"]
    live.world.work()
    assert happened(live, "anna") == ["payment_failed"] * 4
    kept = live.world.rows("SELECT properties FROM event ORDER BY id")
    found = [json.loads(each) if isinstance(each, str) else each for (each,) in kept]
    assert found == [{"invoice": f"INV-{place}", "amount": 5} for place in range(4)]
    known = {"first_name": "Anna", "last_name": "Jansen", "email_consent": True, "plan": "pro"}
    assert facts(live, "anna") == {**known, "group_id": "g", "group_size": 4}
    # A key for one event takes it by either name, and no other one.
    now, only = live.world.now, frozenset({"signed_up"})
    with live.world.database.writing() as cx:
        add_key(cx, WriteKey("kw_11111111", "shop", frozenset(), only, 99, now, "ann"), WHOLE, now)
    for event, status in (("Signed Up", 200), ("signed_up", 200), ("Logged In", 422)):
        answer = live.post(
            "/v1/track", {"userId": "b", "event": event}, Authorization=f"Bearer {WHOLE}"
        )
        assert answer.status == status


def test_libraries_for_pages_are_told_where_to_post(live: Site) -> None:
    page = {"Origin": "https://www.acme.example", "Sec-Fetch-Site": "cross-site"}
    answer = live.ask("GET", "/v1/projects/kw_1/settings", None, page)
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (200, "*")
    assert json.loads(answer.text)["integrations"]["Segment.io"] == {
        "apiKey": "kw_1",
        "apiHost": "keepwarm.example/v1",
        "protocol": "https",
    }
    assert live.get(f"/v1/projects/{'x' * 201}/settings").status == 422


def test_a_device_that_takes_pushes_is_told_by_its_token(live: Site) -> None:
    told = [{"token": "ff15bc0c20c4"}, {"token": ""}, {"id": "x"}, "iPhone", None]
    for place, device in enumerate(told):
        item = {"userId": f"p{place}", "traits": {}, "context": {"device": device}}
        assert live.post("/v1/identify", item).status == 200
    kept = live.world.rows("SELECT CAST(payload AS TEXT) FROM inbox ORDER BY id")
    assert ["takes_pushes" in payload for (payload,) in kept] == [True, *[False] * 4]

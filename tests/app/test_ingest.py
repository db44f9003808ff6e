"""Events and profiles in: kept before they are answered, and only from those who may."""

from __future__ import annotations

import base64
import gzip
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from keepwarm.store.customers import find_customer
from keepwarm.store.database import Database
from keepwarm.store.moments import from_micros
from keepwarm.store.write_keys import WriteKey, add_key, read_keys, revoke_key
from tests.app.serving import Site, serving
from tests.journeys.world import World

BOUGHT = {"userId": "anna", "event": "signed_up", "messageId": "m1"}


def waiting(site: Site) -> int:
    [(count,)] = site.world.rows("SELECT count(*) FROM inbox WHERE done_at IS NULL")
    return int(count)


def test_an_event_is_kept_before_it_is_answered(site: Site) -> None:
    answer = site.post("/v1/track", BOUGHT)
    assert (answer.status, answer.text) == (200, '{"taken":1}')
    assert waiting(site) == 1
    assert len(site.rung) == 1


def test_law_3_the_same_event_again_changes_nothing(site: Site) -> None:
    site.post("/v1/track", BOUGHT)
    assert site.post("/v1/track", BOUGHT).text == '{"taken":0}'
    assert waiting(site) == 1


def test_a_profile_and_a_batch_become_a_run(site: Site) -> None:
    site.world.playbook(
        "hi", "kind: transactional\nstart: {event: signed_up}\nsteps:\n  - email: hello\n"
    )
    site.world.apply()
    items = [
        {"type": "identify", "userId": "anna", "traits": {"email": "anna@example.com"}},
        {"type": "track", **BOUGHT},
    ]
    assert site.post("/v1/batch", {"batch": items}).text == '{"taken":2}'
    site.world.work()
    assert [m.address for m in site.world.outbox()] == ["anna@example.com"]


def test_what_cannot_be_read_is_said(site: Site) -> None:
    answer = site.post("/v1/track", {"userId": ""})
    assert answer.status == 422
    assert "event: Field required" in answer.text


def test_another_machine_needs_the_key(site: Site) -> None:
    answer = site.post("/v1/track", BOUGHT, X_Forwarded_For="10.1.2.3")
    assert answer.status == 401
    with serving(site.world, write_key="sesame") as guarded:
        assert guarded.post("/v1/track", BOUGHT).status == 401
        assert guarded.post("/v1/track", BOUGHT, Authorization="Bearer no").status == 401
        assert guarded.post("/v1/track", BOUGHT, Authorization="Bearer sesame").status == 200
        basic = "Basic c2VzYW1lOg=="
        assert guarded.post("/v1/track", BOUGHT, Authorization=basic).status == 200


def test_a_page_of_another_site_posts_by_a_key_alone(site: Site) -> None:
    assert site.post("/v1/track", BOUGHT, Origin="https://evil.example").status == 401
    assert site.post("/v1/track", BOUGHT, Sec_Fetch_Site="cross-site").status == 401
    assert waiting(site) == 0

    page = {"Origin": "https://www.acme.example", "Sec-Fetch-Site": "same-site"}
    asked = {**page, "Access-Control-Request-Method": "POST",
             "Access-Control-Request-Headers": "authorization,content-type"}  # fmt: skip
    with serving(site.world, write_key="sesame") as shop:
        may = shop.ask("OPTIONS", "/v1/track", None, asked)
        assert (may.status, may.text) == (204, "")
        assert may.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in may.headers
        assert may.headers["access-control-allow-headers"].startswith("authorization, content-type")
        # As analytics.js posts it: by no type that a browser would have to ask about.
        body = json.dumps({**BOUGHT, "writeKey": "sesame"})
        told = shop.ask("POST", "/v1/t", body, {**page, "Content-Type": "text/plain"})
        assert (told.status, told.headers["access-control-allow-origin"]) == (200, "*")
        wrong = shop.post("/v1/track", BOUGHT, **page)
        assert (wrong.status, wrong.headers["access-control-allow-origin"]) == (401, "*")
        for other in ("/tasks/1", "/sign-in"):
            assert shop.ask("OPTIONS", other, None, asked).status == 403
            answer = shop.post(other, "a=b", **page)
            assert (answer.status, "access-control-allow-origin" in answer.headers) == (403, False)
    assert waiting(site) == 1


def test_what_is_too_large_is_refused(site: Site) -> None:
    large = {**BOUGHT, "properties": {"words": "x" * 40_000}}
    assert site.post("/v1/track", large).status == 413
    assert site.post("/v1/track", {**BOUGHT, "properties": {"w": "x" * 600_000}}).status == 413


def test_it_is_healthy(site: Site) -> None:
    assert site.get("/health").text == '{"ok":true}'


def test_a_call_back_for_nobody_is_not_taken(site: Site) -> None:
    assert site.post("/callbacks/sendgrid", []).status == 404


# ── Segment's calls ──────────────────────────────────────────────────────────────────────────


def facts(site: Site, customer: str) -> dict[str, object]:
    with site.world.database.reading() as cx:
        found = find_customer(cx, customer)
    assert found is not None
    return dict(found.attributes)


def happened(site: Site, customer: str) -> list[str]:
    rows = site.world.rows(
        "SELECT e.name FROM event e JOIN customer c ON c.id = e.customer_id"
        " WHERE c.external_id = :who ORDER BY e.at, e.id",
        who=customer,
    )
    return [name for (name,) in rows]


@pytest.fixture
def live(site: Site) -> Site:
    """A site whose catalog is live."""
    site.world.write(
        "catalog/more.yaml",
        "attributes:\n  group_id: {is: text}\n  group_size: {is: number}\n"
        "events:\n  page_viewed: {with: {name: text, url: text}}\n",
    )
    site.world.playbook("hi", "topic: tips\nstart: {event: signed_up}\nsteps:\n  - email: hello\n")
    site.world.apply()
    return site


def test_one_bad_item_does_not_stop_the_others(live: Site) -> None:
    items = [
        {"type": "track", "userId": "anna", "event": "signed_up", "messageId": "m1"},
        {"type": "track", "userId": "anna", "messageId": "m2"},
        {"type": "track", "event": "logged_in"},
        {"type": "track", "userId": "anna", "event": "logged_inn"},
        {"type": "jump", "userId": "anna"},
        {"type": "identify", "userId": "anna", "traits": {"words": "x" * 40_000}},
        "nothing",
    ]
    answer = live.post("/v1/batch", {"batch": items})
    assert answer.status == 200
    said = json.loads(answer.text)
    assert said["taken"] == 2
    assert {each["item"]: each["error"].partition(":")[0] for each in said["errors"]} == {
        1: "event",
        2: "userId",
        4: "type",
        5: "an item may hold 32 kB",
        6: "an item is an object with a type, such as track",
    }
    assert said["errors"][0]["messageId"] == "m2"
    assert said["notices"] == [
        {
            "item": 3,
            "notice": 'the catalog has no event "logged_inn"; did you mean "logged_in"?',
        }
    ]


def test_a_batch_of_nothing_but_faults_is_refused(live: Site) -> None:
    assert live.post("/v1/batch", {"batch": [{"type": "track"}]}).status == 422
    assert live.post("/v1/batch", {"batch": {}}).status == 422
    assert live.post("/v1/batch", "{not json").status == 400
    assert live.post("/v1/batch", [1]).status == 400
    assert live.post("/v1/nonsense", BOUGHT).status == 404


def test_what_fits_of_a_profile_is_taken_and_the_rest_is_named(live: Site) -> None:
    traits = {"email": "Anna@Example.com", "phone": "0612345678", "shoe_size": 42, "plan": "pro"}
    answer = live.post("/v1/identify", {"userId": "anna", "traits": traits})
    [notice] = json.loads(answer.text)["notices"]
    assert "phone is" in notice["notice"]
    assert 'no name "shoe_size"' in notice["notice"]
    live.world.work()
    assert facts(live, "anna") == {"email": "anna@example.com", "plan": "pro"}
    [(problem,)] = live.world.rows("SELECT problem FROM inbox")
    assert "which is no phone number with its country" in problem


def test_an_anonymous_visitor_becomes_the_customer_who_signs_in(live: Site) -> None:
    live.post("/v1/track", {"anonymousId": "x1", "event": "logged_in", "messageId": "m1"})
    live.world.work()
    assert happened(live, "anonymous:x1") == ["logged_in"]
    live.post("/v1/identify", {"userId": "anna", "anonymousId": "x1", "traits": {"plan": "pro"}})
    live.post("/v1/track", {"anonymousId": "x1", "event": "signed_up", "messageId": "m2"})
    live.world.work()
    assert happened(live, "anna") == ["logged_in", "signed_up"]
    # Whoever uses the same browser afterwards is somebody else.
    live.post("/v1/identify", {"userId": "ben", "anonymousId": "x1", "traits": {"plan": "free"}})
    live.world.work()
    assert facts(live, "anna")["plan"] == "pro"
    assert happened(live, "ben") == []


def test_law_26_an_alias_makes_two_customers_one(live: Site) -> None:
    items = [
        {"type": "track", "userId": "old-17", "event": "logged_in"},
        {"type": "alias", "previousId": "old-17", "userId": "anna"},
        {"type": "track", "userId": "anna", "event": "signed_up"},
        {"type": "alias", "previousId": "nobody-yet", "userId": "anna"},
    ]
    assert json.loads(live.post("/v1/batch", {"batch": items}).text) == {"taken": 4}
    live.world.work()
    assert sorted(happened(live, "anna")) == ["logged_in", "signed_up"]
    assert live.world.runs("hi") == [("anna", "completed", "live")]
    live.post("/v1/track", {"anonymousId": "nobody-yet", "event": "logged_in"})
    live.post("/v1/track", {"userId": "old-17", "event": "logged_in"})
    live.world.work()
    assert len(happened(live, "anna")) == 4


def test_of_what_a_batch_tells_the_last_counts_whatever_its_items_are_called(live: Site) -> None:
    def told(name: str, **traits: object) -> dict[str, object]:
        return {"type": "identify", "userId": "anna", "messageId": name, "traits": traits}

    items = [
        told("z", plan="pro", email_consent=True),
        {"type": "track", "userId": "anna", "event": "signed_up", "messageId": "y"},
        told("b", plan="free"),
        {"type": "track", "userId": "anna", "event": "logged_in", "messageId": "c"},
        told("a", plan="team", email_consent=False),
    ]
    assert json.loads(live.post("/v1/batch", {"batch": items}).text) == {"taken": 5}
    live.world.work()
    assert facts(live, "anna") == {"plan": "team", "email_consent": False}
    assert happened(live, "anna") == ["signed_up", "logged_in"]


def test_groups_and_pages_are_kept_where_the_catalog_has_words_for_them(live: Site) -> None:
    group = {"userId": "anna", "groupId": 17, "traits": {"size": 40, "industry": "music"}}
    [told] = json.loads(live.post("/v1/group", group).text)["notices"]
    assert told["notice"].startswith('the catalog has no name "group_industry"')
    page = {"userId": "anna", "name": "Home", "properties": {"url": "https://acme.example"}}
    assert live.post("/v1/page", page).text == '{"taken":1}'
    assert live.post("/v1/screen", page).text == '{"taken":0}'
    live.world.work()
    assert facts(live, "anna") == {"group_id": "17", "group_size": 40}
    assert happened(live, "anna") == ["page_viewed"]


def test_a_clock_that_is_wrong_at_the_sender_is_corrected(live: Site) -> None:
    sent = live.world.now + timedelta(days=400)
    item = {
        "type": "track",
        "userId": "anna",
        "event": "logged_in",
        "timestamp": (sent - timedelta(minutes=5)).isoformat(),
    }
    live.post("/v1/batch", {"batch": [item], "sentAt": sent.isoformat()})
    # Told again it has another time of sending, and is the same all the same.
    again = live.post("/v1/batch", {"batch": [item], "sentAt": (sent + timedelta(1)).isoformat()})
    assert again.text == '{"taken":0}'
    live.world.work()
    [(at,)] = live.world.rows("SELECT at FROM event")
    assert from_micros(at) == live.world.now - timedelta(minutes=5)


def test_what_rudderstacks_libraries_write_otherwise_is_read(live: Site) -> None:
    ago = (live.world.now - timedelta(minutes=5)).isoformat()
    known = {"email": "rudi@example.com", "plan": "pro"}
    items = [
        {"type": "identify", "userId": "rudi", "anonymousId": None, "channel": "server",
         "integrations": {"All": True}, "context": {"traits": known, "library": {"name": "x"}},
         "originalTimestamp": ago, "messageId": "r1"},
        {"type": "track", "userId": "", "anonymousId": "x7", "event": "logged_in",
         "context": {"traits": {}}, "originalTimestamp": ago, "messageId": ""},
        {"type": "identify", "userId": "rudi", "traits": {"plan": "free"}, "context": []},
        {"type": "track", "userId": "", "anonymousId": "", "event": "logged_in"},
    ]  # fmt: skip
    said = json.loads(live.post("/v1/batch", {"batch": items, "sentAt": None}).text)
    assert said["taken"] == 3
    assert [each["item"] for each in said["errors"]] == [3]
    live.world.work()
    assert facts(live, "rudi") == {"email": "rudi@example.com", "plan": "free"}
    assert happened(live, "anonymous:x7") == ["logged_in"]
    [(at,)] = live.world.rows("SELECT at FROM event")
    assert from_micros(at) == live.world.now - timedelta(minutes=5)
    assert json.loads(live.post("/v1/batch", {"batch": items[1:2]}).text) == {"taken": 0}


def test_a_body_may_come_as_gzip_but_not_as_a_bomb(live: Site) -> None:
    headers = {"Content_Encoding": "gzip"}
    packed = gzip.compress(json.dumps(BOUGHT).encode())
    assert live.ask("POST", "/v1/track", packed, headers).text == '{"taken":1}'
    bomb = gzip.compress(b" " * 50_000_000)
    assert live.ask("POST", "/v1/batch", bomb, headers).status == 413
    assert live.ask("POST", "/v1/batch", b"no gzip", headers).status == 400
    assert live.ask("POST", "/v1/batch", packed, {"Content_Encoding": "br"}).status == 415


def test_half_an_emoji_in_one_item_loses_no_batch(live: Site) -> None:
    item = json.dumps({**BOUGHT, "type": "track"})
    cut = item.replace('"type"', '"context": {"page": "caf\\ud83d"}, "type"')
    other = json.dumps({**BOUGHT, "type": "track", "messageId": "m\0"})
    body = f'{{"batch": [{cut}, {other}]}}'.encode()
    answer = live.ask("POST", "/v1/batch", body, {"Content-Type": "application/json"})
    assert (answer.status, json.loads(answer.text)["taken"]) == (200, 1)
    assert "messageId: no name holds the sign NUL" in answer.text


def test_a_name_that_is_too_long_is_told_in_characters(live: Site) -> None:
    answer = live.post("/v1/track", {**BOUGHT, "userId": "x" * 201})
    assert (answer.status, "userId: String should have at most 200 characters" in answer.text) == (
        422,
        True,
    )


# ── Write keys ───────────────────────────────────────────────────────────────────────────────


def key(site: Site, name: str, **scope: Any) -> str:
    whole = f"kw_{name}_{'5e' * 20}"
    named = {"source": "shop", "calls": frozenset(), "events": frozenset(), "per_second": 1_000}
    made = WriteKey(f"kw_{name}", made_at=site.world.now, made_by="ann", **{**named, **scope})
    with site.world.database.writing() as cx:
        add_key(cx, made, whole, site.world.now)
    return "Basic " + base64.b64encode(f"{whole}:".encode()).decode()


def test_a_key_of_which_only_a_hash_is_kept_lets_its_source_in(site: Site) -> None:
    first = key(site, "11111111")
    assert site.post("/v1/track", BOUGHT).status == 401
    assert site.post("/v1/track", BOUGHT, Authorization=first).text == '{"taken":1}'
    assert "5e5e" not in str(site.world.rows("SELECT * FROM write_key"))
    # Two are valid while one is exchanged for the other, and the source stays one.
    second = key(site, "22222222")
    assert site.post("/v1/track", BOUGHT, Authorization=second).text == '{"taken":0}'
    with site.world.database.writing() as cx:
        assert revoke_key(cx, "kw_11111111", "ann", site.world.now)
        assert not revoke_key(cx, "kw_11111111", "ann", site.world.now)
    assert site.post("/v1/track", BOUGHT, Authorization=first).status == 401
    assert site.post("/v1/track", BOUGHT, Authorization=second).status == 200
    wrong = "Basic " + base64.b64encode(b"kw_22222222_wrong:").decode()
    assert site.post("/v1/track", BOUGHT, Authorization=wrong).status == 401
    with site.world.database.reading() as cx:
        used = {each.id: each.used_at for each in read_keys(cx)}
    assert used == {"kw_11111111": site.world.now, "kw_22222222": site.world.now}


def test_libraries_for_phones_show_their_key_in_the_body_and_call_shorter_paths(site: Site) -> None:
    shown = base64.b64decode(key(site, "11111111").removeprefix("Basic ")).decode().rstrip(":")
    batch = {"batch": [{**BOUGHT, "type": "track"}], "writeKey": shown}
    assert site.post("/v1/b", batch).text == '{"taken":1}'
    assert site.post("/v1/t", {**BOUGHT, "writeKey": shown}).status == 200
    for refused in ({**batch, "writeKey": "kw_wrong"}, {**batch, "writeKey": 17}, {"batch": 1}):
        assert site.post("/v1/b", refused).status == 401
    # Whoever shows one in the header is who that says.
    assert site.post("/v1/b", batch, Authorization="Bearer kw_wrong").status == 401
    assert site.ask("POST", "/v1/b", b"{", {}).status == 401


def test_refusals_have_what_segments_libraries_read_of_them(site: Site) -> None:
    said = json.loads(site.post("/v1/track", {"event": "x"}).text)
    assert (said["code"], said["message"]) == ("unprocessable_content", said["detail"][0])
    too_large = json.loads(site.post("/v1/batch", {"batch": ["x" * 600_000]}).text)
    assert too_large["code"] == "content_too_large"
    assert json.loads(site.post("/v1/nothing", {}).text)["code"] == "not_found"


def test_a_key_that_was_revoked_leaves_the_door_locked(site: Site) -> None:
    key(site, "11111111")
    with site.world.database.writing() as cx:
        revoke_key(cx, "kw_11111111", "ann", site.world.now)
    assert site.post("/v1/track", BOUGHT).status == 401


def test_a_key_does_only_what_it_is_for(site: Site) -> None:
    shown = key(site, "11111111", calls=frozenset({"track"}), events=frozenset({"signed_up"}))
    assert site.post("/v1/track", BOUGHT, Authorization=shown).status == 200
    other = {**BOUGHT, "event": "payment_succeeded"}
    refused = site.post("/v1/track", other, Authorization=shown)
    assert refused.status == 422
    assert "may not tell of" in refused.text
    assert site.post("/v1/identify", {"userId": "anna"}, Authorization=shown).status == 422


def test_a_key_that_posts_too_fast_is_told_when_to_come_again(site: Site) -> None:
    shown = key(site, "11111111", per_second=10)
    items = [{**BOUGHT, "type": "track", "messageId": f"m{n}"} for n in range(60)]
    assert site.post("/v1/batch", {"batch": items}, Authorization=shown).status == 200
    refused = site.post("/v1/batch", {"batch": items}, Authorization=shown)
    assert refused.status == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 5
    # Others are not slowed down by it.
    assert site.post("/v1/track", BOUGHT, Authorization=key(site, "22222222")).status == 200


def test_a_rate_holds_for_all_processes_of_the_web_together(world: World) -> None:
    with serving(world) as first, serving(world) as second:
        shown = key(first, "11111111", per_second=20)

        def taken(turns: int) -> int:
            each = [
                site.post("/v1/track", {**BOUGHT, "messageId": f"{world.now}{turn}"},
                          Authorization=shown).status
                for turn in range(turns) for site in (first, second)
            ]  # fmt: skip
            assert set(each) <= {200, 429}
            return each.count(200)

        # Two seconds are saved up, and each process has a quarter of a second in advance.
        assert 40 <= taken(30) <= 50
        world.now += timedelta(seconds=1)
        assert 15 <= taken(20) <= 30


def test_whoever_is_passed_on_by_a_proxy_needs_a_key(world: World) -> None:
    """A proxy on this machine may look like this machine: the public address tells."""
    with serving(world, is_private=False) as public:
        assert public.post("/v1/track", BOUGHT).status == 401


def test_while_the_database_cannot_be_used_events_are_to_be_sent_again(
    sqlite_database: Database, tmp_path: Path
) -> None:
    move = "ALTER TABLE {} RENAME TO {}"
    with serving(World(sqlite_database, tmp_path / "playbooks")) as site:
        with sqlite_database.writing() as cx:
            cx.execute(text(move.format("inbox", "elsewhere")))
        answer = site.post("/v1/track", BOUGHT)
        assert answer.status == 503
        assert answer.headers["retry-after"] == "10"
        assert "send it again" in answer.text
        with sqlite_database.writing() as cx:
            cx.execute(text(move.format("elsewhere", "inbox")))
        assert site.post("/v1/track", BOUGHT).text == '{"taken":1}'

"""Events and profiles in: kept before they are answered, and only from those who may."""

from __future__ import annotations

from tests.app.serving import Site, serving

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


def test_a_page_of_another_site_cannot_post(site: Site) -> None:
    assert site.post("/v1/track", BOUGHT, Origin="https://evil.example").status == 403
    assert site.post("/v1/track", BOUGHT, Sec_Fetch_Site="cross-site").status == 403
    assert waiting(site) == 0


def test_what_is_too_large_is_refused(site: Site) -> None:
    large = {**BOUGHT, "properties": {"words": "x" * 40_000}}
    assert site.post("/v1/track", large).status == 413
    assert site.post("/v1/track", {**BOUGHT, "properties": {"w": "x" * 600_000}}).status == 413


def test_it_is_healthy(site: Site) -> None:
    assert site.get("/health").text == '{"ok":true}'


def test_a_call_back_for_nobody_is_not_taken(site: Site) -> None:
    assert site.post("/callbacks/sendgrid", []).status == 404

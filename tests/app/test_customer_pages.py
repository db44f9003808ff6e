"""Customers as the team sees them: their profile, those known twice, and who did what."""

from __future__ import annotations

from datetime import timedelta

from keepwarm.engine.links import Purpose
from keepwarm.store.audit import read_audit
from tests.app.serving import Site

HELLO = """\
topic: tips
start: {event: signed_up, once: every time}
steps:
  - email: hello
  - task: Call <them>
    for: care
    due: in 4 working hours
"""


def test_the_profile_shows_what_is_known_from_where_and_what_happened(site: Site) -> None:
    world = site.world
    assert "Nobody has entered a playbook yet." in site.get("/customers").text
    world.write("catalog/language.yaml", "language: fr\n")
    world.playbook("hello", HELLO)
    world.apply()
    world.person("anna", plan="free", timezone=None, phone="+4915123456789")
    world.event("anna", "signed_up")
    world.run_for(hours=1)
    world.update("anna", plan="pro", message_frequency="one a week", language="de")
    [message] = world.outbox("anna")[-1:]
    links = world.system.links
    token = links.token(message.customer_id, message.id)
    site.submit(links.url(Purpose.UNSUBSCRIBE, token).removeprefix(links.base_url))

    begun = site.get("/customers").text
    assert "entered hello" in begun
    assert 'href="/customers?customer=anna"' in begun

    page = site.get("/customers?customer=anna").text
    for said in (
        "Europe/Berlin", "from the phone number", ">de <", "stated in the profile",
        "one a week", "entered hello", "e-mail hello from hello: sent",
        "task for care: Call &lt;them&gt;",
        "said no to the topic tips (unsubscribe link)", "plan free", "language nothing",
        f'href="/outbox/{message.id}"',
    ):  # fmt: skip
        assert said in page, said
    assert "<them>" not in page
    assert 'href="/customers?customer=anna"' in site.get("/tasks").text
    assert 'href="/customers?customer=anna"' in site.get(f"/outbox/{message.id}").text
    found = site.submit("/customers", customer="anna@example.com")
    assert (found.status, found.headers["location"]) == (303, "/customers?customer=anna")
    assert site.get("/customers?customer=nobody").status == 404
    assert site.submit("/customers", customer="who@example.com").status == 404

    world.person("ben", timezone=None, phone=None)
    stands_for_all = site.get("/customers?customer=ben").text
    assert "the catalog&#x27;s, as no other is known" in stands_for_all
    assert "Known since" in stands_for_all


def test_a_name_turns_nothing_that_stands_beside_it(site: Site) -> None:
    world = site.world
    world.apply()
    for name in ("eve", "eve-2"):
        world.person(name, first_name="Eve\u202eevil", email="eve@example.com")
    for path in ("/duplicates", "/customers?customer=eve"):
        page = site.get(path).text
        assert "Eve\ufffdevil" in page
        assert "\u202e" not in page


def test_who_is_known_twice_is_listed_and_merged_by_a_person(site: Site) -> None:
    world = site.world
    world.write("catalog/country.yaml", "country: NL\nattributes:\n  country: {is: text}\n")
    world.playbook("hello", HELLO)
    world.apply()
    for name, email, phone in (
        ("anna", "anna@example.com", "+31611111111"),
        ("anna-2", "Anna@Example.com", "+31622222222"),
        ("ben", "ben@example.com", "+31633333333"),
        ("ben-shop", "ben+shop@example.com", "+31644444444"),
        ("cleo", "cleo@example.com", "06 5555 5555"),
        ("cleo-2", "cleopatra@example.com", "+31655555555"),
        ("dora", "dora@example.com", "+31666666666"),
    ):
        world.person(name, email=email, phone=phone, email_consent=name != "anna-2")
    page = site.get("/duplicates").text
    assert "same e-mail address<" in page
    assert "same phone number" in page
    assert "but for what stands behind a +" in page
    assert "dora" not in page
    assert "anna@example.com (not confirmed)" in page
    world.update("anna", email_confirmed=True)
    assert "anna@example.com (confirmed)" in site.get("/duplicates").text
    world.update("dora", country="DE", phone="01512 3456789")
    assert "+4915123456789" in site.get("/customers?customer=dora").text

    assert site.submit("/duplicates", pair="anna\nnobody").status == 409
    done = site.submit("/duplicates", pair="anna\r\nanna-2")
    assert (done.status, done.headers["location"]) == (303, "/customers?customer=anna")
    assert "same e-mail address<" not in site.get("/duplicates").text
    assert "said no to" in site.get("/customers?customer=anna-2").text  # the stricter consent
    with world.database.reading() as cx:
        latest = read_audit(cx, 1)[0]
    assert (latest.who, latest.what) == ("this machine", "merged customers")
    world.now += timedelta(days=1)
    audit = site.get("/audit").text
    assert "merged customers" in audit
    assert "applied a catalog" in audit
    assert "merged customers" not in site.get("/audit?who=somebody").text

"""Why: the same in the terminal and on a page, true of its moment, and free of addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from keepwarm.app.explaining.explain import explain
from keepwarm.app.explaining.finding import find_meant
from keepwarm.app.explaining.text import as_text
from keepwarm.app.moments import NoMomentError, moment_meant
from keepwarm.app.paint import Paint
from keepwarm.flows.scoring import compute_scores
from keepwarm.store.database import Database, open_database
from keepwarm.store.holds import hold, resume
from keepwarm.store.migrating import migrate
from tests.app.serving import Site, serving
from tests.journeys.world import START, World

WIN_BACK = """\
topic: offers
start:
  every: day at 09:30
  for_customers:
    - logged_in: at least 2 times
    - plan: one of pro, team
    - none:
        - open_tickets: at least 1
only_if:
  - logged_in: never in the last 3 days
steps:
  - email: hello
  - wait: 2 days
  - if:
      - logged_in: at least once since start
    then:
      - stop: back again
  - wait: until logged_in, at most 3 days
    name: came
  - sms: nudge
    only_if:
      - came: timed out
"""


def why(
    world: World, customer: str, playbook: str | None = None, at: datetime | None = None
) -> str:
    with world.database.reading() as cx:
        [found] = find_meant(cx, customer)
        told = explain(cx, world.shelf, found, world.now, playbook, at=at)
        return as_text(told, Paint(on=False))


def lived_through(world: World) -> World:
    """Let anna be won back over two weeks, and ben be left alone."""
    world.playbook("win-back", WIN_BACK)
    world.apply()
    for name, tickets in (("anna", 0), ("ben", 2)):
        world.person(name, plan="pro", open_tickets=tickets, phone=f"+3161234{len(name):04}")
        for days in (9, 8):
            world.event(name, "logged_in", at=world.now - timedelta(days=days))
    world.run_for(days=14)
    return world


def test_each_decision_is_told_once_with_what_it_saw_and_wanted(world: World) -> None:
    told = why(lived_through(world), "anna")
    assert (
        told
        == """\
Customer anna; times are Europe/Amsterdam (profile).

win-back, version 1: completed
  2 Mar 2026, 09:30 CET
    entered: it was time, every day at 09:30
      ✓ logged_in: at least 2 times — it was 2 times (win-back.yaml:9)
      ✓ plan: one of pro, team — what it was then is not kept (win-back.yaml:10)
      ✓ not open_tickets: at least 1 — what it was then is not kept (win-back.yaml:12)
      ✓ logged_in: never in the last 3 days — it was never (win-back.yaml:14)
    queued: e-mail hello (win-back.yaml:16)
    waits 2 days, until 4 Mar 2026, 09:30 CET (win-back.yaml:17)
    sent by memory: e-mail hello (win-back.yaml:16)
  4 Mar 2026, 09:30 CET
    waited 2 days (win-back.yaml:17)
    took no way, and went on: none of the conditions held (win-back.yaml:18)
      ✗ logged_in: at least once since start — it was never (win-back.yaml:19)
    waits until logged_in, at most 3 days: 7 Mar 2026, 09:30 CET at the latest (win-back.yaml:22)
  7 Mar 2026, 09:30 CET
    waited until logged_in, at most 3 days: it did not come in time (win-back.yaml:22)
    queued: text nudge (win-back.yaml:24)
      ✓ came: timed out — it was timed out (win-back.yaml:26)
    completed
    sent by memory: text nudge (win-back.yaml:24)
"""
    )


def test_who_is_about_to_enter_hears_what_is_waited_for(world: World) -> None:
    kind, steps = "kind: transactional\n", "steps:\n  - email: hello\n"
    start = "start: {event: cart_updated, and_then_no: checkout_completed, for: 4 hours}\n"
    world.playbook("cart", kind + start + steps)
    only_if = "only_if: [{plan: pro}]\n"
    world.playbook("hello", f"{kind}start: {{event: signed_up}}\n{only_if}{steps}")
    world.apply()
    world.person("anna")
    world.event("anna", "cart_updated", items=2)
    world.event("anna", "signed_up")
    told = why(world, "anna")
    came = "2 Mar 2026, 09:00 CET\n    cart_updated came; they enter if no checkout_completed comes"
    assert f"cart, version 1: settling\n  {came} for 4 hours\n" in told
    assert "    signed_up came; they enter if the conditions hold within 5 minutes\n" in told


def test_who_settles_or_waits_in_a_paused_playbook_hears_who_paused_it_and_when(
    world: World,
) -> None:
    steps = "steps:\n  - email: hello\n  - wait: 1 day\n  - email: last\n"
    only_if = "only_if: [{plan: pro}]\n"
    for name, asked in (("settles", only_if), ("waits", "")):
        start = f"kind: transactional\nstart: {{event: signed_up}}\n{asked}"
        world.playbook(name, start + steps)
    world.apply()
    world.person("anna")
    world.event("anna", "signed_up")
    assert "paused" not in why(world, "anna")
    with world.database.writing() as cx:
        hold(cx, "settles", "eve", "wrong words", world.now)
        hold(cx, "waits", "eve", "wrong words", world.now)
    world.run_for(hours=1)

    reason = "  eve paused it at 2 Mar 2026, 09:00 CET: wrong words\n"
    still = "  Nothing is decided or sent until somebody resumes it (keepwarm resume).\n"
    settles = why(world, "anna", "settles")
    assert f"conditions hold within 5 minutes\n{reason}{still}" in settles
    assert why(world, "anna", "waits").endswith(reason + still)
    was_still = "  Nothing was decided or sent until somebody resumed it.\n"
    with world.database.writing() as cx:
        resume(cx, "waits", "eve", world.now)
    assert "paused" not in why(world, "anna", "waits")
    assert was_still in why(world, "anna", "waits", at=world.now - timedelta(minutes=5))
    with serving(world) as site:
        page = site.get("/explain?customer=anna").text
    assert "eve paused it at 2 Mar 2026, 09:00 CET: wrong words" in page
    world.run_for(days=2)
    with world.database.writing() as cx:
        hold(cx, "waits", "eve", "wrong words", world.now)
    assert "paused" not in why(world, "anna", "waits")  # it is over


def test_who_never_entered_hears_first_what_keeps_them_out_then_the_rest(world: World) -> None:
    told = why(lived_through(world), "ben")
    assert (
        told.partition("\n\n")[2]
        == """\
win-back: never entered. Customers enter every day at 09:30.
  This keeps them out now:
    ✗ not open_tickets: at least 1 — it is 2 (win-back.yaml:12)
  The rest:
    ✓ logged_in: at least 2 times — it is 2 times (win-back.yaml:9)
    ✓ plan: one of pro, team — it is pro (win-back.yaml:10)
    ✓ logged_in: never in the last 3 days — it is never (win-back.yaml:14)
"""
    )


def test_what_was_seen_at_the_start_is_not_what_came_later(world: World) -> None:
    lived_through(world)
    world.event("anna", "logged_in")
    world.update("anna", plan="free")
    told = why(world, "anna")
    assert "✓ logged_in: at least 2 times — it was 2 times" in told
    assert "✓ plan: one of pro, team — what it was then is not kept" in told


def test_the_same_ledger_is_explained_the_same_byte_for_byte(world: World, tmp_path: Path) -> None:
    """Neither the clock nor how rows came to lie in the database can be read out of it."""
    first = lived_through(world)
    other = open_database(f"sqlite:///{tmp_path / 'other.db'}")
    migrate(other)
    try:
        second = World(other, tmp_path / "playbooks")
        for name in ("zoe", "yan"):
            second.person(name)
            second.event(name, "logged_in", at=second.now - timedelta(days=900))
        second.playbook("win-back", WIN_BACK)
        lived_through(second)
        told = why(first, "anna")
        first.now += timedelta(days=400)
        assert told == why(first, "anna") == why(second, "anna")
    finally:
        other.close()


@pytest.mark.parametrize(
    "said", ["anna", "anna@example.com", "ANNA@example.com ", "+31 61234 0004"]
)
def test_a_customer_is_found_by_identifier_mail_or_phone(world: World, said: str) -> None:
    lived_through(world)
    assert why(world, said).startswith("Customer anna;")


def test_an_event_that_never_came_is_said_to_be_missing(world: World) -> None:
    world.playbook("hi", "topic: tips\nstart: {event: signed_up}\nsteps:\n  - email: hello\n")
    world.apply()
    world.person("anna")
    assert "  signed_up never came.\n" in why(world, "anna", "hi")


def test_a_date_that_is_unknown_cannot_come(world: World) -> None:
    start = "start: {date: renewal_date, before: 30 days, at: 09:00, for_customers: [plan: pro]}\n"
    world.playbook("renew", f"topic: tips\n{start}steps:\n  - email: hello\n")
    world.apply()
    world.person("anna", plan="free")
    told = why(world, "anna", "renew")
    assert "  renewal_date is unknown, so that its day cannot come.\n" in told
    assert "✗ plan: pro — it is free" in told


def test_a_date_that_came_in_vain_is_told_from_one_that_has_not_come(world: World) -> None:
    start = "start: {date: renewal_date, before: 30 days, at: 09:00, for_customers: [plan: pro]}\n"
    world.playbook("renew", f"topic: tips\n{start}steps:\n  - email: hello\n")
    world.apply()
    world.person("anna", plan="free", renewal_date="2026-04-10")
    came = "renewal_date is 2026-04-10; its day has"
    assert f"  {came} not come since the playbook went live.\n" in why(world, "anna", "renew")
    world.run_for(days=10)
    assert f"  {came} come since the playbook went live, and then" in why(world, "anna", "renew")


def test_a_moment_is_told_by_its_day_where_the_customer_lives(world: World) -> None:
    world.write("catalog/visits.yaml", "attributes: {visit: {is: moment}}\n")
    start = "start: {date: visit, before: 3 days, at: 09:00}\n"
    world.playbook("visits", f"topic: tips\n{start}steps:\n  - email: hello\n")
    world.apply()
    world.person("anna", visit="2026-06-01T23:30:00Z")
    assert "  visit is 2026-06-02; its day has not come" in why(world, "anna", "visits")


def test_what_is_personal_is_not_told(world: World) -> None:
    catalog = (world.folder / "catalog/catalog.yaml").read_text()
    world.write(
        "catalog/catalog.yaml",
        catalog.replace("birthday: {is: date}", "birthday: {is: date, personal: yes}"),
    )
    start = "start: {date: birthday, yearly: yes, at: 09:00, for_customers: [birthday: known]}\n"
    world.playbook("born", f"topic: tips\n{start}steps:\n  - email: hello\n")
    world.apply()
    world.person("anna", birthday="1987-12-24")
    told = why(world, "anna", "born")
    assert "birthday is known; its day has not come" in told
    assert "✓ birthday: known — it is known" in told
    assert "1987" not in told
    assert "12-24" not in told


def test_a_run_that_was_moved_is_told_by_the_versions_that_decided(world: World) -> None:
    rest = "  - email: hello\n  - wait: 3 days\n    name: pause\n  - email: last\n"
    head = "topic: tips\nin_flight: move\nstart: {event: signed_up}\n"
    world.playbook("hi", head + "steps:\n" + rest)
    world.apply()
    world.person("anna")
    world.event("anna", "signed_up")
    world.playbook("hi", head + "steps:\n  - push: hello\n" + rest)
    world.apply()
    world.run_for(days=4)
    told = why(world, "anna", "hi")
    assert "hi, version 2: completed" in told
    assert "queued: e-mail hello (hi.yaml:9 in version 1)" in told
    assert "sent by memory: e-mail hello (hi.yaml:9 in version 1)" in told
    assert "queued: e-mail last (hi.yaml:13)" in told
    assert "push" not in told
    then = why(world, "anna", "hi", at=START + timedelta(days=1))
    assert "hi, version 1: active" in then
    assert "queued: e-mail hello (hi.yaml:9)" in then


def test_a_pause_and_a_rollout_that_has_not_come_are_reasons_too(world: World) -> None:
    world.playbook(
        "roll",
        "topic: tips\nstart: {every: day at 09:30, for_customers: [plan: pro]}\n"
        "rollout: [1% for 300 days, 100%]\nsteps:\n  - email: hello\n",
    )
    world.apply()
    world.person("anna", plan="pro")
    with world.database.writing() as cx:
        hold(cx, "roll", "eve", "wrong words", world.now)
    told = why(world, "anna", "roll")
    assert "  eve paused it at 2 Mar 2026, 09:00 CET: wrong words\n" in told
    assert "  The rollout is at 1% of customers, and has not come to them.\n" in told
    assert "  All that is asked holds now:\n    ✓ plan: pro — it is pro" in told


def test_older_runs_that_are_left_out_are_not_called_never_entered(world: World) -> None:
    for name in ("one", "two"):
        world.playbook(name, "topic: tips\nstart: {event: signed_up}\nsteps:\n  - email: hello\n")
    world.apply()
    world.person("anna")
    world.event("anna", "signed_up")
    with world.database.reading() as cx:
        [anna] = find_meant(cx, "anna")
        told = explain(cx, world.shelf, anna, world.now, most_runs=1)
    assert (len(told.runs), told.left_out, told.never_entered) == (1, 1, ())


# ── As of an earlier moment ──────────────────────────────────────────────────────────────────


def test_as_of_a_moment_it_tells_what_one_would_have_been_told_then(world: World) -> None:
    lived_through(world)
    then = START + timedelta(days=1)
    told = why(world, "anna", at=then)
    assert (
        told
        == """\
Customer anna; times are Europe/Amsterdam (profile).
As of 3 Mar 2026, 09:00 CET: what came later is left out.

win-back, version 1: active
  2 Mar 2026, 09:30 CET
    entered: it was time, every day at 09:30
      ✓ logged_in: at least 2 times — it was 2 times (win-back.yaml:9)
      ✓ plan: one of pro, team — what it was then is not kept (win-back.yaml:10)
      ✓ not open_tickets: at least 1 — what it was then is not kept (win-back.yaml:12)
      ✓ logged_in: never in the last 3 days — it was never (win-back.yaml:14)
    queued: e-mail hello (win-back.yaml:16)
    waits 2 days, until 4 Mar 2026, 09:30 CET (win-back.yaml:17)
    sent by memory: e-mail hello (win-back.yaml:16)
"""
    )
    world.update("anna", plan="free")
    world.event("anna", "logged_in")
    assert why(world, "anna", at=then) == told


def test_who_had_not_entered_by_then_is_held_against_what_was_known_and_live_then(
    world: World,
) -> None:
    lived_through(world)
    kept_out = "This kept them out then:\n    ✗ not open_tickets: at least 1 — it was 2"
    # What is told later of an earlier day was not known then.
    then = world.now
    world.run_for(days=1)
    world.event("ben", "logged_in", at=START)
    world.update("ben", open_tickets=None, plan="free")
    world.playbook("win-back", WIN_BACK.replace("at least 2 times", "at least 9 times"))
    world.apply()
    with world.database.writing() as cx:
        hold(cx, "*", "eve", "wrong words", world.now)
        resume(cx, "*", "eve", world.now + timedelta(hours=1))
    told = why(world, "ben", at=then)
    assert kept_out in told
    assert "✓ logged_in: at least 2 times — it was 2 times (win-back.yaml:9)" in told
    assert "✓ plan: one of pro, team — it was pro" in told
    assert "paused" not in told
    now = why(world, "ben")
    assert "✗ logged_in: at least 9 times — it is 3 times" in now
    paused = why(world, "ben", at=world.now + timedelta(minutes=5))
    assert "eve paused everything at 17 Mar 2026, 09:00 CET: wrong words" in paused
    world.run_for(days=1)
    assert "paused" not in why(world, "ben", at=world.now)


def test_before_a_customer_was_known_and_before_anything_was_live_there_is_nothing_to_tell(
    world: World,
) -> None:
    lived_through(world)
    told = why(world, "ben", at=START - timedelta(days=1))
    assert told.partition("\n")[2] == (
        "As of 1 Mar 2026, 09:00 CET: what came later is left out.\n"
        "They were not known yet then; they were first heard of at 2 Mar 2026, 09:00 CET.\n"
    )


def test_scores_and_ranks_are_those_of_the_night_before_the_moment(world: World) -> None:
    catalog = (world.folder / "catalog/catalog.yaml").read_text()
    score = "  lifetime_value: {from: payment_failed, amount: amount}\n"
    world.write("catalog/catalog.yaml", f"{catalog}scores:\n{score}")
    world.playbook(
        "best",
        "topic: tips\nstart: {event: checkout_completed}\nonly_if:\n"
        "  - lifetime_value: at most 5\n  - monthly_revenue: in the top 50%\n"
        "steps:\n  - email: hello\n",
    )
    world.apply()
    world.person("anna", monthly_revenue=5)
    world.person("ben", monthly_revenue=4)
    world.event("anna", "payment_failed", invoice="1", amount=5)
    world.now += timedelta(days=1)
    compute_scores(world.system)
    before = world.now
    world.now += timedelta(days=10)
    world.event("anna", "payment_failed", invoice="2", amount=50)
    world.update("ben", monthly_revenue=9)
    world.now += timedelta(days=1)
    compute_scores(world.system)
    now = why(world, "anna")
    assert "✗ lifetime_value: at most 5 — it is 55" in now
    assert "✗ monthly_revenue: in the top 50%" in now
    told = why(world, "anna", at=before + timedelta(hours=1))
    assert "  All that is asked held then:\n" in told
    assert "✓ lifetime_value: at most 5 — it was 5" in told
    assert "✓ monthly_revenue: in the top 50%" in told
    # On the day of her first order no night had counted it yet.
    first = why(world, "anna", at=START + timedelta(minutes=1))
    assert "✗ lifetime_value: at most 5 — it was unknown" in first


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("2026-03-01", "2026-03-01T22:59:59.999999+00:00"),
        ("2026-03-01 10:00", "2026-03-01T09:00:00+00:00"),
        ("2026-03-01T10:00", "2026-03-01T09:00:00+00:00"),
        ("2026-03-01T10:00Z", "2026-03-01T10:00:00+00:00"),
    ],
)
def test_a_moment_is_read_by_the_customers_clock(words: str, meant: str) -> None:
    assert moment_meant(words, "Europe/Amsterdam", START) == datetime.fromisoformat(meant)


def test_what_is_no_moment_or_lies_ahead_is_refused() -> None:
    with pytest.raises(NoMomentError, match='"last week" is no moment'):
        moment_meant("last week", "UTC", START)
    for words in ("9999-12-31", "9999-12-31T23:59-12:00", "0001-01-01T00:00+14:00"):
        with pytest.raises(NoMomentError, match=f'"{re.escape(words)}" is no moment'):
            moment_meant(words, "Pacific/Kiritimati", START)
    with pytest.raises(NoMomentError, match="3 Mar 2026, 23:59 UTC lies ahead"):
        moment_meant("2026-03-03", "UTC", START)


# ── As a page ────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def shown(sqlite_database: Database, tmp_path: Path) -> Iterator[Site]:
    with serving(lived_through(World(sqlite_database, tmp_path / "playbooks"))) as running:
        yield running


def test_the_page_shows_the_timeline_with_links_to_the_messages(shown: Site) -> None:
    page = shown.get("/explain?customer=anna")
    assert page.status == 200
    assert "entered: it was time, every day at 09:30" in page.text
    assert "<b>not open_tickets: at least 1</b>" in page.text
    [first, second] = re.findall(r'href="(/outbox/\d+)"', page.text)
    assert shown.get(first).status == shown.get(second).status == 200
    assert "This keeps them out now:" in shown.get("/explain?customer=ben").text


def test_the_page_tells_as_of_a_moment_too(shown: Site) -> None:
    page = shown.get("/explain?customer=anna&at=2026-03-03T09:00")
    assert "As of 3 Mar 2026, 09:00 CET: what came later is left out." in page.text
    assert "version 1 · active" in page.text
    assert 'name="at" value="2026-03-03T09:00"' in page.text
    assert "This kept them out then:" in shown.get("/explain?customer=ben&at=2026-03-05").text
    wrong = shown.get("/explain?customer=anna&at=2999-01-01")
    assert (wrong.status, "lies ahead" in wrong.text) == (400, True)
    assert shown.get("/explain?customer=anna&at=9999-12-31T23:59").status == 400


def test_an_address_is_posted_and_stands_in_no_address_of_a_page(shown: Site) -> None:
    answer = shown.submit("/explain", customer="anna@example.com", playbook="win-back")
    assert answer.status == 303
    assert answer.headers["location"] == "/explain?customer=anna&playbook=win-back"
    assert "anna@example.com" not in shown.get(answer.headers["location"]).text
    assert shown.submit("/explain", customer="nobody@example.com").status == 404


def test_several_customers_of_one_address_are_named(shown: Site) -> None:
    for name in ("carl", "dora"):
        shown.world.person(name, email="both@example.com")
    answer = shown.submit("/explain", customer="both@example.com")
    assert answer.status == 200
    assert 'href="/explain?customer=carl"' in answer.text
    assert 'href="/explain?customer=dora"' in answer.text


def test_a_message_leads_to_its_why(shown: Site) -> None:
    message = shown.world.outbox("anna")[0].id
    assert (
        'href="/explain?customer=anna&amp;playbook=win-back"'
        in shown.get(f"/outbox/{message}").text
    )


def test_other_machines_and_other_sites_learn_nothing(shown: Site) -> None:
    assert shown.get("/explain?customer=anna", Host="evil.example").status == 403
    posted = shown.post("/explain", "customer=anna", Origin="https://evil.example")
    assert posted.status == 403


def test_who_is_not_there_is_said(shown: Site) -> None:
    assert shown.get("/explain?customer=nobody", Accept="text/html").status == 404
    assert shown.get("/explain").status == 200

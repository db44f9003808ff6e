"""A change whose effect is known is planned, and then lived through: the plan named who it was."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from keepwarm.app.comparing import compare_folder
from keepwarm.app.foreseeing import Foresight, foresee, prepare
from keepwarm.app.paint import Paint
from keepwarm.engine.proposing.as_json import document
from keepwarm.engine.proposing.as_markdown import BUDGET, as_markdown
from keepwarm.engine.proposing.as_text import as_text
from keepwarm.engine.proposing.effects import Effects, Touch
from keepwarm.engine.proposing.proposal import Proposal
from keepwarm.store.database import Database, open_database
from keepwarm.store.migrating import migrate
from tests.journeys.world import CATALOG, POLICIES, START, World
from tests.store.databases import PostgresqlSource, opened
from tests.systems import PEPPER

DAYS = 12
OTHER, TIME, FIRST, NO_LONGER = Touch
MAILS = """\
topic: tips
start: {event: signed_up}
only_if:
  - plan: not enterprise
goal: {event: checkout_completed, within: 20 days}
steps:
  - email: hello
  - wait: 3 days
  - if:
      - monthly_revenue: at least 500
    then:
      - task: Call them
        for: care
    else:
      - sms: nudge
  - wait: until day 8
  - email: last
"""
#: Who there is: facts, and on which day after signing up they buy, if they do.
PEOPLE: Mapping[str, tuple[Mapping[str, object], int | None]] = {
    "anna": ({"plan": "pro", "monthly_revenue": 600}, None),
    "ben": ({"plan": "pro", "monthly_revenue": 400}, None),
    "carl": ({"plan": "pro", "monthly_revenue": 40}, None),
    # Buys on the third day: hears of it by text only when the wait is shorter.
    "dora": ({"plan": "pro", "monthly_revenue": 40}, 2),
    "eve": ({"plan": "enterprise", "monthly_revenue": 40}, None),
    "finn": ({"plan": "pro", "monthly_revenue": 40, "email_consent": False}, None),
    "gus": ({"plan": "free", "monthly_revenue": 40}, 0),
}


def live_through(world: World) -> None:
    """Let the same happen in every world."""
    world.apply()
    for name, (facts, _) in PEOPLE.items():
        world.person(name, **facts)
    for name in PEOPLE:
        world.event(name, "signed_up", at=START)
    for day in range(DAYS):
        world.run_until(START + timedelta(days=day, hours=6))
        for name, (_, buys) in PEOPLE.items():
            if buys == day:
                world.event(name, "checkout_completed")


def foresight_of(live: World, changed: World) -> tuple[Proposal, Foresight]:
    """Plan the change in the world in which it is not live."""
    with live.database.reading() as cx:
        comparison = compare_folder(cx, changed.folder)
    where = live.database.engine.url.render_as_string(hide_password=False), PEPPER
    foresight = prepare(live.database, comparison, where, START, live.now)
    return comparison.proposal(live.now), foresight


def foreseen(live: World, changed: World) -> tuple[Proposal, Effects]:
    """Plan the change, and say whom it would have touched."""
    proposal, foresight = foresight_of(live, changed)
    return proposal, foresee(live.database, foresight, processes=1)


def differing(live: World, changed: World) -> set[str]:
    """Name those to whom something else happened in fact."""
    return {name for name in PEOPLE if _lived(live, name) != _lived(changed, name)}


def _lived(world: World, name: str) -> list[object]:
    tasks = world.rows(
        "SELECT t.title, t.opened_at FROM task t JOIN customer c ON c.id = t.customer_id"
        " WHERE c.external_id = :name ORDER BY t.id",
        name=name,
    )
    sent = [each for each in world.outbox(name) if each.status in {"sent", "delivered"}]
    # Links differ from message to message, and say nothing to their reader.
    words = [re.sub(r'href="[^"]*"', "", each.text("html") or each.text("text")) for each in sent]
    return [world.told(name), words, [tuple(row) for row in tasks]]


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The days as they were lived with what is live: once for all changes."""
    folder = tmp_path_factory.mktemp("live")
    database = open_database(f"sqlite:///{folder / 'live.db'}")
    migrate(database)
    world = World(database, folder / "playbooks")
    world.playbook("mails", MAILS)
    live_through(world)
    yield world
    database.close()


@pytest.fixture
def changed(sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    # So many examples that they name everybody.
    monkeypatch.setattr("keepwarm.engine.proposing.effects.EXAMPLES", 100)
    world = World(sqlite_database, tmp_path / "playbooks")
    world.playbook("mails", MAILS)
    return world


def named(effects: Effects) -> dict[str, Touch]:
    found = [each for kept in effects.examples.values() for each in kept]
    assert effects.touched == len(found)
    return {each.customer: each.touch for each in found}


#: What is changed of the playbook, and whom that touches in which way.
CHANGES: list[tuple[str, str, dict[str, Touch]]] = [
    # Those who pass the wait hear at another time; dora hears before she buys.
    ("wait: 3 days", "wait: 1 day",
     {"ben": TIME, "anna": TIME, "carl": TIME, "finn": TIME, "dora": OTHER}),
    ("at least 500", "at least 300", {"ben": OTHER}),
    ("plan: not enterprise", "plan: known", {"eve": FIRST}),
    ("plan: not enterprise", "plan: none of enterprise, free", {"gus": NO_LONGER}),
    ("  - email: last\n", "", {"anna": OTHER, "ben": OTHER, "carl": OTHER}),
    ("- sms: nudge", "- sms: last", {"ben": OTHER, "carl": OTHER, "finn": OTHER}),
    ("topic: tips\n", "topic: tips\nkind: transactional\n", dict.fromkeys(
        ("anna", "ben", "carl", "dora", "finn", "gus"), OTHER)),
    ("title: About", "title: About", {}),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "expected"), CHANGES)
def test_the_people_named_are_exactly_those_who_differ(
    live: World, changed: World, old: str, new: str, expected: dict[str, Touch]
) -> None:
    changed.playbook("mails", MAILS.replace(old, new))
    live_through(changed)
    proposal, effects = foreseen(live, changed)

    assert differing(live, changed) == set(expected)
    assert named(effects) == expected
    # One line changed, so all of them are counted at it.
    counts = Counter(expected.values())
    assert {key[2]: n for key, n in effects.by_line.items()} == counts
    assert {key[1] for key in effects.by_line} == ({0} if expected else set())
    assert len(proposal.changes) == bool(expected)


def test_on_postgresql_the_same_people_are_named_and_they_differ_in_fact(
    live: World, changed: World, postgresql_server: PostgresqlSource, tmp_path: Path
) -> None:
    with opened(postgresql_server, tmp_path) as one, opened(postgresql_server, tmp_path) as other:
        world, after = World(one, tmp_path / "one"), World(other, tmp_path / "other")
        world.playbook("mails", MAILS)
        live_through(world)
        for old, new, expected in CHANGES:
            changed.playbook("mails", MAILS.replace(old, new))
            effects = foreseen(world, changed)[1]
            assert named(effects) == expected
            assert effects == foreseen(live, changed)[1]
        everything = MAILS
        for old, new, _ in CHANGES[:3]:
            everything = everything.replace(old, new)
        after.playbook("mails", everything)
        live_through(after)
        assert differing(world, after) == set(named(foreseen(world, after)[1])) == {
            "anna", "ben", "carl", "dora", "eve", "finn"
        }  # fmt: skip


def test_each_of_several_lines_has_those_for_whom_it_makes_a_difference(
    live: World, changed: World
) -> None:
    written = MAILS.replace("at least 500", "at least 300")
    changed.playbook("mails", written.replace("- email: last", "- email: nudge"))
    live_through(changed)
    proposal, effects = foreseen(live, changed)

    [change] = proposal.changes
    lines = {each.line.says: number for number, each in enumerate(change.lines)}
    at = {line: effects.by_line["mails", line, OTHER] for line in lines.values()}
    assert at[lines["monthly_revenue: at least 300"]] == 1
    assert at[lines["email: nudge"]] == 3
    assert differing(live, changed) == set(named(effects)) == {"anna", "ben", "carl"}


def test_other_words_touch_those_who_read_them(live: World, changed: World) -> None:
    changed.words("nudge", "Other words.")
    live_through(changed)
    _, effects = foreseen(live, changed)
    assert differing(live, changed) == set(named(effects)) == {"ben", "carl", "finn"}
    [ben, *_] = effects.examples_of("mails")
    assert [what for _, what in ben.new] == [
        "e-mail hello",
        "text nudge (in another form)",
        "e-mail last",
    ]


def test_an_example_shows_what_was_and_what_would_have_been(live: World, changed: World) -> None:
    changed.playbook("mails", MAILS.replace("at least 500", "at least 300"))
    live_through(changed)
    _, effects = foreseen(live, changed)
    [ben] = effects.examples_of("mails")
    assert [f"{at:%a %H:%M} {what}" for at, what in ben.live] == [
        "Mon 09:00 e-mail hello",
        "Thu 09:00 text nudge",
        "Tue 09:00 e-mail last",
    ]
    assert [what for _, what in ben.new] == [
        "e-mail hello",
        "task for care: Call them",
        "e-mail last",
    ]
    mails = [f"{at:%a %H:%M} email {what.split()[-1]}" for at, what in ben.new if "mail" in what]
    assert mails == changed.told("ben")


def test_the_plan_is_told_with_its_people(live: World, changed: World) -> None:
    changed.playbook("mails", MAILS.replace("at least 500", "at least 300"))
    proposal, effects = foreseen(live, changed)
    told = replace(proposal, effects=effects)

    text = as_text(told, Paint(on=False))
    assert "monthly_revenue: at least 500 -> at least 300\n      1 something else\n" in text
    assert "  1 customer would have got: 1 something else.\n" in text
    assert "    for example ben, something else\n      live  … Thu 05 Mar 09:00 text nudge" in text
    assert "      new   … Thu 05 Mar 09:00 task for care: Call them · " in text
    assert (
        "lived again by 7 customers with what is live and with this: 1 would have noticed." in text
    )
    assert re.search(r"texts a day +0\.3, busiest day 3 +0\.2, busiest day 2", text)

    comment = as_markdown(told)
    assert len(comment.encode()) <= BUDGET
    assert "| path | 1 something else |" in comment
    assert '  s2 -- "monthly_revenue at least 300<br/>2 (live 1)" --> s3' in comment
    assert "  class s2 changed" in comment
    [line] = document(told)["playbooks"][0]["lines"]
    assert line["customers"]["something else"] == 1


def test_what_messages_cost_is_told_by_channel(live: World, changed: World) -> None:
    changed.playbook("mails", MAILS.replace("at least 500", "at least 300"))
    costs = "thousand_messages_cost: {sms: 70 EUR}\n"
    changed.write("policies.yaml", POLICIES + costs)
    proposal, effects = foreseen(live, changed)
    text = as_text(replace(proposal, effects=effects), Paint(on=False))
    # Three texts in eleven days, and two.
    assert re.search(r"texts, EUR a day +0\.02 +0\.01", text)
    changed.write("policies.yaml", POLICIES + costs.replace("70", "7"))
    proposal = foreseen(live, changed)[0]
    text = as_text(replace(proposal, effects=effects), Paint(on=False))
    # Less than a cent, and not nothing.
    assert re.search(r"texts, EUR a day +0\.002 +0\.001", text)


def test_what_messages_cost_is_told_where_nothing_changes_but_a_price(
    live: World, changed: World
) -> None:
    costs = "thousand_messages_cost: {sms: 70 EUR}\n"
    changed.write("policies.yaml", POLICIES + costs)
    live_through(changed)
    for price, line in (
        ("200 EUR", r"texts, EUR a day +0\.02 +0\.05"),
        ("200 USD", r"texts, EUR a day +0\.02 +none\n +texts, USD a day +none +0\.05"),
    ):
        changed.write("policies.yaml", POLICIES + costs.replace("70 EUR", price))
        proposal, effects = foreseen(changed, changed)
        assert (proposal.changes, proposal.is_felt, effects.touched) == ((), True, 0)
        told = replace(proposal, effects=effects)
        assert re.search(line, as_text(told, Paint(on=False)))
        assert "texts, EUR a day" in as_markdown(told)
        assert document(told)["thousand_messages_cost"] == {
            "live": [{"channel": "sms", "amount": "70", "currency": "EUR"}],
            "new": [{"channel": "sms", "amount": "200", "currency": price[-3:]}],
        }


def test_what_collides_and_the_worst_week_are_told(live: World, changed: World) -> None:
    changed.playbook("mails", MAILS)
    again = "topic: tips\nstart: {event: signed_up}\nsteps:\n  - sms: nudge\n  - email: last\n"
    changed.playbook("again", again)
    proposal, effects = foreseen(live, changed)
    text = as_text(replace(proposal, effects=effects), Paint(on=False))
    # Finn takes no e-mail, but texts; eve is in the new one only.
    assert "5 customers would have heard from again and mails on one day (live: 0)" in text
    assert "Most messages to one customer in seven days: 4 (to carl); live: 2." in text
    assert "6 customers would have got" not in text
    assert "7 customers would have got: 7 for the first time." in text
    assert "At worst, one run brings 2 messages within seven days." in text


def test_two_processes_find_what_one_finds(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("keepwarm.app.foreseeing._WORTH_SHARING", 1)
    monkeypatch.setattr("keepwarm.store.histories.BATCH", 2)
    world = World(database, tmp_path / "playbooks")
    world.playbook("mails", MAILS)
    live_through(world)
    world.playbook("mails", MAILS.replace("wait: 3 days", "wait: 1 day"))
    _, foresight = foresight_of(world, world)
    told: list[int] = []
    shared = foresee(database, foresight, 2, lambda done, _: told.append(done))
    assert shared == foresee(database, foresight, 1)
    assert shared.touched == 5
    assert told == [1, 2, 3, 4]


def test_an_offer_that_lasts_longer_and_is_worth_more_counts_at_both_lines(
    database: Database, tmp_path: Path
) -> None:
    world = World(database, tmp_path / "playbooks")
    gift = "topic: tips\nstart: {event: signed_up}\nsteps:\n  - offer: ten-percent\n%s"
    world.playbook("gift", gift % "    expires: in 14 days\n")
    world.apply()
    for name in ("anna", "ben"):
        world.person(name)
        world.event(name, "signed_up")
    world.run_for(days=1)
    world.playbook("gift", gift % "    expires: in 21 days\n")
    world.write("catalog/catalog.yaml", CATALOG.replace("percent: 10", "percent: 20"))
    proposal, effects = foreseen(world, world)
    [change] = proposal.changes
    lines = {number: each.line.says for number, each in enumerate(change.lines)}
    assert {lines[key[1]]: count for key, count in effects.by_line.items()} == {
        "expires: in 21 days": 2,
        "percent: 20": 2,
    }


def test_a_score_that_is_computed_from_something_else_is_foreseen_night_by_night(
    tmp_path: Path,
) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'scored.db'}")
    migrate(database)
    world, changed = World(database, tmp_path / "live"), World(database, tmp_path / "changed")
    for each, amount in ((world, "paid"), (changed, "tip")):
        each.write(
            "catalog/scores.yaml",
            "events: {bought: {with: {paid: number, tip: number}}}\n"
            f"scores: {{lifetime_value: {{from: bought, amount: {amount}}}}}\n",
        )
        each.playbook(
            "best",
            "topic: tips\nstart:\n  every: day at 09:30\n"
            "  for_customers: [{lifetime_value: at least 100}]\n  again_after: 30 days\n"
            "steps:\n  - email: hello\n",
        )
    world.apply()
    bought = {"rich": [(1, 150, 0)], "kind": [(1, 10, 200)], "soon": [(1, 60, 0), (4, 60, 0)]}
    for name in bought:
        world.person(name)
    for day in range(7):
        world.now = START + timedelta(days=day)
        for name, orders in bought.items():
            for _, paid, tip in (order for order in orders if order[0] == day):
                world.event(name, "bought", paid=paid, tip=tip)

    _, effects = foreseen(world, changed)

    # Nobody had computed a score; each counts from the night after it was earned.
    begun = {(at.day, count) for (_, at), count in effects.live.begun.items()}
    assert begun == {(4, 1), (7, 1)}
    assert effects.by_playbook == {("best", NO_LONGER): 2, ("best", FIRST): 1}
    database.close()

"""Replays: a history lived through again, all playbooks together."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from keepwarm.engine.compiling import compile_plan
from keepwarm.engine.facts import Happening, Value
from keepwarm.engine.plan import Plan
from keepwarm.engine.replay import line_up, live, replay
from keepwarm.engine.replay.happened import happenings
from keepwarm.engine.replay.history import (
    Arrival,
    Barred,
    Chose,
    History,
    Learned,
    Occurred,
    Reacted,
    Reaction,
    TaskFinished,
)
from keepwarm.engine.replay.simulated import Simulated
from keepwarm.engine.run import Mode
from keepwarm.schema.catalog import Catalog
from keepwarm.schema.words import Channel, PlaybookStatus
from tests.engine.written import workspace_of

#: A Monday; nine in the morning in Amsterdam.
SINCE = datetime(2026, 3, 2, 8, tzinfo=UTC)
UNTIL = SINCE + timedelta(days=30)

KNOWN: dict[str, Value] = {
    "email": "ann@example.com",
    "phone": "+31612345678",
    "timezone": "Europe/Amsterdam",
    "email_consent": True,
    "sms_consent": True,
    "plan": "free",
}
WELCOME = """\
topic: tips
start: {event: signed_up, once: per customer}
steps:
  - email: hello
  - wait: 1 day
  - email: nudge
"""


def after(**length: float) -> datetime:
    return SINCE + timedelta(**length)


def event(name: str, **length: float) -> Occurred:
    at = after(**length)
    return Occurred(at, name, Happening(at), str(at))


def plans_of(playbook: str, **others: str) -> tuple[list[Plan], Catalog]:
    workspace = workspace_of(playbook, **others)
    plans = [
        compile_plan(each, workspace.catalog, workspace.policies)
        for each in workspace.playbooks.values()
    ]
    return plans, workspace.catalog


def told(playbook: str, *arrivals: Arrival, customer: str = "ann", **others: str) -> list[str]:
    """Give what happened, as lines: `1 09:00 email hello`, with why where it did not go."""
    plans, catalog = plans_of(playbook, **others)
    lineup = line_up(plans, catalog, SINCE, UNTIL)
    history = History(customer, KNOWN, sorted(arrivals, key=lambda each: each.at))
    return [
        f"{(each.at - SINCE).days} {each.at + timedelta(hours=1):%H:%M} {each.what}"
        f" {each.names[0] if each.names else ''}{f': {each.because}' if each.because else ''}"
        for each in happenings(live(lineup, history), lineup)
        if each.what != "run"
    ]


def test_what_was_before_the_start_is_history_and_starts_nothing() -> None:
    assert told(WELCOME, event("signed_up", days=-1)) == []
    assert told(WELCOME, event("signed_up", days=1)) == [
        "1 09:00 email hello",
        "2 09:00 email nudge",
    ]


def test_an_event_that_arrived_late_counts_from_when_it_happened() -> None:
    late = Occurred(after(hours=5), "signed_up", Happening(after(hours=-3)), "1")
    plans, catalog = plans_of(WELCOME)
    lived = replay(plans, catalog, History("ann", KNOWN, [late]), SINCE, UNTIL)
    assert [(run.begun_at, run.run.started_at) for run in lived.runs] == [
        (after(hours=5), after(hours=-3))
    ]


def test_caps_count_over_all_playbooks() -> None:
    capped = WELCOME.replace("steps:", "respect: {at_most: 1 message per day}\nsteps:")
    assert told(capped, event("signed_up"), other=capped.replace("hello", "last"))[:2] == [
        "0 09:00 email last",
        "0 09:00 email hello: capped: at most 1 message per day",
    ]


def test_topics_and_suppressions_count_from_their_moment() -> None:
    no = Chose(after(hours=12), "tips", "*", allowed=False)
    assert told(WELCOME, event("signed_up"), no)[1] == (
        "1 09:00 email nudge: the customer switched this topic off"
    )
    barred = Barred(after(hours=3), Channel.EMAIL, "ann@example.com", "bounced")
    assert told(WELCOME, event("signed_up"), barred)[1] == (
        "1 09:00 email nudge: the address may not be used: bounced"
    )


UPDATES = """\
kind: transactional
start: {event: signed_up, once: per customer}
steps:
  - update: {plan: pro}
  - wait: 2 days
  - email: hello
    only_if: [{plan: pro}]
"""


def test_what_a_replayed_playbook_changed_it_changes_itself() -> None:
    own = Learned(after(hours=1), {"plan": "team"}, by="p")
    others = Learned(after(hours=1), {"plan": "team"}, by="somebody-else")
    assert told(UPDATES, event("signed_up"), own)[1:] == ["2 09:00 email hello"]
    assert told(UPDATES, event("signed_up"), others)[1:] == []


ANSWERED = """\
kind: transactional
start: {event: signed_up, once: per customer}
steps:
  - email: hello
    name: first
  - task: Call them
    name: rescue
    for: care
  - wait: until rescue is done, at most 3 days
  - if: [{first: clicked}]
    then:
      - email: nudge
    else:
      - email: last
"""


def test_what_people_answered_counts_for_what_is_done_at_the_same_moment() -> None:
    def answers(began: datetime) -> list[Arrival]:
        return [
            Reacted(after(hours=2), "hello", Reaction.CLICKED, "p", began),
            TaskFinished(after(hours=3), "Call them", "saved", "p", began),
        ]

    assert told(ANSWERED, event("signed_up"), *answers(SINCE))[2:] == ["0 12:00 email nudge"]
    elsewhen = answers(after(minutes=1))
    assert told(ANSWERED, event("signed_up"), *elsewhen)[2:] == ["3 09:00 email last"]


def test_who_was_not_known_yet_is_not_looked_at() -> None:
    playbook = (
        "kind: transactional\nstart: {every: day at 10:00, for_customers: [{plan: free}]}\n"
        "steps:\n  - email: hello\n"
    )
    plans, catalog = plans_of(playbook)
    lineup = line_up(plans, catalog, SINCE, UNTIL)
    began = [
        live(lineup, History("ann", KNOWN, [], known_since=known)).runs[0].begun_at
        for known in (None, after(days=3))
    ]
    assert began == [after(hours=1), after(days=3, hours=1)]


def test_whom_a_rollout_leaves_out_enters_when_the_stage_of_all_begins() -> None:
    playbook = (
        "kind: transactional\nstart: {every: day at 10:00, for_customers: [{plan: free}]}\n"
        "rollout: [1% for 3 days, 2% for 4 days, 100%]\nsteps:\n  - email: hello\n"
    )
    assert told(playbook) == ["7 10:00 email hello"]


def test_the_holdout_is_drawn_and_shadow_sends_nothing() -> None:
    [plan], catalog = plans_of(WELCOME)
    history = History("ann", KNOWN, [event("signed_up")])
    held_out = replay([replace(plan, holdout=Decimal(1))], catalog, history, SINCE, UNTIL)
    assert [run.run.mode for run in held_out.runs] == [Mode.HOLDOUT]
    shadow = replace(plan, status=PlaybookStatus.SHADOW)
    lineup = line_up([shadow], catalog, SINCE, UNTIL)
    lived = live(lineup, history)
    assert [each.names for each in happenings(lived, lineup)] == [("entered",), ("finished",)]


def test_lives_add_up_and_sums_of_parts_add_up_to_the_same() -> None:
    plans, catalog = plans_of(WELCOME, other=WELCOME.replace("1 day", "5 days"))
    lineup = line_up(plans, catalog, SINCE, UNTIL)
    people = [
        History("ann", KNOWN, [event("signed_up")]),
        History("ben", KNOWN | {"email_consent": False}, [event("signed_up", days=3)]),
        History("cem", KNOWN, []),
    ]
    everybody, parts = Simulated(), [Simulated(), Simulated()]
    for number, history in enumerate(people):
        everybody.add(live(lineup, history), lineup)
        parts[number % 2].add(live(lineup, history), lineup)
    parts[0].merge(parts[1])
    assert parts[0] == everybody
    assert everybody.entered == {"p": 2, "other": 2}
    assert everybody.inside_both == {("other", "p"): 2}
    assert everybody.heard_of_both == {("other", "p"): 1}
    assert everybody.per_customer == {4: 1, 0: 1}
    assert everybody.refused == {("p", "consent"): 2, ("other", "consent"): 2}

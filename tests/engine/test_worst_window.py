"""The most that a run may bring within some days: as many as a search through all ways finds."""

from __future__ import annotations

from typing import TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepwarm.engine.rules.broken_promise import BROKEN_PROMISE
from keepwarm.engine.rules.worst_window import worst_window
from keepwarm.schema.checking import check
from keepwarm.schema.workspace import Workspace, read_workspace
from tests.schema.workspaces import folder

HEAD = (
    "playbook: {name}\ntitle: Case\nowner: crm@acme.example\nstatus: {status}\ntopic: offers\n"
    "start: {start}\nsteps:\n"
)
SHOP = folder("shop")
ADDRESS = "postal_address: Acme BV, Damrak 1, 1012 LG Amsterdam\n"

#: A way: what happens, a message or a number of days.
Way = tuple[int | str, ...]
#: A message, a number of days, or a question with what follows each answer.
Step: TypeAlias = "str | int | tuple[Steps, Steps]"
Steps: TypeAlias = "list[Step]"
#: What was answered last, if no time has gone by.
Answer: TypeAlias = bool | None


# ── Small playbooks, written and searched through ────────────────────────────────────────────

MAIL = "mail"
STEPS = st.recursive(
    st.one_of(st.just(MAIL), st.integers(1, 9)),
    lambda inner: st.tuples(st.lists(inner, min_size=1, max_size=3), st.lists(inner, max_size=3)),
    max_leaves=10,
)


def written(steps: Steps, indent: int = 2) -> str:
    lines = []
    room = " " * indent
    for step in steps:
        match step:
            case str():
                lines.append(f"{room}- email: winback/what-is-new\n")
            case int():
                lines.append(f"{room}- wait: {step} day{'' if step == 1 else 's'}\n")
            case (then, otherwise):
                lines.append(f"{room}- if:\n{room}    - city: contains a\n{room}  then:\n")
                lines.append(written(then, indent + 4))
                if otherwise:
                    lines.append(f"{room}  else:\n{written(otherwise, indent + 4)}")
    return "".join(lines)


def ways(steps: Steps) -> list[Way]:
    """Give every way through steps; of two questions without a wait between the answers agree."""
    return [way for way, _ in _ways(steps, answer=None)]


def _ways(steps: Steps, *, answer: Answer) -> list[tuple[Way, Answer]]:
    found: list[tuple[Way, Answer]] = [((), answer)]
    for step in steps:
        longer: list[tuple[Way, Answer]] = []
        for way, known in found:
            match step:
                case str():
                    longer.append(((*way, step), known))
                case int():
                    longer.append(((*way, step), None))
                case (then, otherwise):
                    if known is not False:
                        longer += [((*way, *w), k) for w, k in _ways(then, answer=True)]
                    if known is not True:
                        longer += [((*way, *w), k) for w, k in _ways(otherwise, answer=False)]
        found = longer
    return found


def most(way: Way, days: int) -> int:
    day, mails = 0, []
    for each in way:
        if isinstance(each, int):
            day += each
        else:
            mails.append(day)
    return max((sum(a <= b < a + days for b in mails) for a in mails), default=0)


def workspace(text: str) -> Workspace:
    read = read_workspace({**SHOP, "case.yaml": text.encode()})
    assert not read.problems
    return read


@given(st.lists(STEPS, min_size=1, max_size=5), st.sampled_from([1, 7, 30]))
@settings(max_examples=60)
def test_no_way_brings_more_and_one_brings_as_many(steps: Steps, days: int) -> None:
    head = HEAD.format(name="case", status="live", start="{event: signed_up}")
    read = workspace(head + written(steps))
    found = worst_window(read.playbooks["case"], read, days, lambda _step, _playbook: True)
    assert len(found.touches) == max(most(way, days) for way in ways(steps))


# ── Promises ─────────────────────────────────────────────────────────────────────────────────


def told(policies: str, **playbooks: str) -> list[str]:
    files = {f"{name}.yaml": text.encode() for name, text in playbooks.items()}
    files["policies.yaml"] = (ADDRESS + policies).encode()
    return [p.message for p in check({**SHOP, **files}, [BROKEN_PROMISE]).problems]


def playbook(name: str, steps: str, start: str = "{event: signed_up}", status: str = "live") -> str:
    return HEAD.format(name=name, status=status, start=start) + steps


THREE = "  - email: winback/what-is-new\n" * 3
ONE = "  - email: winback/what-is-new\n"


def promised(count: int, what: str = "messages", per: str = "week") -> str:
    return f"promises: at most {count} {what} per {per}\n"


def test_playbooks_are_counted_together() -> None:
    both = {"a": playbook("a", THREE), "b": playbook("b", ONE)}
    assert told(promised(4), **both) == []
    assert told(promised(3), **both) == [
        '"at most 3 messages per week" cannot be promised: 4 may reach one customer'
    ]


def test_what_is_not_live_reaches_nobody() -> None:
    for status in ("draft", "shadow"):
        assert told(promised(3), a=playbook("a", THREE), b=playbook("b", ONE, status=status)) == []


@pytest.mark.parametrize(
    ("start", "runs"),
    [
        ("{event: signed_up}", 1),
        ("{event: signed_up, again_after: 7 days}", 1),
        ("{event: signed_up, again_after: 6 days}", 2),
        ("{event: signed_up, again_after: 2 days}", 4),
        ("{date: birthday, yearly: yes}", 1),
    ],
)
def test_a_customer_who_enters_again_gets_it_again(start: str, runs: int) -> None:
    a = playbook("a", ONE, start)
    assert told(promised(runs), a=a) == []
    if runs > 1:
        assert told(promised(runs - 1), a=a) != []


def test_what_starts_as_often_as_an_event_comes_has_no_most() -> None:
    a = playbook("a", ONE, "{event: payment_failed, once: per invoice}")
    (message,) = told(promised(99), a=a)
    assert message.endswith("cannot be promised: any number may reach one customer")
    files = {"a.yaml": a.encode(), "policies.yaml": (ADDRESS + promised(99)).encode()}
    [problem] = check({**SHOP, **files}, [BROKEN_PROMISE]).problems
    line = 1 + a.split("\n").index("start: {event: payment_failed, once: per invoice}")
    assert problem.hint is not None
    assert f"as often as its event comes (a.yaml:{line})" in problem.hint


def test_a_limit_on_sending_keeps_the_promise_of_marketing() -> None:
    a = playbook("a", ONE, "{event: payment_failed, once: every time}")
    cap = "at_most: 3 messages per week\n"
    assert told(promised(3, "marketing messages") + cap, a=a) == []
    assert told(promised(2, "marketing messages") + cap, a=a) != []
    service = playbook("b", ONE + "    kind: transactional\n")
    assert told(promised(3) + cap, a=a, b=service) != []
    assert told(promised(4) + cap, a=a, b=service) == []


def test_a_month_of_messages_is_no_more_than_a_month_of_days_allows() -> None:
    cap = "at_most: 1 message per day\n"
    a = playbook("a", ONE, "{event: payment_failed, once: every time}")
    assert told(promised(7, "marketing messages") + cap, a=a) == []
    assert told(promised(6, "marketing messages") + cap, a=a) != []


def test_a_channel_is_counted_by_itself() -> None:
    a = playbook("a", ONE + "  - sms: onboarding/short-nudge\n")
    assert told(promised(1, "sms"), a=a) == []
    assert told(promised(1, "emails"), a=a) == []
    assert told(promised(1), a=a) != []


def test_a_playbook_that_others_start_is_counted_for_each_call() -> None:
    b = playbook("b", ONE, "{called: by another playbook, once: every time}")
    a = playbook("a", "  - start_playbook: b\n  - start_playbook: b\n")
    assert told(promised(2), a=a, b=b) == []
    assert told(promised(1), a=a, b=b) != []
    assert told(promised(0 + 1), b=b) == []


def test_those_who_cannot_be_two_things_at_once_get_one_of_two() -> None:
    steps = (
        "  - email: winback/what-is-new\n    only_if: [plan: pro]\n"
        "  - email: winback/what-is-new\n    only_if: [plan: team]\n"
    )
    assert told(promised(1), a=playbook("a", steps)) == []
    later = steps.replace("]\n", "]\n  - wait: 1 day\n", 1)
    assert told(promised(1), a=playbook("a", later)) != []


def test_a_message_that_was_held_overnight_comes_closer_to_a_day_that_is_fixed() -> None:
    steps = "  - sms: onboarding/short-nudge\n  - wait: until day 1\n" + ONE
    assert told(promised(1, per="day"), a=playbook("a", steps)) != []
    assert told(promised(1, per="day"), a=playbook("a", steps.replace("day 1", "day 2"))) == []

"""Conditions as a person follows them: what was wanted, what was seen, and nothing inside out."""

from __future__ import annotations

from datetime import UTC, datetime
from textwrap import dedent

import pytest

from keepwarm.engine.facts import Facts, Happening, Value
from keepwarm.engine.plan import START
from keepwarm.engine.run import Check, Decision, Deed
from keepwarm.engine.situation import Situation
from keepwarm.engine.weighing import Looked, Together, Weighed, all_of, recount, weigh_now
from tests.engine.written import HEAD, plan_of

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
REST = "\ntopic: tips\nstart: {event: signed_up}\nsteps:\n  - email: hello\n"


def read(*weighed: Weighed) -> list[object]:
    """Give what was looked at in the shortest form that a person can read."""
    found: list[object] = []
    for each in weighed:
        if isinstance(each, Looked):
            mark = {True: "+", False: "-", None: "?"}[each.met]
            found.append(f"{mark}{'not ' if each.negated else ''}{each.fact} {each.wanted}")
        else:
            found.append(("any" if each.is_any else "all", each.met, read(*each.of)))
    return found


def weighed(only_if: str, **attributes: Value) -> list[object]:
    plan = plan_of(f"only_if:\n{only_if}{REST}")
    return read(*all_of(weigh_now(plan, plan.only_if, Situation(Facts(attributes), NOW))))


def test_every_test_is_looked_at_though_the_first_failed() -> None:
    said = weighed("  - plan: pro\n  - open_tickets: 0\n", plan="free", open_tickets=0)
    assert said == ["-plan pro", "+open_tickets 0"]


@pytest.mark.parametrize(("tickets", "mark"), [(2, "-"), (0, "+")])
def test_none_is_said_at_each_test(tickets: int, mark: str) -> None:
    only_if = "  - plan: pro\n  - none:\n      - open_tickets: at least 1\n"
    said = weighed(only_if, plan="pro", open_tickets=tickets)
    assert said == ["+plan pro", f"{mark}not open_tickets at least 1"]


def test_any_is_a_group_of_its_own() -> None:
    only_if = "  - any:\n      - plan: pro\n      - plan: team\n  - open_tickets: 0\n"
    said = weighed(only_if, plan="team", open_tickets=1)
    assert said == [("any", True, ["-plan pro", "+plan team"]), "-open_tickets 0"]


def test_none_of_any_is_all_of_none() -> None:
    inner = "      - any:\n          - plan: pro\n          - plan: team\n"
    said = weighed(f"  - none:\n{inner}", plan="team")
    assert said == ["+not plan pro", "-not plan team"]


PLAN = """
topic: tips
start: {event: signed_up}
only_if:
  - plan: one of pro, team
  - none:
      - open_tickets: at least 1
stop_if_any:
  - plan: free
  - open_tickets: at least 5
steps:
  - choose:
      - when:
          - plan: pro
          - logged_in: at least 2 times
        steps:
          - email: hello
      - when:
          - plan: team
        steps:
          - email: nudge
"""


def test_a_decision_is_told_again_in_the_shape_of_its_conditions() -> None:
    plan = plan_of(PLAN)
    entered = Decision(
        START,
        Deed.ENTERED,
        "",
        (
            check("plan", "one of pro, team", _line("plan: one of"), held=True),
            check("open_tickets", "at least 1", _line("at least 1"), held=False, seen_at=1),
        ),
    )
    told = recount(plan, entered, ("pro", None))
    assert read(*told) == ["+plan one of pro, team", "+not open_tickets at least 1"]
    stopped = Decision(
        START,
        Deed.STOPPED,
        "plan",
        (check("plan", "free", _line("plan: free"), held=True),),
    )
    assert read(*recount(plan, stopped, ("free",))) == ["+plan free"]


def test_arms_that_were_passed_are_told_up_to_the_test_that_failed() -> None:
    plan = plan_of(PLAN)
    took = Decision(
        0,
        Deed.TOOK,
        "line 20",
        (
            check("plan", "pro", _line("plan: pro"), held=False),
            check("plan", "team", _line("plan: team"), held=True, seen_at=1),
        ),
    )
    assert read(*recount(plan, took, ("team", "team"))) == ["-plan pro", "+plan team"]


def test_checks_of_another_text_are_told_as_they_were_kept() -> None:
    plan = plan_of(PLAN)
    other = Decision(START, Deed.ENTERED, "", (check("plan", "gold", 3, held=True),))
    assert read(*recount(plan, other, ("gold",))) == ["+plan gold"]


def check(fact: str, wanted: str, line: int, *, held: bool, seen_at: int = 0) -> Check:
    return Check(fact, wanted, held, line, seen_at)


def _line(words: str) -> int:
    """Give the line of the file that `PLAN` is written to."""
    lines = enumerate((HEAD + dedent(PLAN)).splitlines(), 1)
    return next(number for number, line in lines if words in line)


def test_counts_are_of_the_window_that_was_asked_about() -> None:
    plan = plan_of("only_if:\n  - bought: at least 2 times\n" + REST)
    events = {"bought": [Happening(datetime(2020, 1, 1, tzinfo=UTC))]}
    [looked] = all_of(weigh_now(plan, plan.only_if, Situation(Facts(events=events), NOW)))
    assert isinstance(looked, Looked)
    assert (looked.met, looked.seen) == (False, "once")


def test_nothing_asked_is_nothing_looked_at() -> None:
    plan = plan_of(REST)
    found = weigh_now(plan, plan.only_if, Situation(Facts(), NOW))
    assert found == Together(is_any=False, met=True, of=())

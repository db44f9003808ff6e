"""Laying steps out: every step knows which one comes next."""

from __future__ import annotations

from decimal import Decimal
from textwrap import dedent, indent

import pytest

from keepwarm.engine.laying import typed
from keepwarm.engine.plan import (
    END,
    Branch,
    Label,
    MakeOffer,
    OpenTask,
    Pause,
    Plan,
    PlanStep,
    Send,
    SetFacts,
    Split,
)
from keepwarm.schema.catalog import Attribute
from keepwarm.schema.conditions import ALWAYS, FactKind
from keepwarm.schema.words import Channel, Kind
from tests.engine.written import plan_of


def laid(steps: str, kind: str = "transactional") -> Plan:
    start = f"kind: {kind}\nstart: {{event: signed_up, once: per customer}}\nsteps:\n"
    return plan_of(start + indent(dedent(steps).strip(), "  "))


def routes(plan: Plan) -> list[tuple[int, ...]]:
    """Give, for each step, where it may lead: its arms' first steps, then what follows it."""
    return [(*_arms(step), step.at.then) for step in plan.steps]


def _arms(step: PlanStep) -> tuple[int, ...]:
    return tuple(first for _, _, first in step.arms) if isinstance(step, Branch | Split) else ()


def test_steps_in_a_row_lead_on_and_the_last_to_the_end() -> None:
    plan = laid("- tag: a\n- tag: b\n- tag: c")
    assert routes(plan) == [(1,), (2,), (END,)]
    assert [step.at.path for step in plan.steps] == ["steps/0", "steps/1", "steps/2"]
    assert plan.first == 0


def test_both_arms_of_an_if_lead_to_what_follows_it() -> None:
    plan = laid(
        """
        - if: [{plan: free}]
          then:
            - tag: a
            - tag: b
          else:
            - tag: c
        - tag: d
        """
    )
    assert routes(plan) == [(1, 3, 4), (2,), (4,), (4,), (END,)]


def test_an_if_without_else_goes_on() -> None:
    plan = laid("- if: [{plan: free}]\n  then:\n    - tag: a\n- tag: b")
    assert routes(plan) == [(1, 2), (2,), (END,)]


def test_a_branch_at_the_end_leads_to_the_end() -> None:
    plan = laid("- if: [{plan: free}]\n  then:\n    - tag: a\n  else:\n    - tag: b")
    assert routes(plan) == [(1, 2, END), (END,), (END,)]


def test_what_is_nested_leads_out_of_all_that_it_is_nested_in() -> None:
    plan = laid(
        """
        - if: [{plan: free}]
          then:
            - choose:
                - when: [{open_tickets: at least 1}]
                  steps:
                    - split: size
                      into:
                        - share: 50%
                          steps: [{tag: a}]
                        - share: 50%
                          steps: [{tag: b}]
                - otherwise:
                    - tag: c
          else:
            - tag: d
        - tag: e
        """
    )
    assert routes(plan) == [
        (1, 6, 7),  # if
        (2, 5, 7),  # choose
        (3, 4, 7),  # split
        (7,),
        (7,),
        (7,),
        (7,),
        (END,),
    ]


def test_steps_after_a_nested_branch_come_before_those_after_the_outer_one() -> None:
    plan = laid(
        """
        - if: [{plan: free}]
          then:
            - if: [{open_tickets: at least 1}]
              then:
                - tag: a
            - tag: b
        - tag: c
        """
    )
    assert routes(plan) == [(1, 4), (2, 3), (3,), (4,), (END,)]


def test_an_empty_arm_leads_straight_on() -> None:
    plan = laid(
        """
        - split: mail-or-none
          into:
            - {share: 50%, name: mail, steps: [{tag: a}]}
            - {share: 50%, name: none, steps: []}
        - tag: b
        """
    )
    assert routes(plan) == [(1, 2, 2), (2,), (END,)]


def test_the_shares_of_a_split_are_summed_up_to_one() -> None:
    plan = laid(
        """
        - split: size
          into:
            - {share: 10%, name: small, steps: [{tag: a}]}
            - {share: 40%, name: middle, steps: [{tag: b}]}
            - {share: 50%, steps: [{tag: c}]}
        """
    )
    split = plan.steps[0]
    assert isinstance(split, Split)
    assert [(end, label) for end, label, _ in split.arms] == [
        (Decimal("0.1"), "small"),
        (Decimal("0.5"), "middle"),
        (Decimal(1), "line 12"),
    ]
    assert split.experiment == "size"


def test_a_wait_knows_the_step_of_its_task_wherever_that_stands() -> None:
    plan = laid(
        """
        - tag: a
        - if: [{plan: free}]
          then:
            - task: Call them
              name: rescue
              for: care
              due: in 4 working hours
            - wait: until rescue is done, at most 2 days
        - wait: 1 day
        """
    )
    task, first, second = plan.steps[2:]
    assert isinstance(task, OpenTask)
    assert task.outcomes == ("saved", "lost")
    assert isinstance(first, Pause)
    assert first.task == 2
    assert isinstance(second, Pause)
    assert second.task is None


def test_only_if_stands_on_the_step_and_its_absence_always_holds() -> None:
    plan = laid("- tag: a\n  only_if: [{plan: free}]\n- tag: b")
    assert plan.steps[0].at.only_if != ALWAYS
    assert plan.steps[1].at.only_if == ALWAYS


def test_a_send_step_has_its_ways_in_order() -> None:
    plan = laid("- push: hello\n  expires: in 1 day\n  or_else: {sms: nudge}", "transactional")
    send = plan.steps[0]
    assert isinstance(send, Send)
    assert [(way.channel, way.template) for way in send.ways] == [
        (Channel.PUSH, "hello"),
        (Channel.SMS, "nudge"),
    ]
    assert {way.kind for way in send.ways} == {Kind.TRANSACTIONAL}


def test_values_are_typed_by_the_catalog() -> None:
    plan = laid("- update: {plan: pro, open_tickets: 3}\n- untag: vip\n- offer: ten-percent")
    update, untag, offer = plan.steps
    assert isinstance(update, SetFacts)
    assert update.values == (("plan", "pro"), ("open_tickets", 3))
    assert isinstance(untag, Label)
    assert untag.remove
    assert isinstance(offer, MakeOffer)
    assert offer.offer.percent == 10


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (FactKind.NUMBER, "3", 3),
        (FactKind.NUMBER, "3.0", 3),
        (FactKind.NUMBER, "2.5", 2.5),
        (FactKind.TRUTH, "yes", True),
        (FactKind.TRUTH, "no", False),
        (FactKind.TAGS, "vip, early", ["vip", "early"]),
        (FactKind.TAGS, "", []),
        (FactKind.DATE, "2026-01-31", "2026-01-31"),
        (FactKind.CHOICE, "pro", "pro"),
        (FactKind.MOMENT, "2026-01-31T08:00:00Z", "2026-01-31T08:00:00.000000Z"),
        (FactKind.MOMENT, "2026-01-31 09:00", "2026-01-31T08:00:00.000000Z"),
        (FactKind.MOMENT, "2026-07-01", "2026-06-30T22:00:00.000000Z"),
    ],
)
def test_a_text_becomes_a_value_of_its_kind(kind: FactKind, text: str, value: object) -> None:
    found = typed(Attribute("a", kind, None), text, "Europe/Amsterdam")
    assert found == value
    assert type(found) is type(value)

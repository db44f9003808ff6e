"""Policies: the limits that hold for all playbooks together."""

from __future__ import annotations

from datetime import time
from decimal import Decimal

import pytest

from keepwarm.schema.faults import Faults
from keepwarm.schema.loading import load
from keepwarm.schema.playbook import Policies
from keepwarm.schema.policies import read_policies
from keepwarm.schema.retention import Kept
from keepwarm.schema.words import Channel
from tests.schema import acme


def read(text: str) -> tuple[Policies, list[str]]:
    faults = Faults("policies.yaml")
    loaded = load(text, faults.file)
    faults.problems.extend(loaded.problems)
    policies = read_policies(loaded.node, faults)
    return policies, acme.told(faults)


def test_every_policy_is_read() -> None:
    policies, problems = read(
        """\
quiet_hours: 21:00 to 08:00
at_most:
  - 5 messages per week
  - 1 sms per day
sender: Acme <hello@acme.example>
postal_address: |
  Acme BV
  Damrak 1, 1012 LG Amsterdam
alarms_to: "#crm-alarms"
thousand_messages_cost: {email: 1 EUR, sms: 70.50 EUR}
approvers: {money: bea@acme.example}
keep: {events: 5 years, audit: forever}
""",
    )
    assert problems == []
    assert policies.thousand_messages_cost == (
        (Channel.EMAIL, Decimal(1), "EUR"),
        (Channel.SMS, Decimal("70.5"), "EUR"),
    )
    kept = {kept.value: str(policies.keep.length(kept)) for kept in Kept}
    assert kept == {
        "events": "5 years", "words": "1 year", "arrivals": "30 days", "changes": "2 years",
        "decisions": "2 years", "audit": "forever",
    }  # fmt: skip
    assert policies.approvers.money == ("bea@acme.example",)
    assert policies.quiet_hours is not None
    assert (policies.quiet_hours.start, policies.quiet_hours.end) == (time(21), time(8))
    assert [(cap.count, cap.channel) for cap in policies.caps] == [(5, None), (1, Channel.SMS)]
    assert policies.sender == "Acme <hello@acme.example>"
    assert policies.postal_address == "Acme BV, Damrak 1, 1012 LG Amsterdam"
    assert policies.alarms_to == "#crm-alarms"


def test_one_limit_needs_no_list() -> None:
    policies, problems = read("at_most: 3 messages per week\n")
    assert problems == []
    assert [str(cap) for cap in policies.caps] == ["3 messages per week"]


def test_an_empty_file_sets_no_limit() -> None:
    assert read("# later\n") == (Policies(), [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "quiet_hour: 21:00 to 08:00\n",
            (
                '1:1: the policies has no setting "quiet_hour"; did you mean "quiet_hours"? '
                "[unknown-key]"
            ),
        ),
        (
            "quiet_hours: 9pm to 8am\n",
            '1:14: write 21:00 instead of "9pm"; did you mean "21:00 to 08:00"? [cannot-read]',
        ),
        ("at_most: 3 messages per yaer\n", "1:10: "),
        (
            "approvers: {money: bosses}\n",
            '1:20: "bosses" is neither a team nor an e-mail address [no-team]',
        ),
        ("thousand_messages_cost: {email: much}\n", "1:33: "),
        ("keep: {events: 4 hours}\n", '1:16: "4 hours" is too fine [cannot-read]'),
        ("sender: hello\n", '1:9: "hello" is not a sender [address]'),
        (
            "alarms_to: everybody\n",
            '1:12: "everybody" is neither a chat channel nor an e-mail address [address]',
        ),
        ("- quiet_hours: 21:00 to 08:00\n", "1:1: "),
    ],
)
def test_a_fault_in_the_policies_is_told_at_its_place(text: str, expected: str) -> None:
    (problem,) = read(text)[1]
    assert problem.startswith(expected)

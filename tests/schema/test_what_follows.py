"""What follows from another fault is not told; what only stands beside it is."""

from __future__ import annotations

from datetime import date

from keepwarm.engine.rules.registry import all_rules
from keepwarm.schema.checking import check
from tests.schema.workspaces import folder

RULES = all_rules(date(2026, 11, 22))
PLAYBOOK = """\
playbook: again
title: Asks again
owner: crm@acme.example
status: draft
kind: transactional
start: {event: payment_failed}
"""
STEP = "  - sms: billing/again\n"


def found(steps: str, words: str) -> list[str]:
    """Give the faults of a playbook and its template: `file:line rule`."""
    files = {
        **folder("shop"),
        "again.yaml": f"{PLAYBOOK}{steps}".encode(),
        "templates/billing/again.txt": f"{words}\n".encode(),
    }
    problems = check(files, RULES).problems
    return [f"{each.file.split('/')[-1]}:{each.span.line} {each.rule}" for each in problems]


def test_an_attribute_is_told_to_be_empty_though_another_is_misspelt_around_it() -> None:
    steps = f"steps:\n{STEP}"
    other = "{% if customer.plann %}{{ customer.city }}{% endif %}"
    assert found(steps, other) == ["again.txt:1 unknown-variable", "again.txt:1 empty-value"]
    itself = "{% if customer.citty %}{{ customer.city }}{% endif %}"
    assert found(steps, itself) == ["again.txt:1 unknown-variable"]
    no_customer = "{% if custmer.city %}{{ customer.city }}{% endif %}"
    assert found(steps, no_customer) == ["again.txt:1 unknown-variable"]


def test_an_attribute_is_told_to_be_empty_unless_what_cannot_be_read_may_see_to_it() -> None:
    words = "{{ customer.city }}"
    unread = "only_if: [{city: at least 3}]"
    assert found(f"{unread}\nsteps:\n{STEP}", words) == ["again.yaml:7 condition"]
    assert found(f"steps:\n{STEP}    {unread}\n", words) == ["again.yaml:9 condition"]
    behind = f"steps:\n{STEP}  - email: billing/account-suspended\n    {unread}\n"
    assert found(behind, words) == ["again.yaml:10 condition", "again.txt:1 empty-value"]
    # A longer name that only contains it is another attribute.
    longer = f"only_if: [{{zip: at least 3}}]\nsteps:\n{STEP}"
    assert found(longer, words) == ["again.yaml:7 condition", "again.txt:1 empty-value"]

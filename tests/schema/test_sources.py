"""What sources call things: read aloud, and refused with the word that was meant."""

from __future__ import annotations

import pytest

from keepwarm.schema.sources import Told
from keepwarm.schema.workspace import read_workspace


def refused(text: str) -> list[str]:
    found = read_workspace({"catalog/words.yaml": text.encode()}).problems
    return [f"{problem.sentence} ({problem.hint})" for problem in found]


def test_events_and_attributes_say_what_sources_call_them() -> None:
    catalog = read_workspace(
        {
            "catalog/words.yaml": b"""\
attributes:
  plan:
    is: one of free, pro
    from: [stripe subscription.plan, webhook plan]
    read_as: {Pro Plan: pro}
events:
  refused:
    with: {invoice: text, why: text}
    from: stripe invoice.payment_failed
    called: {why: data.object.billing_reason}
"""
        }
    ).catalog
    plan, event = catalog.attributes["plan"], catalog.events["refused"]
    assert plan.told_by == (Told("stripe", "subscription.plan"), Told("webhook", "plan"))
    assert plan.read_as == (("Pro Plan", "pro"),)
    assert event.told_by == (Told("stripe", "invoice.payment_failed"),)
    assert event.called == (("why", "data.object.billing_reason"),)


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("from: strip invoice.paid", 'there is no source "strip"'),
        ("from: acme thing", 'there is no source "acme" (there are: '),
        ("from: stripe", "which event of Stripe? (for example:  from: stripe invoice."),
        ("from: stripe invoice.paymentfailed", 'did you mean "stripe invoice.payment_failed"?'),
        ("from: stripe subscription.status", 'Stripe tells no event "subscription.status"'),
        ("called: {amount: total}", '"called" says nothing without "from"'),
        ("from: stripe invoice.paid, called: {amuont: x}",
         'the event has no property "amuont"; did you mean "amount"?'),
        ("from: stripe invoice.paid, called: {amount: numbr}",
         '"numbr" does not come with stripe invoice.paid; did you mean "number"?'),
        ("from: stripe invoice.paid, called: {amount: weather}", "with it come: invoice, number"),
    ],
)  # fmt: skip
def test_a_word_that_no_source_has_is_refused(lines: str, says: str) -> None:
    [problem] = refused(f"events:\n  paid: {{with: {{amount: number}}, {lines}}}\n")
    assert says in problem


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("from: stripe invoice.paid", 'Stripe tells no fact about a customer "invoice.paid"'),
        ("from: stripe subscription.plan, read_as: {x: por}",
         '"por" is not one of the choices; did you mean "pro"?'),
        ("read_as: {x: pro}", '"read_as" says nothing without "from"'),
    ],
)  # fmt: skip
def test_so_is_one_of_an_attribute(lines: str, says: str) -> None:
    [problem] = refused(f'attributes:\n  plan: {{is: "one of free, pro", {lines}}}\n')
    assert says in problem

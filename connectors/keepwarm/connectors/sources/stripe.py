"""Stripe: invoices, subscriptions and customers.

Source: docs.stripe.com, "Receive Stripe events in your webhook endpoint", "The Event object",
"The Invoice object", "The Subscription object", "Supported currencies".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from keepwarm.connectors.settings import Setting, Surroundings
from keepwarm.connectors.sources.contract import (
    AboutSource,
    Call,
    Person,
    Standing,
    Telling,
    Thing,
    Unreadable,
    secrets_given,
    secrets_named,
)
from keepwarm.connectors.sources.payloads import (
    at,
    filled,
    iso,
    json_object,
    needed,
    number_at,
    seconds_at,
    text_at,
)
from keepwarm.connectors.sources.proofs import from_hex, is_recent, is_signed, moment_of

#: Currencies whose amounts are whole, and those with three places; all others have two, and so have
#: UGX and ISK, whose coins are gone but whose amounts Stripe still writes with two places.
_WHOLE: Final = frozenset(
    {
        "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv",
        "xaf", "xof", "xpf",
    }
)  # fmt: skip
_THOUSANDTHS: Final = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})
#: How many of each make a month.
_PER_MONTH: Final = {"day": 365 / 12, "week": 365 / 84, "month": 1.0, "year": 1 / 12}
#: Subscriptions that are over, or were never begun since nothing was paid.
_NOT_IN_FORCE: Final = frozenset({"canceled", "incomplete", "incomplete_expired"})
#: Events about an invoice that was paid; the others are about what is due.
_PAID: Final = frozenset({"invoice.paid", "invoice.payment_succeeded"})


class Stripe:
    """Reads the events of a Stripe account."""

    about = AboutSource(
        title="Stripe",
        secrets=secrets_named(
            "STRIPE_WEBHOOK_SECRET", "The signing secret of the endpoint.", "whsec_…"
        ),
        steps=(
            "In the Dashboard, under Workbench, Webhooks, add a destination at this address.",
            "Choose the events that the catalog names; others are let pass unread.",
            "Reveal the signing secret, and set it.",
        ),
        example="""\
attributes:
  subscription_status:
    is: one of active, past_due, suspended, cancelled
    from: stripe subscription.status
    read_as: {trialing: active, unpaid: suspended, paused: suspended, canceled: cancelled}
  renewal_date: {is: date, from: stripe subscription.renews_at}
  monthly_revenue: {is: number, unit: EUR, from: stripe subscription.monthly_amount}
events:
  payment_failed:
    with: {invoice: text, amount: number}
    from: stripe invoice.payment_failed
  payment_succeeded:
    with: {invoice: text, amount: number}
    from: stripe invoice.payment_succeeded
  trial_ending: {from: stripe customer.subscription.trial_will_end}
""",
        notes=(
            "Amounts are in units (12.50), a subscription's by the month whatever it is billed by.",
            (
                "Stripe promises no order: of two changes of a subscription the later one counts,"
                " in whatever order they come."
            ),
            (
                "Of a customer with several subscriptions the facts are those of one that goes on,"
                " else of one that is to end, else of one that is over or unpaid from the start; of"
                " equals, of the one that changed last. So an old subscription that ends after an"
                " upgrade makes nobody cancelled."
            ),
        ),
        settings=(
            Setting(
                "STRIPE_CUSTOMER_KEY",
                "The key of a customer's or subscription's metadata that holds your own"
                " identifier; without it a customer is found by e-mail address.",
                needed=False,
                example="customer_id",
            ),
        ),
    )

    def __init__(self, given: Surroundings) -> None:
        self._secrets = [secret.encode() for secret in secrets_given(self.about, given)]
        self._customer_key = given.optional("STRIPE_CUSTOMER_KEY")

    def is_proved(self, call: Call) -> bool:
        """Check `Stripe-Signature`: `t` and a `v1` of HMAC-SHA256 over `t.body`."""
        parts = [
            part.partition("=") for part in call.headers.get("stripe-signature", "").split(",")
        ]
        stamp = next((value for name, _, value in parts if name.strip() == "t"), "")
        signatures = [from_hex(value) for name, _, value in parts if name.strip() == "v1"]
        content = stamp.encode() + b"." + call.body
        return is_recent(moment_of(stamp), call.now) and is_signed(
            signatures, self._secrets, content
        )

    def read(self, call: Call) -> Sequence[Telling]:
        """Read one event."""
        event = json_object(call.body)
        word = needed(event, "type")
        thing = at(event, "data.object")
        read = next((read for start, read in _READERS.items() if word.startswith(start)), None)
        if thing is None and word.removeprefix("v1.").startswith(tuple(_READERS)):
            raise Unreadable(
                "it is a thin event, which names an object and does not hold it; add the"
                " destination with the payload style Snapshot"
            )
        if read is None or not isinstance(thing, dict):
            return ()
        fields, facts = read(word, thing)
        person = self._person(word, thing)
        if not person.is_somebody:
            return ()
        created = seconds_at(event, "created")
        key = needed(event, "id")
        of = _thing(word, thing)
        return [Telling(word, key, person, created, fields, facts, event, thing=of)]

    def _person(self, word: str, thing: Mapping[str, Any]) -> Person:
        is_customer = _is_about_a_customer(word)
        name = text_at(thing, "id" if is_customer else "customer") or text_at(thing, "customer.id")
        places = ("metadata", "subscription_details.metadata",
                  "parent.subscription_details.metadata")  # fmt: skip
        own = (text_at(thing, f"{place}.{self._customer_key}") for place in places)
        return Person(
            next((each for each in own if each), None) if self._customer_key else None,
            (("stripe", name),) if name else (),
            text_at(thing, "email" if is_customer else "customer_email"),
            text_at(thing, "phone" if is_customer else "customer_phone"),
        )


def _is_about_a_customer(word: str) -> bool:
    return word in ("customer.created", "customer.updated")


_Read = tuple[dict[str, Any], dict[str, Any]]


def _invoice(word: str, invoice: Mapping[str, Any]) -> _Read:
    place = "amount_paid" if word in _PAID else "amount_due"
    subscription = text_at(invoice, "subscription") or text_at(
        invoice, "parent.subscription_details.subscription"
    )
    fields = filled(
        invoice=text_at(invoice, "id"),
        number=text_at(invoice, "number"),
        amount=_amount(number_at(invoice, place), text_at(invoice, "currency")),
        currency=_currency(invoice),
        subscription=subscription,
        attempt=number_at(invoice, "attempt_count"),
        next_attempt_at=iso(seconds_at(invoice, "next_payment_attempt")),
        reason=text_at(invoice, "billing_reason"),
        url=text_at(invoice, "hosted_invoice_url"),
    )
    return fields, {}


def _subscription(_word: str, subscription: Mapping[str, Any]) -> _Read:
    item = at(subscription, "items.data.0")
    ends = seconds_at(subscription, "current_period_end") or seconds_at(item, "current_period_end")
    price = _price(item)
    leaves = ends if at(subscription, "cancel_at_period_end") is True else None
    told = filled(
        status=text_at(subscription, "status"),
        plan=text_at(price, "lookup_key") or text_at(price, "nickname") or text_at(price, "id"),
        monthly_amount=_monthly(subscription),
        renews_at=iso(ends),
        trial_ends_at=iso(seconds_at(subscription, "trial_end")),
        cancels_at=iso(seconds_at(subscription, "cancel_at") or leaves),
    )
    fields = told | filled(
        subscription=text_at(subscription, "id"),
        currency=_currency(subscription),
        reason=text_at(subscription, "cancellation_details.reason"),
        feedback=text_at(subscription, "cancellation_details.feedback"),
    )
    # A cancellation that is taken back has no moment any more: that is told as well.
    facts = {f"subscription.{name}": value for name, value in told.items()}
    return fields, facts | {"subscription.cancels_at": told.get("cancels_at")}


def _thing(word: str, subscription: Mapping[str, Any]) -> Thing | None:
    name = text_at(subscription, "id")
    if not word.startswith("customer.subscription.") or name is None:
        return None
    if word.endswith(".deleted") or text_at(subscription, "status") in _NOT_IN_FORCE:
        return Thing(name, Standing.OVER)
    leaves = at(subscription, "cancel_at_period_end") is True
    is_ending = leaves or seconds_at(subscription, "cancel_at") is not None
    return Thing(name, Standing.ENDING if is_ending else Standing.IN_FORCE)


def _customer(_word: str, customer: Mapping[str, Any]) -> _Read:
    told = filled(
        email=text_at(customer, "email"),
        name=text_at(customer, "name"),
        phone=text_at(customer, "phone"),
        language=text_at(customer, "preferred_locales.0"),
    )
    return {}, {f"customer.{name}": value for name, value in told.items()}


#: The beginning of an event's type -> what reads its object.
_READERS: Final[Mapping[str, Callable[[str, Mapping[str, Any]], _Read]]] = {
    "invoice.": _invoice,
    "customer.subscription.": _subscription,
    "customer.created": _customer,
    "customer.updated": _customer,
}


def _currency(thing: Mapping[str, Any]) -> str | None:
    found = text_at(thing, "currency")
    return found.upper() if found else None


def _amount(cents: float | None, currency: str | None) -> float | None:
    """Give an amount in units, which Stripe writes in the smallest coin of its currency."""
    if cents is None:
        return None
    known = (currency or "").lower()
    coins = 1 if known in _WHOLE else 1_000 if known in _THOUSANDTHS else 100
    return round(cents / coins, 3)


def _price(item: object) -> object:
    """Give the price of an item; versions of the API before 2020 call it a plan."""
    return at(item, "price") or at(item, "plan")


def _monthly(subscription: Mapping[str, Any]) -> float | None:
    """Give what a subscription costs a month, whatever it is billed by."""
    items = at(subscription, "items.data")
    total = 0.0
    for item in items if isinstance(items, list) else ():
        found = _price(item)
        coins = number_at(found, "unit_amount")
        coins = number_at(found, "unit_amount_decimal") if coins is None else coins
        coins = number_at(found, "amount") if coins is None else coins
        price = _amount(coins, text_at(found, "currency"))
        rhythm = found if at(found, "recurring") is None else at(found, "recurring")
        per_month = _PER_MONTH.get(text_at(rhythm, "interval") or "")
        if text_at(rhythm, "usage_type") == "metered":
            return None  # what will be used is not known
        if price is None or per_month is None:
            return None
        count = number_at(rhythm, "interval_count") or 1.0
        quantity = number_at(item, "quantity")
        total += price * (1.0 if quantity is None else quantity) * per_month / count
    return round(total, 2) if items else None

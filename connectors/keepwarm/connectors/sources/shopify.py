"""Shopify: checkouts, orders, customers, and what privacy laws make shops pass on.

Source: shopify.dev, "Deliver webhooks through HTTPS", "Webhooks" (topics), "Privacy law
compliance". Shopify signs the body alone, neither topic nor time: so the body itself is the key by
which a call that comes again is known, and a topic counts only with the body that goes with it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from keepwarm.connectors.settings import Surroundings
from keepwarm.connectors.sources.contract import (
    AboutSource,
    Asks,
    Call,
    Cohort,
    CohortChange,
    Person,
    Telling,
    Unreadable,
    secrets_given,
    secrets_named,
)
from keepwarm.connectors.sources.payloads import (
    at,
    filled,
    json_object,
    number_at,
    text_at,
    time_at,
)
from keepwarm.connectors.sources.proofs import from_base64, is_signed

#: What a shop's customer may ask for -> what only such a call has.
_PRIVACY: Final = {
    "customers/redact": (Asks.ERASURE, "orders_to_redact"),
    "customers/data_request": (Asks.EXPORT, "data_request"),
}
#: What topics about a consent alone begin with; the one without a channel is about texts.
_ABOUT_CONSENT: Final = frozenset(
    {
        "customers_email_marketing_consent",
        "customers_marketing_consent",
        "customers_sms_marketing_consent",
    }
)
#: The states of a marketing consent that say something.
_CONSENTS: Final = {"subscribed": True, "unsubscribed": False, "redacted": False}


#: Topics of tags that a customer got or lost -> what becomes of each.
_TAGGED: Final = {
    "customer.tags_added": CohortChange.ADDED,
    "customer.tags_removed": CohortChange.REMOVED,
}
_TAGS: Final = "customer.tags"
_MERGED: Final = "customers/merge"


class Shopify:
    """Reads the webhooks of a Shopify shop."""

    about = AboutSource(
        title="Shopify",
        secrets=secrets_named(
            "SHOPIFY_WEBHOOK_SECRET",
            "The client secret of the app, or the key below the list of webhooks in the shop's"
            " settings.",
        ),
        steps=(
            (
                "In the shop, under Settings, Notifications, Webhooks, add one for each event that"
                " the catalog names, in JSON, at this address."
            ),
            (
                "An app registers customers/redact, customers/data_request and shop/redact here"
                " too: a customer who asks to be forgotten is erased."
            ),
            "Set the key that signs them.",
        ),
        example="""\
attributes:
  email: {is: text, personal: yes, from: shopify customer.email}
  email_consent: {is: yes or no, from: shopify customer.email_consent}
  orders_count: {is: number, from: shopify customer.orders}
events:
  cart_updated:
    with: {cart_value: number, cart_items: number}
    from: [shopify checkouts/create, shopify checkouts/update]
    called: {cart_value: amount, cart_items: items}
  ordered:
    with: {amount: number, category: text}
    from: shopify orders/paid
    called: {category: line_items.0.vendor}
""",
        notes=(
            "A consent is kept with its proof: that Shopify told it, and when.",
            (
                "A customer who asks for their data stands in `keepwarm status`, so that somebody"
                " sends what `keepwarm export` writes. `shop/redact` is answered and nothing is"
                " done: what Keepwarm keeps is the shop's own."
            ),
            (
                "Versions from 2025 on leave tags, consents, orders and money spent out of a"
                " customer: add customer.tags_added and customer.tags_removed,"
                " customers_email_marketing_consent/update, customers_marketing_consent/update"
                " (texts) and customers/purchasing_summary. Their customer.tags must be tags in the"
                " catalog."
            ),
            "Shopify signs neither the topic nor a time. A call that comes again changes nothing.",
        ),
    )

    def __init__(self, given: Surroundings) -> None:
        self._secrets = [secret.encode() for secret in secrets_given(self.about, given)]

    def is_proved(self, call: Call) -> bool:
        """Check `X-Shopify-Hmac-Sha256`: HMAC-SHA256 over the body."""
        signature = from_base64(call.headers.get("x-shopify-hmac-sha256", ""))
        return is_signed([signature], self._secrets, call.body)

    def read(self, call: Call) -> Sequence[Telling]:
        """Read one webhook; its topic stands in a header."""
        topic = call.headers.get("x-shopify-topic", "")
        thing = json_object(call.body)
        if not topic:
            raise Unreadable("the header X-Shopify-Topic is missing")
        key = f"{topic} {hashlib.sha256(call.body).hexdigest()}"
        if topic in _PRIVACY:
            asks, sign = _PRIVACY[topic]
            if at(thing, sign) is None:
                raise Unreadable(f"{topic} without {sign}")
            return [Telling(topic, key, _person(thing), asks=asks)]
        person = _meant(topic, thing)
        if not person.is_somebody:
            return ()
        times = (
            "updated_at",
            "created_at",
            "occurredAt",
            "email_marketing_consent.consent_updated_at",
            "sms_marketing_consent.consent_updated_at",
        )
        when = next((found for place in times if (found := time_at(thing, place))), None)
        fields, facts = _read(topic, thing)
        return [Telling(topic, key, person, when, fields, facts, thing), *_tags(topic, key, thing)]


def _tags(topic: str, key: str, thing: Mapping[str, Any]) -> Iterator[Telling]:
    """Give each tag that a customer got or lost, as newer versions tell them."""
    change, tags = _TAGGED.get(topic), at(thing, "tags")
    if change is None or not isinstance(tags, list):
        return
    for place, each in enumerate(tags):
        tag = text_at(tags, str(place))
        if tag is not None:
            named = f"{key} {each}"
            cohort = Cohort(
                f"tag {tag}",
                tag,
                change,
                named,
                is_last=True,
                members=(_person(thing),),
                fact=_TAGS,
            )
            yield Telling(topic, named, Person(), cohort=cohort)


def _meant(topic: str, thing: Mapping[str, Any]) -> Person:
    match topic.partition("/")[0]:
        case "customers" if topic == _MERGED:
            return _merged(thing)
        case "customers" if at(thing, "customerId") is None:
            return _customer(thing)
        case kind if kind in _ABOUT_CONSENT:
            name = text_at(thing, "customer_id")
            return Person(
                names=(("shopify", name),) if name else (),
                email=text_at(thing, "email_address"),
                phone=text_at(thing, "phone"),
            )
        case _:
            return _person(thing)


def _read(topic: str, thing: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    match topic.partition("/")[0]:
        case "checkouts":
            return _priced(thing) | filled(
                checkout=text_at(thing, "token"),
                url=text_at(thing, "abandoned_checkout_url"),
            ), {}
        case "orders" | "draft_orders":
            return _priced(thing) | filled(
                order=text_at(thing, "id"),
                number=text_at(thing, "name"),
                discount_code=text_at(thing, "discount_codes.0.code"),
                reason=text_at(thing, "cancel_reason"),
                url=text_at(thing, "order_status_url") or text_at(thing, "invoice_url"),
            ), {}
        case "subscription_contracts":
            return filled(
                subscription=text_at(thing, "id"),
                status=text_at(thing, "status"),
                currency=text_at(thing, "currency_code"),
            ), {}
        case "customers" if topic.endswith("purchasing_summary"):
            told = filled(
                orders=number_at(thing, "numberOfOrders"),
                spent=number_at(thing, "amountSpent.amount"),
            )
            return {}, {f"customer.{name}": value for name, value in told.items()}
        case "customers":
            return {}, {f"customer.{name}": value for name, value in _facts(thing).items()}
        case kind if kind in _ABOUT_CONSENT:
            told = filled(
                email_consent=_consent(thing, "email_marketing_consent"),
                sms_consent=_consent(thing, "sms_marketing_consent"),
            )
            return {}, {f"customer.{name}": value for name, value in told.items()}
        case _:
            return {}, {}


def _priced(thing: Mapping[str, Any]) -> dict[str, Any]:
    lines = at(thing, "line_items")
    found = lines if isinstance(lines, list) else []
    counts = [number_at(line, "quantity") or 0.0 for line in found]
    return filled(
        amount=number_at(thing, "total_price"),
        currency=text_at(thing, "currency"),
        items=int(sum(counts)) if counts else None,
    )


def _facts(customer: Mapping[str, Any]) -> dict[str, Any]:
    return filled(
        email=text_at(customer, "email"),
        phone=text_at(customer, "phone"),
        first_name=text_at(customer, "first_name"),
        last_name=text_at(customer, "last_name"),
        email_consent=_consent(customer, "email_marketing_consent"),
        sms_consent=_consent(customer, "sms_marketing_consent"),
        orders=number_at(customer, "orders_count"),
        spent=number_at(customer, "total_spent"),
        since=text_at(customer, "created_at"),
        tags=at(customer, "tags"),
    )


def _consent(thing: Mapping[str, Any], place: str) -> bool | None:
    """Give what is said of a consent; the state is in capitals where a topic is about it alone."""
    return _CONSENTS.get((text_at(thing, f"{place}.state") or "").lower())


def _person(thing: Mapping[str, Any]) -> Person:
    """Give the customer of an order, a checkout or a wish."""
    name = text_at(thing, "customer.id") or _named(thing, "customerId")
    name = name or text_at(thing, "customer_id")
    return Person(
        names=(("shopify", name),) if name else (),
        email=text_at(thing, "email") or text_at(thing, "customer.email"),
        phone=text_at(thing, "phone") or text_at(thing, "customer.phone"),
    )


def _named(thing: Mapping[str, Any], place: str) -> str | None:
    """Give a number of a customer that newer topics write as `gid://shopify/Customer/207119551`."""
    name = text_at(thing, place)
    return name and name.rpartition("/")[2]


def _merged(thing: Mapping[str, Any]) -> Person:
    """Give two customers as the one that they are from now on, once that is done."""
    places = ("admin_graphql_api_customer_kept_id", "admin_graphql_api_customer_deleted_id")
    names = [_named(thing, place) for place in places]
    is_done = text_at(thing, "status") == "completed"
    return Person(names=tuple(("shopify", name) for name in names if name and is_done))


def _customer(thing: Mapping[str, Any]) -> Person:
    name = text_at(thing, "id")
    return Person(
        names=(("shopify", name),) if name else (),
        email=text_at(thing, "email"),
        phone=text_at(thing, "phone"),
    )

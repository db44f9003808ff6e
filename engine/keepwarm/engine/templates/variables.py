"""What a template may name: `customer`, `event`, `offer`, `survey`, `playbook` and the links."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

from keepwarm.engine.facts import Value
from keepwarm.schema.catalog import Offer

#: What a template may name.
ROOTS: Final = (
    "customer",
    "event",
    "offer",
    "survey",
    "playbook",
    "unsubscribe_url",
    "preferences_url",
    "confirm_url",
    "sender",
    "postal_address",
    "zone",
)
#: The links that only messages to a customer have.
LINKS: Final = ("unsubscribe_url", "preferences_url", "confirm_url")
#: What stands behind the dot.
OFFER_WORDS: Final = (
    "name", "percent", "amount", "currency", "code", "lasts", "means", "ends_on",
)  # fmt: skip
SURVEY_WORDS: Final = ("link",)
PLAYBOOK_WORDS: Final = ("title",)
#: What every customer has a place for, so that it is nothing rather than missing.
ALWAYS_THERE: Final = frozenset({"id", "email", "phone", "timezone", "language"})


def message_variables(
    attributes: Mapping[str, Value],
    *,
    event: Mapping[str, Value] | None = None,
    offer: Mapping[str, Any] | None = None,
    survey_link: str | None = None,
    links: Mapping[str, str] | None = None,
    playbook_title: str | None = None,
    zone: str | None = None,
) -> dict[str, Any]:
    """Give what a template may name for one customer; what is None is missing to it.

    `event` are the properties of the event that started the run; `offer` is made by
    `offer_variables`; `links` are those of LINKS; `zone` is the zone by which the run goes, for
    times of day. The sender and the postal address are the template's own.
    """
    variables: dict[str, Any] = {"customer": attributes}
    if event is not None:
        variables["event"] = event
    if offer is not None:
        variables["offer"] = offer
    if survey_link is not None:
        variables["survey"] = {"link": survey_link}
    if playbook_title is not None:
        variables["playbook"] = {"title": playbook_title}
    if zone is not None:
        variables["zone"] = zone
    variables.update(links or {})
    return variables


def offer_variables(offer: Offer, ends_on: date | None = None) -> dict[str, Any]:
    """Give what a template may say of an offer: the same for all who get it until the same day."""
    known: dict[str, Any] = {
        "name": offer.name,
        "percent": _number(offer.percent),
        "amount": _number(offer.amount),
        "currency": offer.currency or None,
        "code": offer.code or None,
        "lasts": str(offer.lasts) if offer.lasts else None,
        "means": offer.means or None,
        "ends_on": ends_on.isoformat() if ends_on else None,
    }
    return {name: value for name, value in known.items() if value is not None}


def _number(number: Decimal | None) -> int | float | None:
    """Give a number of the kind that Liquid counts with."""
    if number is None:
        return None
    return int(number) if number == number.to_integral_value() else float(number)

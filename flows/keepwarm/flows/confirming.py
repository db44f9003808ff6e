"""The link that confirms a consent (double opt-in): good for a week, for the address it went to."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final

from keepwarm.engine.gates import CONFIRMED_OF, CONSENT_OF
from keepwarm.flows.double_opt_in import ADDRESSES
from keepwarm.flows.starting import hear
from keepwarm.flows.system import System
from keepwarm.flows.wishes import Wish
from keepwarm.schema.words import Channel
from keepwarm.store.confirmations import has_changed_since
from keepwarm.store.connection import Connection
from keepwarm.store.customers import put_customers, read_customers
from keepwarm.store.people import ALL, Consent, record_consents

#: How long a link confirms.
GOOD_FOR: Final = timedelta(days=7)


class Link(Enum):
    """What a link to confirm is worth now."""

    GOOD = auto()
    USED = auto()
    #: Too old, or sent to an address that the customer no longer has.
    EXPIRED = auto()


def link_of(system: System, wish: Wish) -> Link:
    """Tell what the link is worth."""
    with system.database.reading() as cx:
        return _worth(cx, wish, system.clock())


def _worth(cx: Connection, wish: Wish, now: datetime) -> Link:
    channel = channel_of(wish)
    known = read_customers(cx, [wish.customer_id])
    if channel is None or wish.linked is None or not known:
        return Link.EXPIRED
    attributes = known[0].attributes
    if attributes.get(CONFIRMED_OF[channel]) is True and attributes.get(CONSENT_OF[channel]):
        return Link.USED
    sent_at = wish.linked.queued_at
    is_old = now > sent_at + GOOD_FOR
    if is_old or has_changed_since(cx, wish.customer_id, ADDRESSES[channel], sent_at):
        return Link.EXPIRED
    return Link.GOOD


def channel_of(wish: Wish) -> Channel | None:
    """Give the channel that the link came by, and so can confirm."""
    came_by = wish.linked.channel if wish.linked else None
    return next((channel for channel in CONFIRMED_OF if channel.value == came_by), None)


def confirm(system: System, wish: Wish, wording: str) -> Link:
    """Keep that the customer confirmed, with its proof; give what the link was worth."""
    now = system.clock()
    with system.database.writing() as cx:
        worth, channel = _worth(cx, wish, now), channel_of(wish)
        if worth is not Link.GOOD or channel is None or wish.linked is None:
            return worth
        source = f"link in {channel} {wish.linked.message_id}"
        said = Consent(wish.customer_id, channel, ALL, True, source, now, wording)  # noqa: FBT003 - as in the record
        record_consents(cx, [said], now)
        note_confirmed(cx, system, wish.linked.customer, channel, now)
    return worth


def note_confirmed(
    cx: Connection, system: System, customer: str, channel: Channel, now: datetime
) -> None:
    """Keep that a customer's consent to a channel is confirmed, and let playbooks know."""
    name = CONFIRMED_OF[channel]
    put_customers(cx, [(customer, {name: True})], now)
    hear(cx, system, [], [], {name: {customer}}, now)

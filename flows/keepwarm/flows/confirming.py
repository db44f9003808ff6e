"""The link that confirms a consent (double opt-in): good for a week, for the address it went to."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final

from keepwarm.engine.gates import CONFIRMED_OF, CONSENT_OF
from keepwarm.flows.followed_links import FollowedLink
from keepwarm.flows.starting import hear
from keepwarm.flows.system import System
from keepwarm.schema.words import ADDRESS_OF, Channel
from keepwarm.store.confirmations import has_changed_since
from keepwarm.store.connection import Connection
from keepwarm.store.customers import put_customers, read_customers
from keepwarm.store.people import ALL, Consent, record_consents

#: How long a link confirms.
GOOD_FOR: Final = timedelta(days=7)


class Worth(Enum):
    """What a link to confirm is worth now."""

    GOOD = auto()
    USED = auto()
    #: Too old, or sent to an address that the customer no longer has.
    EXPIRED = auto()


def worth_of(system: System, link: FollowedLink) -> Worth:
    """Tell what the link is worth."""
    with system.database.reading() as cx:
        return _worth(cx, link, system.clock())


def _worth(cx: Connection, link: FollowedLink, now: datetime) -> Worth:
    channel = channel_of(link)
    known = read_customers(cx, [link.customer_id])
    if channel is None or link.message is None or not known:
        return Worth.EXPIRED
    attributes = known[0].attributes
    if attributes.get(CONFIRMED_OF[channel]) is True and attributes.get(CONSENT_OF[channel]):
        return Worth.USED
    sent_at = link.message.queued_at
    is_old = now > sent_at + GOOD_FOR
    if is_old or has_changed_since(cx, link.customer_id, ADDRESS_OF[channel], sent_at):
        return Worth.EXPIRED
    return Worth.GOOD


def channel_of(link: FollowedLink) -> Channel | None:
    """Give the channel that the link came by, and so can confirm."""
    came_by = link.message.channel if link.message else None
    return next((channel for channel in CONFIRMED_OF if channel.value == came_by), None)


def confirm(system: System, link: FollowedLink, wording: str) -> Worth:
    """Keep that the customer confirmed, with its proof; give what the link was worth."""
    now = system.clock()
    with system.database.writing() as cx:
        worth, channel = _worth(cx, link, now), channel_of(link)
        if worth is not Worth.GOOD or channel is None or link.message is None:
            return worth
        source = f"link in {channel} {link.message.message_id}"
        said = Consent(
            link.customer_id, channel, ALL, allowed=True, source=source, at=now, wording=wording
        )
        record_consents(cx, [said], now)
        note_confirmed(cx, system, link.message.customer, channel, now)
    return worth


def note_confirmed(
    cx: Connection, system: System, customer: str, channel: Channel, now: datetime
) -> None:
    """Keep that a customer's consent to a channel is confirmed, and let playbooks know."""
    name = CONFIRMED_OF[channel]
    put_customers(cx, [(customer, {name: True})], now)
    hear(cx, system, [], [], {name: {customer}}, now)

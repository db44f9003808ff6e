"""What customers choose on their preference page: topics, channels, and how often (law 23)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from keepwarm.engine.frequencies import FREQUENCY_OF
from keepwarm.engine.gates import CONFIRMED_OF
from keepwarm.flows.confirming import channel_of, note_confirmed
from keepwarm.flows.double_opt_in import requests
from keepwarm.flows.followed_links import FollowedLink
from keepwarm.flows.starting import hear
from keepwarm.flows.system import System
from keepwarm.schema.words import CUSTOMER_CHANNELS, Channel, Frequency
from keepwarm.store.connection import Connection
from keepwarm.store.customers import CONSENTS, put_customers, read_customers
from keepwarm.store.events import put_events
from keepwarm.store.people import ALL, Consent, choices_of, record_consents

_PAGE: Final = "preference page"
_CHOICES: Final = frozenset(Frequency)


@dataclass(frozen=True, slots=True)
class Preferences:
    """Where a customer stands, or wants to: on topics, on channels, and how often."""

    #: Topic -> whether messages on it are wanted.
    topics: Mapping[str, bool]
    #: Channel -> whether marketing by it is wanted.
    channels: Mapping[str, bool]
    #: Attribute (`engine.frequencies`) -> how often at most.
    frequencies: Mapping[str, Frequency] = field(default_factory=dict)


def preferences_of(system: System, link: FollowedLink) -> Preferences:
    """Tell where the customer stands."""
    with system.database.reading() as cx:
        return _preferences(cx, link)


def _preferences(cx: Connection, link: FollowedLink) -> Preferences:
    choices = choices_of(cx, link.customer_id)
    known = read_customers(cx, [link.customer_id])
    attributes = known[0].attributes if known else {}
    said = {name: attributes.get(name) for name in FREQUENCY_OF}
    has_confirmed = any(attributes.get(name) is True for name in CONFIRMED_OF.values())
    return Preferences(
        topics={
            name: choices.get((name, ALL), has_confirmed or not topic.needs_confirmation)
            for name, topic in sorted(link.catalog.topics.items())
        },
        channels={
            channel: attributes.get(consent) is True for consent, channel in CONSENTS.items()
        },
        frequencies={
            name: Frequency(str(each)) if each in _CHOICES else Frequency.EVERY_MESSAGE
            for name, each in said.items()
        },
    )


def choose(system: System, link: FollowedLink, wanted: Preferences) -> frozenset[Channel]:
    """Record what the customer chose; give the channels that they are now asked to confirm.

    It is on the disk when this returns, so that it wins over every claim that comes later.
    """
    now = system.clock()
    with system.database.writing() as cx:
        before = _preferences(cx, link)
        consents = _consents(link, before, wanted, now)
        frequencies = {
            name: chosen.value
            for name, chosen in wanted.frequencies.items()
            if before.frequencies.get(name, chosen) is not chosen
        }
        if consents:
            record_consents(cx, consents, now)
        if frequencies:
            _keep(cx, system, link, frequencies, now)
        given = [each for each in consents if each.allowed]
        return _prove(cx, system, link, given, now) if given else frozenset()


def _prove(
    cx: Connection, system: System, link: FollowedLink, given: Sequence[Consent], now: datetime
) -> frozenset[Channel]:
    """Let the link that led here confirm its own channel; give the others that are to confirm.

    Whoever followed it reads what is sent to that address: a second link would prove no more.
    """
    [known] = read_customers(cx, [link.customer_id])
    channels, came_by = link.catalog.confirmed_at_all(), channel_of(link)
    if came_by in channels:
        note_confirmed(cx, system, known.customer, came_by, now)
    asked = frozenset(
        channel
        for channel in channels - {came_by}
        if any(one.channel == channel for one in given)
        and known.attributes.get(CONFIRMED_OF[channel]) is not True
    )
    events = list(requests(cx, [(known.customer, each) for each in sorted(asked)], now))
    put = put_events(cx, events, now)
    hear(cx, system, events, put.ids, {}, now)
    return asked


def _consents(
    link: FollowedLink, before: Preferences, wanted: Preferences, now: datetime
) -> list[Consent]:
    changed = [
        Consent(link.customer_id, ALL, topic, allowed, _PAGE, now, _title(link, topic))
        for topic, allowed in wanted.topics.items()
        if topic in before.topics and before.topics[topic] is not allowed
    ]
    return changed + [
        Consent(link.customer_id, channel, ALL, allowed, _PAGE, now)
        for channel, allowed in wanted.channels.items()
        if channel in CUSTOMER_CHANNELS and before.channels.get(channel) is not allowed
    ]


def _title(link: FollowedLink, topic: str) -> str:
    return link.catalog.topics[topic].title


def _keep(
    cx: Connection,
    system: System,
    link: FollowedLink,
    frequencies: Mapping[str, str],
    now: datetime,
) -> None:
    """Keep how often the customer wants messages, and let playbooks that watch it know."""
    for known in read_customers(cx, [link.customer_id]):
        put_customers(cx, [(known.customer, frequencies)], now)
        hear(cx, system, [], [], {name: {known.customer} for name in frequencies}, now)

"""What customers choose on their preference page: topics, channels, and how often (law 23)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from keepwarm.engine.frequencies import FREQUENCY_OF
from keepwarm.flows.starting import hear
from keepwarm.flows.system import System
from keepwarm.flows.wishes import Wish
from keepwarm.schema.words import CUSTOMER_CHANNELS, Frequency
from keepwarm.store.connection import Connection
from keepwarm.store.customers import CONSENTS, put_customers, read_customers
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


def preferences_of(system: System, wish: Wish) -> Preferences:
    """Tell where the customer stands."""
    with system.database.reading() as cx:
        return _preferences(cx, wish)


def _preferences(cx: Connection, wish: Wish) -> Preferences:
    choices = choices_of(cx, wish.customer_id)
    known = read_customers(cx, [wish.customer_id])
    attributes = known[0].attributes if known else {}
    said = {name: attributes.get(name) for name in FREQUENCY_OF}
    return Preferences(
        topics={name: choices.get((name, ALL), True) for name in sorted(wish.catalog.topics)},
        channels={
            channel: attributes.get(consent) is True for consent, channel in CONSENTS.items()
        },
        frequencies={
            name: Frequency(str(each)) if each in _CHOICES else Frequency.EVERY_MESSAGE
            for name, each in said.items()
        },
    )


def choose(system: System, wish: Wish, wanted: Preferences) -> int:
    """Record what the customer chose, as far as it is another choice; give how many changed.

    It is on the disk when this returns, so that it wins over every claim that comes later.
    """
    now = system.clock()
    with system.database.writing() as cx:
        before = _preferences(cx, wish)
        consents = _consents(wish, before, wanted, now)
        frequencies = {
            name: chosen.value
            for name, chosen in wanted.frequencies.items()
            if before.frequencies.get(name, chosen) is not chosen
        }
        if consents:
            record_consents(cx, consents, now)
        if frequencies:
            _keep(cx, system, wish, frequencies, now)
    return len(consents) + len(frequencies)


def _consents(wish: Wish, before: Preferences, wanted: Preferences, now: datetime) -> list[Consent]:
    changed = [
        Consent(wish.customer_id, ALL, topic, allowed, _PAGE, now, _title(wish, topic))
        for topic, allowed in wanted.topics.items()
        if topic in before.topics and before.topics[topic] is not allowed
    ]
    return changed + [
        Consent(wish.customer_id, channel, ALL, allowed, _PAGE, now)
        for channel, allowed in wanted.channels.items()
        if channel in CUSTOMER_CHANNELS and before.channels.get(channel) is not allowed
    ]


def _title(wish: Wish, topic: str) -> str:
    return wish.catalog.topics[topic].title


def _keep(
    cx: Connection, system: System, wish: Wish, frequencies: Mapping[str, str], now: datetime
) -> None:
    """Keep how often the customer wants messages, and let playbooks that watch it know."""
    for known in read_customers(cx, [wish.customer_id]):
        put_customers(cx, [(known.customer, frequencies)], now)
        hear(cx, system, [], [], {name: {known.customer} for name in frequencies}, now)

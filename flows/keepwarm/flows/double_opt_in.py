"""Double opt-in: a consent that counts only once its owner confirmed it by a link.

The catalog says where it is wanted. Whoever agreed is asked by the event `confirmation_wanted`,
for a playbook to send the message; until then nothing but that message may go. Nobody is asked
more often than once a day, and three times in thirty days. The link itself is `confirming.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from keepwarm.engine.facts import Value
from keepwarm.engine.gates import CONFIRMED_OF, CONSENT_OF
from keepwarm.schema.catalog import Catalog
from keepwarm.schema.words import ADDRESS_OF, Channel
from keepwarm.store.confirmations import CONFIRMATION_WANTED, asked_since
from keepwarm.store.connection import Connection
from keepwarm.store.customers import keys_of, read_customers
from keepwarm.store.events import NewEvent

_ASKED_AGAIN_AFTER: Final = timedelta(days=1)
_COUNTED_OVER: Final = timedelta(days=30)
_MOST: Final = 3
_NOBODY: Final[Mapping[str, Value]] = {}


@dataclass(slots=True)
class Asking:
    """Who is to be asked, of what channel; and whose confirmation is void."""

    wanted: list[tuple[str, Channel]] = field(default_factory=list)
    void: list[tuple[str, Mapping[str, Value | None]]] = field(default_factory=list)


def who_must_confirm(
    cx: Connection,
    catalog: Catalog,
    told: Sequence[tuple[str, Mapping[str, Value | None], Mapping[str, bool]]],
) -> Asking:
    """Give who must confirm after what is told of them: (customer, attributes, consents).

    Asked before it is kept: a consent that was withdrawn, or is given for another address, is to
    be confirmed anew.
    """
    asking, channels = Asking(), catalog.confirmed_at_all()
    if not channels:
        return asking
    keys = keys_of(cx, sorted({customer for customer, _, _ in told}))
    known = {each.id: each.attributes for each in read_customers(cx, sorted(set(keys.values())))}
    for customer, attributes, consents in told:
        before = known.get(keys.get(customer, -1), _NOBODY)
        for channel in sorted(channels):
            _look(asking, channel, customer, before, attributes, consents)
    return asking


def _look(
    asking: Asking,
    channel: Channel,
    customer: str,
    before: Mapping[str, Value],
    told: Mapping[str, Value | None],
    consents: Mapping[str, bool],
) -> None:
    name, address = CONFIRMED_OF[channel], ADDRESS_OF[channel]
    is_moved = address in told and address in before and told[address] != before[address]
    had_agreed = before.get(CONSENT_OF[channel]) is True
    agrees = consents.get(channel, had_agreed and is_moved)
    is_confirmed = before.get(name) is True and had_agreed and not is_moved
    if told.get(name) is True or is_confirmed:
        return
    if before.get(name) is True:
        asking.void.append((customer, {name: False}))
    if agrees:
        asking.wanted.append((customer, channel))


def requests(
    cx: Connection, wanted: Sequence[tuple[str, Channel]], now: datetime
) -> Iterator[NewEvent]:
    """Give the events that ask for confirmation, of those who were not asked just now."""
    if not wanted:
        return
    keys = keys_of(cx, sorted({customer for customer, _ in wanted}))
    asked = asked_since(cx, sorted(set(keys.values())), now - _COUNTED_OVER)
    for customer, channel in dict.fromkeys(wanted):
        before = asked.get((keys[customer], channel), [])
        if len(before) >= _MOST or (before and before[-1] > now - _ASKED_AGAIN_AFTER):
            continue
        key = f"{keys[customer]} {channel} {now.isoformat()}"
        said = {"channel": channel.value}
        yield NewEvent(customer, CONFIRMATION_WANTED, now, "keepwarm", key, said)

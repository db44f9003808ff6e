"""What a change does to people, in sentences: at each line, for each playbook, and in all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from keepwarm.engine.canonical import Aspect
from keepwarm.engine.money import Prices, amounts_said
from keepwarm.engine.proposing.changes import PlaybookChange
from keepwarm.engine.proposing.comparing import LineChange
from keepwarm.engine.proposing.effects import Effects, Example, Touch
from keepwarm.engine.replay.simulated import HUNDREDTHS, Simulated
from keepwarm.schema.words import Channel

_CHANNELS: Final = {
    Channel.EMAIL: "e-mails",
    Channel.SMS: "texts",
    Channel.PUSH: "push messages",
    Channel.CHAT: "chat messages",
    Channel.WEBHOOK: "webhook calls",
}
#: An example shows what differs, with so many things on each side.
_MOST_THINGS: Final = 4
_MOST_PAIRS: Final = 5
#: A change that no customer can tell.
_UNSEEN: Final = Aspect.DESCRIPTION


@dataclass(frozen=True, slots=True)
class Volume:
    """What would go out a day, as it is live and as it would be."""

    what: str
    live: str
    new: str


def customers_said(count: int) -> str:
    """Say how many customers."""
    return f"{count:,} customer{'' if count == 1 else 's'}"


def touches_said(counts: Counter[Touch]) -> str:
    """Say how many are touched in which way: `12 something else, 199 at another time`."""
    return ", ".join(f"{counts[touch]:,} {touch}" for touch in Touch if counts[touch])


def at_lines(effects: Effects, change: PlaybookChange) -> dict[LineChange, str]:
    """Say whom each changed line of a playbook touches."""
    return {
        line: _at(effects, [(change.playbook, number)]) if line.aspect is not _UNSEEN else ""
        for number, line in enumerate(change.lines)
    }


def at_shared_lines(
    effects: Effects, changes: Sequence[PlaybookChange], shared: Collection[LineChange]
) -> dict[LineChange, str]:
    """Say whom each changed line touches that several playbooks have in common."""
    found: dict[LineChange, list[tuple[str, int]]] = {line: [] for line in shared}
    for change in changes:
        for number, line in enumerate(change.lines):
            if line in found:
                found[line].append((change.playbook, number))
    return {line: _at(effects, places) for line, places in found.items()}


def _at(effects: Effects, places: Sequence[tuple[str, int]]) -> str:
    counts: Counter[Touch] = Counter()
    for playbook, line in places:
        counts.update({t: effects.by_line[playbook, line, t] for t in Touch})
    return touches_said(counts) or "nobody"


def in_playbook(effects: Effects, playbook: str) -> str:
    """Say whom the changes of a playbook touch, each customer once."""
    counts = Counter({t: effects.by_playbook[playbook, t] for t in Touch})
    if not counts.total():
        return "Nobody would have noticed."
    return f"{customers_said(counts.total())} would have got: {touches_said(counts)}."


def replayed_said(effects: Effects) -> str:
    """Say what was replayed, and how many it touches at all."""
    count = effects.live.customers["replayed"]
    return (
        f"The last {effects.days} days, lived again by {customers_said(count)} with what is live"
        f" and with this: {effects.touched:,} would have noticed."
    )


def also_touched(effects: Effects, changes: Sequence[PlaybookChange]) -> Iterator[str]:
    """Say whom the changes touch in playbooks that stay as they are."""
    changed = {change.playbook for change in changes}
    for name in sorted({playbook for playbook, _ in effects.by_playbook} - changed):
        yield f"{name} stays as it is, yet {_lower(in_playbook(effects, name))}"


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


# ── Examples ─────────────────────────────────────────────────────────────────────────────────


def example_said(example: Example) -> tuple[str, str, str]:
    """Give an example as a head, what the customer got, and what they would have got."""
    same = 0
    for one, other in zip(example.live, example.new, strict=False):
        if one != other:
            break
        same += 1
    head = f"{example.customer}, {example.touch}"
    return head, _things(example.live, same), _things(example.new, same)


def _things(things: Sequence[tuple[datetime, str]], same: int) -> str:
    begin = "… " if same else ""
    shown = [f"{at:%a %d %b %H:%M} {what}" for at, what in things[same : same + _MOST_THINGS]]
    more = len(things) - same - len(shown)
    rest = f" · and {more} more" if more > 0 else ""
    if not things:
        return "nothing"
    return begin + (" · ".join(shown) or "nothing more") + rest


# ── Volume, collisions, worst cases ──────────────────────────────────────────────────────────


def volumes(effects: Effects, live: Prices = (), new: Prices = ()) -> list[Volume]:
    """Give what goes out a day by channel, what that costs, and what offers cost, live and new.

    A price that is said for the first time counts on both sides: it was paid before, too.
    """
    found: list[Volume] = []
    before, after = (
        {channel: (amount, currency) for channel, amount, currency in prices}
        for prices in (live, new)
    )
    for channel, said in _CHANNELS.items():
        sides = [_daily(each, channel, effects.days) for each in (effects.live, effects.new)]
        if any(sides):
            found.append(Volume(f"{said} a day", sides[0] or "none", sides[1] or "none"))
        if any(sides) and (price := after.get(channel)):
            found += _costs(effects, channel, before.get(channel, price), price)
    currencies = {currency for _, currency, _ in (*effects.live.costs, *effects.new.costs)}
    for currency in sorted(currencies):
        amounts = [_cost(each, currency, effects.days) for each in (effects.live, effects.new)]
        found.append(Volume(f"offers, {currency} a day", *amounts_said(*amounts)))
    return found


def _costs(
    effects: Effects, channel: Channel, live: tuple[Decimal, str], new: tuple[Decimal, str]
) -> Iterator[Volume]:
    """Give what the messages of a channel cost; by currency, should that be another."""
    was, becomes = (
        sum(count for (name, _), count in side.sent_on.items() if name == channel)
        * amount
        / (1000 * effects.days)
        for side, (amount, _) in ((effects.live, live), (effects.new, new))
    )
    what, (old, wanted) = _CHANNELS[channel], amounts_said(was, becomes)
    if live[1] == new[1]:
        yield Volume(f"{what}, {new[1]} a day", old, wanted)
        return
    yield Volume(f"{what}, {live[1]} a day", amounts_said(was)[0], "none")
    yield Volume(f"{what}, {new[1]} a day", "none", amounts_said(becomes)[0])


def _daily(side: Simulated, channel: Channel, days: int) -> str:
    on_days = [count for (name, _), count in side.sent_on.items() if name == channel]
    if not on_days:
        return ""
    return f"{_per_day(sum(on_days), days)}, busiest day {max(on_days):,}"


def _per_day(count: float, days: int) -> str:
    each = count / days
    return f"{each:,.0f}" if each >= 100 else f"{each:,.1f}"  # noqa: PLR2004 - where tenths say nothing any more


def _cost(side: Simulated, currency: str, days: int) -> Decimal:
    total = sum(cents for (_, each, _), cents in side.costs.items() if each == currency)
    return Decimal(total) / HUNDREDTHS / days


def collisions(effects: Effects) -> Iterator[str]:
    """Say which playbooks would write to the same people on the same day, where that changes."""
    live, new = effects.live.heard_of_both, effects.new.heard_of_both
    pairs = [pair for pair in {*live, *new} if live[pair] != new[pair]]
    pairs.sort(key=lambda pair: (live[pair] - new[pair], pair))
    for one, other in pairs[:_MOST_PAIRS]:
        count = customers_said(new[one, other])
        yield (
            f"{count} would have heard from {one} and {other} on one day"
            f" (live: {live[one, other]:,})"
        )


def worst_said(effects: Effects) -> str:
    """Say how much anybody would get in a week at most."""
    live, new = effects.worst_live, effects.worst_new
    if not (live.messages or new.messages):
        return "Nobody would have got any message."
    who = f" (to {new.customer})" if new.messages else ""
    return (
        f"Most messages to one customer in seven days: {new.messages}{who}; live: {live.messages}."
    )


#: What a replay cannot know, said wherever its counts are.
LIMITS: Final = (
    "A replay goes by what is recorded: what customers would have done otherwise, and opens and"
    " clicks of messages that were never sent, it cannot know."
)

"""How often a customer wants to hear from us at most: their own choice, counted as a cap.

It is kept in attributes that every catalog has, so that conditions, replays, stories and exports
know of it as of everything else about a customer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from keepwarm.schema.phrases import AtMost, Per
from keepwarm.schema.words import Channel, Frequency

#: The attribute of messages of every channel together.
OVER_ALL: Final = "message_frequency"
#: The attributes by which a customer may choose, and what each counts; None is every channel.
FREQUENCY_OF: Final[Mapping[str, Channel | None]] = {
    OVER_ALL: None,
    "email_frequency": Channel.EMAIL,
    "sms_frequency": Channel.SMS,
    "push_frequency": Channel.PUSH,
}

#: Tells of attributes that no choice is among them, as for most: a method of a set, because it is
#: asked by the hundred thousand.
chooses_nothing: Final[Callable[[Mapping[str, object]], bool]] = frozenset(FREQUENCY_OF).isdisjoint
_PER: Final[Mapping[object, Per]] = {
    Frequency.ONE_A_DAY: Per.DAY,
    Frequency.ONE_A_WEEK: Per.WEEK,
    Frequency.ONE_A_MONTH: Per.MONTH,
}
_STRICTEST_LAST: Final = tuple(Frequency)
_OF_CHANNEL: Final = {
    channel: tuple(name for name, counts in FREQUENCY_OF.items() if counts in (None, channel))
    for channel in (Channel.EMAIL, Channel.SMS, Channel.PUSH)
}


def chosen_caps(attributes: Mapping[str, object], channel: Channel) -> tuple[AtMost, ...]:
    """Give the limits that a customer chose and that a message of this channel falls under."""
    if chooses_nothing(attributes):
        return ()
    return tuple(
        AtMost(1, _PER[attributes[name]], FREQUENCY_OF[name])
        for name in _OF_CHANNEL.get(channel, ())
        if attributes.get(name) in _PER
    )


def stricter(one: object, other: object) -> Frequency | None:
    """Give the rarer of two choices; None where neither is one."""
    told = {each for each in _STRICTEST_LAST if each in (one, other)}
    return max(told, key=_STRICTEST_LAST.index) if told else None

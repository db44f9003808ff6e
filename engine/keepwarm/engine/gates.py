"""Gates: what is asked of a message at dispatch, in the transaction that claims it (law 14)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import starmap
from typing import Final, NamedTuple, TypeAlias

from keepwarm.engine.outcome import MessageStatus
from keepwarm.engine.run import RunStatus
from keepwarm.engine.timing import local_moment, next_open, zone_named
from keepwarm.engine.zones import Zones
from keepwarm.schema.catalog import Catalog
from keepwarm.schema.phrases import AtMost, Per, Window
from keepwarm.schema.playbook import Respect
from keepwarm.schema.words import CUSTOMER_CHANNELS, Channel, Kind, WhenCapped

#: When a phone may not ring, where neither the playbook nor the policies say.
#: Source: 47 CFR 64.1200(c)(1), no calls before 8 a.m. or after 9 p.m. local time.
DEFAULT_QUIET_HOURS: Final = Window(time(21), time(8))

#: The channels that ring or buzz.
_RINGS = frozenset({Channel.SMS, Channel.PUSH})

#: The attribute that tells whether a customer agreed to marketing by a channel.
CONSENT_OF: Final[Mapping[Channel, str]] = {
    Channel.EMAIL: "email_consent",
    Channel.SMS: "sms_consent",
    Channel.PUSH: "push_consent",
}

#: The attribute that tells whether the customer confirmed it by a link (double opt-in).
CONFIRMED_OF: Final[Mapping[Channel, str]] = {
    Channel.EMAIL: "email_confirmed",
    Channel.SMS: "sms_confirmed",
}

#: Ends that cancel what is queued and not yet sent (law 11).
_CANCELS: Final[Mapping[str, str]] = {
    RunStatus.GOAL_REACHED: "the goal was reached first",
    RunStatus.STOPPED: "the run was stopped first",
}

#: How many calendar days a cap counts, today included.
DAYS_OF: Final = {Per.DAY: 1, Per.WEEK: 7, Per.MONTH: 30}


class Gate(StrEnum):
    """The gates, in the order in which they are asked."""

    PAUSE = "pause"
    ADDRESS = "address"
    CONSENT = "consent"
    TOPIC = "topic"
    SUPPRESSION = "suppression"
    RUN = "goal or stop"
    EXPIRY = "expiry"
    CHOSEN = "chosen frequency"
    CAP = "frequency cap"
    QUIET_HOURS = "quiet hours"
    GUARDRAIL = "guardrail"
    BUDGET = "budget"


@dataclass(frozen=True, slots=True)
class Manners:
    """What a message's playbook promises its customers; the same for a whole chunk."""

    quiet_hours: Window | None
    caps: tuple[AtMost, ...]
    when_capped: WhenCapped
    #: Whether the topic needs a consent that was given, or only none that was withdrawn.
    topic_needs_consent: bool = True
    #: The channels by which that consent must have been confirmed by a link.
    confirmed_on: frozenset[Channel] = frozenset()


class Counted(NamedTuple):
    """A limit that the customer chose, with what counts under it already."""

    cap: AtMost
    counted: int
    #: How many messages of more urgent playbooks are about to go.
    more_urgent: int = 0


def manners_of(respect: Respect, catalog: Catalog, topic: str | None) -> Manners:
    """Give what a message on a topic promises its receiver."""
    declared = catalog.topics.get(topic) if topic else None
    return Manners(
        respect.quiet_hours,
        respect.caps,
        respect.when_capped,
        topic_needs_consent=declared is None or declared.needs_consent,
        confirmed_on=catalog.confirmed_for(topic),
    )


# Not frozen, though nothing changes it: it is made by the hundred thousand, at half the cost.
@dataclass(slots=True)
class Standing:
    """All that the gates look at for one message, read in the claiming transaction."""

    channel: Channel
    kind: Kind
    address: str | None
    #: Why the playbook is paused; None when it is not.
    paused: str | None = None
    #: What the customer said about the channel as a whole; None is nothing.
    consent: bool | None = None
    #: What the customer said about this topic on this channel; None is nothing.
    topic_choice: bool | None = None
    #: Whether the customer confirmed by a link, sent to this address, that they agreed.
    confirmed: bool = False
    #: Why the address may not be used; None when it may.
    suppressed: str | None = None
    #: How the run ended, if its goal or a stop ended it.
    run_ended: str | None = None
    expires_at: datetime | None = None
    #: How often at most the customer wants to hear from us.
    chosen: tuple[Counted, ...] = ()
    #: For each of the caps: how many messages count already.
    counted: tuple[int, ...] = ()
    #: For each of the caps: how many messages of more urgent playbooks are about to go.
    more_urgent: tuple[int, ...] = ()
    zones: Zones | None = None
    #: Why the playbook fell back to shadow; None when it did not.
    guardrail: str | None = None
    #: Whether the month's budget has no room for this message's offer.
    over_budget: bool = False


@dataclass(frozen=True, slots=True)
class Go:
    """Nothing stands in the way."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Not now: ask again at the moment. None is soon: a pause may end, an urgent message go."""

    gate: Gate
    until: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class Refuse:
    """Never: the message ends here."""

    gate: Gate
    status: MessageStatus
    reason: str

    @property
    def may_try_another_way(self) -> bool:
        """Whether `or_else` may be tried: this way is closed, not the customer's door."""
        return self.gate in (Gate.ADDRESS, Gate.CONSENT, Gate.TOPIC, Gate.SUPPRESSION)


Verdict: TypeAlias = Go | Hold | Refuse

_GO: Final = Go()


def why_cancelled(run_status: str) -> str | None:
    """Say why the messages of a run are no longer wanted; None when they are."""
    return _CANCELS.get(run_status)


def ask(standing: Standing, manners: Manners, now: datetime) -> Verdict:
    """Ask every gate in its order, and give the first verdict that is not to go."""
    return (
        _pause(standing)
        or _address(standing)
        or _consent(standing, manners)
        or _suppression(standing)
        or _run(standing)
        or _expiry(standing, now)
        or _chosen(standing, manners, now)
        or _cap(standing, manners, now)
        or _quiet_hours(standing, manners, now)
        or _guardrail(standing)
        or _budget(standing)
        or _GO
    )


def _pause(standing: Standing) -> Verdict | None:
    if standing.paused is None:
        return None
    return paused_for(standing.paused)


def paused_for(reason: str) -> Hold:
    """Give the verdict on whatever may not go before a pause, or a stop of its provider, ends."""
    return Hold(Gate.PAUSE, None, f"paused: {reason}")


def _address(standing: Standing) -> Verdict | None:
    if standing.address:
        return None
    what = "e-mail address" if standing.channel is Channel.EMAIL else f"{standing.channel} address"
    return Refuse(Gate.ADDRESS, MessageStatus.SKIPPED, f"no {what} is known")


def _consent(standing: Standing, manners: Manners) -> Verdict | None:
    """Marketing needs consent, by channel or for the topic on this channel (law 23)."""
    if standing.kind is not Kind.MARKETING or standing.channel not in CUSTOMER_CHANNELS:
        return None
    if standing.consent is False:
        reason = f"the customer withdrew consent to {standing.channel}"
        return Refuse(Gate.CONSENT, MessageStatus.SKIPPED, reason)
    if standing.topic_choice is False:
        return Refuse(Gate.TOPIC, MessageStatus.SKIPPED, "the customer switched this topic off")
    if standing.consent or standing.topic_choice or not manners.topic_needs_consent:
        return _confirmation(standing, manners)
    reason = f"no consent to marketing by {standing.channel} is recorded"
    return Refuse(Gate.CONSENT, MessageStatus.SKIPPED, reason)


def _confirmation(standing: Standing, manners: Manners) -> Verdict | None:
    if standing.confirmed or standing.channel not in manners.confirmed_on:
        return None
    reason = f"the customer has not confirmed consent to {standing.channel} yet"
    return Refuse(Gate.CONSENT, MessageStatus.SKIPPED, reason)


def _suppression(standing: Standing) -> Verdict | None:
    if standing.suppressed is None:
        return None
    return Refuse(Gate.SUPPRESSION, MessageStatus.SUPPRESSED, standing.suppressed)


def _run(standing: Standing) -> Verdict | None:
    if standing.run_ended is None:
        return None
    return Refuse(Gate.RUN, MessageStatus.SKIPPED, standing.run_ended)


def _expiry(standing: Standing, now: datetime) -> Verdict | None:
    if standing.expires_at is None or now < standing.expires_at:
        return None
    return Refuse(Gate.EXPIRY, MessageStatus.EXPIRED, "its time had passed")


def _chosen(standing: Standing, manners: Manners, now: datetime) -> Verdict | None:
    """Hold to what the customer chose: a cap of their own, on marketing."""
    if standing.kind is not Kind.MARKETING:
        return None
    verdicts = (_over(each, Gate.CHOSEN, standing, manners, now) for each in standing.chosen)
    return next((each for each in verdicts if each is not None), None)


def _cap(standing: Standing, manners: Manners, now: datetime) -> Verdict | None:
    """Caps bind marketing only, over all playbooks, by the customer's calendar (law 16)."""
    if standing.kind is not Kind.MARKETING:
        return None
    more_urgent = standing.more_urgent or (0,) * len(manners.caps)
    limits = starmap(Counted, zip(manners.caps, standing.counted, more_urgent, strict=True))
    verdicts = (_over(each, Gate.CAP, standing, manners, now) for each in limits)
    return next((each for each in verdicts if each is not None), None)


def _over(
    limit: Counted, gate: Gate, standing: Standing, manners: Manners, now: datetime
) -> Verdict | None:
    """Say what becomes of a message that is over a limit; None where it is not."""
    cap = limit.cap
    if cap.channel not in (None, standing.channel):
        return None
    if limit.counted + limit.more_urgent < cap.count:
        return None
    if limit.counted < cap.count:
        return Hold(gate, None, "a more urgent message goes first")
    reason = f"{'the customer wants' if gate is Gate.CHOSEN else 'capped:'} at most {cap}"
    if manners.when_capped is WhenCapped.SKIP:
        return Refuse(gate, MessageStatus.SKIPPED, reason)
    return Hold(gate, _tomorrow(standing, now), reason)


def _tomorrow(standing: Standing, now: datetime) -> datetime:
    zone = zone_named(standing.zones.name if standing.zones else "UTC")
    return local_moment(now.astimezone(zone).date() + timedelta(days=1), time(), zone)


def quiet_hours_for(channel: Channel, kind: Kind, stated: Window | None) -> Window | None:
    """Give the quiet hours that bind such a message.

    What rings is bound always, by the default where nobody says. E-mail rings nobody: it is bound
    where the playbook or the policies say so, and service mail never.
    """
    if channel in _RINGS:
        return stated or DEFAULT_QUIET_HOURS
    if channel is Channel.EMAIL and kind is Kind.MARKETING:
        return stated
    return None


def _quiet_hours(standing: Standing, manners: Manners, now: datetime) -> Verdict | None:
    quiet = quiet_hours_for(standing.channel, standing.kind, manners.quiet_hours)
    if quiet is None or standing.zones is None:
        return None
    opens = _opening(now, quiet, standing.zones.names)
    if opens is None:
        reason = f"no hour outside {quiet} suits every zone the customer may be in"
        return Refuse(Gate.QUIET_HOURS, MessageStatus.SKIPPED, reason)
    if opens <= now:
        return None
    if standing.expires_at is not None and opens >= standing.expires_at:
        reason = f"quiet hours ({quiet}) outlast it"
        return Refuse(Gate.EXPIRY, MessageStatus.EXPIRED, reason)
    return Hold(Gate.QUIET_HOURS, opens, f"quiet hours ({quiet})")


@lru_cache(maxsize=4096)  # a chunk asks the same of every customer of a zone
def _opening(now: datetime, quiet: Window, zones: tuple[str, ...]) -> datetime | None:
    return next_open(now, quiet, [zone_named(name) for name in zones])


def _guardrail(standing: Standing) -> Verdict | None:
    if standing.guardrail is None:
        return None
    return Refuse(Gate.GUARDRAIL, MessageStatus.SKIPPED, standing.guardrail)


def _budget(standing: Standing) -> Verdict | None:
    if not standing.over_budget:
        return None
    return Refuse(
        Gate.BUDGET, MessageStatus.SKIPPED, "the month's budget has no room for the offer"
    )

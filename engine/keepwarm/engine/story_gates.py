"""What stands in the way of a story's messages: the gates, asked of its one customer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from keepwarm.engine.gates import DAYS_OF, Manners, Standing, Verdict, ask
from keepwarm.engine.plan import Notify, Plan, Send
from keepwarm.engine.run import QueueMessage, Run, RunStatus
from keepwarm.engine.story_facts import StoryFacts
from keepwarm.engine.timing import start_of_days, zone_named
from keepwarm.schema.catalog import Catalog
from keepwarm.schema.words import CUSTOMER_CHANNELS, Channel, Kind

_CONSENTS: Final = {
    Channel.EMAIL: "email_consent",
    Channel.SMS: "sms_consent",
    Channel.PUSH: "push_consent",
}


class StoryGates:
    """The gates as they stand for the customer of a story."""

    def __init__(self, plan: Plan, catalog: Catalog, facts: StoryFacts) -> None:
        self._plan = plan
        self._catalog = catalog
        self._facts = facts
        self._zone = zone_named(facts.zone_name)
        #: The marketing that went out so far.
        self._touched: list[tuple[datetime, Channel]] = []

    def verdict(self, message: QueueMessage, run: Run, now: datetime) -> Verdict:
        """Ask every gate whether the message of the run may go now."""
        return ask(self._standing(message, run, now), self._manners(message), now)

    def count(self, message: QueueMessage, now: datetime) -> None:
        """Count a message that went out towards the caps."""
        if message.kind is Kind.MARKETING:
            self._touched.append((now, message.channel))

    def _manners(self, message: QueueMessage) -> Manners:
        respect = self._plan.respect
        topic = self._catalog.topics.get(message.topic or "")
        needs_consent = topic is None or topic.needs_consent
        return Manners(respect.quiet_hours, respect.caps, respect.when_capped, needs_consent)

    def _standing(self, message: QueueMessage, run: Run, now: datetime) -> Standing:
        to_customer = message.channel in CUSTOMER_CHANNELS
        known = self._facts.attributes
        consent = known.get(_CONSENTS[message.channel]) if to_customer else None
        ended = run.status in (RunStatus.GOAL_REACHED, RunStatus.STOPPED)
        return Standing(
            channel=message.channel,
            kind=message.kind,
            address=message.address or self._address(message.channel),
            consent=consent if isinstance(consent, bool) else None,
            run_ended=str(run.status) if ended and to_customer else None,
            expires_at=message.expires_at,
            counted=tuple(self._counted(now)),
            zones=self._facts.zones if to_customer else None,
        )

    def _address(self, channel: Channel) -> str | None:
        name = {Channel.EMAIL: "email", Channel.SMS: "phone"}.get(channel)
        value = self._facts.attributes.get(name) if name else "device"
        return value if isinstance(value, str) else None

    def _counted(self, now: datetime) -> Iterator[int]:
        for cap in self._plan.respect.caps:
            since = start_of_days(now, DAYS_OF[cap.per], self._zone)
            yield sum(
                at >= since and cap.channel in (None, channel) for at, channel in self._touched
            )


def verb_of(plan: Plan, message: QueueMessage) -> str:
    """Give the key by which a story expects a message."""
    step = plan.steps[message.step]
    if isinstance(step, Send) and step.ways[message.part].survey is not None:
        return "survey"
    return str(message.channel)


def names_of(plan: Plan, message: QueueMessage) -> tuple[str, ...]:
    """Give all that a story may call a message."""
    step = plan.steps[message.step]
    names: list[str | None] = [message.template, message.address]
    if isinstance(step, Send):
        names += [step.at.name, step.ways[message.part].survey]
    if isinstance(step, Notify):
        names += [step.at.name]
    return tuple(dict.fromkeys(name for name in names if name))

"""Putting a message into words, at the moment it goes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from keepwarm.engine.links import LEADS_TO, Purpose
from keepwarm.engine.message import Content, Message
from keepwarm.engine.outcome import MessageStatus
from keepwarm.engine.plan import OpenTask
from keepwarm.engine.templates.compiling import plain_notice
from keepwarm.engine.templates.fills import Variables
from keepwarm.engine.templates.results import Broken, Outcome, Rendered, Skip
from keepwarm.engine.templates.variables import message_variables, offer_variables
from keepwarm.engine.zones import zones_of
from keepwarm.flows.judging import address_of
from keepwarm.flows.shelf import Released
from keepwarm.flows.system import System
from keepwarm.schema.problems import PlaybookRefused
from keepwarm.schema.words import CUSTOMER_CHANNELS, Channel, Kind
from keepwarm.store.claims import Intent


# Not frozen, though nothing changes it: it is made by the hundred thousand, at half the cost.
@dataclass(slots=True)
class Worded:
    """A message ready to go, with its content as it is kept."""

    message: Message
    content_key: str


@dataclass(frozen=True, slots=True)
class Wordless:
    """A message that cannot or shall not be written."""

    status: MessageStatus
    reason: str


class Scribe:
    """Puts the messages of a chunk into words: what they have in common is looked up once."""

    def __init__(self, system: System, released: Mapping[int, Released]) -> None:
        self._system, self._released = system, released
        self._occasions: dict[tuple[int, int, int, str], _Occasion] = {}

    def put_into_words(self, intent: Intent) -> Worded | Wordless:
        """Render a message for its receiver, by the version that its run is on."""
        key = (intent.version_id, intent.step, intent.part, intent.channel)
        occasion = self._occasions.get(key)
        if occasion is None:
            released = self._released[intent.version_id]
            occasion = self._occasions[key] = _Occasion.of(self._system, released, intent)
        token = self._system.links.token(intent.customer_id, intent.id)
        rendered = occasion.render(intent, occasion.variables(intent, token))
        match rendered:
            case Rendered(content, values, content_key):
                return Worded(occasion.message(intent, token, content, values), content_key)
            case Skip(reason):
                return Wordless(MessageStatus.SKIPPED, reason)
            case Broken() as broken:
                return Wordless(MessageStatus.FAILED, str(broken))


@dataclass(slots=True)
class _Occasion:
    """All that messages of one step, one way and one version share."""

    released: Released
    kind: Kind
    #: Whether it goes to the customer rather than to a team.
    to_customer: bool
    render: Callable[[Intent, Variables], Outcome]
    #: Purpose -> a link for it, but for the token at its end.
    links: Mapping[Purpose, str]

    @classmethod
    def of(cls, system: System, released: Released, intent: Intent) -> _Occasion:
        channel, kind = Channel(intent.channel), Kind(intent.kind)
        render = _render_for(released, intent, channel, kind)
        links = {purpose: system.links.url(purpose, "") for purpose in Purpose}
        return cls(released, kind, channel in CUSTOMER_CHANNELS, render, links)

    def variables(self, intent: Intent, token: str) -> Variables:
        """Give the variables of a message: customer, starting event, offer, links."""
        released, links = self.released, self.links
        survey = intent.words.get("survey") in released.catalog.surveys
        customer: dict[str, Any] = {
            **intent.attributes,
            "id": intent.customer,
            "email": intent.email,
            "phone": intent.phone,
            "timezone": intent.timezone,
            "language": intent.language,
        }
        return message_variables(
            customer,
            event=intent.trigger,
            offer=promised(released, intent.words),
            survey_link=links[Purpose.SURVEY] + token if survey else None,
            links={name: links[to] + token for name, to in LEADS_TO.items()}
            if self.to_customer
            else None,
            playbook_title=released.plan.title,
            zone=zones_of(intent.timezone, intent.phone, released.plan.timezone).name,
        )

    def message(
        self, intent: Intent, token: str, content: Content, values: tuple[str, ...]
    ) -> Message:
        """Give the message as a connector takes it."""
        is_marketing = self.to_customer and self.kind is Kind.MARKETING
        return Message(
            send_id=f"{intent.id}-{intent.attempt}",
            content=content,
            values=values,
            address=address_of(intent) or "",
            customer_id=intent.customer,
            playbook=intent.playbook,
            kind=self.kind,
            topic=intent.topic,
            unsubscribe_url=self.links[Purpose.UNSUBSCRIBE] + token if is_marketing else None,
            at_least_once=bool(intent.words.get("at_least_once")),
        )


def _render_for(
    released: Released, intent: Intent, channel: Channel, kind: Kind
) -> Callable[[Intent, Variables], Outcome]:
    """Give what renders the messages that are like this one."""
    if channel is Channel.WEBHOOK:
        fields = released.words.fields(released.plan, intent.step)
        return lambda _, variables: fields(variables)
    if intent.template is None:
        return lambda each, _: _plain_notice(released, each)
    try:
        template = released.words.template(intent.template, channel, kind)
    except (KeyError, PlaybookRefused) as error:
        problem = error.problems[0] if isinstance(error, PlaybookRefused) else None
        why = problem.message if problem else f"the version has no template {intent.template}"
        broken = Broken(why, problem.file if problem else released.plan.place.file, 1, 1)
        return lambda *_: broken
    return lambda _, variables: template.render(variables, channel)


def promised(released: Released, words: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Give what may be said of the offer that was made last, if one was."""
    name = words.get("offer")
    offer = released.catalog.offers.get(name) if isinstance(name, str) else None
    if offer is None:
        return None
    until = words.get("offer_until")
    ends_on = datetime.fromisoformat(until).date() if isinstance(until, str) else None
    return offer_variables(offer, ends_on)


def _plain_notice(released: Released, intent: Intent) -> Rendered:
    """Say what a team should know where the playbook gives no words: ours hold no name."""
    step = released.plan.steps[intent.step]
    what = f"late: {step.title}" if isinstance(step, OpenTask) else "wants your attention"
    return plain_notice(released.plan.title, what, intent.customer)

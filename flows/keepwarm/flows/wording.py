"""Putting a message into words, at the moment it goes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from keepwarm.engine.links import LEADS_TO, Purpose
from keepwarm.engine.message import Message
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
        self._occasions: dict[tuple[object, ...], _Occasion] = {}

    def put_into_words(self, intent: Intent) -> Worded | Wordless:
        """Render a message for its receiver, by the version that its run is on."""
        occasion = self._occasion_of(intent)
        token = self._system.links.token(intent.customer_id, intent.id)
        rendered = occasion.render(intent, occasion.variables(intent, token))
        if isinstance(rendered, Rendered):
            return Worded(occasion.message(intent, token, rendered), rendered.key)
        if isinstance(rendered, Skip):
            return Wordless(MessageStatus.SKIPPED, rendered.reason)
        return Wordless(MessageStatus.FAILED, str(rendered))

    def _occasion_of(self, intent: Intent) -> _Occasion:
        # Equal words are one object within a chunk, which the occasion keeps: no other has its id.
        words, language = intent.words, intent.language
        key = (intent.version_id, intent.step, intent.part, intent.channel, language, id(words))
        occasion = self._occasions.get(key)
        if occasion is None:
            released = self._released[intent.version_id]
            occasion = self._occasions[key] = _Occasion.of(self._system, released, intent)
        return occasion


@dataclass(slots=True)
class _Occasion:
    """All that messages of one step, one way, one version and one language share."""

    project_zone: str
    kind: Kind
    words: Mapping[str, Any]
    render: Callable[[Intent, Variables], Outcome]
    #: The variables that are nobody's own.
    shared: Variables
    #: (variable, link but for the token at its end); a survey's has its own variable.
    links: Sequence[tuple[str, str]]
    survey_link: str | None
    #: The link that unsubscribes with one click, but for its token; None where there is none.
    unsubscribing: str | None
    at_least_once: bool

    @classmethod
    def of(cls, system: System, released: Released, intent: Intent) -> _Occasion:
        channel, kind, words = Channel(intent.channel), Kind(intent.kind), intent.words
        to_customer = channel in CUSTOMER_CHANNELS
        begins = {purpose: system.links.url(purpose, "") for purpose in Purpose}
        is_survey = words.get("survey") in released.catalog.surveys
        is_marketing = to_customer and kind is Kind.MARKETING
        return cls(
            project_zone=released.plan.timezone,
            kind=kind,
            words=words,
            render=_render_for(released, intent, channel, kind),
            shared=message_variables(
                {}, offer=promised(released, words), playbook_title=released.plan.title
            ),
            links=[(name, begins[to]) for name, to in LEADS_TO.items()] if to_customer else (),
            survey_link=begins[Purpose.SURVEY] if is_survey else None,
            unsubscribing=begins[Purpose.UNSUBSCRIBE] if is_marketing else None,
            at_least_once=bool(words.get("at_least_once")),
        )

    def variables(self, intent: Intent, token: str) -> Variables:
        """Give the variables of a message: customer, starting event, offer, links."""
        customer: dict[str, Any] = {
            **intent.attributes,
            "id": intent.customer,
            "email": intent.email,
            "phone": intent.phone,
            "timezone": intent.timezone,
            "language": intent.language,
        }
        variables: dict[str, Any] = {
            **self.shared,
            "customer": customer,
            "event": intent.trigger,
            "zone": zones_of(intent.timezone, intent.phone, self.project_zone).name,
        }
        for name, link in self.links:
            variables[name] = link + token
        if self.survey_link is not None:
            variables["survey"] = {"link": self.survey_link + token}
        return variables

    def message(self, intent: Intent, token: str, rendered: Rendered) -> Message:
        """Give the message as a connector takes it."""
        link = self.unsubscribing
        return Message(
            send_id=f"{intent.id}-{intent.attempt}",
            content=rendered.content,
            values=rendered.values,
            address=address_of(intent) or "",
            customer_id=intent.customer,
            playbook=intent.playbook,
            kind=self.kind,
            topic=intent.topic,
            unsubscribe_url=None if link is None else link + token,
            at_least_once=self.at_least_once,
        )


def _render_for(
    released: Released, intent: Intent, channel: Channel, kind: Kind
) -> Callable[[Intent, Variables], Outcome]:
    """Give what renders the messages that are like this one."""
    if channel is Channel.WEBHOOK:
        render = released.words.fields(released.plan, intent.step)
    elif intent.template is None:
        return lambda each, _: _plain_notice(released, each)
    else:
        try:
            template = released.words.template(intent.template, channel, kind)
        except (KeyError, PlaybookRefused) as error:
            problem = error.problems[0] if isinstance(error, PlaybookRefused) else None
            why = problem.message if problem else f"the version has no template {intent.template}"
            broken = Broken(why, problem.file if problem else released.plan.place.file, 1, 1)
            return lambda *_: broken
        render = template.renders_for(intent.language, channel)
    return lambda _, variables: render(variables)


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

"""Putting a message into words, at the moment it goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from keepwarm.engine.links import Purpose
from keepwarm.engine.message import Content, Message
from keepwarm.engine.outcome import MessageStatus
from keepwarm.engine.plan import OpenTask
from keepwarm.engine.templates.compiling import plain_notice
from keepwarm.engine.templates.results import Broken, Outcome, Rendered, Skip
from keepwarm.engine.templates.variables import message_variables, offer_variables
from keepwarm.engine.zones import zones_of
from keepwarm.flows.judging import address_of
from keepwarm.flows.shelf import Released
from keepwarm.flows.system import System
from keepwarm.schema.problems import PlaybookRefused
from keepwarm.schema.words import CUSTOMER_CHANNELS, Channel, Kind
from keepwarm.store.claims import Intent
from keepwarm.store.connection import Connection

_KINDS = {kind.value: kind for kind in Kind}
_CHANNELS = {channel.value: channel for channel in Channel}


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


def put_into_words(cx: Connection, system: System, intent: Intent) -> Worded | Wordless:
    """Render a message for its receiver, by the version that its run is on."""
    released = system.shelf.version(cx, intent.version_id)
    token = system.links.token(intent.customer_id, intent.id)
    rendered = _rendered(system, released, intent, token)
    match rendered:
        case Skip(reason):
            return Wordless(MessageStatus.SKIPPED, reason)
        case Broken() as broken:
            return Wordless(MessageStatus.FAILED, str(broken))
        case Rendered(content, values, key):
            return Worded(_message(system, intent, token, content, values), key)


def _rendered(system: System, released: Released, intent: Intent, token: str) -> Outcome:
    channel = _CHANNELS[intent.channel]
    variables = variables_of(system, released, intent, token)
    if channel is Channel.WEBHOOK:
        return released.words.fields(released.plan, intent.step)(variables)
    if intent.template is None:
        return _plain_notice(released, intent)
    try:
        template = released.words.template(intent.template, channel, _KINDS[intent.kind])
    except (KeyError, PlaybookRefused) as error:
        problem = error.problems[0] if isinstance(error, PlaybookRefused) else None
        why = problem.message if problem else f"the version has no template {intent.template}"
        return Broken(why, problem.file if problem else released.plan.place.file, 1, 1)
    return template.render(variables, channel)


def _message(
    system: System, intent: Intent, token: str, content: Content, values: tuple[str, ...]
) -> Message:
    is_marketing = intent.kind == Kind.MARKETING and intent.channel in CUSTOMER_CHANNELS
    unsubscribe = system.links.url(Purpose.UNSUBSCRIBE, token) if is_marketing else None
    return Message(
        send_id=f"{intent.id}-{intent.attempt}",
        content=content,
        values=values,
        address=address_of(intent) or "",
        customer_id=intent.customer,
        playbook=intent.playbook,
        kind=_KINDS[intent.kind],
        topic=intent.topic,
        unsubscribe_url=unsubscribe,
        at_least_once=bool(intent.words.get("at_least_once")),
    )


# ── What templates may say ───────────────────────────────────────────────────────────────────


def variables_of(
    system: System, released: Released, intent: Intent, token: str
) -> Mapping[str, Any]:
    """Give the variables of a message: the customer, the starting event, the offer, the links."""
    customer = {
        **intent.attributes,
        "id": intent.customer,
        "email": intent.email,
        "phone": intent.phone,
        "timezone": intent.timezone,
        "language": intent.language,
    }
    to_customer = intent.channel in CUSTOMER_CHANNELS
    url = system.links.url
    survey = intent.words.get("survey") in released.catalog.surveys
    return message_variables(
        customer,
        event=intent.trigger,
        offer=_promised(released, intent),
        survey_link=url(Purpose.SURVEY, token) if survey else None,
        unsubscribe_url=url(Purpose.UNSUBSCRIBE, token) if to_customer else None,
        preferences_url=url(Purpose.PREFERENCES, token) if to_customer else None,
        playbook_title=released.plan.title,
        zone=zones_of(intent.timezone, intent.phone, released.plan.timezone).name,
    )


def _promised(released: Released, intent: Intent) -> Mapping[str, Any] | None:
    """Give what may be said of the offer that was made last, if one was."""
    name = intent.words.get("offer")
    offer = released.catalog.offers.get(name) if isinstance(name, str) else None
    if offer is None:
        return None
    until = intent.words.get("offer_until")
    ends_on = datetime.fromisoformat(until).date() if isinstance(until, str) else None
    return offer_variables(offer, ends_on)


def _plain_notice(released: Released, intent: Intent) -> Rendered:
    """Say what a team should know where the playbook gives no words: ours hold no name."""
    step = released.plan.steps[intent.step]
    what = f"late: {step.title}" if isinstance(step, OpenTask) else "wants your attention"
    return plain_notice(released.plan.title, what, intent.customer)

"""Putting a message into words, at the moment it goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from keepwarm.engine.links import Purpose
from keepwarm.engine.message import Content, Message, Wording
from keepwarm.engine.outcome import MessageStatus
from keepwarm.engine.templates.results import Broken, Outcome, Rendered, Skip
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
    variables: dict[str, Any] = {
        "customer": customer,
        "event": intent.trigger,
        "playbook": {"title": released.plan.title},
        "sender": released.policies.sender,
        "postal_address": released.policies.postal_address,
    }
    if intent.channel in CUSTOMER_CHANNELS:
        variables["unsubscribe_url"] = system.links.url(Purpose.UNSUBSCRIBE, token)
        variables["preferences_url"] = system.links.url(Purpose.PREFERENCES, token)
    if intent.words:
        variables |= _promised(system, released, intent, token)
    return variables


def _promised(system: System, released: Released, intent: Intent, token: str) -> dict[str, Any]:
    said: dict[str, Any] = {}
    name = intent.words.get("offer")
    offer = released.catalog.offers.get(name) if isinstance(name, str) else None
    if offer is not None:
        until = intent.words.get("offer_until")
        ends_on = datetime.fromisoformat(until).date().isoformat() if until else None
        said["offer"] = {
            "name": offer.name,
            "means": offer.means,
            "percent": offer.percent,
            "amount": offer.amount,
            "currency": offer.currency,
            "code": offer.code,
            "lasts": str(offer.lasts) if offer.lasts else None,
            "ends_on": ends_on,
        }
    survey = released.catalog.surveys.get(intent.words.get("survey") or "")
    if survey is not None:
        link = system.links.url(Purpose.SURVEY, token)
        said["survey"] = {"name": survey.name, "question": survey.question, "link": link}
    return said


def _plain_notice(released: Released, intent: Intent) -> Rendered:
    """Say what a team should know where the playbook gives no words: ours hold no name."""
    step = released.plan.steps[intent.step]
    what = getattr(step, "title", None)
    says = f"late: {what}" if what else "wants your attention"
    parts = (f"{released.plan.title}: {says} (customer ", 0, ")")
    content = Content(Channel.CHAT, {"text": Wording(parts)})
    return Rendered(content, (intent.customer,), content.key)

"""A message in the words that a customer would get, without anything being queued or kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from keepwarm.app.previewing.pieces import Piece
from keepwarm.app.previewing.receivers import Receiver
from keepwarm.connectors.showing import Shown, shown
from keepwarm.engine.links import LEADS_TO, Purpose
from keepwarm.engine.message import Content, Message
from keepwarm.engine.plan import Plan
from keepwarm.engine.rules.ways import known_on_the_way
from keepwarm.engine.templates.compiling import plain_notice
from keepwarm.engine.templates.results import Broken, Outcome, Rendered, Skip
from keepwarm.engine.templates.variables import message_variables, offer_variables
from keepwarm.engine.timing import after, zone_named
from keepwarm.engine.zones import zones_of
from keepwarm.flows.wording_books import WordBook
from keepwarm.schema.catalog import Catalog, Place
from keepwarm.schema.playbook import Playbook
from keepwarm.schema.problems import PlaybookRefused
from keepwarm.schema.words import ADDRESS_OF, CUSTOMER_CHANNELS, Channel, Kind

#: Stands where a real message has a token: no link of a preview leads to anybody's choices.
TOKEN = "preview"  # noqa: S105 - the absence of one


@dataclass(frozen=True, slots=True)
class Playing:
    """What messages of one playbook are made of: a version that is live, or a folder's."""

    plan: Plan
    #: As it was written.
    playbook: Playbook
    catalog: Catalog
    words: WordBook
    #: Where the service is reached, for links.
    base_url: str
    now: datetime
    #: By the place of a step; made when it is first asked for.
    _known: dict[Place, frozenset[str]] = field(default_factory=dict, init=False, repr=False)

    def known_at(self, step: int) -> frozenset[str]:
        """Give the attributes that are known of everybody who takes a step of the plan."""
        if not self._known:
            self._known.update(known_on_the_way(self.playbook, self.catalog))
        return self._known.get(self.plan.steps[step].at.place, frozenset())


#: What came of putting a message into words: the message, or why there is none.
Draft: TypeAlias = "Message | Skip | Broken"


@dataclass(frozen=True, slots=True)
class Shot:
    """A message for somebody: as they see it, or why there is none."""

    piece: Piece
    receiver: Receiver
    seen: Shown | Skip | Broken


def shots_of(
    playing: Playing, pieces: Iterable[Piece], receivers: Sequence[Receiver]
) -> tuple[tuple[Shot, ...], ...]:
    """Give each message for each receiver."""
    return tuple(
        tuple(shot_of(playing, piece, receiver) for receiver in receivers) for piece in pieces
    )


def shot_of(playing: Playing, piece: Piece, receiver: Receiver) -> Shot:
    """Give one message as one receiver sees it."""
    draft = draft_of(playing, piece, receiver)
    return Shot(piece, receiver, shown(draft) if isinstance(draft, Message) else draft)


def draft_of(playing: Playing, piece: Piece, receiver: Receiver) -> Draft:
    """Put a message into words for somebody, of whom all is known that leads to it."""
    receiver = receiver.knowing(playing.known_at(piece.step))
    rendered = _rendered(playing, piece, receiver)
    if not isinstance(rendered, Rendered):
        return rendered
    return _message(playing, piece, receiver, rendered.content, rendered.values)


def _message(
    playing: Playing, piece: Piece, receiver: Receiver, content: Content, values: tuple[str, ...]
) -> Message:
    is_marketing = piece.kind is Kind.MARKETING and piece.channel in CUSTOMER_CHANNELS
    return Message(
        send_id=TOKEN,
        content=content,
        values=values,
        address=piece.address or _address(piece.channel, receiver),
        customer_id=receiver.customer,
        playbook=playing.plan.playbook,
        kind=piece.kind,
        topic=piece.topic,
        unsubscribe_url=_url(playing, Purpose.UNSUBSCRIBE) if is_marketing else None,
    )


def _address(channel: Channel, receiver: Receiver) -> str:
    named = ADDRESS_OF.get(channel)
    found = receiver.customer if named is None else receiver.attributes.get(named)
    return found if isinstance(found, str) else ""


def _url(playing: Playing, purpose: Purpose) -> str:
    return f"{playing.base_url}/{purpose}/{TOKEN}"


def _rendered(playing: Playing, piece: Piece, receiver: Receiver) -> Outcome:
    variables = _variables(playing, piece, receiver)
    file = playing.plan.place.file
    try:
        if piece.channel is Channel.WEBHOOK:
            return playing.words.fields(playing.plan, piece.step)(variables)
        if piece.task is not None:
            return playing.words.details(playing.plan, piece.step)(variables)
        if piece.template is None:
            return plain_notice(playing.plan.title, piece.notice, receiver.customer)
        template = playing.words.template(piece.template, piece.channel, piece.kind)
    except KeyError:
        return Broken(f"there is no template {piece.template}", file, piece.line, 1)
    except PlaybookRefused as refused:
        first = refused.problems[0]
        return Broken(first.message, first.file, first.span.line, first.span.column)
    return template.render(variables, piece.channel)


def _variables(playing: Playing, piece: Piece, receiver: Receiver) -> Mapping[str, Any]:
    told = receiver.attributes
    columns = {name: told.get(name) for name in ("email", "phone", "timezone", "language")}
    to_customer = piece.channel in CUSTOMER_CHANNELS
    zone, phone = told.get("timezone"), told.get("phone")
    return message_variables(
        {**told, "id": receiver.customer, **columns},  # type: ignore[dict-item]  # as in a real one
        event=receiver.trigger,
        offer=_promised(playing, piece),
        survey_link=_url(playing, Purpose.SURVEY) if piece.survey else None,
        links={name: _url(playing, to) for name, to in LEADS_TO.items()} if to_customer else None,
        playbook_title=playing.plan.title,
        zone=zones_of(
            zone if isinstance(zone, str) else None,
            phone if isinstance(phone, str) and receiver.is_real else None,
            playing.plan.timezone,
        ).name,
    )


def _promised(playing: Playing, piece: Piece) -> Mapping[str, Any] | None:
    if piece.offer is None:
        return None
    zone = zone_named(playing.plan.timezone)
    expires = piece.offer.expires
    until = after(playing.now, expires, zone).astimezone(zone).date() if expires else None
    return offer_variables(piece.offer.offer, until)

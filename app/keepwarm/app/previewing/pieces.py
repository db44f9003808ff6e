"""Every message that a plan may send and the tasks it words, in the order of its file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from keepwarm.engine.plan import (
    END,
    Branch,
    CallWebhook,
    MakeOffer,
    Notify,
    OpenTask,
    Plan,
    Send,
    Split,
    Stop,
)
from keepwarm.schema.conditions import ALWAYS
from keepwarm.schema.words import Channel, Kind


@dataclass(frozen=True, slots=True)
class Piece:
    """One message of a plan: a way of a step that sends, what a team hears, a task's details."""

    step: int
    #: Line of the playbook's file.
    line: int
    channel: Channel
    kind: Kind
    #: None where the words are ours: a notice without a template, a webhook.
    template: str | None = None
    topic: str | None = None
    survey: str | None = None
    #: Where it goes if not to the customer: a chat channel, a URL, or who has the task.
    address: str | None = None
    #: The offer that was made last before it, if one was.
    offer: MakeOffer | None = None
    #: The title of the task whose details these are; None for a message.
    task: str | None = None
    #: What a plain notice says where it is not that a customer came by.
    notice: str = "wants your attention"


def pieces_of(plan: Plan) -> tuple[Piece, ...]:
    """Give every message of a plan."""
    return tuple(_pieces(plan, _offers_before(plan)))


def templates_named(plan: Plan) -> frozenset[str]:
    """Name the templates that these messages are made from."""
    return frozenset(piece.template for piece in pieces_of(plan) if piece.template)


def _pieces(plan: Plan, offers: Mapping[int, MakeOffer | None]) -> Iterator[Piece]:
    for index, step in enumerate(plan.steps):
        line, offer = step.at.place.span.line, offers.get(index)
        match step:
            case Send(ways=ways):
                for way in ways:
                    yield Piece(
                        index, line, way.channel, way.kind, way.template, way.topic, way.survey,
                        offer=offer,
                    )  # fmt: skip
            case Notify(channel=channel, template=template):
                yield Piece(
                    index, line, Channel.CHAT, Kind.TRANSACTIONAL, template, address=channel,
                    offer=offer,
                )  # fmt: skip
            case CallWebhook(url=url):
                yield Piece(
                    index, line, Channel.WEBHOOK, Kind.TRANSACTIONAL, address=url, offer=offer
                )
            case OpenTask(title=title, assignee=assignee, late=late, details=details):
                if details:
                    yield Piece(
                        index, line, Channel.CHAT, Kind.TRANSACTIONAL, address=assignee,
                        offer=offer, task=title,
                    )  # fmt: skip
                for channel in late.notify:
                    yield Piece(
                        index, line, Channel.CHAT, Kind.TRANSACTIONAL, address=channel,
                        notice=f"late: {title}",
                    )  # fmt: skip
            case _:
                pass


def _offers_before(plan: Plan) -> dict[int, MakeOffer | None]:
    """Give the offer that was made last before each step; the earliest where ways differ."""
    found: dict[int, list[MakeOffer | None]] = {plan.first: [None]}
    for index, step in enumerate(plan.steps):
        before = found.get(index, [None])
        after = before
        if isinstance(step, MakeOffer):
            after = [step] if step.at.only_if == ALWAYS else [*before, step]
        for following in _following(plan, index):
            found.setdefault(following, []).extend(after)
    made = {each.at.path: number for number, each in enumerate(plan.steps)}
    return {
        index: min(
            (each for each in offers if each is not None),
            key=lambda each: made[each.at.path],
            default=None,
        )
        for index, offers in found.items()
    }


def _following(plan: Plan, index: int) -> Iterator[int]:
    step = plan.steps[index]
    if isinstance(step, Branch | Split):
        yield from (first for _, _, first in step.arms if first != END)
    if not isinstance(step, Stop) and step.at.then != END:
        yield step.at.then

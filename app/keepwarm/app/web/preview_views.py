"""Messages side by side: for each receiver, e-mail on a desktop and a phone, in light and in dark.

One choice stands for the whole page, made by radio buttons and CSS alone: it works without scripts
and with the keyboard, in the service and in a file that somebody was sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from keepwarm.app.previewing.drafts import Shot
from keepwarm.app.previewing.pieces import Piece
from keepwarm.app.previewing.receivers import Receiver
from keepwarm.app.previewing.schemes import knows_dark
from keepwarm.app.web.markup import Html, tag, together
from keepwarm.app.web.message_views import short_view
from keepwarm.app.web.moments import channel_name
from keepwarm.connectors.showing import ShownChat, ShownEmail
from keepwarm.engine.templates.results import Broken, Skip

#: Gives the frame of an e-mail: (the shot, number of its piece, of its receiver, dark or not).
Framing = Callable[[Shot, int, int, bool], Html]

_VIEWS: Final = (
    ("desktop", "Desktop"),
    ("phone", "Phone"),
    ("words", "Text part"),
    ("headers", "Headers"),
)
_SCHEMES: Final = (("light", "Light"), ("dark", "Dark"))


def preview_body(title: str | None, shots: Sequence[Sequence[Shot]], framing: Framing) -> Html:
    """Draw every message of a playbook for every receiver, below its title if that is needed."""
    drawn = [
        _piece(number, each[0].piece, each, framing) for number, each in enumerate(shots) if each
    ]
    nothing = tag("p", "This playbook sends no messages.", class_="empty")
    head = tag("h2", title or "Messages", class_=None if title else "unseen")
    return tag("section", head, drawn or nothing, class_="previews")


def choices(receivers: Sequence[Receiver]) -> Html:
    """Draw what may be chosen for all messages at once: first a real customer, if there is one."""
    people = [(str(number), each.name) for number, each in enumerate(receivers)]
    first = next((number for number, each in enumerate(receivers) if each.is_real), 0)
    return tag(
        "div",
        _choice("for", "For", people, first),
        _choice("as", "E-mail as", _VIEWS),
        _choice("in", "In", _SCHEMES),
        class_="choices",
    )


def personal_warning(receivers: Sequence[Receiver], more: str = "") -> Html | None:
    """Say that there is personal data of real customers in it."""
    real = [each.customer for each in receivers if each.is_real]
    if not real:
        return None
    whose = f"customer{'' if len(real) == 1 else 's'} {', '.join(real)}"
    says = f" of {whose}. Show it to nobody who may not see that. {more}"
    return tag("p", tag("b", "This holds personal data"), says, class_="fault", role="note")


def _choice(name: str, says: str, options: Iterable[tuple[str, str]], first: int = 0) -> Html:
    buttons = [
        together(
            tag("input", type="radio", name=name, id=f"{name}-{key}", checked=number == first),
            tag("label", word, for_=f"{name}-{key}"),
        )
        for number, (key, word) in enumerate(options)
    ]
    return tag("fieldset", tag("legend", says), tag("div", buttons, class_="segments"))


def _piece(number: int, piece: Piece, shots: Sequence[Shot], framing: Framing) -> Html:
    a_call = "a call" if piece.address and "://" in piece.address else "a notice"
    name = piece.template or piece.task or a_call
    head = tag(
        "h3",
        "Task" if piece.task else channel_name(piece.channel),
        " ",
        tag("span", name),
        tag("code", f"line {piece.line}", class_="place soft"),
    )
    drawn = [
        tag(
            "div",
            tag("p", shot.receiver.name, class_="whose small soft"),
            _shot(shot, number, index, framing),
            class_=f"one for-{index}",
        )
        for index, shot in enumerate(shots)
    ]
    return tag("article", head, drawn, class_="piece")


def _shot(shot: Shot, number: int, index: int, framing: Framing) -> Html:
    match shot.seen:
        case Broken() as broken:
            return together(
                tag("p", "This cannot be written:", class_="fault-head"),
                tag("p", tag("code", f"{broken.file}:{broken.line}:{broken.column}"), " ",
                    broken.reason, class_="fault"),
            )  # fmt: skip
        case Skip(reason=reason):
            return tag("p", f"This is not sent to them: {reason}.", class_="skip")
        case ShownEmail() as letter:
            return _email(shot, letter, number, index, framing)
        case ShownChat(text=text) if shot.piece.task is not None:
            return together(
                tag("p", f"For {shot.piece.address}", class_="soft small"),
                tag("div", text, class_="chat"),
            )
        case other:
            return short_view(other)


def _email(shot: Shot, letter: ShownEmail, number: int, index: int, framing: Framing) -> Html:
    lines = (("Subject", letter.subject), ("Preheader", letter.preheader), ("From", letter.sender))
    facts = [together(tag("dt", name), tag("dd", said)) for name, said in lines if said]
    headers = "\n".join(f"{name}: {value}" for name, value in letter.headers)
    own = None
    if not knows_dark(letter.html):
        says = (
            "This mail brings no rules of its own for dark mode; each program makes it dark in its"
            " own way, or leaves it light."
        )
        own = tag("p", says, class_="soft small in-dark-only")
    return together(
        tag("dl", facts, class_="facts small"),
        own,
        tag("div", framing(shot, number, index, False), class_="mail light"),  # noqa: FBT003 - as `Framing` has it
        tag("div", framing(shot, number, index, True), class_="mail dark"),  # noqa: FBT003
        tag("pre", letter.text or "It has no text part.", class_="as-words"),
        tag("pre", headers, class_="as-headers"),
    )

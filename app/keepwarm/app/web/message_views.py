"""A message drawn as its receiver sees it: in a mail program, on a phone, in a chat."""

from __future__ import annotations

import re
from typing import Final, assert_never

from fastapi.responses import HTMLResponse

from keepwarm.app.previewing.schemes import in_scheme
from keepwarm.app.web.markup import Html, tag, together
from keepwarm.connectors.showing import (
    Shown as Letter,
)
from keepwarm.connectors.showing import (
    ShownChat,
    ShownEmail,
    ShownPush,
    ShownText,
    ShownWebhook,
    shown,
)
from keepwarm.engine.links import Purpose
from keepwarm.engine.message import Kind, Message
from keepwarm.flows.system import System
from keepwarm.schema.words import CUSTOMER_CHANNELS
from keepwarm.store.outbox import Shown

#: What a stranger wrote runs nothing, loads nothing, and opens its links beside this page.
#: Without `frame-ancestors`: to a sandboxed document no page is of its own origin.
SANDBOX: Final = "allow-popups allow-popups-to-escape-sandbox"
_FRAMED: Final = (
    f"sandbox {SANDBOX}; default-src 'none'; style-src 'unsafe-inline'; img-src data:;"
    " form-action 'none'"
)


def letter_of(system: System, message: Shown) -> Letter | None:
    """Give a message as its receiver sees it; None while it is not put into words."""
    if message.content is None:
        return None
    channel = message.content.channel
    is_marketing = message.kind == Kind.MARKETING and channel in CUSTOMER_CHANNELS
    token = system.links.token(message.customer_id, message.id)
    unsubscribe = system.links.url(Purpose.UNSUBSCRIBE, token)
    return shown(
        Message(
            send_id=str(message.id),
            content=message.content,
            values=message.values,
            address=message.address or "",
            customer_id=message.customer,
            playbook=message.playbook,
            kind=Kind(message.kind),
            topic=message.topic,
            unsubscribe_url=unsubscribe if is_marketing else None,
        )
    )


def message_view(letter: Letter, message_id: int) -> Html:
    """Draw it."""
    return _email(letter, message_id) if isinstance(letter, ShownEmail) else short_view(letter)


def short_view(letter: ShownText | ShownPush | ShownChat | ShownWebhook) -> Html:
    """Draw what is no e-mail."""
    match letter:
        case ShownText():
            return _text(letter)
        case ShownPush():
            notice = tag("div", tag("b", letter.title), letter.text, class_="notice")
            return _screen("a notification", notice)
        case ShownChat():
            return together(
                tag("p", f"In {letter.channel}", class_="soft small"),
                tag("div", letter.text, class_="chat"),
            )
        case ShownWebhook():
            return together(
                tag("p", f"POST {letter.url}", class_="soft small"), tag("pre", letter.body)
            )
        case _:
            assert_never(letter)


def _email(letter: ShownEmail, message_id: int) -> Html:
    def frame(says: str, query: str = "") -> Html:
        path = f"/outbox/{message_id}/html{query}"
        return tag("iframe", src=path, title=says, sandbox=SANDBOX)

    headers = "\n".join(f"{name}: {value}" for name, value in letter.headers)
    views = (
        ("desktop", "Desktop", frame("The e-mail on a desktop")),
        ("phone", "Phone", frame("The e-mail on a phone")),
        ("dark", "Dark", frame("The e-mail in dark mode", "?dark=yes")),
        ("text", "Text part", tag("pre", letter.text or "It has no text part.")),
        ("headers", "Headers", tag("pre", headers)),
    )
    choices = [
        together(
            tag("input", type="radio", name="view", id=f"view-{key}", checked=key == "desktop"),
            tag("label", says, for_=f"view-{key}"),
        )
        for key, says, _ in views
    ]
    sections = [tag("section", drawn, class_=key) for key, _, drawn in views]
    return tag("div", choices, sections, class_="views")


def _text(letter: ShownText) -> Html:
    parts = letter.parts
    count = len(parts.parts)
    says = f"{count} part{'' if count == 1 else 's'} in {parts.encoding}, {parts.left} places left"
    if parts.outside_gsm_7:
        says += f"; {' '.join(parts.outside_gsm_7)} made it {parts.encoding}"
    words: Html | str = letter.text
    if count > 1:
        words = together(*(tag("span", part, class_="part") for part in parts.parts))
    return together(
        _screen("a text message", tag("div", words, class_="bubble")),
        tag("p", f"{says}.", class_="soft small"),
    )


def _screen(what: str, content: Html) -> Html:
    return tag("div", tag("p", f"As {what}", class_="from"), content, class_="screen")


def email_document(letter: Letter, *, dark: bool) -> HTMLResponse | None:
    """Give an e-mail's HTML, in light or in dark mode, as a document of its own, shut in."""
    if not isinstance(letter, ShownEmail) or not letter.html:
        return None
    return framed_document(in_scheme(letter.html, dark=dark))


def framed_document(html: str) -> HTMLResponse:
    """Give HTML that a stranger wrote as a document that can do nothing but be looked at."""
    base = tag("base", target="_blank")
    written, found = re.subn(r"(?i)(<head[^>]*>)", rf"\g<1>{base}", html, count=1)
    document = written if found else f"{base}{html}"
    return HTMLResponse(document, headers={"Content-Security-Policy": _FRAMED})

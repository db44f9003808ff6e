"""An e-mail as all e-mail connectors send it: sender, subject, texts and headers, checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from keepwarm.connectors.addresses import breaks_a_header, is_email, name_and_address
from keepwarm.engine.message import Content, Message
from keepwarm.engine.outcome import Rejected, Remedy

ONE_CLICK = "List-Unsubscribe=One-Click"
#: RFC 5322 2.1.1 allows no longer line; a subject beyond it is a mistake in any case.
LONGEST_SUBJECT = 998


@dataclass(frozen=True, slots=True)
class Sender:
    """Who an e-mail comes from, and where answers go; None where that is the same."""

    name: str
    address: str
    reply_to: str | None = None


def sender_of(content: Content, default: str | None) -> Sender | Rejected:
    """Give who the content comes from: its own sender, or the connector's."""
    written = content.sender or default
    if not written:
        return Rejected("the e-mail has no sender", Remedy.FIX_CONTENT)
    found = name_and_address(written)
    if found is None:
        return Rejected("the sender is not written as Name <address>", Remedy.FIX_CONTENT)
    reply_to = name_and_address(content.reply_to) if content.reply_to else None
    if content.reply_to and reply_to is None:
        return Rejected("the address for replies is not an e-mail address", Remedy.FIX_CONTENT)
    return Sender(found[0], found[1], reply_to[1] if reply_to else None)


def problem_with(message: Message) -> Rejected | None:
    """Tell why this e-mail must not be handed to a provider; None if nothing speaks against it."""
    if not is_email(message.address):
        return Rejected("the address is not an e-mail address", Remedy.SUPPRESS_ADDRESS)
    subject = message.text("subject")
    if not subject.strip():
        return Rejected("the e-mail has no subject", Remedy.FIX_CONTENT)
    if breaks_a_header(subject) or len(subject) > LONGEST_SUBJECT:
        return Rejected("the subject is not one line", Remedy.FIX_CONTENT)
    if not (message.text("html").strip() or message.text("text").strip()):
        return Rejected("the e-mail has no words", Remedy.FIX_CONTENT)
    if message.unsubscribe_url and not _can_stand_in_a_header(message.unsubscribe_url):
        return Rejected("the unsubscribe link cannot stand in a header", Remedy.FIX_CONTENT)
    return None


def unsubscribe_headers(message: Message) -> Mapping[str, str]:
    """Give the two headers of RFC 8058 for one-click unsubscribing; none where there is no link."""
    if not message.unsubscribe_url:
        return {}
    return {
        "List-Unsubscribe": f"<{message.unsubscribe_url}>",
        "List-Unsubscribe-Post": ONE_CLICK,
    }


def _can_stand_in_a_header(url: str) -> bool:
    if breaks_a_header(url) or any(mark in url for mark in "<>, ") or not url.isascii():
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"https", "http"} and bool(parts.netloc)

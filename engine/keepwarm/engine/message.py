"""A message: what a decision hands to a connector.

The words of a message are rendered once for all who get the same words, with gaps for what is
personal. So a thousand recipients are one call to a provider that can fill gaps itself, the
outbox keeps one wording and a few values a message, and erasing a person empties the values and
leaves the wording.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from keepwarm.schema.words import Channel, Kind

__all__ = ["Channel", "Content", "Kind", "Message", "Wording"]


@dataclass(frozen=True, slots=True)
class Wording:
    """A text with gaps: literal pieces, and for each gap the index of the value that fills it."""

    parts: tuple[str | int, ...]

    def filled(self, values: Sequence[str]) -> str:
        """Give the text as its receiver reads it."""
        return "".join([part if isinstance(part, str) else values[part] for part in self.parts])


@dataclass(frozen=True, slots=True)
class Content:
    """The words of a message, shared by all whose gaps alone differ. Holds nothing personal.

    The names in `texts` are `subject`, `preheader`, `html` and `text` for e-mail; `text` for a
    text message and for chat; `title` and `text` for push; `body` (JSON) for a webhook.
    """

    channel: Channel
    texts: Mapping[str, Wording]
    #: Who it comes from, `Name <address>` for e-mail; None leaves it to the connector's settings.
    sender: str | None = None
    reply_to: str | None = None
    language: str | None = None

    #: Its own hash: equal words have equal keys (128 bits, hexadecimal).
    key: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Reckon the key, once for all who get these words."""
        key = hashlib.blake2b(self.as_json().encode(), digest_size=16).hexdigest()
        object.__setattr__(self, "key", key)

    def as_json(self) -> str:
        """Give the content as canonical JSON text, which `from_json` reads back."""
        return json.dumps(
            {
                "channel": self.channel,
                "texts": {name: list(text.parts) for name, text in sorted(self.texts.items())},
                "sender": self.sender,
                "reply_to": self.reply_to,
                "language": self.language,
            },
            ensure_ascii=False,
            sort_keys=True,
            separators=(",", ":"),
        )

    @classmethod
    def from_json(cls, text: str) -> Content:
        """Read what `as_json` wrote."""
        raw = json.loads(text)
        return cls(
            channel=Channel(raw["channel"]),
            texts={name: Wording(tuple(parts)) for name, parts in raw["texts"].items()},
            sender=raw["sender"],
            reply_to=raw["reply_to"],
            language=raw["language"],
        )


# Not frozen, though nothing changes it: it is made by the hundred thousand, at half the cost.
@dataclass(slots=True)
class Message:
    """One message to one receiver, ready to go."""

    #: Ours, stable over every retry; providers bring it back in their call-backs.
    send_id: str
    content: Content
    #: What fills the gaps of the content, already escaped for where it stands.
    values: tuple[str, ...]
    #: An e-mail address, an E.164 number, a push alias, a chat channel or a URL. Never logged.
    address: str
    #: The customer's own identifier in the company's books; None where no customer is concerned.
    customer_id: str | None
    playbook: str
    kind: Kind
    topic: str | None = None
    #: Where one click unsubscribes from this topic (RFC 8058); None where there is none.
    unsubscribe_url: str | None = None
    #: Whether the receiver may get it twice rather than never (law 17).
    at_least_once: bool = False
    #: What a connector of its own may need, such as a webhook's name.
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def channel(self) -> Channel:
        """The channel of its content."""
        return self.content.channel

    def text(self, name: str) -> str:
        """Give one of its texts as the receiver reads it; empty where the content has none."""
        wording = self.content.texts.get(name)
        return wording.filled(self.values) if wording else ""

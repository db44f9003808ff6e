"""How e-mails that share their words are laid into SendGrid's calls.

One call carries up to a thousand: the words once, with a tag in each gap, and for each receiver
what its tags stand for. SendGrid replaces tags inside of what it has just filled in, up to four
deep, so a value that holds a tag would be filled again. The tags are therefore named after a hash
of all words and values in the call: none of them can hold its own hash.

Source: docs.sendgrid.com, "Mail Send limitations", "Substitution Tags" (limits and nesting).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from keepwarm.engine.message import Content, Message, Wording

MOST_RECEIVERS = 1000
#: Of what fills the gaps and of `custom_args`, for one receiver, in UTF-8.
MOST_BYTES_A_RECEIVER = 10_000
#: SendGrid's old figure, no longer in its documents; a letter with more gaps goes alone.
MOST_GAPS = 100
MOST_BYTES_A_CALL = 30_000_000


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one call, with tags where its receivers differ."""

    subject: str
    text: str
    html: str
    #: The tag of each gap in use; empty where the call has one receiver and no gap.
    tags: Mapping[int, str]

    def substitutions(self, message: Message) -> Mapping[str, str]:
        """Give what each tag stands for in one message."""
        return {tag: message.values[index] for index, tag in self.tags.items()}


def in_calls(messages: Sequence[Message]) -> list[list[Message]]:
    """Lay messages into as few calls as SendGrid's limits allow.

    A call has one content, and an address once; a message whose values are too large goes alone.
    """
    contents: list[list[Message]] = []
    for message in messages:
        for same in contents:
            # They should all share one; a mistake must not send anybody another's words.
            if same[0].content is message.content or same[0].content == message.content:
                same.append(message)
                break
        else:
            contents.append([message])
    return [call for same in contents for call in _calls_of_one_content(same)]


def _calls_of_one_content(messages: Sequence[Message]) -> list[list[Message]]:
    calls: list[list[Message]] = []
    taken: list[set[str]] = []
    alone: list[list[Message]] = []
    gaps = gaps_of(messages[0].content)
    for message in messages:
        if not _fits_with_others(message, gaps):
            alone.append([message])
            continue
        address = message.address.lower()
        for call, addresses in zip(calls, taken, strict=True):
            if len(call) < MOST_RECEIVERS and address not in addresses:
                call.append(message)
                addresses.add(address)
                break
        else:
            calls.append([message])
            taken.append({address})
    return calls + alone


def words_of(messages: Sequence[Message]) -> Words:
    """Give the words of one call: filled for one receiver, with tags for several."""
    content = messages[0].content
    subject, text, html = (_wording(content, name) for name in ("subject", "text", "html"))
    if len(messages) == 1:
        values = messages[0].values
        return Words(subject.filled(values), text.filled(values), html.filled(values), {})
    mark = _mark(messages)
    tags = {index: f"-kw{mark}x{index}-" for index in gaps_of(content)}
    return Words(_tagged(subject, tags), _tagged(text, tags), _tagged(html, tags), tags)


def gaps_of(content: Content) -> list[int]:
    """Give the gaps that the subject and the texts of an e-mail use, each once."""
    wordings = [_wording(content, name) for name in ("subject", "text", "html")]
    return sorted({part for one in wordings for part in one.parts if isinstance(part, int)})


def _wording(content: Content, name: str) -> Wording:
    return content.texts.get(name) or Wording(())


def _tagged(wording: Wording, tags: Mapping[int, str]) -> str:
    return "".join([part if isinstance(part, str) else tags[part] for part in wording.parts])


def _fits_with_others(message: Message, gaps: Sequence[int]) -> bool:
    if len(gaps) > MOST_GAPS:
        return False
    # A tag has about 26 bytes, and `custom_args` hold the send id and its name.
    bytes_in_use = sum(len(message.values[index].encode()) + 32 for index in gaps)
    return bytes_in_use + len(message.send_id.encode()) + 32 <= MOST_BYTES_A_RECEIVER


def _mark(messages: Sequence[Message]) -> str:
    digest = hashlib.blake2b(messages[0].content.key.encode(), digest_size=8)
    for message in messages:
        for value in message.values:
            digest.update(value.encode(errors="surrogatepass"))
            digest.update(b"\x00")
    return digest.hexdigest()

"""What connectors share in reading answers: how long to wait, what to keep, what proves nothing."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from keepwarm.connectors.transport import Answer, Forbidden, NoAnswer, NothingSent
from keepwarm.engine.message import Message
from keepwarm.engine.outcome import NotProcessed, Rejected, Remedy, SendResult, Unknown

#: No provider may make us wait longer than this.
LONGEST_WAIT = timedelta(hours=1)
#: How much of a raw answer is kept.
RAW_LENGTH = 2048
#: A shorter address would tear holes into unrelated words.
SHORTEST_HIDDEN = 5
#: Statuses that say that the request's own words are wrong.
BLAMES_CONTENT = frozenset(
    {
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    }
)

_DIGITS = re.compile(r"[0-9]{1,12}", re.ASCII)


async def send_each(
    messages: Sequence[Message], send_one: Callable[[Message], Awaitable[SendResult]]
) -> Sequence[SendResult]:
    """Send messages one call each, and give their results in the same order."""
    return await asyncio.gather(*(guarded(send_one(message)) for message in messages))


async def guarded(call: Awaitable[SendResult]) -> SendResult:
    """Give what came of a call, where no answer and even a fault of ours are results too."""
    try:
        return await call
    except (NothingSent, NoAnswer, Forbidden) as error:
        return without_answer(error)
    except Exception as error:  # noqa: BLE001 - an SDK's surprise must not become a second message
        return Unknown(f"the connector failed on the way ({type(error).__name__})")


def without_answer(error: NothingSent | NoAnswer | Forbidden) -> SendResult:
    """Give the result of a call that brought no answer."""
    match error:
        case NothingSent():
            return NotProcessed(str(error), is_away=True)
        case NoAnswer():
            return Unknown(str(error))
        case Forbidden():
            return Rejected(str(error), Remedy.FIX_CONTENT)


def wait_asked_for(answer: Answer, now: datetime) -> timedelta | None:
    """Give how long the provider asks us to wait; None where it says nothing usable.

    Reads `Retry-After` (seconds or a date) and `X-RateLimit-Reset` (a moment in Unix time).
    """
    asked = _retry_after(answer.headers.get("retry-after", ""), now)
    reset = answer.headers.get("x-ratelimit-reset", "").strip()
    if asked is None and _DIGITS.fullmatch(reset):
        asked = datetime.fromtimestamp(min(int(reset), 4_102_444_800), UTC) - now
    if asked is None or asked < timedelta(0):
        return None
    return min(asked, LONGEST_WAIT)


def _retry_after(text: str, now: datetime) -> timedelta | None:
    text = text.strip()
    if _DIGITS.fullmatch(text):
        return timedelta(seconds=min(int(text), LONGEST_WAIT.total_seconds()))
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC) - now


def without_proof(answer: Answer, message: Message) -> Unknown:
    """Give the result of an answer that says yes and proves nothing."""
    return Unknown(
        f"the answer ({answer.status}) does not prove that the message was taken",
        raw(answer, [message.address]),
    )


def by_status(
    answer: Answer, now: datetime, addresses: Iterable[str], reason: str = ""
) -> SendResult:
    """Give the result of an answer by its HTTP status alone, where no table knows better.

    Source: the table of the connectors' guide, rows "not processed" to "unknown code".
    """
    kept = raw(answer, addresses)
    words = reason or f"refused with HTTP status {answer.status}"
    match answer.status:
        case HTTPStatus.TOO_MANY_REQUESTS:
            wait = wait_asked_for(answer, now)
            return NotProcessed("the provider asks for fewer calls", wait, kept)
        case status if status in BLAMES_CONTENT:
            return Rejected(words, Remedy.FIX_CONTENT, kept)
        case HTTPStatus.UNAUTHORIZED:
            return Rejected(words, Remedy.STOP_CHANNEL, kept)
        case HTTPStatus.FORBIDDEN:
            # Of our credentials, or of what this one message asks for: its number alone is mute.
            return Rejected(words, Remedy.STOP_CHANNEL, kept, perhaps_alone=True)
        case HTTPStatus.REQUEST_TIMEOUT:
            return Unknown("the provider gave up waiting for the request", kept)
        case status if is_refusal(answer):
            return Rejected(words, Remedy.NONE, kept)
        case status if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return Unknown(f"the provider failed (HTTP status {status})", kept)
        case status:
            return Unknown(f"the answer ({status}) does not prove that the message was taken", kept)


def is_refusal(answer: Answer) -> bool:
    """Tell whether the status blames the request (4xx): it was read, and not taken."""
    return HTTPStatus.BAD_REQUEST <= answer.status < HTTPStatus.INTERNAL_SERVER_ERROR


def raw(answer: Answer, addresses: Iterable[str] = ()) -> str:
    """Give the answer as it is kept: status and body, shortened, without the address."""
    text = f"{answer.status} {answer.body.decode(errors='replace')}".strip()
    return shortened(text, addresses)


def shortened(text: str, addresses: Iterable[str] = ()) -> str:
    """Give a provider's text as it is kept: without the addresses, at most 2 kB long."""
    for address in addresses:
        if len(address) >= SHORTEST_HIDDEN:
            text = re.sub(re.escape(address), "…", text, flags=re.IGNORECASE)
    text = storable(text).replace("\x00", "")
    return text if len(text) <= RAW_LENGTH else text[: RAW_LENGTH - 1] + "…"


def storable(text: str) -> str:
    """Give the text without halves of characters, which JSON can smuggle and no database takes."""
    return text.encode(errors="replace").decode()


def as_object(body: bytes | str) -> dict[str, Any] | None:
    """Read a body as one JSON object; None if it is anything else."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None

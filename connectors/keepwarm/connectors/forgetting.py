"""What a provider's answer to a wish to forget somebody comes to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus

from keepwarm.connectors.contract import Forgot, NotYet
from keepwarm.connectors.transport import Answer, Forbidden, NoAnswer, NothingSent


async def asked_to_forget(
    call: Callable[[], Awaitable[Answer]], reference: Callable[[Answer], str] | None = None
) -> Forgot | NotYet:
    """Ask once. Whoever is not known there need not be forgotten."""
    try:
        answer = await call()
    except (NothingSent, NoAnswer, Forbidden) as error:
        return NotYet(str(error))
    except Exception as error:  # noqa: BLE001 - a surprise of an SDK is asked again
        return NotYet(f"the connector failed on the way ({type(error).__name__})")
    if answer.status == HTTPStatus.NOT_FOUND:
        return Forgot("it knew nobody")
    if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        return Forgot(reference(answer) if reference else "")
    return NotYet(f"it answered {answer.status}")

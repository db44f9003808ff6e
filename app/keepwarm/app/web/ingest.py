"""Events and profiles in: durable in the inbox before they are answered."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from datetime import datetime
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from keepwarm.app.web.guard import is_from_this_machine
from keepwarm.flows.arrivals import Identify, Track, keep
from keepwarm.store.inbox import Arrival

router = APIRouter(prefix="/v1", tags=["ingest"])

#: Source: Segment's documented limits, which client libraries already keep to.
_LARGEST_ITEM = 32 * 1024
_MOST_ITEMS = 1_000

Name = Annotated[str, Field(min_length=1, max_length=200)]


class TrackItem(BaseModel):
    """Something that a customer did, or that happened to one."""

    model_config = ConfigDict(extra="ignore")

    userId: Name  # noqa: N815 - the field's name on the wire
    event: Name
    properties: dict[str, Any] = {}
    timestamp: AwareDatetime | None = None
    messageId: str | None = Field(default=None, max_length=200)  # noqa: N815


class IdentifyItem(BaseModel):
    """What is known about a customer."""

    model_config = ConfigDict(extra="ignore")

    userId: Name  # noqa: N815
    traits: dict[str, Any] = {}
    timestamp: AwareDatetime | None = None
    messageId: str | None = Field(default=None, max_length=200)  # noqa: N815


class TrackInBatch(TrackItem):
    """An event among others."""

    type: Literal["track"]


class IdentifyInBatch(IdentifyItem):
    """A profile among others."""

    type: Literal["identify"]


class Batch(BaseModel):
    """Many items at once, taken together or not at all."""

    model_config = ConfigDict(extra="ignore")

    batch: list[Annotated[TrackInBatch | IdentifyInBatch, Field(discriminator="type")]] = Field(
        max_length=_MOST_ITEMS
    )


class Taken(BaseModel):
    """How many items were new; what was known already changes nothing."""

    taken: int


async def _let_in(request: Request) -> str:
    """Give the source that posts, or refuse it."""
    service = request.app.state.service
    given = request.headers.get("authorization", "")
    if service.write_key is None:
        if is_from_this_machine(request):
            return "api"
        raise HTTPException(401, "Set KEEPWARM_WRITE_KEY, and send it as the user of Basic auth.")
    if _key_in(given) is None or not hmac.compare_digest(
        (_key_in(given) or "").encode(), service.write_key.encode()
    ):
        raise HTTPException(401, "The write key is missing or wrong.")
    return "api"


def _key_in(authorization: str) -> str | None:
    scheme, _, rest = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(rest.strip(), validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return None


Source = Annotated[str, Depends(_let_in)]


@router.post("/track")
async def track(request: Request, item: TrackItem, source: Source) -> Taken:
    """Take one event. It is on the disk when this answers."""
    return await _keep(request, [_arrival(source, item)])


@router.post("/identify")
async def identify(request: Request, item: IdentifyItem, source: Source) -> Taken:
    """Take what is known about a customer. It is on the disk when this answers."""
    return await _keep(request, [_arrival(source, item)])


@router.post("/batch")
async def batch(request: Request, items: Batch, source: Source) -> Taken:
    """Take many. They are on the disk when this answers."""
    return await _keep(request, [_arrival(source, item) for item in items.batch])


async def _keep(request: Request, arrivals: list[Arrival]) -> Taken:
    service = request.app.state.service
    taken = await run_in_threadpool(keep, service.system, arrivals)
    service.notify()
    return Taken(taken=taken)


def _arrival(source: str, item: TrackItem | IdentifyItem) -> Arrival:
    if isinstance(item, TrackItem):
        payload = Track(item.userId, item.event, _text(item.timestamp), item.properties).payload()
    else:
        payload = Identify(item.userId, _text(item.timestamp), item.traits).payload()
    written = orjson.dumps(payload, option=orjson.OPT_SORT_KEYS)
    if len(written) > _LARGEST_ITEM:
        raise HTTPException(413, f"An item may hold {_LARGEST_ITEM // 1024} kB.")
    if item.messageId:
        return Arrival(source, item.messageId, payload)
    if item.timestamp is not None:
        # The same thing told again at the same time is the same thing.
        return Arrival(source, hashlib.sha256(written).hexdigest(), payload)
    return Arrival(source, _fresh(), payload)


def _fresh() -> str:
    import uuid

    return str(uuid.uuid4())


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()

"""Events and profiles in: durable in the inbox before they are answered.

The API is Segment's HTTP tracking API, so that its client libraries work with it unchanged.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from fastapi import APIRouter, HTTPException, Path, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from keepwarm.app.web.call_schemas import batch_body, call_body
from keepwarm.app.web.guard import LARGEST_BODY
from keepwarm.app.web.refusals import refusal_body
from keepwarm.app.web.senders import Sender, let_in
from keepwarm.app.web.tracking_calls import CALLS, LARGEST_ITEM, Door, Moment, read_call
from keepwarm.connectors.json_reading import read_json
from keepwarm.flows.arrivals import foresee, keep, live_catalog
from keepwarm.schema.catalog import Catalog
from keepwarm.store.inbox import Arrival

router = APIRouter(prefix="/v1", tags=["ingest"])

_MOST_ITEMS: Final = 2_500
_LONGEST_KEY: Final = 200
_GZIP: Final = 16 + zlib.MAX_WBITS
_MOMENT: Final[TypeAdapter[datetime]] = TypeAdapter(Moment)


@dataclass(slots=True)
class Taken:
    """What came of a request, item by item where there is something to say."""

    #: How many items the request held.
    told: int
    #: How many of them were new; what was known already changes nothing.
    taken: int = 0
    #: Items that were not taken, and why.
    errors: list[dict[str, Any]] = field(default_factory=list)
    #: Items that were taken, and what of them the catalog does not know or that does not fit.
    notices: list[dict[str, Any]] = field(default_factory=list)

    def written(self) -> dict[str, Any]:
        """Give it as it is answered."""
        said = {"errors": self.errors, "notices": self.notices}
        return {"taken": self.taken, **{name: each for name, each in said.items() if each}}


class Answer(BaseModel):
    """What came of a request, for the OpenAPI document."""

    taken: int = Field(description="How many items were new.")
    errors: list[dict[str, Any]] = Field(
        default=[], description="Items that were not taken, each with its place and why."
    )
    notices: list[dict[str, Any]] = Field(
        default=[], description="Items of which something was left out, each with its place."
    )


@router.post("/batch", response_model=Answer, openapi_extra=batch_body())
@router.post("/b", include_in_schema=False)  # as libraries for phones and browsers call them
@router.post("/import", response_model=Answer, openapi_extra=batch_body())
async def batch(request: Request) -> JSONResponse:
    """Take many calls. What is taken is on the disk when this answers."""
    body = await request.body()
    taken = await run_in_threadpool(_take_batch, request, body)
    if taken.errors and len(taken.errors) == taken.told:
        said = [f"batch.{each['item']}: {each['error']}" for each in taken.errors]
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return JSONResponse({**refusal_body(status, said), **taken.written()}, status)
    return JSONResponse(taken.written())


def _add(call: str, says: str) -> None:
    """Add the call's operation."""

    async def take(request: Request) -> JSONResponse:
        body = await request.body()
        taken = await run_in_threadpool(_take_one, request, call, body)
        if taken.errors:
            raise HTTPException(422, [each["error"] for each in taken.errors])
        return JSONResponse(taken.written())

    router.post(
        f"/{call}",
        name=call,
        description=says,
        response_model=Answer,
        openapi_extra=call_body(call),
    )(take)
    router.post(f"/{call[0]}", include_in_schema=False)(take)


for _call, _says in (
    ("track", "Tell of something that a customer did, or that happened to one."),
    ("identify", "Tell what is known about a customer."),
    ("alias", "Tell that a customer was known by another name before."),
    ("group", "Tell that a customer belongs to a company, and what is known of that."),
    ("page", "Tell that a customer looked at a page."),
    ("screen", "Tell that a customer looked at a screen of an app."),
):
    _add(_call, _says)


@router.get("/projects/{write_key}/settings", include_in_schema=False)
def settings_of_a_library(
    write_key: Annotated[str, Path(max_length=_LONGEST_KEY)], request: Request
) -> dict[str, Any]:
    """Say where to post, as libraries for pages and phones ask before they do.

    What they show is given back, whatever it is: whether it is a key, posting says.
    """
    own = urlsplit(request.app.state.service.system.links.base_url)
    road = {
        "apiKey": write_key,
        "apiHost": f"{own.netloc}{own.path}/v1",
        "protocol": own.scheme,
    }
    return {"integrations": {"Segment.io": road}, "plan": {}, "edgeFunction": {}}


@router.post("/{call}", include_in_schema=False)
def nothing(call: str) -> None:
    """Say which calls there are."""
    raise HTTPException(404, f"There is no call {call}; there are {', '.join(CALLS)}, batch.")


def _take_batch(request: Request, body: bytes) -> Taken:
    sender, given = _opened(request, body)
    items = given.get("batch")
    if not isinstance(items, list) or len(items) > _MOST_ITEMS:
        raise HTTPException(422, [f"batch: a list of at most {_MOST_ITEMS:,} items"])
    try:
        sent_at = None if given.get("sentAt") is None else _MOMENT.validate_python(given["sentAt"])
    except ValidationError as error:
        raise HTTPException(422, [f"sentAt: {error.errors()[0]['msg']}"]) from None
    return _take(request, sender, items, sent_at)


def _take_one(request: Request, call: str, body: bytes) -> Taken:
    sender, given = _opened(request, body)
    if len(body) > LARGEST_ITEM:
        raise HTTPException(413, f"An item may hold {LARGEST_ITEM // 1024} kB.")
    return _take(request, sender, [{**given, "type": call}], None)


def _opened(request: Request, body: bytes) -> tuple[Sender, Mapping[str, Any]]:
    """Give who posts, and what; libraries for phones show their key in the body."""
    if "authorization" in request.headers:
        return let_in(request), _object(request, body)
    try:
        given = _object(request, body)
    except HTTPException:
        let_in(request)  # whoever may not post is told that, and nothing else
        raise
    key = given.get("writeKey")
    return let_in(request, key if isinstance(key, str) else None), given


def _object(request: Request, body: bytes) -> Mapping[str, Any]:
    try:
        found = read_json(_unpacked(request, body))
    except ValueError:
        raise HTTPException(400, "The body is not JSON in UTF-8.") from None
    if not isinstance(found, dict):
        raise HTTPException(400, "The body is not a JSON object.")
    return found


def _unpacked(request: Request, body: bytes) -> bytes:
    match request.headers.get("content-encoding", "identity").lower():
        case "identity":
            return body
        case "gzip":
            unpacking = zlib.decompressobj(_GZIP)
            try:
                found = unpacking.decompress(body, LARGEST_BODY + 1)
            except zlib.error:
                raise HTTPException(400, "The body is not gzip, as it says.") from None
            if len(found) > LARGEST_BODY:
                raise HTTPException(413, f"A request may hold {LARGEST_BODY // 1024} kB.")
            return found
        case _:
            raise HTTPException(415, "A body comes as it is, or as gzip.")


def _take(
    request: Request, sender: Sender, items: Sequence[object], sent_at: datetime | None
) -> Taken:
    """Keep the items that can be read, once each, and say what is wrong with the others."""
    service = request.app.state.service
    wait = request.app.state.rates.spend(sender, len(items))
    if wait:
        raise HTTPException(
            429,
            f"This key may post {sender.per_second:,} items a second. Come again in {wait} s.",
            headers={"Retry-After": str(wait)},
        )
    catalog, now = live_catalog(service.system), service.system.clock()
    door = Door(sender, catalog or Catalog(), now, sent_at)
    taken = Taken(told=len(items))
    arrivals: list[Arrival] = []
    places: list[int] = []
    for place, item in enumerate(items):
        read = read_call(item, door)
        if isinstance(read, str):
            taken.errors.append({"item": place, **_message_id(item), "error": read})
        elif read is not None:
            arrivals.append(read)
            places.append(place)
    if arrivals:
        taken.taken = keep(service.system, arrivals)
        service.notify()
    foreseen = foresee(catalog, arrivals, now) if catalog else {}
    for number, notice in foreseen.items():
        place = places[number]
        taken.notices.append({"item": place, **_message_id(items[place]), "notice": notice})
    return taken


def _message_id(item: object) -> dict[str, str]:
    name = item.get("messageId") if isinstance(item, dict) else None
    return {"messageId": name} if isinstance(name, str) else {}

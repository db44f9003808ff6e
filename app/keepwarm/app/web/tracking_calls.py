"""The calls of Segment's HTTP tracking API, read into arrivals.

Source: Segment's "HTTP Tracking API Source" and "Spec". Times are corrected as theirs are: a clock
that is wrong at the sender is as wrong in `sentAt` as in `timestamp`. RudderStack's libraries post
the same calls, but call the time `originalTimestamp`, tell traits in `context`, and name nobody by
an empty text; source: rudderstack.com/docs, "HTTP API", "Common fields".
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Literal, TypeAlias

import orjson
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    WithJsonSchema,
)
from pydantic import ValidationError as Misread
from pydantic_core import PydanticCustomError

from keepwarm.app.web.senders import Sender
from keepwarm.flows.arrivals import Alias, Identify, Track
from keepwarm.flows.spellings import declared_name
from keepwarm.schema.catalog import Catalog
from keepwarm.store.fitting import YEARS_MEANT
from keepwarm.store.identities import Who
from keepwarm.store.inbox import Arrival

#: Source: Segment's documented limit of an item, which client libraries already keep to.
LARGEST_ITEM: Final = 32 * 1024

#: What pages and screens are events of, where the catalog has them.
PAGE_VIEWED, SCREEN_VIEWED = "page_viewed", "screen_viewed"


def _as_text(given: object) -> object:
    """Let numbers be names: many books number their customers."""
    is_number = isinstance(given, int | float) and not isinstance(given, bool)
    return str(given) if is_number else given


#: What a moment may be, for the OpenAPI document: a time, or seconds or milliseconds since 1970.
MOMENT_SCHEMA: Final[dict[str, Any]] = {
    "anyOf": [
        {"type": "string", "format": "date-time", "pattern": "^[12][0-9]{3}-"},
        {"type": "string", "pattern": "^-?[0-9]{1,13}$"},
        {"type": "number", "minimum": -30_610_224_000_000, "maximum": 32_503_679_999_999},
    ]
}
_NAME_SCHEMA: Final[dict[str, Any]] = {
    "anyOf": [
        {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[^\\u0000]*$"},
        {"type": "number"},
    ]
}


def _none_if_empty(given: object) -> object:
    return None if given == "" else given


def _object_or_none(given: object) -> object:
    return given if isinstance(given, dict) else None


def _as_meant(moment: datetime) -> datetime:
    if moment.year not in YEARS_MEANT:
        raise PydanticCustomError("far_off", "too far from now to be meant")
    return moment


def _without_nul(name: str) -> str:
    if "\0" in name:
        raise PydanticCustomError("nul", "no name holds the sign NUL (\\u0000)")
    return name


Name = Annotated[
    str,
    Field(min_length=1, max_length=200),
    BeforeValidator(_as_text),
    AfterValidator(_without_nul),
    WithJsonSchema(_NAME_SCHEMA),
]
#: A name that may be left out; an empty text leaves it out as well.
_MaybeName = Annotated[
    Name | None,
    BeforeValidator(_none_if_empty),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "maxLength": 200, "pattern": "^[^\\u0000]*$"},
                {"type": "number"},
                {"type": "null"},
            ]
        }
    ),
]
Moment = Annotated[AwareDatetime, AfterValidator(_as_meant), WithJsonSchema(MOMENT_SCHEMA)]
Properties: TypeAlias = dict[str, Any]


class _Item(BaseModel):
    """What all calls share."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True)

    user_id: _MaybeName = Field(default=None, alias="userId")
    anonymous_id: _MaybeName = Field(default=None, alias="anonymousId")
    timestamp: Moment | None = None
    original_timestamp: Moment | None = Field(default=None, alias="originalTimestamp")
    sent_at: Moment | None = Field(default=None, alias="sentAt")
    message_id: _MaybeName = Field(default=None, alias="messageId")

    @property
    def happened_at(self) -> datetime | None:
        """When it happened by the sender's clock; None where it does not say."""
        return self.timestamp or self.original_timestamp


class TrackItem(_Item):
    """Something that a customer did, or that happened to one."""

    type: Literal["track"]
    event: Name
    properties: Properties | None = None


class IdentifyItem(_Item):
    """What is known about a customer."""

    type: Literal["identify"]
    traits: Properties | None = None
    context: Annotated[Properties | None, BeforeValidator(_object_or_none), WithJsonSchema({})] = (
        None
    )

    @property
    def known(self) -> Properties:
        """What is told of the customer, wherever it stands."""
        within = (self.context or {}).get("traits")
        return self.traits or (within if isinstance(within, dict) else {})

    @property
    def takes_pushes(self) -> bool:
        """Whether it came from a device with a push token. Source: Segment's "Spec: Common"."""
        device = (self.context or {}).get("device")
        token = device.get("token") if isinstance(device, dict) else None
        return isinstance(token, str) and bool(token.strip())


class AliasItem(_Item):
    """That a customer was known by another name before."""

    type: Literal["alias"]
    user_id: Name = Field(alias="userId")
    previous_id: Name = Field(alias="previousId")


class GroupItem(_Item):
    """That a customer belongs to a company, and what is known of that."""

    type: Literal["group"]
    group_id: Name = Field(alias="groupId")
    traits: Properties | None = None


class ViewItem(_Item):
    """That a customer looked at a page, or at a screen of an app."""

    type: Literal["page", "screen"]
    name: str | None = None
    category: str | None = None
    properties: Properties | None = None


Item: TypeAlias = Annotated[
    TrackItem | IdentifyItem | AliasItem | GroupItem | ViewItem, Field(discriminator="type")
]
_ITEM: Final[TypeAdapter[Item]] = TypeAdapter(Item)
CALLS: Final = ("track", "identify", "alias", "group", "page", "screen")


@dataclass(frozen=True, slots=True)
class Door:
    """What reading an item depends on besides the item."""

    sender: Sender
    catalog: Catalog
    #: When the request came.
    now: datetime
    #: When it left the sender, by the sender's clock.
    sent_at: datetime | None = None


def read_call(raw: object, door: Door) -> Arrival | str | None:
    """Give the arrival that a call makes, why it makes none, or None where nobody asks for it.

    Pages and screens that the catalog has no events for are not kept.
    """
    if not isinstance(raw, Mapping):
        return "an item is an object with a type, such as track"
    try:
        size = len(orjson.dumps(raw))
    except orjson.JSONEncodeError:
        return "an item may hold no more than 250 lists and objects inside each other"
    if size > LARGEST_ITEM:
        return f"an item may hold {LARGEST_ITEM // 1024} kB"
    try:
        item = _ITEM.validate_python(raw)
    except Misread as error:
        return "; ".join(_said(fault["loc"], fault["msg"]) for fault in error.errors())
    if item.user_id is None and item.anonymous_id is None:
        return "userId: say who it is about, by userId or anonymousId"
    refusal = door.sender.refuses(item.type, _event(item, door.catalog))
    if refusal is not None:
        return refusal
    told = _told(item, door)
    return None if told is None else _arrival(item, told, door)


def _event(item: Item, catalog: Catalog) -> str | None:
    """Give the event that is told, as the catalog calls it, if one is."""
    if not isinstance(item, TrackItem):
        return None
    return declared_name(item.event, catalog.events) or item.event


def _said(place: tuple[int | str, ...], fault: str) -> str:
    named = place[1:] if place and place[0] in CALLS else place
    return f"{'.'.join(str(part) for part in named) or 'type'}: {fault}"


def _told(item: Item, door: Door) -> Track | Identify | Alias | None:
    who = _who(item)
    at = _corrected(item, door)
    match item:
        case TrackItem():
            return Track(who, item.event, at, item.properties or {})
        case IdentifyItem():
            return Identify(who, at, item.known, item.takes_pushes)
        case AliasItem():
            return Alias(who, item.previous_id)
        case GroupItem():
            traits = {f"group_{name}": value for name, value in (item.traits or {}).items()}
            return Identify(who, at, {**traits, "group_id": item.group_id})
        case ViewItem():
            event = PAGE_VIEWED if item.type == "page" else SCREEN_VIEWED
            if event not in door.catalog.events:
                return None
            said = {"name": item.name, "category": item.category}
            named = {name: value for name, value in said.items() if value}
            return Track(who, event, at, {**(item.properties or {}), **named})


def _who(item: Item) -> str | Who:
    if item.anonymous_id is None:
        return item.user_id or ""
    return Who(item.user_id, (("anonymous", item.anonymous_id),))


def _corrected(item: Item, door: Door) -> str | None:
    """Give when it happened by our clock: as long before it came as it was before it left."""
    sent_at = item.sent_at or door.sent_at
    happened_at = item.happened_at
    if happened_at is None:
        return None
    if sent_at is None:
        return happened_at.isoformat()
    try:
        return (door.now - (sent_at - happened_at)).isoformat()
    except OverflowError:
        return happened_at.isoformat()


def _arrival(item: Item, told: Track | Identify | Alias, door: Door) -> Arrival:
    payload = told.payload()
    if item.message_id:
        return Arrival(door.sender.source, item.message_id, payload)
    if item.happened_at is not None:
        # The same thing told again at the same time is the same thing.
        same = {**payload, "at": item.happened_at.isoformat()}
        written = orjson.dumps(same, option=orjson.OPT_SORT_KEYS)
        return Arrival(door.sender.source, hashlib.sha256(written).hexdigest(), payload)
    return Arrival(door.sender.source, str(uuid.uuid4()), payload)

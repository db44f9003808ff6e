"""What the ingest API takes and answers, as JSON Schema for the OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from keepwarm.app.web.tracking_calls import (
    MOMENT_SCHEMA,
    AliasItem,
    GroupItem,
    IdentifyItem,
    TrackItem,
    ViewItem,
)

_MODELS: Final[Mapping[str, type[BaseModel]]] = {
    "track": TrackItem,
    "identify": IdentifyItem,
    "alias": AliasItem,
    "group": GroupItem,
    "page": ViewItem,
    "screen": ViewItem,
}
_REF: Final = "#/components/schemas/"
#: Somebody must be meant: null is nobody, and so is an empty text.
_NAMED: Final[Mapping[str, Any]] = {
    "anyOf": [
        {"required": [name], "properties": {name: {"not": {"enum": [None, ""]}}}}
        for name in ("userId", "anonymousId")
    ]
}
_BOUGHT: Final = {
    "userId": "anna",
    "event": "payment_failed",
    "properties": {"invoice": "INV-1", "amount": 12.5},
    "timestamp": "2026-01-31T08:00:00Z",
    "messageId": "8c1f",
}
_EXAMPLES: Final[Mapping[str, Mapping[str, Any]]] = {
    "track": _BOUGHT,
    "identify": {"userId": "anna", "traits": {"email": "anna@example.com", "plan": "pro"}},
    "alias": {"userId": "anna", "previousId": "old-17"},
    "group": {"userId": "anna", "groupId": "acme", "traits": {"size": 40}},
    "page": {"userId": "anna", "name": "Home", "properties": {"url": "https://acme.example"}},
    "screen": {"userId": "anna", "name": "Home"},
}


def call_body(call: str) -> dict[str, Any]:
    """Describe the body of one call."""
    schema = _MODELS[call].model_json_schema()
    # What the item is, the path says.
    properties = {name: each for name, each in schema["properties"].items() if name != "type"}
    required = [name for name in schema.get("required", ()) if name != "type"]
    return _body(
        {**schema, "properties": properties, "required": required, **_NAMED}, _EXAMPLES[call]
    )


def batch_body() -> dict[str, Any]:
    """Describe the body of a batch: it is taken as soon as one of its items is."""
    items = {
        "type": "array",
        "maxItems": 2_500,
        "description": "Items as of the single calls, each with its `type`.",
        "anyOf": [{"maxItems": 0}, {"contains": {"$ref": f"{_REF}Item"}}],
    }
    sent_at = {"anyOf": [{"$ref": f"{_REF}Moment"}, {"type": "null"}]}
    schema = {
        "type": "object",
        "properties": {"batch": items, "sentAt": sent_at},
        "required": ["batch"],
    }
    return _body(schema, {"batch": [{"type": "track", **_BOUGHT}]})


def item_schemas() -> Mapping[str, Any]:
    """Give what the bodies refer to."""
    models = dict.fromkeys(_MODELS.values())
    _, schemas = models_json_schema(
        [(model, "validation") for model in models], ref_template=_REF + "{model}"
    )
    found: dict[str, Any] = {name: {**each, **_NAMED} for name, each in schemas["$defs"].items()}
    kinds = [{"$ref": _REF + model.__name__} for model in models]
    return {**found, "Item": {"anyOf": kinds}, "Moment": MOMENT_SCHEMA}


def _body(schema: Mapping[str, Any], example: Mapping[str, Any]) -> dict[str, Any]:
    content = {"application/json": {"schema": schema, "examples": {"usual": {"value": example}}}}
    return {"requestBody": {"required": True, "content": content}}

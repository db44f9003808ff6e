"""The OpenAPI document of the service: every operation, what it refuses, and with which proof.

FastAPI writes it from the routes; what all operations of a kind have in common is added here.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from keepwarm.app.web.sessions import COOKIE

_TEXT: Final = {"type": "string"}
_REFUSAL: Final = {
    "type": "object",
    "title": "Refusal",
    "description": "Why it was not done, in sentences.",
    "properties": {
        "detail": {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]},
        # As Segment's libraries read it.
        "code": _TEXT,
        "message": _TEXT,
    },
    "required": ["detail", "code", "message"],
    "examples": [
        {
            "detail": "The body is not a JSON object.",
            "code": "bad_request",
            "message": "The body is not a JSON object.",
        }
    ],
}
_WAIT: Final = {
    "Retry-After": {
        "description": "In how many seconds to come again.",
        "schema": {"type": "integer", "minimum": 1},
    }
}
_ASKS: Final = {"WWW-Authenticate": {"description": "How to show a key.", "schema": _TEXT}}

_WHY: Final[Mapping[int, str]] = {
    303: "Nobody is signed in; the page to sign in is named.",
    400: "The body cannot be read.",
    401: "There is no valid proof of who asks.",
    403: "Who asks may not do it, or a page of another site sent it.",
    404: "There is no such thing.",
    408: "The request came too slowly.",
    409: "It fits no longer: somebody else was first, or there is no such choice here.",
    410: "It is over.",
    413: "The request is larger than it may be.",
    415: "The body is packed in a way that is not understood.",
    422: "What was sent does not fit; each fault is named.",
    429: "Too fast, or too many wrong passwords.",
    503: "The database, or an identity provider, does not answer; or nothing is live yet.",
}
_HEADERS: Final[Mapping[int, Any]] = {429: _WAIT, 503: _WAIT}

#: What operations refuse besides their own reasons, by tag; all these also _ASKING, and those
#: that post also _POSTING.
_REFUSED: Final[Mapping[str, tuple[int, ...]]] = {
    "ingest": (400, 401, 415, 422, 429),
    "call-backs": (401, 404),
    "sources": (400, 401, 404),
    "customers": (404, 410, 422),
    "task links": (404, 409, 422),
    "signing in": (401, 403, 404, 422, 429),
    "team": (401, 403, 404, 409, 422),
}
_POSTING: Final = (403, 408, 413)
#: Whatever asks the database.
_ASKING: Final = (503,)
_TAGS: Final[Mapping[str, str]] = {
    "ingest": "Events and profiles in, as Segment's HTTP tracking API has them.",
    "call-backs": "What providers report of messages. Each call carries its provider's proof.",
    "sources": "What providers tell of customers. Each call carries its provider's proof.",
    "customers": "Pages for customers. The link in the message is the proof; nobody signs in.",
    "task links": "The page of one task, for those who see it in another tool, by its link.",
    "team": "Pages for the team.",
    "signing in": "How people of the team sign in and out.",
    "health": "Whether the service answers.",
}
_SCHEMES: Final = {
    "writeKey": {
        "type": "http",
        "scheme": "basic",
        "description": "A write key as the user, without a password, as Segment's libraries do.",
    },
    "bearerWriteKey": {"type": "http", "scheme": "bearer", "description": "A write key."},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": "What /sign-in gives.",
    },
}
_PROOFS: Final[Mapping[str, list[dict[str, list[str]]]]] = {
    "ingest": [{"writeKey": []}, {"bearerWriteKey": []}],
    "team": [{"session": []}],
}

#: A body that only its sender's documentation describes.
ANYTHING: Final[dict[str, Any]] = {
    "requestBody": {
        "content": {"application/json": {"schema": {}, "examples": {"empty": {"value": {}}}}}
    }
}


def form_of(**fields: Mapping[str, Any]) -> dict[str, Any]:
    """Describe a form that a page reads by itself; all fields named are needed."""
    needed = [name for name, field in fields.items() if "description" in field]
    schema = {"type": "object", "properties": fields, "required": needed}
    content = {"application/x-www-form-urlencoded": {"schema": schema}}
    return {"requestBody": {"content": content, "required": bool(needed)}}


def said_as(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Describe a body that may be a form or JSON."""
    kinds = ("application/x-www-form-urlencoded", "application/json")
    return {
        "requestBody": {"required": True, "content": {kind: {"schema": schema} for kind in kinds}}
    }


def document_of(
    app: FastAPI, schemas: Mapping[str, Any], *, key_needed: bool, sign_in_needed: bool
) -> dict[str, Any]:
    """Write the document as things stand: proof is asked for as soon as there is any."""
    written = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        routes=app.routes,
        tags=[{"name": name, "description": says} for name, says in _TAGS.items()],
        servers=[{"url": "/"}],
    )
    needed = {"ingest": key_needed, "team": sign_in_needed}
    for method, operation in _operations(written):
        [tag] = operation["tags"]
        operation["summary"] = operation.get("description", "").partition("\n")[0].rstrip(".")
        operation["security"] = [
            *([] if needed.get(tag, True) else [{}]),
            *_PROOFS.get(tag, []),
        ]
        _add_refusals(operation, tag, method)
    components = written.setdefault("components", {})
    components["securitySchemes"] = copy.deepcopy(_SCHEMES)
    components["schemas"] = {**components.get("schemas", {}), **schemas, "Refusal": _REFUSAL}
    for unused in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(unused, None)
    return written


def _operations(written: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for operations in written["paths"].values():
        yield from operations.items()


def _add_refusals(operation: dict[str, Any], tag: str, method: str) -> None:
    operation["responses"].pop("422", None)  # FastAPI's has another form than ours
    asking = _ASKING if tag in _REFUSED else ()
    statuses = {*_REFUSED.get(tag, ()), *asking, *(_POSTING if method == "post" else ())}
    if tag == "team" or operation["operationId"].startswith("account"):
        statuses.add(HTTPStatus.SEE_OTHER)
    is_for_people = tag in ("customers", "task links", "team", "signing in")
    for status in sorted(statuses):
        refusal = _refusal(tag, status, is_for_people=is_for_people)
        operation["responses"].setdefault(str(status), refusal)


def _refusal(tag: str, status: int, *, is_for_people: bool) -> dict[str, Any]:
    described: dict[str, Any] = {"description": _WHY[status]}
    is_asking = status == HTTPStatus.UNAUTHORIZED and tag == "ingest"
    headers = _ASKS if is_asking else _HEADERS.get(status)
    if headers:
        described["headers"] = headers
    if status != HTTPStatus.SEE_OTHER:
        content: dict[str, Any] = {
            "application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}
        }
        if is_for_people:
            content["text/html"] = {"schema": {"type": "string"}}
        described["content"] = content
    return described

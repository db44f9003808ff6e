"""What programs are told that were refused."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final

#: As RFC 9110 names them; Python before 3.13 has older names for these.
_RENAMED: Final = {
    413: "content_too_large",
    414: "uri_too_long",
    416: "range_not_satisfiable",
    422: "unprocessable_content",
}


def refusal_body(status: int, says: str | Sequence[str]) -> dict[str, Any]:
    """Give why something was not done: in sentences, and as Segment's libraries read it."""
    written = says if isinstance(says, str) else "; ".join(says)
    code = _RENAMED.get(status) or HTTPStatus(status).name.lower()
    return {"detail": says, "code": code, "message": written}

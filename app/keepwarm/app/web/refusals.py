"""What programs are told that were refused."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any


def refusal_body(status: int, says: str | Sequence[str]) -> dict[str, Any]:
    """Give why something was not done: in sentences, and as Segment's libraries read it."""
    written = says if isinstance(says, str) else "; ".join(says)
    code = HTTPStatus(status).name.lower()
    return {"detail": says, "code": code, "message": written}

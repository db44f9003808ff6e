"""JSON over HTTP, for providers that have no library worth having."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from keepwarm.connectors.transport import Answer, Transport


async def call_json(
    transport: Transport,
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: Mapping[str, Any] | None = None,
) -> Answer:
    """Make one request whose body is JSON; what came of it is in the answer.

    Raises:
        NothingSent, NoAnswer: there was none.
    """
    sent = None if body is None else json.dumps(body).encode()
    kind = {} if sent is None else {"Content-Type": "application/json"}
    return await transport.call(
        method,
        url,
        headers={"Accept": "application/json", "User-Agent": "Keepwarm", **kind, **headers},
        body=sent,
    )

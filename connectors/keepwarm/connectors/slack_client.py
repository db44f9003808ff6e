"""Slack's own client, with its requests carried by our transport."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from slack_sdk.web.async_client import AsyncWebClient

from keepwarm.connectors.answers import as_object
from keepwarm.connectors.transport import Transport

#: A channel's ID, written with the sign of a channel, as playbooks write channels.
_SIGNED_ID = re.compile(r"#([CGD][A-Z0-9]{8,})")


def channel_called(address: str) -> str:
    """Give a channel as Slack takes it: `#C0123456789` is an ID, `#billing` a name."""
    found = _SIGNED_ID.fullmatch(address)
    return found[1] if found else address


class PooledBot(AsyncWebClient):
    """The SDK's client with its one request carried by our transport.

    The seam: the SDK builds arguments and headers, and judges `ok`; `_request` is where it opens
    a session. There it would also post again after a lost connection, by its default handler, and
    obey proxies from the environment.
    """

    def __init__(self, transport: Transport, token: str, url: str) -> None:
        super().__init__(token=token, base_url=url, retry_handlers=[])
        self._transport = transport

    async def _request(
        self, *, http_verb: str, api_url: str, req_args: Mapping[str, Any]
    ) -> dict[str, Any]:
        headers = {name: str(value) for name, value in req_args["headers"].items()}
        body = None
        if req_args.get("json") is not None:
            body = json.dumps(req_args["json"]).encode()
            headers["Content-Type"] = "application/json;charset=utf-8"
        query = req_args.get("params") or req_args.get("data")
        url = f"{api_url}?{urlencode(query)}" if query else api_url
        answer = await self._transport.call(http_verb, url, headers=headers, body=body)
        return {
            "data": as_object(answer.body) or {},
            "headers": answer.headers,
            "status_code": answer.status,
        }

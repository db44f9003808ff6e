"""Calls to Salesforce's REST API, with the token that its client credentials are given.

Source: developer.salesforce.com, "OAuth 2.0 Client Credentials Flow", "REST API Developer Guide"
(status codes and error responses, upsert by external id, query).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from keepwarm.connectors.answers import as_object
from keepwarm.connectors.json_calls import call_json
from keepwarm.connectors.settings import Setting, Surroundings, checked_base_url
from keepwarm.connectors.sources.payloads import text_at
from keepwarm.connectors.transport import Answer, Transport

VERSION: Final = "v62.0"
#: What each user of these calls needs.
SETTINGS: Final = (
    Setting("SALESFORCE_URL", "Your own domain.", example="https://acme.my.salesforce.com"),
    Setting(
        "SALESFORCE_CLIENT_ID",
        "The consumer key of a connected app with the client credentials flow.",
    ),
    Setting("SALESFORCE_CLIENT_SECRET", "The app's consumer secret.", secret=True),
)


class SalesforceCalls:
    """Calls with a token that is got when one is needed, and got anew when it has ended."""

    def __init__(self, given: Surroundings) -> None:
        self._url = checked_base_url("SALESFORCE_URL", given.text("SALESFORCE_URL"))
        self._form = urlencode(
            {
                "grant_type": "client_credentials",
                "client_id": given.text("SALESFORCE_CLIENT_ID"),
                "client_secret": given.text("SALESFORCE_CLIENT_SECRET"),
            }
        ).encode()
        self._transport = Transport(timeout=timedelta(seconds=15), at_once=4)
        self._token: str | None = None

    async def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Answer:
        """Make one call; a token that has ended is got anew, and the call made once more.

        Salesforce has not looked at what it answers with 401, so nothing is done twice.

        Raises:
            NothingSent, NoAnswer: there was no answer.
        """
        refusal, token = await self._known_token()
        if refusal is not None:
            return refusal
        answer = await self._called(method, path, body, token)
        if answer.status != HTTPStatus.UNAUTHORIZED:
            return answer
        if self._token == token:
            self._token = None
        refusal, token = await self._known_token()
        return answer if refusal is not None else await self._called(method, path, body, token)

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.close()

    async def _called(
        self, method: str, path: str, body: Mapping[str, Any] | None, token: str
    ) -> Answer:
        url = path if path.startswith("/services/") else f"/services/data/{VERSION}/{path}"
        headers = {"Authorization": f"Bearer {token}"}
        return await call_json(self._transport, method, f"{self._url}{url}", headers, body)

    async def _known_token(self) -> tuple[Answer | None, str]:
        if self._token is not None:
            return None, self._token
        answer = await self._transport.call(
            "POST",
            f"{self._url}/services/oauth2/token",
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            body=self._form,
        )
        token = text_at(as_object(answer.body), "access_token")
        if answer.status != HTTPStatus.OK or token is None:
            return answer, ""
        self._token = token
        return None, token

"""Amplitude, asked to delete a user.

Source: amplitude.com/docs, "User Privacy API" (`/api/2/deletions/users`).
"""

from __future__ import annotations

import base64
from datetime import timedelta

from keepwarm.connectors.contract import Forgot, Forgotten, NotYet
from keepwarm.connectors.forgetting import asked_to_forget
from keepwarm.connectors.json_calls import call_json
from keepwarm.connectors.settings import Setting, Surroundings, checked_base_url
from keepwarm.connectors.transport import Transport


class AmplitudeForgets:
    """Asks for a user of the project to be deleted, by the company's own identifier."""

    name = "amplitude"
    settings = (
        Setting("AMPLITUDE_API_KEY", "The project's API key."),
        Setting("AMPLITUDE_SECRET_KEY", "The project's secret key.", secret=True),
        Setting("AMPLITUDE_API_URL", "Where Amplitude is; for the EU its own.", needed=False,
                example="https://analytics.eu.amplitude.com"),
    )  # fmt: skip

    def __init__(self, given: Surroundings) -> None:
        """Make it; no connection is opened yet."""
        url = given.text("AMPLITUDE_API_URL", "https://amplitude.com")
        self._url = checked_base_url("AMPLITUDE_API_URL", url)
        pair = f"{given.text('AMPLITUDE_API_KEY')}:{given.text('AMPLITUDE_SECRET_KEY')}"
        self._headers = {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
        self._transport = Transport(timeout=timedelta(seconds=15), at_once=2)

    async def forget(self, person: Forgotten) -> Forgot | NotYet:
        """Ask for a deletion job. Whoever is not known there is passed over."""
        # Its documents have the last name in both spellings.
        passed_over = {"ignore_invalid_id": True, "ignore_invalid_ids": True}
        told = {"user_ids": [person.customer], "requester": "keepwarm", **passed_over}
        url = f"{self._url}/api/2/deletions/users"
        return await asked_to_forget(
            lambda: call_json(self._transport, "POST", url, self._headers, told)
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.close()

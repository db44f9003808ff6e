"""Mixpanel, asked to delete a user.

Source: docs.mixpanel.com, "GDPR and CCPA API (v3)" (`data-deletions/v3.0`).
"""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlencode

from keepwarm.connectors.answers import as_object
from keepwarm.connectors.contract import Forgot, Forgotten, NotYet
from keepwarm.connectors.forgetting import asked_to_forget
from keepwarm.connectors.json_calls import call_json
from keepwarm.connectors.settings import Setting, Surroundings, checked_base_url
from keepwarm.connectors.transport import Answer, Transport


class MixpanelForgets:
    """Asks for the data of a distinct id to be deleted: the company's own identifier."""

    name = "mixpanel"
    settings = (
        Setting("MIXPANEL_PROJECT_TOKEN", "The project's token."),
        Setting("MIXPANEL_GDPR_TOKEN", "An OAuth token for the GDPR API; it holds for a year.",
                secret=True),
        Setting("MIXPANEL_API_URL", "Where Mixpanel is; for the EU its own.", needed=False,
                example="https://eu.mixpanel.com"),
    )  # fmt: skip

    def __init__(self, given: Surroundings) -> None:
        """Make it; no connection is opened yet."""
        url = checked_base_url(
            "MIXPANEL_API_URL", given.text("MIXPANEL_API_URL", "https://mixpanel.com")
        )
        query = urlencode({"token": given.text("MIXPANEL_PROJECT_TOKEN")})
        self._url = f"{url}/api/app/data-deletions/v3.0/?{query}"
        self._headers = {"Authorization": f"Bearer {given.text('MIXPANEL_GDPR_TOKEN')}"}
        self._transport = Transport(timeout=timedelta(seconds=15), at_once=2)

    async def forget(self, person: Forgotten) -> Forgot | NotYet:
        """Ask for a deletion task."""
        told = {"compliance_type": "GDPR", "distinct_ids": [person.customer]}
        return await asked_to_forget(
            lambda: call_json(self._transport, "POST", self._url, self._headers, told), _task
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.close()


def _task(answer: Answer) -> str:
    results = (as_object(answer.body) or {}).get("results")
    found = results.get("task_id") if isinstance(results, dict) else None
    return f"task {found}" if found else ""

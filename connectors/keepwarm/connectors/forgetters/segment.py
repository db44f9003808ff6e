"""Segment, asked to delete a user everywhere and to take nothing more of them.

Source: docs.segmentapis.com, "Deletion and Suppression"; segment.com/docs/privacy.
"""

from __future__ import annotations

from datetime import timedelta

from keepwarm.connectors.answers import as_object
from keepwarm.connectors.contract import Forgot, Forgotten, NotYet
from keepwarm.connectors.forgetting import asked_to_forget
from keepwarm.connectors.json_calls import call_json
from keepwarm.connectors.settings import Setting, Surroundings, checked_base_url
from keepwarm.connectors.transport import Answer, Transport


class SegmentForgets:
    """Asks for a regulation on a user id, which Segment hands on to its destinations."""

    name = "segment"
    settings = (
        Setting("SEGMENT_API_TOKEN", "A token of the Public API, of the workspace.", secret=True),
        Setting("SEGMENT_API_URL", "Where the Public API is.", needed=False,
                example="https://eu1.api.segmentapis.com"),
    )  # fmt: skip

    def __init__(self, given: Surroundings) -> None:
        """Make it; no connection is opened yet."""
        url = given.text("SEGMENT_API_URL", "https://api.segmentapis.com")
        self._url = f"{checked_base_url('SEGMENT_API_URL', url)}/regulations"
        self._headers = {"Authorization": f"Bearer {given.text('SEGMENT_API_TOKEN')}"}
        self._transport = Transport(timeout=timedelta(seconds=15), at_once=2)

    async def forget(self, person: Forgotten) -> Forgot | NotYet:
        """Ask for the user to be suppressed and deleted."""
        told = {
            "regulationType": "SUPPRESS_WITH_DELETE",
            "subjectType": "USER_ID",
            "subjectIds": [person.customer],
        }
        return await asked_to_forget(
            lambda: call_json(self._transport, "POST", self._url, self._headers, told),
            _regulation,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.close()


def _regulation(answer: Answer) -> str:
    inside = (as_object(answer.body) or {}).get("data")
    found = inside.get("regulateId") if isinstance(inside, dict) else None
    return f"regulation {found}" if found else ""

"""Tasks in HubSpot, on the contact that they are about where HubSpot's name of it is known.

Source: developers.hubspot.com, "Tasks" (properties, batch upsert, batch read), "Associations v4",
"Usage guidelines" (rate limits), "Create generic webhook subscriptions".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from keepwarm.connectors.answers import as_object, by_status, guarded
from keepwarm.connectors.json_calls import call_json
from keepwarm.connectors.json_reading import read_json
from keepwarm.connectors.settings import Setting, Surroundings, checked_base_url
from keepwarm.connectors.sources.contract import Call
from keepwarm.connectors.sources.hubspot_signatures import is_signed_by_hubspot
from keepwarm.connectors.sources.payloads import at, text_at
from keepwarm.connectors.task_tools.contract import DONE, AboutTool, Card, Finished
from keepwarm.connectors.task_tools.words import ending_in_words, in_words
from keepwarm.connectors.transport import Answer, NoAnswer, NothingSent, Transport
from keepwarm.engine.outcome import Accepted, SendResult

_ENDED: Final = "COMPLETED"
_PAGE: Final = 100
#: What HubSpot calls the type of tasks.
_TASKS: Final = "0-27"


class HubSpotTasks:
    """Makes a HubSpot task of each task, and looks which are completed."""

    about = AboutTool(
        title="HubSpot",
        settings=(
            Setting(
                "HUBSPOT_TASKS_TOKEN",
                "The access token of a private app that may write tasks and contacts.",
                secret=True,
                example="pat-eu1-…",
            ),
            Setting(
                "HUBSPOT_TASK_KEY",
                "The property of tasks that holds our key; the default is keepwarm_key.",
                needed=False,
            ),
            Setting(
                "HUBSPOT_TASK_OUTCOME",
                "The property of tasks in which people say the outcome; the default is"
                " keepwarm_outcome.",
                needed=False,
            ),
            Setting(
                "HUBSPOT_TASKS_SECRET",
                "The client secret of the private app, which signs its webhooks; without one,"
                " tasks are looked at every 15 seconds.",
                needed=False,
                secret=True,
            ),
            Setting("HUBSPOT_API_URL", "Where HubSpot is.", needed=False),
        ),
        steps=(
            "Make a property of tasks named keepwarm_key: single-line text, with unique values.",
            (
                "Make a property of tasks named keepwarm_outcome: a dropdown of your outcomes."
                " A task that is completed without one is done."
            ),
            (
                "In the private app, set this address as the target of its webhooks, subscribe to"
                " object.propertyChange of tasks for hs_task_status, and set the app's client"
                " secret."
            ),
            "Write `tasks_in: hubspot` in the team.",
        ),
        never_twice="Every call is an upsert by the task's key, which HubSpot keeps unique.",
        comes_back="By a signed webhook when a task's status changes, upon which the task is read"
        " at once: so let people say the outcome first, then complete the task. And by a look every"
        " 15 seconds in case one is lost.",
    )
    looks_every: timedelta | None = timedelta(seconds=15)

    def __init__(self, given: Surroundings) -> None:
        self._clock = given.clock
        url = given.text("HUBSPOT_API_URL", "https://api.hubapi.com")
        self._url = checked_base_url("HUBSPOT_API_URL", url)
        self._headers = {"Authorization": f"Bearer {given.text('HUBSPOT_TASKS_TOKEN')}"}
        secret = given.text("HUBSPOT_TASKS_SECRET")
        self._secrets = [secret.encode()] if secret else []
        self._key = given.text("HUBSPOT_TASK_KEY", "keepwarm_key")
        self._outcome = given.text("HUBSPOT_TASK_OUTCOME", "keepwarm_outcome")
        self._transport = Transport(timeout=timedelta(seconds=15), at_once=4)

    async def show(self, card: Card, reference: str | None, *, is_again: bool) -> SendResult:  # noqa: ARG002 - an upsert needs to know neither
        """Make the task or change it, by its key."""
        return await guarded(self._show(card))

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.close()

    async def _show(self, card: Card) -> SendResult:
        told = {"idProperty": self._key, "id": card.key, "properties": self._properties(card)}
        answer = await self._call("crm/v3/objects/tasks/batch/upsert", {"inputs": [told]})
        number = text_at(as_object(answer.body), "results.0.id")
        if answer.status not in (HTTPStatus.OK, HTTPStatus.CREATED) or number is None:
            return by_status(answer, self._clock(), ())
        contact = card.names.get("hubspot")
        if contact is None or card.ending is not None:
            return Accepted(number)
        place = f"crm/v4/objects/tasks/{number}/associations/default/contacts/{quote(contact)}"
        placed = await self._call(place, None, "PUT")
        if placed.status >= HTTPStatus.INTERNAL_SERVER_ERROR or (
            placed.status == HTTPStatus.TOO_MANY_REQUESTS
        ):
            return by_status(placed, self._clock(), ())
        return Accepted(number)

    def _properties(self, card: Card) -> dict[str, str]:
        ending = ending_in_words(card)
        told = {
            self._key: card.key,
            "hs_task_subject": card.title,
            "hs_task_body": "<br>".join(_safe(in_words(card)).splitlines()),
            "hs_task_status": _ENDED if card.ending else "NOT_STARTED",
            "hs_task_type": "TODO",
            "hs_timestamp": _milliseconds(card.due_at or self._clock()),
        }
        if card.ending is not None:
            told["hs_task_body"] = _safe(ending)
            if card.ending.outcome in card.outcomes and card.ending.outcome != DONE:
                told[self._outcome] = card.ending.outcome
        return told

    async def _call(
        self, path: str, body: Mapping[str, Any] | None, method: str = "POST"
    ) -> Answer:
        return await call_json(self._transport, method, f"{self._url}/{path}", self._headers, body)

    # ── What people do there ─────────────────────────────────────────────────────────────────

    def changed(self, call: Call) -> Sequence[str] | None:
        """Check the signature, and give the tasks among what changed."""
        if not is_signed_by_hubspot(call, self._secrets):
            return None
        try:
            changes = read_json(call.body)
        except ValueError:
            return []
        found = changes if isinstance(changes, list) else []
        return [
            number
            for each in found
            if text_at(each, "objectTypeId") == _TASKS and (number := text_at(each, "objectId"))
        ]

    async def look(self, references: Sequence[str]) -> Sequence[Finished]:
        """Ask which of the tasks are completed."""
        asked = {
            "properties": ["hs_task_status", self._outcome],
            "inputs": [{"id": each} for each in references[:_PAGE]],
        }
        try:
            answer = await self._call("crm/v3/objects/tasks/batch/read", asked)
        except (NothingSent, NoAnswer):
            return []
        # 207 where some of them are gone.
        is_told = answer.status in (HTTPStatus.OK, HTTPStatus.MULTI_STATUS)
        found = at(as_object(answer.body), "results") if is_told else None
        return [deed for task in found or () for deed in self._finished(task)]

    def _finished(self, task: object) -> Iterator[Finished]:
        number, properties = text_at(task, "id"), at(task, "properties")
        if number and text_at(properties, "hs_task_status") == _ENDED:
            outcome = text_at(properties, self._outcome)
            yield Finished(None, number, outcome or DONE, "HubSpot")


def _milliseconds(moment: datetime) -> str:
    return str(int(moment.timestamp() * 1_000))


def _safe(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

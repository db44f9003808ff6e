"""Tasks in Salesforce, on the contact or lead that they are about where its id is known.

Source: developer.salesforce.com, "Object Reference: Task", "Insert or Update (Upsert) a Record
Using an External ID", "Query".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote, urlencode

from keepwarm.connectors.answers import as_object, by_status, guarded
from keepwarm.connectors.salesforce_calls import SETTINGS, SalesforceCalls
from keepwarm.connectors.settings import Setting, Surroundings
from keepwarm.connectors.sources.contract import Call
from keepwarm.connectors.sources.payloads import at, text_at
from keepwarm.connectors.sources.proofs import is_shown, password_in
from keepwarm.connectors.task_tools.contract import DONE, AboutTool, Card, Finished
from keepwarm.connectors.task_tools.words import ending_in_words, in_words
from keepwarm.connectors.transport import NoAnswer, NothingSent
from keepwarm.engine.outcome import Accepted, SendResult

_PAGE: Final = 100
_LONGEST_SUBJECT: Final = 255
_NAME: Final = re.compile(r"[A-Za-z]\w{0,79}", re.ASCII)
_IDENTIFIER: Final = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?", re.ASCII)
#: What every identifier of a task begins with, wherever it stands in a call.
_TASK: Final = re.compile(rb"\b00T[A-Za-z0-9]{15}\b")
#: Contacts and leads, which are whom a task may be about.
_PEOPLE: Final = ("003", "00Q")


class SalesforceTasks:
    """Makes a Salesforce task of each task, and looks which are closed."""

    about = AboutTool(
        title="Salesforce",
        settings=(
            *SETTINGS,
            Setting(
                "SALESFORCE_TASK_KEY",
                "The field of tasks that holds our key; the default is Keepwarm_Key__c.",
                needed=False,
            ),
            Setting(
                "SALESFORCE_TASK_OUTCOME",
                "The field of tasks in which people say the outcome, where you have one.",
                needed=False,
                example="Keepwarm_Outcome__c",
            ),
            Setting(
                "SALESFORCE_TASKS_SECRET",
                "What a flow shows that tells of a change, as a Bearer token or as a password of"
                " Basic auth; without one, tasks are looked at every 15 seconds.",
                needed=False,
                secret=True,
            ),
        ),
        steps=(
            "Make a field of activities named Keepwarm Key: text, external ID.",
            (
                "If people are to say the outcome there, make a picklist of your outcomes on"
                " activities, and set its name. A task that is completed without one is done."
            ),
            (
                'Let a flow that is triggered when a task is closed post {"task": "{!$Record.Id}"}'
                " to this address by an HTTP call-out on its asynchronous path, with a named"
                " credential that shows a long random secret, and set that. Change events of tasks"
                " will do as well, as they are or as EventBridge wraps them."
            ),
            "Write `tasks_in: salesforce` in the team.",
        ),
        never_twice="Every call is an upsert by the task's key, an external ID.",
        comes_back="By a call of your flow when a task is closed, upon which the task is read at"
        " once; Salesforce itself may take a moment before it runs the flow. And by a look every 15"
        " seconds in case one is lost.",
    )
    looks_every: timedelta | None = timedelta(seconds=15)

    def __init__(self, given: Surroundings) -> None:
        self._clock = given.clock
        self._calls = SalesforceCalls(given)
        secret = given.text("SALESFORCE_TASKS_SECRET")
        self._secrets = [secret] if secret else []
        self._key = given.text("SALESFORCE_TASK_KEY", "Keepwarm_Key__c")
        outcome = given.text("SALESFORCE_TASK_OUTCOME")
        self._outcome = outcome if _NAME.fullmatch(outcome) else None

    async def show(self, card: Card, reference: str | None, *, is_again: bool) -> SendResult:  # noqa: ARG002 - an upsert needs to know neither
        """Make the task or change it, by its key."""
        return await guarded(self._show(card))

    async def close(self) -> None:
        """Close the connections."""
        await self._calls.close()

    async def _show(self, card: Card) -> SendResult:
        path = f"sobjects/Task/{quote(self._key)}/{quote(card.key)}"
        answer = await self._calls.call("PATCH", path, self._fields(card))
        number = text_at(as_object(answer.body), "id")
        if answer.status in (HTTPStatus.OK, HTTPStatus.CREATED) and number:
            return Accepted(number)
        return by_status(answer, self._clock(), ())

    def _fields(self, card: Card) -> dict[str, Any]:
        told: dict[str, Any] = {
            "Subject": card.title[:_LONGEST_SUBJECT],
            "Description": in_words(card) if card.ending is None else ending_in_words(card),
            "Status": "Not Started" if card.ending is None else "Completed",
        }
        if card.due_at is not None:
            told["ActivityDate"] = card.due_at.date().isoformat()
        who = card.names.get("salesforce", "")
        if who.startswith(_PEOPLE) and _IDENTIFIER.fullmatch(who):
            told["WhoId"] = who
        ending = card.ending
        if self._outcome and ending is not None and ending.outcome in card.outcomes:
            told[self._outcome] = ending.outcome
        return told

    # ── What people do there ─────────────────────────────────────────────────────────────────

    def changed(self, call: Call) -> Sequence[str] | None:
        """Check the secret that is shown, and give the tasks that are named."""
        if not is_shown(password_in(call.headers.get("authorization", "")), self._secrets):
            return None
        return [each.decode() for each in dict.fromkeys(_TASK.findall(call.body))]

    async def look(self, references: Sequence[str]) -> Sequence[Finished]:
        """Ask which of the tasks are closed."""
        listed = ", ".join(f"'{e}'" for e in references[:_PAGE] if _IDENTIFIER.fullmatch(e))
        if not listed:
            return []
        fields = ", ".join(["Id", "IsClosed", *([self._outcome] if self._outcome else [])])
        # Only identifiers of the right form are named, and a field's name that is one.
        asked = f"SELECT {fields} FROM Task WHERE IsClosed = TRUE AND Id IN ({listed})"  # noqa: S608 - SOQL, of checked names
        try:
            answer = await self._calls.call("GET", f"query?{urlencode({'q': asked})}")
        except (NothingSent, NoAnswer):
            return []
        found = at(as_object(answer.body), "records") if answer.status == HTTPStatus.OK else None
        return [deed for task in found or () for deed in self._finished(task)]

    def _finished(self, task: object) -> Iterator[Finished]:
        number = text_at(task, "Id")
        if number and at(task, "IsClosed") is True:
            outcome = text_at(task, self._outcome) if self._outcome else None
            yield Finished(None, number, outcome or DONE, "Salesforce")

"""Tasks as Zendesk tickets: a ticket of the type task, solved when the task is done.

Source: developer.zendesk.com, "Tickets" (create, update, list by external id, show many),
"Introduction: idempotency", "Verifying webhook authenticity", "Ticket events".
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from keepwarm.connectors.answers import as_object, by_status, guarded
from keepwarm.connectors.json_calls import call_json
from keepwarm.connectors.settings import Setting, Surroundings, checked_base_url
from keepwarm.connectors.sources.payloads import at, text_at, time_at
from keepwarm.connectors.sources.proofs import from_base64, is_recent, is_signed
from keepwarm.connectors.task_tools.contract import DONE, AboutTool, Card, Deed, Finished
from keepwarm.connectors.task_tools.words import ending_in_words, in_words, standing_in_words
from keepwarm.connectors.transport import Answer, NoAnswer, NothingSent, Transport
from keepwarm.engine.outcome import Accepted, SendResult, Unknown

_STAMP: Final = "x-zendesk-webhook-signature-timestamp"
#: A ticket with this tag ends as what follows it: `keepwarm_saved`.
_TAG: Final = "keepwarm_"
_ENDED: Final = frozenset({"solved", "closed"})
#: How many tickets one call may show.
_PAGE: Final = 100


class ZendeskTickets:
    """Makes a ticket of each task, and hears when one is solved."""

    about = AboutTool(
        title="Zendesk",
        settings=(
            Setting("ZENDESK_URL", "Your Zendesk.", example="https://acme.zendesk.com"),
            Setting("ZENDESK_EMAIL", "The agent in whose name tickets are made."),
            Setting("ZENDESK_API_TOKEN", "An API token (Admin Center, APIs, Tokens).", secret=True),
            Setting(
                "ZENDESK_TASKS_SECRET",
                "The signing secret of the webhook; without one, tickets are looked at once a"
                " minute.",
                needed=False,
                secret=True,
            ),
        ),
        steps=(
            (
                'Make a webhook to this address, subscribed to the event "Ticket status changed",'
                " and set its signing secret."
            ),
            (
                "Give agents a macro for each outcome, which sets the tag `keepwarm_<outcome>`"
                " (`keepwarm_saved`) and solves the ticket. One that is solved without such a tag"
                " is done."
            ),
            "Write `tasks_in: zendesk` in the team.",
        ),
        never_twice="A ticket whose fate is unknown is looked for by its external id, and made"
        " again under the same Idempotency-Key only where there is none.",
        comes_back="By a signed webhook when a ticket is solved, and by a look once a minute in"
        " case one is lost.",
    )
    looks_every: timedelta | None = timedelta(minutes=1)

    def __init__(self, given: Surroundings) -> None:
        self._clock = given.clock
        self._url = checked_base_url("ZENDESK_URL", given.text("ZENDESK_URL"))
        user = f"{given.text('ZENDESK_EMAIL')}/token:{given.text('ZENDESK_API_TOKEN')}"
        self._headers = {"Authorization": f"Basic {base64.b64encode(user.encode()).decode()}"}
        secret = given.text("ZENDESK_TASKS_SECRET")
        self._secrets = [secret.encode()] if secret else []
        self._transport = Transport(timeout=timedelta(seconds=15), at_once=4)

    async def show(self, card: Card, reference: str | None, *, is_again: bool) -> SendResult:
        """Make the ticket, or change it to what the card says."""
        return await guarded(self._show(card, reference, is_again=is_again))

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.close()

    async def _show(self, card: Card, reference: str | None, *, is_again: bool) -> SendResult:
        if reference is None and is_again:
            found = await self._made(card)
            if not isinstance(found, Accepted):
                return found
            reference = found.provider_id or None
        if reference is not None:
            return await self._change(card, reference)
        return Accepted("") if card.ending is not None else await self._make(card)

    async def _made(self, card: Card) -> SendResult:
        """Look for the ticket of a card; `Accepted` without a reference where there is none."""
        answer = await self._call("GET", f"tickets.json?external_id={quote(card.key)}")
        tickets = at(as_object(answer.body), "tickets")
        if answer.status != HTTPStatus.OK or not isinstance(tickets, list):
            return Unknown(f"it cannot be looked up (HTTP status {answer.status})")
        return Accepted(text_at(tickets, "0.id") or "")

    async def _make(self, card: Card) -> SendResult:
        ticket = {
            "external_id": card.key,
            "subject": card.title,
            # Not public: a public comment is mailed to whoever asked.
            "comment": {"body": in_words(card), "public": False},
            "type": "task",
            "tags": ["keepwarm"],
            **({"due_at": card.due_at.isoformat()} if card.due_at else {}),
        }
        answer = await self._call(
            "POST", "tickets.json", {"ticket": ticket}, {"Idempotency-Key": card.key}
        )
        number = text_at(as_object(answer.body), "ticket.id")
        if answer.status == HTTPStatus.CREATED and number:
            return Accepted(number)
        return by_status(answer, self._clock(), ())

    async def _change(self, card: Card, reference: str) -> SendResult:
        if card.is_erased:
            # A comment cannot be changed, so the ticket goes: to Zendesk's own bin, for 30 days.
            answer = await self._call("DELETE", f"tickets/{quote(reference)}.json")
            is_gone = answer.status in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_FOUND)
            return Accepted(reference) if is_gone else by_status(answer, self._clock(), ())
        ticket: dict[str, Any] = {
            "due_at": card.due_at.isoformat() if card.due_at else None,
            "comment": {"body": standing_in_words(card), "public": False},
        }
        if card.ending is not None:
            said = {"body": ending_in_words(card), "public": False}
            ticket = {"subject": card.title, "status": "solved", "comment": said}
        answer = await self._call("PUT", f"tickets/{quote(reference)}.json", {"ticket": ticket})
        # Gone, or closed for good: there is nothing left to bring into line.
        if answer.status in (HTTPStatus.OK, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY):
            return Accepted(reference)
        return by_status(answer, self._clock(), ())

    async def _call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        url = f"{self._url}/api/v2/{path}"
        return await call_json(
            self._transport, method, url, {**self._headers, **(headers or {})}, body
        )

    # ── What people do there ─────────────────────────────────────────────────────────────────

    def hear(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Sequence[Deed] | None:
        """Check `X-Zendesk-Webhook-Signature`: HMAC-SHA256 over the timestamp and the body."""
        stamp = headers.get(_STAMP, "")
        signature = from_base64(headers.get("x-zendesk-webhook-signature", ""))
        is_ours = is_signed([signature], self._secrets, stamp.encode() + body)
        if not is_ours or not is_recent(time_at({"at": stamp}, "at"), now):
            return None
        told = as_object(body) or {}
        # An event holds the ticket as `detail`; a trigger's author writes it as `ticket`.
        found = at(told, "detail") or at(told, "ticket")
        return list(_finished(found)) if isinstance(found, dict) else []

    async def look(self, references: Sequence[str]) -> Sequence[Finished]:
        """Ask which of the tickets are solved."""
        try:
            answer = await self._call(
                "GET", f"tickets/show_many.json?ids={','.join(references[:_PAGE])}"
            )
        except (NothingSent, NoAnswer):
            return []
        tickets = at(as_object(answer.body), "tickets")
        found = tickets if answer.status == HTTPStatus.OK and isinstance(tickets, list) else []
        return [deed for ticket in found for deed in _finished(ticket)]


def _finished(ticket: Mapping[str, Any]) -> Iterator[Finished]:
    number = text_at(ticket, "id")
    if number is None or (text_at(ticket, "status") or "").lower() not in _ENDED:
        return
    tags = at(ticket, "tags")
    named = tags.split() if isinstance(tags, str) else tags if isinstance(tags, list) else []
    outcome = next((str(tag).removeprefix(_TAG) for tag in named if str(tag).startswith(_TAG)), "")
    yield Finished(None, number, outcome or DONE, "Zendesk")

"""Tasks by webhook: to any tool that takes JSON, signed; the outcome comes back by its link.

Source: standardwebhooks.com, the specification.
"""

from __future__ import annotations

import json
from datetime import timedelta
from http import HTTPStatus

from standardwebhooks import Webhook as Signer

from keepwarm.connectors.answers import by_status, guarded
from keepwarm.connectors.contract import ConnectorRefused
from keepwarm.connectors.public_addresses import is_loopback, is_public, problem_with_url
from keepwarm.connectors.settings import Setting, Surroundings
from keepwarm.connectors.task_tools.contract import AboutTool, Card
from keepwarm.connectors.transport import Transport
from keepwarm.engine.outcome import Accepted, Rejected, Remedy, SendResult

_PORTS = frozenset({443})


class WebhookTasks:
    """Posts each task as JSON to one address, whenever it changes."""

    about = AboutTool(
        title="Any tool, by webhook",
        settings=(
            Setting("TASKS_WEBHOOK_URL", "Where tasks are posted to.", example="https://…"),
            Setting(
                "TASKS_WEBHOOK_SECRET",
                "The secret that signs every call: whsec_ and at least 24 bytes in base64.",
                secret=True,
                example="whsec_$(openssl rand -base64 32)",
            ),
            Setting(
                "WEBHOOK_ALLOW_LOOPBACK",
                "`true` lets calls go to this machine over plain http. For tests only.",
                needed=False,
            ),
        ),
        steps=(
            "Set the address and the secret, and write `tasks_in: webhook` in the team.",
            (
                "The body is one task: `type` (`task.opened`, `task.changed` or `task.closed`),"
                " `key`, `title`, `details`, `assignee`, `customer`, `playbook`, `due_at`,"
                " `snoozed_until`, `outcomes`, `page`, and for a closed one `outcome` and `by`."
            ),
            (
                'To say what came of it, post {"outcome": "saved", "by": "Ann", "note": "…"} to'
                " `page`; a person who follows it in a browser finds a button for each outcome."
            ),
        ),
        never_twice="`webhook-id` names the task and its state, and is equal over every"
        " repetition: the receiver drops what it has seen.",
        comes_back="By a post to the task's own address, or by a person who follows it. The"
        " address is signed and holds for this task only.",
    )
    looks_every: timedelta | None = None

    def __init__(self, given: Surroundings) -> None:
        self._clock = given.clock
        self._loopback = given.is_on("WEBHOOK_ALLOW_LOOPBACK")
        self._url = given.text("TASKS_WEBHOOK_URL")
        if problem := problem_with_url(self._url, _PORTS, loopback=self._loopback):
            raise ConnectorRefused(f"TASKS_WEBHOOK_URL cannot be used: {problem}.")
        try:
            self._signer = Signer(given.text("TASKS_WEBHOOK_SECRET"))
        except Exception as error:  # the SDK raises its own kinds and those of base64
            raise ConnectorRefused(
                "TASKS_WEBHOOK_SECRET is not a secret for Standard Webhooks. Make one:"
                ' export TASKS_WEBHOOK_SECRET="whsec_$(openssl rand -base64 32)"'
            ) from error
        self._transport = Transport(
            timeout=timedelta(seconds=15), at_once=4, may_connect=self._may_connect
        )

    async def show(self, card: Card, reference: str | None, *, is_again: bool) -> SendResult:  # noqa: ARG002 - a repeated call is dropped there
        """Post the task as it stands."""
        return await guarded(self._show(card, reference))

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.close()

    async def _show(self, card: Card, reference: str | None) -> SendResult:
        body = json.dumps({"type": _type(card, reference), **_told(card)})
        now = self._clock()
        identifier = f"{card.key}-{card.revision}"
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Keepwarm",
            "webhook-id": identifier,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._signer.sign(identifier, now, body),
        }
        answer = await self._transport.call("POST", self._url, headers=headers, body=body.encode())
        if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
            return Accepted(card.key)
        if answer.status == HTTPStatus.GONE:
            return Rejected("the receiver wants no more calls", Remedy.SUPPRESS_ADDRESS)
        return by_status(answer, now, ())

    def _may_connect(self, address: str) -> bool:
        return is_public(address) or (self._loopback and is_loopback(address))


def _type(card: Card, reference: str | None) -> str:
    if card.ending is not None:
        return "task.closed"
    return "task.opened" if reference is None else "task.changed"


def _told(card: Card) -> dict[str, object]:
    ending = card.ending
    return {
        "key": card.key,
        "title": card.title,
        "details": card.details,
        "assignee": card.assignee,
        "customer": card.customer,
        "playbook": card.playbook,
        "due_at": card.due_at.isoformat() if card.due_at else None,
        "snoozed_until": card.snoozed_until.isoformat() if card.snoozed_until else None,
        "outcomes": list(card.outcomes),
        "page": card.page,
        **({"erased": True} if card.is_erased else {}),
        **({"outcome": ending.outcome, "by": ending.by, "note": ending.note} if ending else {}),
    }

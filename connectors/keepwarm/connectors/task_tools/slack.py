"""Tasks in Slack: a message with a button for each outcome, to take it, and to snooze it.

Source: docs.slack.dev, "Verifying requests from Slack", "Handling user interaction", "block_actions
payload", "Block Kit: actions", "chat.update", "chat.postMessage".
"""

from __future__ import annotations

import hashlib
import html
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qs

from slack_sdk.errors import SlackApiError

from keepwarm.connectors.answers import as_object, by_status, guarded, wait_asked_for
from keepwarm.connectors.settings import Setting, Surroundings, checked_base_url
from keepwarm.connectors.slack_client import PooledBot, channel_called
from keepwarm.connectors.sources.payloads import at, text_at
from keepwarm.connectors.sources.proofs import from_hex, is_recent, is_signed, moment_of
from keepwarm.connectors.task_tools.contract import (
    AboutTool,
    Card,
    Deed,
    Finished,
    PutOff,
    Taken,
)
from keepwarm.connectors.task_tools.slack_people import SlackPeople
from keepwarm.connectors.task_tools.words import ending_in_words, moment_in_words, spoken
from keepwarm.connectors.transport import Answer, Transport
from keepwarm.engine.outcome import Accepted, NotProcessed, Rejected, Remedy, SendResult, Unknown

EVENT_TYPE: Final = "keepwarm_task"
LOOK_BACK: Final = 200
#: How many pages of a channel's history are looked through for a message in doubt.
_MOST_PAGES: Final = 25
_CLOCKS_APART: Final = timedelta(minutes=5)
#: A block of actions takes 25 elements, two of which are ours; a button's text 75 letters.
MOST_OUTCOMES: Final = 20
_LONGEST_BUTTON: Final = 75
_LONGEST_SECTION: Final = 3_000
_SNOOZES: Final[Mapping[str, str]] = {
    "4": "For 4 hours",
    "24": "For a day",
    "72": "For 3 days",
    "168": "For a week",
}
_LATER: Final = frozenset({"ratelimited", "rate_limited"})
_DOUBTFUL: Final = frozenset(
    {"fatal_error", "internal_error", "request_timeout", "service_unavailable"}
)
#: The message was taken away by somebody, so there is nothing to bring into line.
_GONE: Final = frozenset({"message_not_found", "cant_update_message"})


class SlackTasks:
    """Shows tasks in a team's channel, and hears which buttons are pressed."""

    about = AboutTool(
        title="Slack",
        settings=(
            Setting(
                "SLACK_BOT_TOKEN",
                "A bot's token with the scopes chat:write and channels:history (groups:history for"
                " private channels); with users:read and users:read.email, people are named by"
                " their addresses.",
                secret=True,
                example="xoxb-…",
            ),
            Setting(
                "SLACK_SIGNING_SECRET",
                "The signing secret of the app (Basic Information).",
                secret=True,
            ),
            Setting(
                "SLACK_API_URL", "Where Slack is.", needed=False, example="https://slack.com/api"
            ),
        ),
        steps=(
            "In your Slack app, switch on Interactivity, with this address as the request URL.",
            "Invite the bot to the channel that the team's `notify` names.",
            (
                "Write `tasks_in: slack` in the team, and its channel by its ID"
                ' (`notify: "#C0123456789"`), so that a message in doubt can be looked up.'
            ),
        ),
        never_twice="The channel is searched for the task's key before a message whose fate is"
        " unknown is posted again; where that cannot be asked, it is not posted again.",
        comes_back="By a call for each button that is pressed, signed over its raw bytes. The"
        " message then says who did what. Whoever has an account here, or is in a team of the"
        " catalog, by the address of their Slack account, is that person here too; others are"
        ' named as Slack has them ("ann (Slack)"), and who takes a task then has it under that'
        " name.",
    )
    looks_every: timedelta | None = None

    def __init__(self, given: Surroundings) -> None:
        self._clock = given.clock
        self._secret = given.text("SLACK_SIGNING_SECRET").encode()
        self._transport = Transport(timeout=timedelta(seconds=15), at_once=4)
        url = given.text("SLACK_API_URL", "https://slack.com/api")
        token, base_url = given.text("SLACK_BOT_TOKEN"), checked_base_url("SLACK_API_URL", url)
        self._bot = PooledBot(self._transport, token, base_url)
        self._people = SlackPeople(token, base_url, given.clock)

    async def address_of(self, person: str) -> str | None:
        """Give the address of who pressed a button."""
        return await self._people.address_of(person)

    async def show(self, card: Card, reference: str | None, *, is_again: bool) -> SendResult:
        """Post the message, or change it to what the card says."""
        return await guarded(self._show(card, reference, is_again=is_again))

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.close()

    # ── What it shows ────────────────────────────────────────────────────────────────────────

    async def _show(self, card: Card, reference: str | None, *, is_again: bool) -> SendResult:
        if card.channel is None:
            return Rejected("the team has no channel", Remedy.FIX_CONTENT)
        if reference is None and is_again:
            found = await self._posted(card)
            if not isinstance(found, Accepted):
                return found
            reference = found.provider_id or None
        if reference is not None:
            return await self._change(card, reference)
        if card.ending is not None:
            return Accepted("")
        return await self._called("chat.postMessage", card, channel=channel_called(card.channel))

    async def _posted(self, card: Card) -> SendResult:
        """Look for the message of a card; `Accepted` without a reference where it is not there."""
        channel = channel_called(str(card.channel))
        # Slack's clock may be another than ours.
        oldest = str((card.since - _CLOCKS_APART).timestamp()) if card.since else "0"
        cursor: str | None = None
        for _ in range(_MOST_PAGES):
            try:
                found = await self._bot.conversations_history(
                    channel=channel,
                    oldest=oldest,
                    cursor=cursor,
                    include_all_metadata=True,
                    limit=LOOK_BACK,
                )
            except SlackApiError as error:
                # Not `Rejected`: what cannot be looked up stays in doubt, and is not posted again.
                said = error.response.get("error")
                return Unknown(f"it cannot be looked up: Slack says {said}")
            for message in found.get("messages") or []:
                if at(message, "metadata.event_payload.key") == card.key:
                    return Accepted(f"{channel}:{message.get('ts')}")
            cursor = text_at(found.data, "response_metadata.next_cursor")
            if cursor is None:
                return Accepted("")
        return Unknown("it cannot be looked up: too much was posted in the channel since")

    async def _change(self, card: Card, reference: str) -> SendResult:
        channel, _, stamp = reference.partition(":")
        answered = await self._called("chat.update", card, channel=channel, ts=stamp)
        if isinstance(answered, Rejected) and answered.reason.split()[-1] in _GONE:
            return Accepted(reference)
        return answered

    async def _called(self, method: str, card: Card, **where: str) -> SendResult:
        payload = {"event_type": EVENT_TYPE, "event_payload": {"key": card.key}}
        body = {**where, "text": card.title, "blocks": list(_blocks(card)), "metadata": payload}
        try:
            answered = await self._bot.api_call(method, json=body)
        except SlackApiError as error:
            answered = error.response
        stamp, channel = answered.get("ts"), answered.get("channel")
        if answered.get("ok") is True and stamp and channel:
            return Accepted(f"{channel}:{stamp}")
        answer = Answer(answered.status_code, answered.headers, json.dumps(answered.data).encode())
        return self._refused(answer, str(answered.get("error") or ""))

    def _refused(self, answer: Answer, error: str) -> SendResult:
        if error in _LATER:
            return NotProcessed(f"Slack says {error}", wait_asked_for(answer, self._clock()))
        if error in _DOUBTFUL:
            return Unknown(f"Slack says {error}")
        if error and as_object(answer.body):
            return Rejected(f"Slack says {error[:80]}")
        return by_status(answer, self._clock(), ())

    # ── What people do there ─────────────────────────────────────────────────────────────────

    def hear(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Sequence[Deed] | None:
        """Check `X-Slack-Signature`: `v0=` and HMAC-SHA256 over `v0:timestamp:body`."""
        stamp = headers.get("x-slack-request-timestamp", "")
        version, _, signature = headers.get("x-slack-signature", "").partition("=")
        content = b"v0:" + stamp.encode() + b":" + body
        if version != "v0" or not is_recent(moment_of(stamp), now):
            return None
        if not is_signed([from_hex(signature)], [self._secret], content, hashlib.sha256):
            return None
        form = parse_qs(body.decode("utf-8", "replace"))
        payload = as_object((form.get("payload") or [""])[-1]) or {}
        actions = at(payload, "actions")
        return [
            deed
            for action in (actions if isinstance(actions, list) else ())
            if (deed := _deed(action, _name(payload), text_at(payload, "user.id") or ""))
            is not None
        ]


def _name(payload: Mapping[str, Any]) -> str:
    name = text_at(payload, "user.name") or text_at(payload, "user.username")
    return f"{name or text_at(payload, 'user.id') or 'somebody'} (Slack)"


def _deed(action: object, by: str, person: str) -> Deed | None:
    key = (text_at(action, "block_id") or "").removeprefix("keepwarm:")
    what = (text_at(action, "action_id") or "").partition(":")[0]
    value = text_at(action, "value") or ""
    hours = text_at(action, "selected_option.value") or ""
    match what:
        case "outcome" if value:
            return Finished(key, None, value, by, person=person)
        case "take":
            return Taken(key, by, person)
        case "snooze" if hours in _SNOOZES:
            return PutOff(key, by, timedelta(hours=int(hours)), person)
        case _:
            return None


def _blocks(card: Card) -> Iterator[dict[str, Any]]:
    """Give the message in Slack's blocks; the buttons go when the task is done."""
    title = f"*{_safe(card.title)}*" if card.ending is None else f"~{_safe(card.title)}~"
    details = f"\n{_safe(card.details)}" if card.details else ""
    said = (title + details)[:_LONGEST_SECTION]
    yield {"type": "section", "text": {"type": "mrkdwn", "text": said}}
    about = [f"For {_safe(card.assignee)}", f"customer `{_safe(card.customer)}`",
             _safe(card.playbook)]  # fmt: skip
    if card.due_at is not None:
        about.append(f"due {_moment(card.due_at)}")
    if card.snoozed_until is not None and card.ending is None:
        about.append(f"snoozed until {_moment(card.snoozed_until)}")
    yield _context(" · ".join(about))
    if card.ending is not None:
        yield _context(_safe(ending_in_words(card)))
        return
    yield {
        "type": "actions",
        "block_id": f"keepwarm:{card.key}",
        "elements": [*_outcomes(card), *_other_deeds()],
    }


def _context(text: str) -> dict[str, Any]:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": text[:2_000]}]}


def _outcomes(card: Card) -> Iterator[dict[str, Any]]:
    for number, outcome in enumerate(card.outcomes[:MOST_OUTCOMES]):
        says = spoken(outcome).capitalize()[:_LONGEST_BUTTON]
        yield {
            "type": "button",
            "action_id": f"outcome:{number}",
            "text": {"type": "plain_text", "text": says},
            "value": outcome,
        }


def _other_deeds() -> Iterator[dict[str, Any]]:
    yield {
        "type": "button",
        "action_id": "take",
        "text": {"type": "plain_text", "text": "I take it"},
        "value": "take",
    }
    options = [
        {"text": {"type": "plain_text", "text": says}, "value": hours}
        for hours, says in _SNOOZES.items()
    ]
    yield {
        "type": "static_select",
        "action_id": "snooze",
        "placeholder": {"type": "plain_text", "text": "Snooze"},
        "options": options,
    }


def _safe(text: str) -> str:
    """Give text that rings nobody: `<!channel>` is words, not a call."""
    return html.escape(text, quote=False)


def _moment(moment: datetime) -> str:
    """Give a moment that Slack shows in each reader's own time."""
    seconds = int(moment.timestamp())
    return f"<!date^{seconds}^{{date_short_pretty}} {{time}}|{moment_in_words(moment)}>"

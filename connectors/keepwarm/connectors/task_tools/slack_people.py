"""Who presses a button in Slack, as the rest of the company knows them: by their address.

Source: docs.slack.dev, "users.info" (scopes users:read and users:read.email), "User object".
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from slack_sdk.errors import SlackApiError

from keepwarm.connectors.slack_client import PooledBot
from keepwarm.connectors.sources.payloads import at, text_at
from keepwarm.connectors.transport import NoAnswer, NothingSent, Transport

#: Slack waits three seconds for our answer to a button.
_WITHIN: Final = timedelta(seconds=2)
_KNOWN_FOR: Final = timedelta(hours=1)
#: How soon it is asked again about somebody of whom it told nothing.
_UNKNOWN_FOR: Final = timedelta(minutes=1)
_MOST: Final = 10_000


@dataclass(slots=True)
class SlackPeople:
    """What Slack told of people, kept for a while."""

    token: str
    url: str
    clock: Callable[[], datetime]
    _known: dict[str, tuple[str | None, datetime]] = field(default_factory=dict)
    _team: str | None = None

    async def address_of(self, person: str) -> str | None:
        """Give the address of a member; None of guests of other companies, or if Slack is slow."""
        now = self.clock()
        address, until = self._known.get(person, (None, now))
        if until > now:
            return address
        # Connections of its own: buttons are heard in another loop than tasks are shown in.
        transport = Transport(timeout=_WITHIN, at_once=1)
        try:
            async with asyncio.timeout(_WITHIN.total_seconds()):
                address = await self._asked(PooledBot(transport, self.token, self.url), person)
        except (TimeoutError, SlackApiError, NothingSent, NoAnswer):
            address = None
        finally:
            await transport.close()
        if len(self._known) >= _MOST:
            self._known.clear()
        self._known[person] = (address, now + (_KNOWN_FOR if address else _UNKNOWN_FOR))
        return address

    async def _asked(self, bot: PooledBot, person: str) -> str | None:
        if self._team is None:
            self._team = text_at((await bot.auth_test()).data, "team_id")
        told = at((await bot.users_info(user=person)).data, "user")
        return text_at(told, "profile.email") if self._is_member(told) else None

    def _is_member(self, told: Mapping[str, Any]) -> bool:
        """Tell whether it is somebody of this workspace: another's may give any address away."""
        is_ours = self._team is not None and text_at(told, "team_id") == self._team
        is_away = any(at(told, word) is True for word in ("deleted", "is_bot", "is_stranger"))
        return is_ours and not is_away and at(told, "is_email_confirmed") is not False

"""What the tests of this room share: the stand-ins, and connectors pointed at them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta

import pytest

from keepwarm.connectors.contract import Connector
from keepwarm.connectors.registry import make
from tests.connectors.given import PUBLIC_URL, settings_for
from tests.standins import Standins
from tests.waiting import PATIENCE_SECONDS

Maker = Callable[..., Connector]


@pytest.fixture
async def here() -> AsyncIterator[Standins]:
    """All stand-ins, fresh."""
    async with Standins() as standins:
        yield standins


@pytest.fixture
async def patience_ends(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Give what lets all the time pass at once for which anybody waits in a test's event loop.

    So what does not come in time is given up when it was really asked for, and no sooner.
    """
    loop = asyncio.get_running_loop()
    right = loop.time

    def end() -> None:
        monkeypatch.setattr(loop, "time", lambda: right() + PATIENCE_SECONDS)

    return end


@pytest.fixture
async def made(here: Standins) -> AsyncIterator[Maker]:
    """Make connectors that speak to the stand-ins, and close them afterwards."""
    connectors: list[Connector] = []

    def maker(name: str, **settings: str) -> Connector:
        connector = make(
            name,
            settings_for(name, here) | settings,
            public_url=PUBLIC_URL,
            clock=lambda: datetime.now(UTC),
            timeout=timedelta(seconds=PATIENCE_SECONDS),
        )
        connectors.append(connector)
        return connector

    yield maker
    for connector in connectors:
        await connector.close()

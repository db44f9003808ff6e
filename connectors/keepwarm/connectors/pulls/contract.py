"""What every provider that we ask promises: a page of what changed in a window of time.

A window is walked by the provider's own identifiers, in their order. So a page neither depends on
how many came before it, nor on what changes while it is walked: that is in the next window.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Protocol

from keepwarm.connectors.settings import Setting, Surroundings
from keepwarm.connectors.sources.contract import Telling


@dataclass(frozen=True, slots=True)
class Window:
    """What to ask for: what was modified from one moment on, up to another."""

    since: datetime
    until: datetime
    #: The identifier behind which to go on; empty at the beginning.
    after: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """What a provider gave."""

    tellings: tuple[Telling, ...]
    #: The identifier behind which the next page begins; None where nothing follows.
    last: str | None
    #: After the last page, how long to wait before asking anew; None is the usual while.
    rests: timedelta | None = None


@dataclass(frozen=True, slots=True)
class NotNow:
    """Why a provider gave nothing; it is asked for the same again."""

    reason: str
    #: How long it asks us to wait; None leaves it to our own backoff.
    wait: timedelta | None = None


@dataclass(frozen=True, slots=True)
class AboutPuller:
    """What a provider that we ask says of itself."""

    title: str
    settings: tuple[Setting, ...]
    steps: tuple[str, ...]
    notes: tuple[str, ...] = ()


class Puller(Protocol):
    """A provider that we ask."""

    about: ClassVar[AboutPuller]

    def __init__(self, given: Surroundings) -> None: ...

    def asked(
        self, facts: Collection[str], events: Mapping[str, Collection[str]]
    ) -> Mapping[str, frozenset[str]]:
        """Give what is to be asked for: stream -> the fields that the catalog names.

        `facts` are the words of facts about customers, `events` those of events with what
        their properties are called there. A stream that nobody asks for is left out.
        """

    async def page(self, stream: str, names: Collection[str], window: Window) -> Page | NotNow:
        """Ask for one page. Never retries, never raises for what the provider did."""

    async def close(self) -> None:
        """Let go of connections."""

"""The workshop: what a process keeps warm for its runs, and who works on what in it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from prefect.client.orchestration import PrefectClient, get_client

from keepwarm.flows.system import System


@dataclass(slots=True)
class Workshop:
    """A system kept warm, and the bells of the playbooks that a run works on just now.

    Belongs to one event loop; threads ask through it.
    """

    system: System
    #: Where a person finds the outbox; empty where nobody serves it.
    base_url: str = ""
    #: One client for the whole process, where it lives long enough to pay: making one costs 50 ms.
    kept_client: PrefectClient | None = None
    #: Playbook -> its deployment, as far as asked for.
    deployments: dict[str, UUID] = field(default_factory=dict)
    #: Playbooks whose deployment somebody paused in Prefect's pages.
    paused: frozenset[str] = frozenset()
    #: Playbook -> the moment of its pending wake-up.
    wake_ups: dict[str, datetime] = field(default_factory=dict)
    #: Playbook -> until when nothing is begun on it, because somebody cancelled its run.
    rests: dict[str, datetime] = field(default_factory=dict)
    #: Is told of a playbook whose bell rang when its run no longer listened.
    on_missed: Callable[[str], None] | None = None
    #: Is told that something was put into the inbox.
    on_arrivals: Callable[[], None] | None = None
    #: Whether open runs should come to their end, because the process does.
    closing: bool = False
    _bells: dict[str, asyncio.Event] = field(default_factory=dict)
    _waiting_for: dict[str, list[asyncio.Event]] = field(default_factory=dict)

    def client(self) -> AbstractAsyncContextManager[PrefectClient]:
        """Give a client of Prefect's server to use in a block."""
        return get_client() if self.kept_client is None else nullcontext(self.kept_client)

    @contextmanager
    def working_on(self, playbook: str) -> Iterator[asyncio.Event | None]:
        """Give the bell that rings when there is new work; None if another run has the playbook."""
        if playbook in self._bells:
            yield None
            return
        bell = self._bells[playbook] = asyncio.Event()
        for waiting in self._waiting_for.pop(playbook, ()):
            waiting.set()
        try:
            yield bell
        finally:
            del self._bells[playbook]
            if bell.is_set() and not self.closing and self.on_missed is not None:
                self.on_missed(playbook)

    def is_open(self, playbook: str) -> bool:
        """Tell whether a run in this process has the playbook open."""
        return playbook in self._bells

    async def opened(self, playbook: str) -> None:
        """Wait until a run has the playbook open."""
        if playbook not in self._bells:
            waiting = asyncio.Event()
            self._waiting_for.setdefault(playbook, []).append(waiting)
            await waiting.wait()

    def ring(self, playbook: str) -> bool:
        """Tell the run that has the playbook open of new work; False if there is none."""
        bell = self._bells.get(playbook)
        if bell is None:
            return False
        bell.set()
        return True

    def close_runs(self) -> None:
        """Have every open run come to its end after the batch in hand."""
        self.closing = True
        for bell in self._bells.values():
            bell.set()

    def let_rest(self, playbook: str, rest: timedelta) -> datetime:
        """Begin nothing on the playbook for a while, and say until when."""
        until = self.rests[playbook] = self.system.clock() + rest
        return until

    def may_begin(self, playbook: str) -> bool:
        """Tell whether a run may be begun: not while it rests or is paused in Prefect's pages."""
        rests_until = self.rests.get(playbook)
        if rests_until is not None and self.system.clock() >= rests_until:
            self.rests.pop(playbook, None)
            rests_until = None
        return rests_until is None and playbook not in self.paused


_made: Workshop | None = None
_maker: Callable[[], System] | None = None


def use(maker: Callable[[], System]) -> None:
    """Say how a process makes its system, the first time that a run needs one."""
    global _maker  # noqa: PLW0603 - one system a process is the point
    _maker = maker


def open_shop(shop: Workshop) -> None:
    """Make a workshop the one of this process."""
    global _made  # noqa: PLW0603
    _made = shop


def workshop() -> Workshop:
    """Give this process's workshop, made when it is first asked for.

    Raises:
        RuntimeError: nobody said how (`use`).
    """
    global _made  # noqa: PLW0603
    if _made is None:
        if _maker is None:
            raise RuntimeError(
                "no system was set up in this process; see keepwarm.app.prefect_entry"
            )
        _made = Workshop(_maker())
    return _made


def close_shop() -> None:
    """Forget this process's workshop, so that the next run makes its own."""
    global _made  # noqa: PLW0603
    _made = None

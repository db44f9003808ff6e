"""While Prefect is away: how that is known, and the work that no run shows then."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from keepwarm.flows.rounds import work_round
from keepwarm.flows.system import System
from keepwarm.flows.tally import Tally

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Absence:
    """Whether Prefect is known to be away, so that nothing that is due waits to find it so."""

    up_for: Callable[[], float] = time.monotonic
    #: It refused us, or was not reached, and has not answered since.
    is_certain: bool = False
    _asked_at: float | None = field(init=False, default=None)

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Note that Prefect is asked something, for as long as it takes."""
        self._asked_at = self.up_for()
        try:
            yield
        finally:
            self._asked_at = None

    def is_known(self, patience_seconds: float) -> bool:
        """Tell whether it is away, or has owed an answer for longer than that."""
        asked = self._asked_at
        return self.is_certain or (asked is not None and self.up_for() - asked > patience_seconds)


@dataclass(slots=True)
class UnseenWork:
    """Does what is due without a run of Prefect's, a playbook's rounds one after another."""

    #: Does what is due on a playbook now.
    work: Callable[[str], Awaitable[Tally]]
    #: Playbooks at work, and whether they were asked for again meanwhile.
    _again: dict[str, bool] = field(init=False, default_factory=dict)

    @classmethod
    def of(cls, system: System) -> UnseenWork:
        """Give what does a system's rounds."""
        return cls(lambda playbook: work_round(system, playbook))

    async def do(self, playbook: str) -> None:
        """Do what is due on a playbook now; who does it already does what came meanwhile, too."""
        if playbook in self._again:
            self._again[playbook] = True
            return
        self._again[playbook] = True
        try:
            while self._again[playbook]:
                self._again[playbook] = False
                tally = await self.work(playbook)
                if not tally.is_idle:
                    _log.info("%s, without a run in Prefect: %s", playbook, tally.sentence())
        finally:
            del self._again[playbook]

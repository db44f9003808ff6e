"""A system whose work is pretended: what arrives is counted, nothing else is there."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from keepwarm.engine.compiling import compile_plan
from keepwarm.flows.tally import Tally
from keepwarm.schema.workspace import read_workspace

LANGUAGE = Path(__file__).parents[1] / "schema" / "language"


def live_playbooks() -> dict[str, Any]:
    """The playbooks of the language's examples, as the shelf gives them."""
    files = {
        path.relative_to(LANGUAGE).as_posix(): path.read_bytes()
        for path in LANGUAGE.rglob("*")
        if path.is_file()
    }
    workspace = read_workspace(files)
    made = {}
    for name, playbook in workspace.playbooks.items():
        plan = compile_plan(playbook, workspace.catalog, workspace.policies)
        made[name] = SimpleNamespace(
            plan=plan, number=1, released=SimpleNamespace(version_id=1, plan=plan), live_since=None
        )
    return made


@dataclass
class Pretended:
    """Stands in for System; arrivals are put into `inbox`, what was done with them is `seen`."""

    worker: str = "testing-1"
    live: dict[str, Any] = field(default_factory=live_playbooks)
    inbox: deque[str] = field(default_factory=deque)
    due: Counter[str] = field(default_factory=Counter)
    next: dict[str, datetime] = field(default_factory=dict)
    done: Counter[str] = field(default_factory=Counter)
    on_done: Callable[[str, int], None] = lambda _playbook, _count: None
    part: Callable[[], Any] | None = None
    task_tools: dict[str, Any] = field(default_factory=dict)
    pullers: dict[str, Any] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    connectors: dict[str, Any] = field(default_factory=dict)
    #: The playbooks whose words were made ready.
    ready: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        for name, each in self.live.items():
            each.get_words_ready = partial(self.ready.add, name)

    @property
    def database(self) -> Any:
        return SimpleNamespace(reading=self._reading)

    @property
    def shelf(self) -> Any:
        return SimpleNamespace(live=lambda _cx: self.live)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        yield None

    def trouble(self) -> str | None:
        return None

    def clock(self) -> datetime:
        return datetime.now(UTC)

    def take_in(self, _system: Any) -> frozenset[str]:
        concerned = set()
        while self.inbox:
            playbook = self.inbox.popleft()
            with self.lock:
                self.due[playbook] += 1
            concerned.add(playbook)
        return frozenset(concerned)

    async def work_parts(self, _system: Any, playbook: str) -> AsyncIterator[Tally]:
        while True:
            with self.lock:
                count = self.due.pop(playbook, 0)
            if not count:
                return
            self.done[playbook] += count
            self.on_done(playbook, count)
            if self.part is not None:
                await self.part()
            yield Tally(entered=count, sent=Counter({"sms": count}))

    async def nothing_to_tell(self, _system: Any) -> int:
        return 0

    def next_due(self, _system: Any, playbook: str) -> datetime | None:
        with self.lock:
            if self.due.get(playbook):
                return self.clock() - timedelta(minutes=1)
        return self.next.get(playbook)

    def overdue(self, _system: Any, _before: datetime) -> frozenset[str]:
        with self.lock:
            return frozenset(playbook for playbook, count in self.due.items() if count)

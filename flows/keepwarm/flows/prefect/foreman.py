"""The foreman: keeps a process's workshop busy, in a thread of its own.

It hears of arrivals and sees to it that a run takes them; it polls Prefect for runs that are
scheduled or started by hand; it sweeps for what was missed. Our rows are the queue: where Prefect
does not answer, the work is done all the same, and only the run that would show it is missing.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Awaitable, Callable, Collection, Coroutine
from contextvars import Context, copy_context
from datetime import timedelta
from functools import partial
from typing import Any, Final

from prefect.client.orchestration import PrefectClient, get_client

from keepwarm.flows.circuits import try_what_stopped
from keepwarm.flows.due import overdue
from keepwarm.flows.forgetting import ask_providers
from keepwarm.flows.housekeeping import forget_ticks_ahead, keep_house_hourly
from keepwarm.flows.lateness import tell_of_late_tasks
from keepwarm.flows.notices import tell_people
from keepwarm.flows.prefect import workshop as shops
from keepwarm.flows.prefect.absence import Absence, UnseenWork
from keepwarm.flows.prefect.crashes import mark_crashed, watch_for_zombies
from keepwarm.flows.prefect.deployments import (
    WORK_POOL,
    look_at_deployments,
    sync_deployments,
)
from keepwarm.flows.prefect.playbook_run import AN_EVENT
from keepwarm.flows.prefect.pull_run import put_pulls
from keepwarm.flows.prefect.server import PrefectServer
from keepwarm.flows.prefect.syncing import live_and_held, make_work_pool
from keepwarm.flows.prefect.triggering import start_run
from keepwarm.flows.prefect.wakeups import plan_wake_up
from keepwarm.flows.prefect.worker import WarmWorker
from keepwarm.flows.prefect.workshop import Workshop
from keepwarm.flows.pulling import is_pull_late, pull
from keepwarm.flows.scoring import compute_scores_daily
from keepwarm.flows.sharing_tasks import look_at_tasks, share_tasks
from keepwarm.flows.system import System
from keepwarm.store.database import UNAVAILABLE
from keepwarm.store.unavailable import why_unavailable

_log = logging.getLogger(__name__)

#: How often it looks for what was missed.
SWEEP_EVERY: Final = timedelta(seconds=5)
#: What is overdue by so much was missed.
_MISSED: Final = timedelta(seconds=3)
#: How soon the sweep begins a run on the same playbook again.
_SWEPT_AGAIN_AFTER: Final = 60.0
#: How long a run may take to open before its work is done without it.
_PATIENCE_SECONDS: Final = 1.5
_COMPLAIN_EVERY_SECONDS: Final = 60.0
_TRY_AGAIN_SECONDS: Final = 2.0
#: How often it looks whether today's scores were computed and this hour's housekeeping done.
_KEEP_EVERY_SECONDS: Final = 600.0
#: How often it looks whether a provider was not asked that should have been.
_LOOK_AT_PULLS_SECONDS: Final = 15.0
#: How soon another tool shows what became of a task.
_SHARE_EVERY_SECONDS: Final = 0.5
_STOP_SECONDS: Final = 5.0


class PrefectForgot(Exception):  # noqa: N818 - named for what happened
    """What we made in Prefect is gone: somebody deleted it, or its database is a new one."""


class Foreman:
    """Runs the work of one warm process. What it offers is for any thread."""

    def __init__(
        self,
        system: System,
        take_in: Callable[[System], Collection[str]],
        *,
        base_url: str = "",
        work_pool: str = WORK_POOL,
        server: PrefectServer | None = None,
    ) -> None:
        """Take what it works with.

        `take_in` works off the inbox and gives the playbooks that now have work. `base_url` is
        where people find the outbox. `server` is Prefect's server if it is ours to keep alive.
        """
        self.shop = Workshop(
            system, base_url=base_url, on_missed=self._missed, on_arrivals=self.notify
        )
        self._take_in = take_in
        self._work_pool = work_pool
        self._server = server
        self._thread = threading.Thread(target=self._run, name="foreman", daemon=True)
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._context = Context()
        self._news = asyncio.Event()
        self._ending = asyncio.Event()
        self._turn = asyncio.Lock()
        self._starting: set[str] = set()
        #: Those whose run is late, so that what is due is done without it.
        self._direct: set[str] = set()
        self._absence = Absence()
        self._unseen = UnseenWork.of(system)
        self._swept: dict[str, float] = {}
        #: What the deployments were last made from: versions, and who is paused.
        self._shown: tuple[dict[str, int], frozenset[str]] | None = None
        self._complained = -_COMPLAIN_EVERY_SECONDS
        self._tasks: set[asyncio.Task[None]] = set()

    # ── For any thread ───────────────────────────────────────────────────────────────────────

    def start(self) -> None:
        """Begin; gives back as soon as arrivals are heard, whether or not Prefect answers yet."""
        self._thread.start()
        self._ready.wait()

    def notify(self) -> None:
        """Say that something was committed to the inbox."""
        self._tell(self._news.set)

    def stop(self, within_seconds: float = _STOP_SECONDS) -> bool:
        """Finish the batch in hand and end; tell whether all came to its end in time."""
        self._tell(self._end)
        self._thread.join(within_seconds)
        return not self._thread.is_alive()

    def _tell(self, what: Callable[[], None]) -> None:
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # it has ended
                self._loop.call_soon_threadsafe(what)

    def _end(self) -> None:
        self.shop.close_runs()
        self._ending.set()

    # ── Its own thread ───────────────────────────────────────────────────────────────────────

    def _run(self) -> None:
        asyncio.run(self._live())

    async def _live(self) -> None:
        """Live until told to end, then let open runs come to theirs."""
        self._loop = asyncio.get_running_loop()
        self._context = copy_context()
        shops.open_shop(self.shop)
        with contextlib.suppress(Exception):  # the sweep says what is wrong with the database
            await asyncio.to_thread(try_what_stopped, self.shop.system)
        loops = [
            asyncio.create_task(each)
            for each in (
                self._forever(self._hear, 0),
                self._forever(self._sweep, SWEEP_EVERY.total_seconds()),
                self._forever(self._keep, _KEEP_EVERY_SECONDS),
                self._with_prefect(),
                *(
                    self._forever(partial(self._share_tasks, tool), _SHARE_EVERY_SECONDS)
                    for tool in self.shop.system.task_tools
                ),
                *(
                    self._forever(partial(self._pull, source), _LOOK_AT_PULLS_SECONDS)
                    for source in self.shop.system.pullers
                ),
            )
        ]
        self._ready.set()
        await self._ending.wait()
        open_work = [task for task in self._tasks if not task.done()]
        if open_work:
            await asyncio.wait(open_work, timeout=_STOP_SECONDS - 1.5)
        for each in (*loops, *self._tasks):
            each.cancel()
        await asyncio.wait((*loops, *self._tasks), timeout=1)
        for connector in set(self.shop.system.connectors.values()):
            with contextlib.suppress(Exception):  # all is said and sent
                await connector.close()
        shops.close_shop()

    async def _forever(self, deed: Callable[[], Awaitable[None]], pause_seconds: float) -> None:
        """Do a deed again and again; what goes wrong is said once a minute and tried again."""
        while not self._ending.is_set():
            try:
                await deed()
            except Exception as error:  # noqa: BLE001 - it must go on
                self._complain("the work goes on, but something failed", error)
                await asyncio.sleep(_TRY_AGAIN_SECONDS)
            await asyncio.sleep(pause_seconds)

    # ── Arrivals ─────────────────────────────────────────────────────────────────────────────

    async def _hear(self) -> None:
        await self._news.wait()
        self._news.clear()
        await self._take_in_all()

    async def _take_in_all(self) -> None:
        for playbook in await asyncio.to_thread(self._take_in_unless_still):
            self._see_to(playbook, AN_EVENT)

    def _take_in_unless_still(self) -> Collection[str]:
        # What is left is found by the sweep, when the work goes on.
        return () if self.shop.system.trouble() else self._take_in(self.shop.system)

    def _missed(self, playbook: str) -> None:
        self._see_to(playbook, AN_EVENT)

    def _see_to(self, playbook: str, because: str) -> None:
        """Have the open run of a playbook take new work, or begin one."""
        if self.shop.closing or self.shop.ring(playbook) or not self.shop.may_begin(playbook):
            return
        if playbook in self._direct or self._is_prefect_away():
            self._spawn(self._unseen.do(playbook))
        elif playbook not in self._starting:  # if it is, its first round finds this too
            self._starting.add(playbook)
            self._spawn(self._begin(playbook, because))

    def _is_prefect_away(self) -> bool:
        return self._absence.is_known(_PATIENCE_SECONDS)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        # In a context of ours: a run that sets another one going would hand on its client of
        # Prefect, which it closes when it ends.
        task = asyncio.get_running_loop().create_task(work, context=self._context.copy())
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._complain("the work goes on, but something failed", error)

    async def _begin(self, playbook: str, because: str) -> None:
        """Begin a run; do the work without it if it has not opened in a moment."""
        run = asyncio.create_task(start_run(self.shop, playbook, because, self._turn))
        opened = asyncio.create_task(self.shop.opened(playbook))
        try:
            await asyncio.wait(
                (run, opened), timeout=_PATIENCE_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            if not opened.done():
                error = run.exception() if run.done() else None
                self._complain(f"no run of {playbook} could be opened in Prefect", error)
                self._direct.add(playbook)
                await self._unseen.do(playbook)
                await asyncio.wait((run, opened), return_when=asyncio.FIRST_COMPLETED)
        finally:
            opened.cancel()
            self._direct.discard(playbook)
            self._starting.discard(playbook)
        with contextlib.suppress(Exception):  # it was said already
            await run

    # ── The sweep ────────────────────────────────────────────────────────────────────────────

    async def _sweep(self) -> None:
        """Find what was missed: arrivals nobody told of, and rows that are overdue."""
        if await asyncio.to_thread(self.shop.system.trouble):
            return
        await self._take_in_all()
        await asyncio.to_thread(tell_of_late_tasks, self.shop.system)
        await tell_people(self.shop.system)
        await ask_providers(self.shop.system)
        late, live = await asyncio.to_thread(self._overdue)
        for playbook in late:
            if playbook not in live:
                # It was taken away, and those inside still finish (law 20).
                self._spawn(self._unseen.do(playbook))
            elif not self.shop.is_open(playbook) and self._may_be_swept(playbook):
                self._see_to(playbook, "found by the sweep")

    def _may_be_swept(self, playbook: str) -> bool:
        """Tell whether to begin on a playbook; runs that find nothing are not made in a row."""
        if playbook in self._direct or self._is_prefect_away():
            return True
        now, last = time.monotonic(), self._swept.get(playbook)
        if playbook in self._starting or not self.shop.may_begin(playbook):
            return False
        if last is not None and now - last <= _SWEPT_AGAIN_AFTER:
            return False
        self._swept[playbook] = now
        return True

    async def _share_tasks(self, tool: str) -> None:
        """Show tasks in a tool, and do what was done there; each tool has a loop of its own."""
        while await share_tasks(self.shop.system, tool):
            pass
        for done in await look_at_tasks(self.shop.system, tool):
            self._see_to(done.playbook, AN_EVENT)

    async def _pull(self, source: str) -> None:
        """Ask a provider whose run in Prefect is missing: its first turn, or one that is late."""
        system = self.shop.system
        if await asyncio.to_thread(is_pull_late, system, source):
            done = await pull(system, source)
            _log.info("%s, asked without a run in Prefect: %s", source, done.sentence())
            if done.new:
                self.notify()

    async def _keep(self) -> None:
        if await asyncio.to_thread(self.shop.system.trouble):
            return
        await asyncio.to_thread(forget_ticks_ahead, self.shop.system)
        await asyncio.to_thread(compute_scores_daily, self.shop.system)
        await asyncio.to_thread(keep_house_hourly, self.shop.system)

    def _overdue(self) -> tuple[frozenset[str], Collection[str]]:
        """Name what is overdue and not paused, and what is live: that is made ready to send."""
        system = self.shop.system
        live, held = live_and_held(system)
        for each in live.values():
            each.get_words_ready()
        return overdue(system, system.clock() - _MISSED) - held, live.keys()

    # ── Prefect ──────────────────────────────────────────────────────────────────────────────

    async def _with_prefect(self) -> None:
        """Keep a client, the deployments and the worker; from the beginning if Prefect goes."""
        while not self._ending.is_set():
            try:
                await self._revive()
                async with get_client() as client:
                    await self._settle_in(client)
                    self._absence.is_certain = False
                    async with asyncio.TaskGroup() as group:
                        group.create_task(self._work_for_prefect())
                        group.create_task(self._stay_in_step(client))
            except* PrefectForgot:
                _log.warning("Prefect has lost deployments of ours; they are made again")
            except* Exception as error:  # noqa: BLE001 - it must go on
                self._absence.is_certain = True
                self._complain("Prefect does not answer; the work goes on without it", error)
            self.shop.kept_client = None
            await asyncio.sleep(_TRY_AGAIN_SECONDS)

    async def _revive(self) -> None:
        if self._server is not None and await asyncio.to_thread(self._server.revive):
            _log.warning("Prefect's server had ended or lost its database; it was started again")

    async def _settle_in(self, client: PrefectClient) -> None:
        """Find our place in Prefect: the pool, the deployments, what a crash left behind.

        Nothing is taken for known that was there before: its database may be another one.
        """
        self.shop.deployments.clear()
        self.shop.wake_ups.clear()
        await make_work_pool(client, self._work_pool)
        await mark_crashed(client, self.shop.system.worker)
        await put_pulls(client, self.shop.system.pullers.keys(), self._work_pool)
        if self._server is None:
            # A server of other machines too. Ours alone needs none: we looked when we began, and
            # an automation costs its SQLite some writes for every run.
            await watch_for_zombies(client)
        self._shown = None
        await self._sync(client)
        self.shop.kept_client = client

    async def _work_for_prefect(self) -> None:
        """Poll for runs that are scheduled or were started by hand, until Prefect goes."""
        worker = WarmWorker(work_pool_name=self._work_pool, name=self.shop.system.worker)
        await worker.start(printer=_log.info)

    async def _stay_in_step(self, client: PrefectClient) -> None:
        """Look again and again whether any process applied or paused something."""
        while True:
            await asyncio.sleep(SWEEP_EVERY.total_seconds())
            await self._sync(client)
            await self._revive()

    async def _sync(self, client: PrefectClient) -> None:
        """Bring deployments into step if need be; learn what was paused in Prefect's pages."""
        live, held = await asyncio.to_thread(live_and_held, self.shop.system)
        shown = {name: each.released.version_id for name, each in live.items()}, held
        is_new = shown != self._shown
        added: Collection[str] = ()
        if is_new:
            added = (await sync_deployments(client, live, held, self._work_pool)).added
            self._shown = shown
        with self._absence.asking():
            await look_at_deployments(client, self.shop)
        if not is_new and live.keys() - self.shop.deployments.keys():
            raise PrefectForgot("deployments that were there are gone")
        for playbook in added:
            await plan_wake_up(client, self.shop, playbook)

    def _complain(self, what: str, error: BaseException | None) -> None:
        """Say what goes wrong, once a minute."""
        if time.monotonic() - self._complained < _COMPLAIN_EVERY_SECONDS:
            return
        self._complained = time.monotonic()
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        why = why_unavailable(error) if isinstance(error, UNAVAILABLE) else repr(error)
        _log.warning("%s: %s", what, why)

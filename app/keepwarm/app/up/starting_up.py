"""The story of a start: what is made ready in which order, and what is said of it."""

from __future__ import annotations

from collections import Counter
from typing import Final

from keepwarm.app.applying import ApplyRefused, apply_folder
from keepwarm.app.example.bringing_in import Brought, bring_in
from keepwarm.app.folder import FolderRefused, read_folder
from keepwarm.app.settings import Settings
from keepwarm.app.up.embedded import Embedded, embed, is_open_to_others
from keepwarm.app.up.first_start import LIVE_SINCE, playbooks_live, run_once, trial
from keepwarm.app.up.telling import Teller, curl_line, won_back
from keepwarm.flows.scoring import compute_scores
from keepwarm.schema.problems import PlaybookRefused, as_text
from keepwarm.store.versions import live_release
from keepwarm.store.write_keys import has_keys

_WITHOUT_PREFECT: Final = (
    "The work goes on without it; its runs are shown there once it answers. See keepwarm.log."
)


class StartUp:
    """Starts everything and tells about it; `end` ends whatever had begun."""

    def __init__(self, settings: Settings, teller: Teller, *, by: str, with_example: bool) -> None:
        self._wanted, self._teller, self._by = settings, teller, by
        self._with_example = with_example
        self._embedded: Embedded | None = None

    def begin(self) -> None:
        """Start, in the order in which things need each other; Prefect's server meanwhile."""
        self._teller.head("Keepwarm starts. Ctrl-C ends it.")
        embedded = self._embedded = embed(self._wanted)
        self._teller.ready("database", embedded.settings.database_url.rpartition("@")[2])
        self._say_ports(embedded)
        has_example = self._apply_and_load(embedded)
        self._score(embedded)
        embedded.start_web()
        self._teller.ready("web", embedded.settings.public_url)
        trouble = embedded.start_work()
        embedded.start_taking_drops()
        if trouble is not None:
            self._teller.wrong("Prefect", f"{trouble}\n{_WITHOUT_PREFECT}")
        else:
            self._teller.ready("Prefect", embedded.prefect_url)
            if has_example and playbooks_live(embedded.system):
                self._run_win_back(embedded)
        self._say_where(embedded)

    def end(self) -> None:
        """End what was started."""
        if self._embedded is not None:
            self._teller.plain("\nStopping …")
            self._embedded.stop()
            self._teller.plain("Stopped.")

    # ── Its parts ────────────────────────────────────────────────────────────────────────────

    def _say_ports(self, embedded: Embedded) -> None:
        wanted, got = self._wanted, embedded.settings
        if wanted.port != got.port:
            self._teller.note("web", f"port {wanted.port} is taken; {got.port} it is")
        server = embedded.server
        if server is not None and server.port != wanted.prefect_port:
            self._teller.note(
                "Prefect", f"port {wanted.prefect_port} is taken; {server.port} it is"
            )
        if is_open_to_others(got) and _shown_key(embedded) is None:
            self._teller.note(
                "web", "other machines reach it; `keepwarm keys add` lets them post events"
            )

    def _apply_and_load(self, embedded: Embedded) -> bool:
        """Bring the example in and make the playbooks live; tell whether the example is there."""
        folder = embedded.settings.playbooks
        try:
            workspace = read_folder(folder)
        except FolderRefused as refused:
            self._teller.wrong("playbooks", str(refused))
            return False
        brought = None
        if self._with_example:
            home = embedded.settings.home / "example"
            with self._teller.bars() as progress:
                brought = bring_in(embedded.system, workspace.catalog, home, progress)
            self._say_example(brought)
        self._apply(embedded, has_example=brought is not None)
        return brought is not None

    def _say_example(self, brought: Brought | None) -> None:
        if brought is None:
            self._teller.note("example", "left out: there are customers already")
        elif brought.was_known:
            self._teller.ready("example", f"already loaded; its last day is {brought.last_day}")
        else:
            self._teller.ready(
                "example",
                f"{brought.customers:,} customers and {brought.purchases:,} purchases of the music"
                " shop CDNOW, 1997 to 1998.\n"
                f"Dates are moved by {brought.moved_days:,} days, so that the last is"
                f" {brought.last_day} (yesterday).\n"
                "Purchases are real; names, addresses, zones and consents are made up.",
            )

    def _apply(self, embedded: Embedded, *, has_example: bool) -> None:
        system, folder = embedded.system, embedded.settings.playbooks
        now = system.clock()
        with system.database.reading() as cx:
            is_first = live_release(cx) is None
        try:
            since, note = now, "keepwarm up"
            if is_first and has_example:
                # So that today's run is due.
                since, note = now - LIVE_SINCE, f"{note}; the example counts as live a day longer"
            applied = apply_folder(system.database, folder, self._by, note, since)
        except PlaybookRefused as refused:
            sources = read_folder(folder).sources
            self._teller.plain(as_text(refused.problems, sources))
            kept = len(playbooks_live(system))
            goes_on = f"; what is live stays so ({kept} playbooks)" if kept else ""
            self._teller.wrong("playbooks", f"not applied, see above{goes_on}")
            return
        except ApplyRefused as refused:
            self._teller.wrong("playbooks", f"{refused}\nWhat is live stays so; see keepwarm plan.")
            return
        what = ", ".join((*applied.added, *applied.changed))
        counts = Counter(each.plan.status for each in playbooks_live(system).values())
        said = ", ".join(f"{counts[status]} {status}" for status in sorted(counts)) or "none"
        self._teller.ready(
            "playbooks", said + (f"; applied now: {what}" if what else "; nothing to apply")
        )

    def _score(self, embedded: Embedded) -> None:
        counts = compute_scores(embedded.system)
        if counts:
            said = ", ".join(f"{name} of {count:,} customers" for name, count in counts.items())
            self._teller.ready("scores", said)

    def _run_win_back(self, embedded: Embedded) -> None:
        result = run_once(embedded.system)
        if result is None:
            self._teller.ready("win-back", "ran already; what it sent is in the outbox")
            return
        self._teller.ready(
            "win-back",
            f"{result.playbook}, as a run of its deployment:"
            f" {embedded.prefect_url}{result.ran.path}\n{won_back(result)}",
        )

    def _say_where(self, embedded: Embedded) -> None:
        settings = embedded.settings
        self._teller.plain()
        self._teller.plain(f"  Outbox     {settings.public_url}/outbox")
        self._teller.plain(f"  Tasks      {settings.public_url}/tasks")
        self._teller.plain(f"  Prefect    {embedded.prefect_url}")
        chosen = trial(embedded.system)
        if chosen is None:
            return
        self._teller.plain()
        self._teller.plain(
            f"  Try it: an event for customer {chosen.customer}, where it is"
            f" {chosen.local_time:%H:%M} ({chosen.zone}),\n"
            "  so that no quiet hours hold the text. It is in the outbox within a second or two:"
        )
        self._teller.plain()
        self._teller.plain(curl_line(settings.public_url, chosen, _shown_key(embedded)))
        self._teller.plain()


def _shown_key(embedded: Embedded) -> str | None:
    """Give what stands for the write key in a line to be copied; None where none is needed."""
    if embedded.settings.write_key is not None:
        return embedded.settings.write_key
    with embedded.system.database.reading() as cx:
        return "YOUR_WRITE_KEY" if has_keys(cx) else None

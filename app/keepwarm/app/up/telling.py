"""What `keepwarm up` says: one line for each thing that is ready, and where to look at the end."""

from __future__ import annotations

import json
import shlex
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from keepwarm.app.up.first_start import Trial, WonBack
from keepwarm.schema.words import counted_messages


class Teller:
    """Writes to a terminal or to a file, coloured or not."""

    def __init__(self, stream: TextIO, *, colour: bool) -> None:
        self._console = Console(
            file=stream, no_color=not colour, highlight=False, soft_wrap=True, markup=False
        )

    def head(self, what: str) -> None:
        """Say what begins."""
        self._console.print(Text(what, style="bold"))

    def ready(self, name: str, says: str) -> None:
        """Say that something is ready."""
        self._line("✓", "green", name, says)

    def note(self, name: str, says: str) -> None:
        """Say something that is worth knowing."""
        self._line("·", "yellow", name, says)

    def wrong(self, name: str, says: str) -> None:
        """Say what went wrong."""
        self._line("✗", "red", name, says)

    def _line(self, mark: str, colour: str, name: str, says: str) -> None:
        line = Text("  ")
        line.append(mark, style=colour)
        line.append(f" {name:<10}", style="bold")
        first, *rest = says.splitlines() or [""]
        line.append(first)
        for more in rest:
            line.append(f"\n{'':14}{more}")
        self._console.print(line)

    def plain(self, says: str = "") -> None:
        """Write as it is, so that it can be copied."""
        self._console.print(Text(says))

    @contextmanager
    def bars(self) -> Iterator[Callable[[str, int, int], None]]:
        """Show bars while a block works, where somebody sees them."""
        if not self._console.is_terminal:
            yield lambda _what, _done, _size: None
            return
        known: dict[str, TaskID] = {}
        bars = Progress(
            TextColumn("    {task.description:<12}"),
            BarColumn(bar_width=30),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
        )
        with bars:

            def show(what: str, done: int, size: int) -> None:
                if what not in known:
                    known[what] = bars.add_task(what, total=size)
                bars.update(known[what], completed=done, total=size)

            yield show


def won_back(result: WonBack) -> str:
    """Say what the run over the example came to."""
    by_status: dict[str, Counter[str]] = {}
    for (channel, status), count in result.messages.items():
        by_status.setdefault(status, Counter())[channel] += count
    sent = by_status.pop("sent", Counter()) + by_status.pop("delivered", Counter())
    parts = [f"{result.entered:,} customers entered"]
    parts += [f"{counted_messages(channel, count)} sent" for channel, count in sorted(sent.items())]
    lines = [", ".join(parts) + "."]
    if result.held_out:
        lines.append(f"{result.held_out:,} held out: never contacted, to measure the lift")
    whys = {"held": result.held, "skipped": result.skipped, "failed": result.failed}
    for status, why in whys.items():
        by_status.pop(status, None)
        lines += [f"{count:,} {status}: {reason}" for reason, count in why.items()]
    lines += [f"{sum(counts.values()):,} {status}" for status, counts in sorted(by_status.items())]
    if result.ran.state not in ("Completed", "Nothing due"):
        lines.append(f"Prefect says: {result.ran.state}. {result.ran.message}")
    return "\n".join(lines)


def curl_line(url: str, trial: Trial, write_key: str | None) -> str:
    """Give the line that posts the event, with a key where one is needed."""
    body = {
        "userId": trial.customer,
        "event": trial.event,
        "properties": dict(trial.properties),
    }
    key = ["-u", f"{write_key}:"] if write_key else []
    words = ["curl", "-sS", *key, f"{url}/v1/track", "-H", "content-type: application/json"]
    return shlex.join([*words, "-d", json.dumps(body)])

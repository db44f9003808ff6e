"""Say how things stand: what is live, what went out, what waits, what failed, what is next.

  keepwarm status               the last 24 hours
  keepwarm status --hours 1

Messages are counted by where they stand now.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from keepwarm.app.paint import Paint, paint_for
from keepwarm.app.shown import add_colour, at_least_one

if TYPE_CHECKING:
    from keepwarm.engine.plan import Plan
    from keepwarm.store.circuits import Circuit
    from keepwarm.store.holds import Hold
    from keepwarm.store.notices import Notice
    from keepwarm.store.overview import PlaybookStanding, Waiting


#: A hundred years: further back than anything that is kept, and a date that there was.
_LONGEST_HOURS: Final = 100 * 366 * 24
#: `MessageStatus.HELD`, which would import the engine where `--help` needs none.
_HELD: Final = "held"


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    add_colour(parser)
    parser.add_argument(
        "--hours",
        type=at_least_one,
        default=24,
        metavar="N",
        help="how far to look back (default: 24)",
    )


def run(given: argparse.Namespace) -> int:
    """Print how things stand, and give the exit code."""
    from keepwarm.app.settings import read_settings
    from keepwarm.app.wiring import clock, open_and_migrate
    from keepwarm.flows.shelf import Shelf
    from keepwarm.store import overview
    from keepwarm.store.circuits import open_circuits
    from keepwarm.store.holds import holds
    from keepwarm.store.notices import latest_notices

    now, paint = clock(), paint_for(given, sys.stdout)
    since = now - timedelta(hours=min(given.hours, _LONGEST_HOURS))
    with closing(open_and_migrate(read_settings())) as database, database.reading() as cx:
        live = {name: each.plan for name, each in Shelf().live(cx).items()}
        print("\n".join(_playbooks(live, overview.standing(cx), holds(cx), now, paint)))
        counts = overview.by_channel_and_status(cx, since)
        waiting = overview.waiting(cx)
        print("\n".join(_messages(counts, waiting, given.hours, now, paint)))
        for status in ("failed", "unknown"):
            for why, count in overview.reasons(cx, status, since).items():
                print(f"  {paint.bad(f'{count:>7,} {status}')}: {why}")
        refused, latest = overview.arrivals_with_problems(cx)
        stopped = open_circuits(cx).values()
        notices = latest_notices(cx, since, limit=5)
    print("".join(_stopped(stopped) + _told(notices)), end="")
    if refused:
        print(f"\n{refused:,} arrivals could not be used. The latest:")
        print("\n".join(f"  {each}" for each in latest))
        print("  `keepwarm arrivals --try-again` uses them once they fit.")
    return 0


def _playbooks(
    live: Mapping[str, Plan],
    standing: Mapping[str, PlaybookStanding],
    held: Mapping[str, Hold],
    now: datetime,
    paint: Paint,
) -> list[str]:
    from keepwarm.store.holds import EVERYTHING

    if not live:
        return ["Nothing is live. `keepwarm apply` makes the playbooks of a folder live."]
    lines = []
    if (all_of_it := held.get(EVERYTHING)) is not None:
        said = f"EVERYTHING IS PAUSED by {all_of_it.by}: {all_of_it.reason}"
        lines.append(f"{paint.bad(said)}\n")
    width = max(len(name) for name in live)
    lines.append(paint.strong("Live:"))
    for name, plan in sorted(live.items()):
        stands = standing.get(name)
        inside = f"{stands.inside:,} inside" if stands else "nobody inside"
        due = _due(stands.next_due, now) if stands and stands.next_due else ""
        hold = held.get(name)
        paused = paint.warning(f", {hold.kind} by {hold.by}: {hold.reason}") if hold else ""
        lines.append(f"  {name:<{width}}  {plan.status:<6}  {inside}{due}{paused}")
    return lines


def _due(due: datetime, now: datetime) -> str:
    return ", next due now" if due <= now else f", next due {due:%d %b %H:%M} UTC"


def _messages(
    counts: Mapping[tuple[str, str], int],
    waiting: Sequence[Waiting],
    hours: int,
    now: datetime,
    paint: Paint,
) -> list[str]:
    """Say where messages stand: by channel those of late, and what waits, since whenever."""
    lines = ["", paint.strong(f"Messages of the last {_hours(hours)}:")]
    by_channel: dict[str, list[str]] = {}
    for (channel, status), count in sorted(counts.items()):
        by_channel.setdefault(channel, []).append(f"{count:,} {status}")
    if not by_channel:
        lines.append("  none")
    lines += [f"  {channel:<8} {', '.join(said)}" for channel, said in by_channel.items()]
    held = sum(each.count for each in waiting if each.what == _HELD)
    older = held - sum(count for (_, status), count in counts.items() if status == _HELD)
    if older > 0:
        lines.append(f"  {older:,} more are held since before that")
    others = [each for each in waiting if each.what != _HELD]
    if others:
        lines += ["", paint.strong("Waiting to be sent:")]
        lines += [f"  {each.channel:<8} {_waits(each, now)}" for each in others]
    return lines


def _waits(each: Waiting, now: datetime) -> str:
    what = "for the next attempt" if each.what == "again" else "queued"
    return f"{each.count:,} {what}" + (_due(each.next_at, now) if each.next_at else ", in hand now")


def _hours(hours: int) -> str:
    return "hour" if hours == 1 else f"{hours:,} hours"


def _stopped(circuits: Iterable[Circuit]) -> list[str]:
    return [
        f"\n{each.destination} is STOPPED since {each.since:%d %b %H:%M} UTC: {each.reason}\n"
        f"  One message tries it again at {each.try_at:%H:%M} UTC, or at once by\n"
        f"  keepwarm connectors --try {each.destination}\n"
        for each in circuits
    ]


def _told(notices: Sequence[Notice]) -> list[str]:
    if not notices:
        return []
    return ["\nWhat people were told, the latest first:\n"] + [
        f"  {each.at:%d %b %H:%M} UTC to {each.address}: {each.words}\n" for each in notices
    ]

"""Draw playbooks: as Mermaid, which GitHub and Prefect show, or as SVG, which browsers show.

  keepwarm graph dormant-win-back                                    Mermaid
  keepwarm graph dormant-win-back --format svg --out win-back.svg    a picture, light and dark
  keepwarm graph dormant-win-back --format svg --counts --out x.svg  with the customers in it
  keepwarm graph --format svg --out pictures                         all of them, into a folder

Mermaid goes between ```mermaid and ``` in a Markdown file. With --counts, what is live is drawn,
whatever the folder says: how many came to each step, who waits there now, what was sent.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from keepwarm.app.choosing import ChoiceRefused, no_such_playbook, plans_in
from keepwarm.app.shown import add_playbooks
from keepwarm.engine.charts.layout import lay_out_chart
from keepwarm.engine.charts.svg import svg_of
from keepwarm.engine.drawing import mermaid
from keepwarm.engine.drawing_notes import NOTHING, Notes
from keepwarm.engine.plan import Plan

if TYPE_CHECKING:
    from keepwarm.store.connection import Connection


class DrawingRefused(Exception):
    """What was asked for cannot be drawn; says why, and what to write instead."""


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    add_playbooks(parser)
    parser.add_argument("playbook", nargs="?", metavar="PLAYBOOK", help="default: all of them")
    parser.add_argument("--format", choices=("mermaid", "svg"), default="mermaid")
    parser.add_argument(
        "--counts", action="store_true", help="draw what is live, with its customers in numbers"
    )
    parser.add_argument(
        "--out", type=Path, metavar="PATH", help="a file, or a folder where all are drawn"
    )


def run(given: argparse.Namespace) -> int:
    """Draw, and give the exit code."""
    plans = _live(given.playbook) if given.counts else _written(given.playbooks, given.playbook)
    drawn = {name: _drawn(plan, notes, given.format) for name, (plan, notes) in plans.items()}
    if given.playbook and given.out:
        given.out.write_text(drawn[given.playbook], encoding="utf-8")
    elif given.out:
        _write_all(given.out, drawn, {"mermaid": "mmd"}.get(given.format, given.format))
    elif given.playbook:
        sys.stdout.write(drawn[given.playbook])
    elif given.format == "svg":
        raise DrawingRefused("Pictures of all playbooks need a folder: --out DIR")
    else:
        for name, text in drawn.items():
            sys.stdout.write(f"## {name}\n\n```mermaid\n{text}```\n\n")
    return 0


def _drawn(plan: Plan, notes: Notes, form: str) -> str:
    if form == "svg":
        return svg_of(lay_out_chart(plan, notes), plan.title, with_style=True) + "\n"
    return mermaid(plan, notes) + "\n"


def _write_all(folder: Path, drawn: Mapping[str, str], ending: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in drawn.items():
        (folder / f"{name}.{ending}").write_text(text, encoding="utf-8")
    print(f"{len(drawn)} pictures are in {folder}.")


def _written(folder: Path, wanted: str | None) -> dict[str, tuple[Plan, Notes]]:
    """Give the plans that the folder holds: one, or all."""
    _, plans = plans_in(folder, wanted)
    return {name: (plan, NOTHING) for name, plan in plans.items()}


def _live(wanted: str | None) -> dict[str, tuple[Plan, Notes]]:
    """Give the plans that are live with their counts: one, or all."""
    from keepwarm.app.counting import count_notes, count_version
    from keepwarm.flows.shelf import Shelf

    with _reading() as cx:
        live = Shelf().live(cx)
        if wanted is not None and wanted not in live:
            raise ChoiceRefused(no_such_playbook(wanted, live, "Live are"))
        found: dict[str, tuple[Plan, Notes]] = {}
        for name in [wanted] if wanted is not None else sorted(live):
            plan = live[name].plan
            counted = count_version(cx, name, live[name].released.version_id)
            found[name] = (plan, count_notes(plan, counted))
    return found


@contextmanager
def _reading() -> Iterator[Connection]:
    from keepwarm.app.settings import read_settings
    from keepwarm.app.wiring import open_and_migrate

    with closing(open_and_migrate(read_settings())) as database, database.reading() as cx:
        yield cx

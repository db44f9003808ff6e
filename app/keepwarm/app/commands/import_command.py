"""Bring in customers or events from a file: CSV, JSON Lines or Parquet.

  keepwarm import customers people.csv
  keepwarm import events orders.parquet --event ordered
  keepwarm import customers people.csv --column "E-mail=email" --column "Notes="

A column is taken by its name in the catalog; --column says what another one means, and nothing
after the = leaves it out. Rows that do not fit are named, and kept beside the file in
<file>.refused.jsonl. The same file again changes nothing.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from keepwarm.app.shown import add_by, add_colour, add_playbooks, wants_colour

if TYPE_CHECKING:
    from keepwarm.store.importing import Imported

_MOST_SHOWN = 10


class ColumnRefused(Exception):
    """A --column is not written as it must be; says how."""


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    add_playbooks(parser)
    add_colour(parser)
    parser.add_argument("what", choices=("customers", "events"), help="what the file holds")
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--event", metavar="NAME", help="the event that every row is one of")
    parser.add_argument(
        "--column",
        action="append",
        default=[],
        metavar="COLUMN=NAME",
        help="what a column means; may be said many times",
    )
    add_by(parser)


def run(given: argparse.Namespace) -> int:
    """Import the file, and give the exit code: 1 when a row was refused."""
    from keepwarm.app.folder import read_folder
    from keepwarm.app.settings import read_settings
    from keepwarm.app.up.telling import Teller
    from keepwarm.app.wiring import clock, open_and_migrate
    from keepwarm.flows.drops import opened
    from keepwarm.store.audit import note
    from keepwarm.store.importing import import_customers, import_events

    file: Path = given.file
    if (wrong := _wrong_use(given)) is not None:
        sys.stderr.write(f"keepwarm: {wrong}\n")
        return 2
    columns = _columns(given.column)
    catalog = read_folder(given.playbooks).catalog
    teller = Teller(sys.stdout, colour=wants_colour(given, sys.stdout))
    with closing(open_and_migrate(read_settings())) as database:
        with teller.bars() as show:

            def progress(_rows: int, done: int, size: int) -> None:
                show(given.what, done, size)

            if given.what == "customers":
                report = import_customers(
                    database, file, catalog, clock(),
                    columns=columns, opens=opened, progress=progress,
                )  # fmt: skip
            else:
                report = import_events(
                    database, file, catalog, clock(),
                    event=given.event, columns=columns, opens=opened, progress=progress,
                )  # fmt: skip
        if not report.was_known:
            told = {"file": file.name, "rows": report.rows_read, "refused": report.rows_refused}
            with database.writing() as cx:
                note(cx, given.by, f"imported {given.what}", told, clock())
    print(_said(report, given.what, file))
    return 1 if report.rows_refused else 0


def _wrong_use(given: argparse.Namespace) -> str | None:
    if not given.file.is_file():
        return f"There is no file {given.file.absolute()}. Name one in CSV, JSON Lines or Parquet."
    if given.what == "customers" and given.event is not None:
        return "--event is for events; write `keepwarm import events`."
    return None


def _columns(said: list[str]) -> dict[str, str]:
    columns: dict[str, str] = {}
    for each in said:
        column, equals, name = each.rpartition("=")
        if not equals:
            raise ColumnRefused(f'--column "{each}" has no =. Write for example "E-mail=email".')
        columns[column] = name.strip()
    return columns


def _said(report: Imported, what: str, file: Path) -> str:
    if report.was_known:
        return f"{file} went in before; nothing was done."
    lines = [f"{report.rows_read:,} rows read: {report.new:,} new {what}"]
    counts = (
        (report.changed, "changed"),
        (report.known, "known already"),
        (report.customers_made, "customers made for events"),
        (report.consents_left_out, "consents left out, because the customers withdrew them"),
        (report.rows_refused, "refused"),
    )
    lines[0] += "".join(f", {count:,} {says}" for count, says in counts if count) + "."
    if report.ignored:
        lines.append(f"The catalog does not have, and so left out: {', '.join(report.ignored)}.")
    lines += [f"  {refused}" for refused in report.refused[:_MOST_SHOWN]]
    if report.rows_refused:
        lines.append(f"All refused rows are in {file}.refused.jsonl; mend them and import that.")
    return "\n".join(lines)

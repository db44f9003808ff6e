"""Look at customers: one with everything known and done, or those who may be known twice.

  keepwarm customers show 00018
  keepwarm customers duplicates
  keepwarm customers merge 00018 00412     00018 stays, and 00412 means the same from now on

They may be one person who have the same e-mail address or phone number, or e-mail addresses that
differ in what stands behind a + only. Nobody is merged unless somebody says so; then the stricter
consent stands, and nobody enters anything. It cannot be undone.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import closing
from typing import Final

from keepwarm.app.shown import add_by, how_many


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    what = parser.add_subparsers(dest="what", metavar="WHAT", required=True)
    showing = what.add_parser("show", help="shows everything known and done about one")
    showing.add_argument("customer", metavar="CUSTOMER", help="identifier, e-mail or phone")
    showing.add_argument(
        "--last", type=how_many, default=50, metavar="N", help="of what happened (default: 50)"
    )
    what.add_parser("duplicates", help="lists those who may be one person")
    merging = what.add_parser("merge", help="makes one customer of two")
    merging.add_argument("keep", metavar="KEEP", help="who stays")
    merging.add_argument("gone", metavar="GONE", help="who means the same from now on")
    add_by(merging)


def run(given: argparse.Namespace) -> int:
    """Do it, and give the exit code."""
    match given.what:
        case "show":
            return _show(given)
        case "merge":
            return _merge(given)
        case _:
            return _list()


_LABEL: Final = 18


def _show(given: argparse.Namespace) -> int:
    from keepwarm.app.explaining.finding import find_meant
    from keepwarm.app.moments import said
    from keepwarm.app.profiles.profile import profile_of
    from keepwarm.app.settings import read_settings
    from keepwarm.app.wiring import open_and_migrate
    from keepwarm.flows.shelf import Shelf

    with closing(open_and_migrate(read_settings())) as database, database.reading() as cx:
        meant = find_meant(cx, given.customer)
        profiles = [profile_of(cx, Shelf(), each, given.last) for each in meant]
    if not profiles:
        sys.stderr.write("keepwarm: Nobody has this identifier, e-mail address or phone number.\n")
        return 1
    for profile in profiles:
        print(f"{profile.customer}, known since {said(profile.since, profile.zone)}\n")
        for told in profile.known:
            provenance = f"  ({told.provenance})" if told.provenance else ""
            print(f"  {told.name:<{_LABEL}}{told.value}{provenance}")
        print()
        for deed in profile.deeds:
            print(f"  {said(deed.at, profile.zone)}  {deed.says}")
    return 0


def _list() -> int:
    from keepwarm.app.profiles.addresses import addresses_of
    from keepwarm.app.settings import read_settings
    from keepwarm.app.wiring import open_and_migrate
    from keepwarm.store.duplicates import find_duplicates

    with closing(open_and_migrate(read_settings())) as database, database.reading() as cx:
        found = find_duplicates(cx)
    for alike in found:
        print(f"{', '.join(each.customer for each in alike.customers)}: {alike.likeness}")
        for each in alike.customers:
            print(f"  {each.customer:<{_LABEL}}{', '.join(addresses_of(each))}")
    if not found:
        print("Nobody seems to be known twice.")
    else:
        print("\nIf they are one person:  keepwarm customers merge KEEP GONE")
    return 0


def _merge(given: argparse.Namespace) -> int:
    from keepwarm.app.settings import read_settings
    from keepwarm.app.wiring import clock, open_and_migrate
    from keepwarm.store.merging import NotMerged, merge

    with closing(open_and_migrate(read_settings())) as database, database.writing() as cx:
        merged = merge(cx, given.keep, given.gone, given.by, clock())
    if isinstance(merged, NotMerged):
        sys.stderr.write(f"keepwarm: They were not merged: {merged.reason}.\n")
        return 1
    print(
        f"{given.gone} is {given.keep} from now on.\n"
        f"  playbooks that went over                  {merged.runs_moved}\n"
        f"  playbooks ended, as {given.keep} was inside already: {merged.stopped.runs}"
    )
    return 0

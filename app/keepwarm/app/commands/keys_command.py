"""Make, list and revoke the write keys of those who post events.

  keepwarm keys add shop
  keepwarm keys add website --calls track,page --events signed_up,ordered
  keepwarm keys list
  keepwarm keys revoke kw_4f9a1c2e

A key is shown once, when it is made. To exchange one, make a second for the same source, use it,
and revoke the first. Once a key was made, nobody posts without one, this machine neither.
"""

from __future__ import annotations

import argparse
import secrets
import sys
from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING, Final

from keepwarm.app.shown import add_by, how_many
from keepwarm.schema.suggestions import closest

if TYPE_CHECKING:
    from keepwarm.store.write_keys import WriteKey

_NAME_BYTES: Final = 4
_SECRET_BYTES: Final = 20
#: As the ingest API has it; not imported from there, so that `--help` starts without the web.
_CALLS: Final = ("track", "identify", "alias", "group", "page", "screen")
_USUAL_RATE: Final = 5_000


class KeyRefused(Exception):
    """A key cannot be made or revoked as it was asked for; says how."""


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    what = parser.add_subparsers(dest="what", metavar="WHAT", required=True)
    adding = what.add_parser("add", help="makes a key, and shows it once")
    adding.add_argument("source", metavar="SOURCE", help="who holds it, such as shop")
    adding.add_argument(
        "--calls",
        default="",
        metavar="CALL,…",
        help=f"only these calls, of {', '.join(_CALLS)} (default: all)",
    )
    adding.add_argument(
        "--events", default="", metavar="EVENT,…", help="only these events (default: all)"
    )
    adding.add_argument(
        "--per-second",
        type=how_many,
        default=_USUAL_RATE,
        metavar="N",
        help=f"how many items it may post (default: {_USUAL_RATE:,})",
    )
    add_by(adding)
    what.add_parser("list", help="says which keys there are, and when each was used last")
    revoking = what.add_parser("revoke", help="lets a key open nothing any more")
    revoking.add_argument("key", metavar="KEY", help="the part of it that the list shows")
    add_by(revoking)


def run(given: argparse.Namespace) -> int:
    """Do it, and give the exit code."""
    match given.what:
        case "add":
            return _add(given)
        case "revoke":
            return _revoke(given)
        case _:
            return _list()


def _add(given: argparse.Namespace) -> int:
    from keepwarm.app.settings import read_settings
    from keepwarm.app.wiring import clock, open_and_migrate
    from keepwarm.store.write_keys import WriteKey, add_key

    _refuse_no_name(given.source)
    calls = _listed(given.calls)
    for each in calls:
        if each not in _CALLS:
            near = closest(each, _CALLS)
            hint = f"Did you mean {near}?" if near else f"There are {', '.join(_CALLS)}."
            raise KeyRefused(f'There is no call "{each}". {hint}')
    now = clock()
    name = f"kw_{secrets.token_hex(_NAME_BYTES)}"
    whole = f"{name}_{secrets.token_hex(_SECRET_BYTES)}"
    key = WriteKey(
        name, given.source, calls, _listed(given.events), given.per_second, now, given.by
    )
    with closing(open_and_migrate(read_settings())) as database, database.writing() as cx:
        add_key(cx, key, whole, now)
    print(whole)
    sys.stderr.write(
        f"\nThis is the only time that the key of {given.source} is shown; keep it where its"
        " other secrets are.\nIt is sent as the user of Basic auth, without a password:"
        " curl -u KEY: …\n"
    )
    return 0


def _refuse_no_name(source: str) -> None:
    """Refuse what is no word, which nobody could tell from another in a list."""
    if source and source.isprintable() and not any(sign.isspace() for sign in source):
        return
    words = "".join(sign if sign.isprintable() else " " for sign in source).split()
    write = f"{'-'.join(words)}." if words else "who holds the key, such as shop."
    wrong = "has blanks or other signs that are not seen" if words else "is empty"
    raise KeyRefused(f"The name of the source {wrong}. Write {write}")


def _listed(said: str) -> frozenset[str]:
    return frozenset(each.strip() for each in said.split(",") if each.strip())


def _revoke(given: argparse.Namespace) -> int:
    from keepwarm.app.settings import read_settings
    from keepwarm.app.wiring import clock, open_and_migrate
    from keepwarm.store.write_keys import read_keys, revoke_key

    name = "_".join(given.key.split("_")[:2])  # whoever gives the whole key means the same
    with closing(open_and_migrate(read_settings())) as database, database.writing() as cx:
        was_valid = revoke_key(cx, name, given.by, clock())
        is_known = name in [each.id for each in read_keys(cx)]
    if not is_known:
        raise KeyRefused(f'There is no key "{name}". `keepwarm keys list` shows those there are.')
    print(f"{name} opens nothing any more." if was_valid else f"{name} was revoked already.")
    return 0


def _list() -> int:
    from keepwarm.app.settings import read_settings
    from keepwarm.app.wiring import open_and_migrate
    from keepwarm.store.write_keys import read_keys

    with closing(open_and_migrate(read_settings())) as database, database.reading() as cx:
        keys = read_keys(cx)
    if not keys:
        print("There is no key. Until one is made, only this machine may post events.")
        return 0
    width = max(len(each.source) for each in keys)
    for each in keys:
        print(f"{each.id}  {each.source:<{width}}  {_stands(each)}; {_scope(each)}")
    return 0


def _stands(key: WriteKey) -> str:
    if key.revoked_at is not None:
        return f"revoked {_day(key.revoked_at)}"
    used = f"last used {_day(key.used_at)}" if key.used_at else "never used"
    return f"made {_day(key.made_at)} by {key.made_by}, {used}"


def _scope(key: WriteKey) -> str:
    calls = ", ".join(sorted(key.calls)) or "all calls"
    events = f" of {', '.join(sorted(key.events))}" if key.events else ""
    return f"{calls}{events}, up to {key.per_second:,} a second"


def _day(moment: datetime) -> str:
    return f"{moment:%d %b %Y %H:%M} UTC"

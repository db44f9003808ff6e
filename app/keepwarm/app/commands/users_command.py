"""Say who of the team may sign in to the pages, and what they may do there.

  keepwarm users add ann@acme.example                      may look and act
  keepwarm users add eve@acme.example --role viewer        may look
  keepwarm users role ann@acme.example approver
  keepwarm users password ann@acme.example                 makes a new one
  keepwarm users unbind ann@acme.example                   another person of the identity provider
  keepwarm users list
  keepwarm users remove ann@acme.example

As long as nobody has an account, the pages are shown to this machine alone. A password is made
for each, and shown once; people change it on their account's page.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING, Final

from keepwarm.app.shown import add_by
from keepwarm.schema.addresses import is_address

if TYPE_CHECKING:
    from keepwarm.store.accounts import Account
    from keepwarm.store.connection import Connection

#: As the store has them; not imported from there, so that `--help` starts without a database.
_ROLES: Final = ("viewer", "operator", "approver")


class UserRefused(Exception):
    """An account cannot be made or changed as it was asked for; says how."""


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    what = parser.add_subparsers(dest="what", metavar="WHAT", required=True)
    adding = what.add_parser("add", help="lets somebody sign in, with a password shown once")
    adding.add_argument("email", metavar="ADDRESS")
    adding.add_argument(
        "--role", choices=_ROLES, default="operator", help="what they may do (default: operator)"
    )
    changing = what.add_parser("role", help="gives somebody another role")
    changing.add_argument("email", metavar="ADDRESS")
    changing.add_argument("role", choices=_ROLES)
    renewing = what.add_parser("password", help="makes a new password, and ends every session")
    renewing.add_argument("email", metavar="ADDRESS")
    unbinding = what.add_parser(
        "unbind", help="lets the next who proves the address at the identity provider have it"
    )
    whose = unbinding.add_mutually_exclusive_group(required=True)
    whose.add_argument("email", nargs="?", metavar="ADDRESS")
    whose.add_argument("--all", action="store_true", help="every account: for another provider")
    removing = what.add_parser("remove", help="lets somebody sign in no more")
    removing.add_argument("email", metavar="ADDRESS")
    what.add_parser("list", help="says who there is, and when they signed in last")
    for each in (adding, changing, renewing, unbinding, removing):
        add_by(each)


def run(given: argparse.Namespace) -> int:
    """Do it, and give the exit code."""
    deeds: dict[str, Callable[[Connection, argparse.Namespace], str]] = {
        "add": _add,
        "role": _role,
        "password": _password,
        "unbind": _unbind,
        "remove": _remove,
        "list": _list,
    }
    from keepwarm.app.settings import read_settings
    from keepwarm.app.wiring import open_and_migrate

    with closing(open_and_migrate(read_settings())) as database, database.writing() as cx:
        said = deeds[given.what](cx, given)
    print(said)
    return 0


def _add(cx: Connection, given: argparse.Namespace) -> str:
    from keepwarm.app.passwords import hashed, new_password
    from keepwarm.app.wiring import clock
    from keepwarm.store.accounts import Role, add_account

    if not is_address(given.email):
        raise UserRefused(f'"{given.email}" is no e-mail address, such as ann@acme.example.')
    password = new_password()
    role = Role(given.role)
    if not add_account(cx, given.email, role, hashed(password), given.by, clock()):
        raise UserRefused(
            f"{given.email} has an account already. `keepwarm users password` makes a new password,"
            " `keepwarm users role` gives another role."
        )
    _say_once(given.email)
    return password


def _say_once(email: str) -> None:
    sys.stderr.write(
        f"The password of {email}; it is shown this once, and changed on the page /account.\n\n"
    )


def _role(cx: Connection, given: argparse.Namespace) -> str:
    from keepwarm.app.wiring import clock
    from keepwarm.store.accounts import Role, set_role

    if not set_role(cx, given.email, Role(given.role), given.by, clock()):
        raise _unknown(given.email)
    return f"{given.email} is {given.role} now."


def _password(cx: Connection, given: argparse.Namespace) -> str:
    from keepwarm.app.passwords import hashed, new_password
    from keepwarm.app.wiring import clock
    from keepwarm.store.accounts import set_password

    password = new_password()
    if not set_password(cx, given.email, hashed(password), given.by, clock()):
        raise _unknown(given.email)
    _say_once(given.email)
    return password


def _unbind(cx: Connection, given: argparse.Namespace) -> str:
    from keepwarm.app.wiring import clock
    from keepwarm.store.accounts import account_of, read_accounts, unbind_account

    if given.all:
        now = clock()
        freed = [unbind_account(cx, each.email, given.by, now) for each in read_accounts(cx)]
        return f"{sum(freed)} accounts belong to the next who prove their addresses."
    if account_of(cx, given.email) is None:
        raise _unknown(given.email)
    if not unbind_account(cx, given.email, given.by, clock()):
        raise UserRefused(f"{given.email} is bound to nobody: nobody came from a provider yet.")
    return f"{given.email} belongs to the next who proves that address at the identity provider."


def _remove(cx: Connection, given: argparse.Namespace) -> str:
    from keepwarm.app.wiring import clock
    from keepwarm.store.accounts import has_accounts, remove_account

    if not remove_account(cx, given.email, given.by, clock()):
        raise _unknown(given.email)
    last = "" if has_accounts(cx) else " Nobody is left: the pages are shown to this machine alone."
    return f"{given.email} signs in no more.{last}"


def _unknown(email: str) -> UserRefused:
    return UserRefused(f"{email} has no account. `keepwarm users list` shows who has.")


def _list(cx: Connection, given: argparse.Namespace) -> str:
    from keepwarm.store.accounts import read_accounts

    del given
    accounts = read_accounts(cx)
    if not accounts:
        return "Nobody has an account: the pages are shown to this machine alone."
    width = max(len(each.email) for each in accounts)
    return "\n".join(_line(each, width) for each in accounts)


def _line(account: Account, width: int) -> str:
    seen = account.signed_in_at
    last = f"signed in last {seen:%d %b %Y %H:%M} UTC" if seen else "never signed in"
    bound = "" if account.bound is None else f", bound to {account.bound.issuer}"
    return f"{account.email:<{width}}  {account.role:<8}  {last}{bound}"

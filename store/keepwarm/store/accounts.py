"""Accounts: who of the team may look at the pages, act on them, and approve.

Passwords come and stay here as their hashes; what hashes them is in `app`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection, text

from keepwarm.store.audit import note
from keepwarm.store.bulk import insert_rows
from keepwarm.store.moments import from_micros, from_micros_or_none, to_micros
from keepwarm.store.tables import AccountRow, EndedSessionRow

_COLUMNS: Final = ("email", "role", "password", "made_at", "made_by")


class Role(StrEnum):
    """What somebody may do, each more than the one before."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    APPROVER = "approver"

    def covers(self, other: Role) -> bool:
        """Tell whether this role may do all that the other may."""
        ranks = list(Role)
        return ranks.index(self) >= ranks.index(other)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as an identity provider knows them: not by an address, which may change hands."""

    issuer: str
    subject: str


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who signs in."""

    email: str
    role: Role
    made_at: datetime
    made_by: str
    signed_in_at: datetime | None
    #: A slow hash of the password.
    password: str
    #: Whom alone the identity provider lets in; None until somebody came from there.
    bound: Person | None = None


def add_account(
    cx: Connection, email: str, role: Role, password: str, by: str, now: datetime
) -> bool:
    """Let somebody sign in with a hashed password; tell whether they had no account before."""
    row = (email.lower(), role.value, password, now, by)
    is_new = insert_rows(cx, AccountRow, _COLUMNS, [row], on_conflict="skip") > 0
    if is_new:
        note(cx, by, "added an account", {"account": email.lower(), "role": role.value}, now)
    return is_new


def set_password(cx: Connection, email: str, password: str, by: str, now: datetime) -> bool:
    """Give an account another hashed password, which ends its sessions; tell if it is there."""
    statement = text("UPDATE account SET password = :password WHERE email = :email")
    values = {"password": password, "email": email.lower()}
    is_there = cx.execute(statement, values).rowcount > 0
    if is_there:
        note(cx, by, "changed a password", {"account": email.lower()}, now)
    return is_there


def set_role(cx: Connection, email: str, role: Role, by: str, now: datetime) -> bool:
    """Give an account another role; tell whether it is there."""
    statement = text("UPDATE account SET role = :role WHERE email = :email")
    is_there = cx.execute(statement, {"role": role, "email": email.lower()}).rowcount > 0
    if is_there:
        note(cx, by, "changed a role", {"account": email.lower(), "role": role.value}, now)
    return is_there


def remove_account(cx: Connection, email: str, by: str, now: datetime) -> bool:
    """Let somebody sign in no more, and end what they signed in to; tell whether they could."""
    statement = text("DELETE FROM account WHERE email = :email")
    was_there = cx.execute(statement, {"email": email.lower()}).rowcount > 0
    if was_there:
        note(cx, by, "removed an account", {"account": email.lower()}, now)
    return was_there


def read_accounts(cx: Connection) -> list[Account]:
    """Give all accounts by address."""
    return [_account(row) for row in cx.execute(text(f"{_SELECT} ORDER BY email"))]


def has_accounts(cx: Connection) -> bool:
    """Tell whether there is an account; as long as there is one, everybody signs in."""
    return cx.execute(text("SELECT 1 FROM account LIMIT 1")).first() is not None


def account_of(cx: Connection, email: str) -> Account | None:
    """Give the account of an address; None where there is none."""
    row = cx.execute(text(f"{_SELECT} WHERE email = :email"), {"email": email.lower()}).first()
    return None if row is None else _account(row)


def account_bound_to(cx: Connection, person: Person) -> Account | None:
    """Give the account that is bound to somebody; None where there is none."""
    statement = text(f"{_SELECT} WHERE issuer = :issuer AND subject = :subject")
    values = {"issuer": person.issuer, "subject": person.subject}
    row = cx.execute(statement, values).first()
    return None if row is None else _account(row)


def bind_account(cx: Connection, email: str, person: Person, by: str, now: datetime) -> None:
    """Let the identity provider open an account for one person alone, from now on."""
    _set_person(cx, email, person)
    note(cx, by, "bound an account", {"account": email.lower(), "issuer": person.issuer}, now)


def unbind_account(cx: Connection, email: str, by: str, now: datetime) -> bool:
    """Let the next who proves the account's address have it; tell whether anybody had.

    Ends the account's sessions.
    """
    was_bound = _set_person(cx, email, None)
    if was_bound:
        note(cx, by, "unbound an account", {"account": email.lower()}, now)
    return was_bound


def _set_person(cx: Connection, email: str, person: Person | None) -> bool:
    statement = text(
        "UPDATE account SET issuer = :issuer, subject = :subject WHERE email = :email"
        " AND (issuer IS NULL) <> :is_unbinding"
    )
    values = {
        "issuer": None if person is None else person.issuer,
        "subject": None if person is None else person.subject,
        "is_unbinding": person is None,
        "email": email.lower(),
    }
    return cx.execute(statement, values).rowcount > 0


def note_sign_in(cx: Connection, email: str, way: str, now: datetime) -> None:
    """Keep when somebody signed in last, and with what: a password, an identity provider."""
    statement = text("UPDATE account SET signed_in_at = :now WHERE email = :email")
    cx.execute(statement, {"now": to_micros(now), "email": email.lower()})
    note(cx, email.lower(), "signed in", {"with": way}, now)


def end_session(cx: Connection, digest: str, until: datetime, now: datetime) -> None:
    """Keep that a session was ended, for as long as it would have held."""
    cx.execute(text("DELETE FROM ended_session WHERE until < :now"), {"now": to_micros(now)})
    insert_rows(cx, EndedSessionRow, ("digest", "until"), [(digest, until)], on_conflict="skip")


def is_ended(cx: Connection, digest: str) -> bool:
    """Tell whether a session was ended before its time."""
    statement = text("SELECT 1 FROM ended_session WHERE digest = :digest")
    return cx.execute(statement, {"digest": digest}).first() is not None


_SELECT: Final = (
    "SELECT email, role, password, made_at, made_by, signed_in_at, issuer, subject FROM account"
)


def _account(row: Any) -> Account:  # noqa: ANN401 - a row of a statement has no type of its own
    return Account(
        email=row.email,
        role=Role(row.role),
        made_at=from_micros(row.made_at),
        made_by=row.made_by,
        signed_in_at=from_micros_or_none(row.signed_in_at),
        password=row.password,
        bound=None if row.issuer is None else Person(row.issuer, row.subject),
    )

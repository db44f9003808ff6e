"""Whose account it is that the provider speaks of, and what they may do."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from keepwarm.app.oidc.settings import OidcSettings
from keepwarm.app.passwords import hashed, new_password
from keepwarm.schema.addresses import is_address
from keepwarm.store.accounts import (
    Account,
    Person,
    Role,
    account_bound_to,
    account_of,
    add_account,
    bind_account,
    note_sign_in,
    set_role,
)
from keepwarm.store.connection import Connection
from keepwarm.store.database import Database

#: What the audit calls who makes accounts and changes roles by claims.
_BY: Final = "identity provider"


class PersonRefused(Exception):
    """Somebody may not sign in; says why, to them."""


def account_by_claims(
    database: Database, settings: OidcSettings, claims: Mapping[str, Any], now: datetime
) -> Account:
    """Give the account of who signed in, made or changed as the settings say.

    Raises:
        PersonRefused: there is none, and none is made.
    """
    person = Person(settings.issuer, claims["sub"])
    role = _role(settings, claims)
    # Outside of any transaction, since it is slow on purpose. Nobody ever knows this password.
    unknown_password = hashed(new_password())
    with database.writing() as cx:
        account = account_bound_to(cx, person) or _unbound(cx, settings, claims)
        email = _verified_address(settings, claims) if account is None else account.email
        if account is None:
            granted = role or settings.new_accounts
            if granted is None:
                raise PersonRefused(
                    f"{email} has no account here. Whoever runs Keepwarm makes one with"
                    " `keepwarm users add`."
                )
            add_account(cx, email, granted, unknown_password, _BY, now)
        elif role is not None and account.role is not role:
            set_role(cx, email, role, _BY, now)
        if account is None or account.bound is None:
            bind_account(cx, email, person, _BY, now)
        note_sign_in(cx, email, _BY, now)
        found = account_of(cx, email)
    if found is None:
        raise PersonRefused("This account was removed just now.")
    return found


def _unbound(cx: Connection, settings: OidcSettings, claims: Mapping[str, Any]) -> Account | None:
    """Give the account of the address, if nobody has come to it from a provider before.

    Addresses are given to other people after a while; whoever has one now gets no account by it
    that was another's.
    """
    account = account_of(cx, _verified_address(settings, claims))
    if account is not None and account.bound is not None:
        raise PersonRefused(
            f"The account {account.email} belongs to somebody else, or to you as another identity"
            " provider knows you. Whoever runs Keepwarm can change that with `keepwarm users"
            " unbind`."
        )
    return account


def _verified_address(settings: OidcSettings, claims: Mapping[str, Any]) -> str:
    email = claims.get("email")
    if not isinstance(email, str) or not is_address(email):
        raise PersonRefused("The identity provider does not say your e-mail address.")
    # Anybody may type any address into an account of their own elsewhere.
    if claims.get(settings.verified_claim) not in (True, "true", "1"):
        raise PersonRefused(
            "The identity provider does not say that your address is verified"
            f" ({settings.verified_claim})."
        )
    return email.lower()


def _role(settings: OidcSettings, claims: Mapping[str, Any]) -> Role | None:
    """Give the highest role of the claim; None where roles are left to `keepwarm users`."""
    if settings.roles_claim is None:
        return None
    said = claims.get(settings.roles_claim)
    names = [said] if isinstance(said, str) else said if isinstance(said, list) else []
    granted = [
        settings.roles[each] for each in names if isinstance(each, str) and each in settings.roles
    ]
    if not granted:
        raise PersonRefused("None of your groups has a role here.")
    return max(granted, key=list(Role).index)

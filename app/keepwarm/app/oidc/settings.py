"""Which identity provider people sign in with, and what its claims mean here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from keepwarm.app.settings import SettingsRefused
from keepwarm.store.accounts import Role

_ISSUER: Final = "KEEPWARM_OIDC_ISSUER"
_CLIENT_ID: Final = "KEEPWARM_OIDC_CLIENT_ID"
_ROLES: Final = "KEEPWARM_OIDC_ROLES"
_ROLES_CLAIM: Final = "KEEPWARM_OIDC_ROLES_CLAIM"
_NEW_ACCOUNTS: Final = "KEEPWARM_OIDC_NEW_ACCOUNTS"
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """How people sign in through an identity provider."""

    #: As the provider's own document spells it; without a slash at its end if that has none.
    issuer: str
    client_id: str
    #: None for a public client, which PKCE alone protects.
    client_secret: str | None
    #: The claim that names groups or roles; None leaves roles to `keepwarm users`.
    roles_claim: str | None
    #: What the claim says -> the role here.
    roles: Mapping[str, Role]
    #: What somebody gets who has no account; None refuses them.
    new_accounts: Role | None
    #: The claim by which the provider says that it verified the address.
    verified_claim: str = "email_verified"


def read_oidc(given: Mapping[str, str]) -> OidcSettings | None:
    """Read the settings; None where no provider is named.

    Raises:
        SettingsRefused: one is missing or cannot be used.
    """
    issuer, client_id = given.get(_ISSUER), given.get(_CLIENT_ID)
    if not issuer:
        return None
    if not may_be_asked(issuer):
        raise SettingsRefused(f'{_ISSUER} is "{issuer}"; write an address that begins https://.')
    if not client_id:
        raise SettingsRefused(f"{_ISSUER} is set, and {_CLIENT_ID} is not: set both.")
    claim, roles = given.get(_ROLES_CLAIM) or None, _roles(given.get(_ROLES, ""))
    if (claim is None) != (not roles):
        raise SettingsRefused(
            f"{_ROLES_CLAIM} names a claim and {_ROLES} says what it means: set both or none."
        )
    new = given.get(_NEW_ACCOUNTS)
    return OidcSettings(
        issuer=issuer,
        client_id=client_id,
        client_secret=given.get("KEEPWARM_OIDC_CLIENT_SECRET") or None,
        roles_claim=claim,
        roles=roles,
        new_accounts=_role(new, _NEW_ACCOUNTS) if new else None,
        verified_claim=given.get("KEEPWARM_OIDC_VERIFIED_CLAIM") or "email_verified",
    )


def may_be_asked(address: str) -> bool:
    """Tell whether an address is one that secrets may be sent to: by TLS, or on this machine."""
    parts = urlsplit(address)
    if parts.username is not None or not parts.hostname:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)


def _roles(written: str) -> Mapping[str, Role]:
    pairs = [each.strip() for each in written.split(",") if each.strip()]
    found: dict[str, Role] = {}
    for pair in pairs:
        name, sign, role = pair.rpartition("=")
        if not sign or not name.strip():
            raise SettingsRefused(f'{_ROLES} has "{pair}"; write retention-team=operator.')
        found[name.strip()] = _role(role.strip(), _ROLES)
    return found


def _role(written: str, setting: str) -> Role:
    try:
        return Role(written)
    except ValueError:
        known = ", ".join(Role)
        raise SettingsRefused(f'{setting} has "{written}"; the roles are {known}.') from None

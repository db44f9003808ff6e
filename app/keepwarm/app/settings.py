"""Settings: the one place that reads the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from keepwarm.schema.suggestions import closest
from keepwarm.schema.words import Channel

#: Channel -> the setting that names its connector.
CONNECTOR_SETTINGS: Final[Mapping[Channel, str]] = {
    Channel.EMAIL: "KEEPWARM_EMAIL",
    Channel.SMS: "KEEPWARM_SMS",
    Channel.PUSH: "KEEPWARM_PUSH",
    Channel.CHAT: "KEEPWARM_CHAT",
    Channel.WEBHOOK: "KEEPWARM_WEBHOOK",
}

_OTHERS: Final = (
    "KEEPWARM_HOME",
    "KEEPWARM_PLAYBOOKS",
    "KEEPWARM_DATABASE_URL",
    "KEEPWARM_PUBLIC_URL",
    "KEEPWARM_HOST",
    "KEEPWARM_PORT",
    "KEEPWARM_PREFECT_PORT",
    "KEEPWARM_TRUSTED_PROXIES",
    "KEEPWARM_SECRET",
    "KEEPWARM_WRITE_KEY",
    "KEEPWARM_TEST_ADDRESSES",
    "KEEPWARM_OIDC_ISSUER",
    "KEEPWARM_OIDC_CLIENT_ID",
    "KEEPWARM_OIDC_CLIENT_SECRET",
    "KEEPWARM_OIDC_ROLES_CLAIM",
    "KEEPWARM_OIDC_ROLES",
    "KEEPWARM_OIDC_NEW_ACCOUNTS",
    "KEEPWARM_OIDC_VERIFIED_CLAIM",
)
#: What connectors and their tests call their own begins so.
_CONNECTORS_OWN: Final = ("KEEPWARM_WEBHOOK_", "KEEPWARM_SMTP_", "KEEPWARM_TEST_")

_LAST_PORT: Final = 65535
#: Fewer signs can be guessed.
SHORTEST_SECRET: Final = 16


class SettingsRefused(Exception):
    """A setting is wrong; says which, and how to mend it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How this process was told to run."""

    #: Where embedded data lies: the database, Prefect's own, the secret.
    home: Path
    playbooks: Path
    database_url: str
    #: Where customers and providers reach the service; without a slash at its end.
    public_url: str
    host: str
    port: int
    #: The port of the embedded Prefect server.
    prefect_port: int
    #: Set when a Prefect server is running already; None starts one.
    prefect_api_url: str | None
    #: Proxies of ours with public addresses, which are believed what they forward.
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...]
    #: What links are signed and addresses hashed with; None makes one and keeps it in `home`.
    secret: str | None
    #: What those who post events must show; None lets this machine in without.
    write_key: str | None
    #: To whom tests of messages may go besides those who own the playbook.
    test_addresses: tuple[str, ...]
    connectors: Mapping[Channel, str]
    #: The environment as it was, for connectors to find their keys in. Never shown.
    environment: Mapping[str, str]

    def at_port(self, port: int) -> Settings:
        """Give the same settings on another port, in links too unless those were set."""
        own = f"http://{self.host}:{self.port}"
        public = f"http://{self.host}:{port}" if self.public_url == own else self.public_url
        return replace(self, port=port, public_url=public)


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from the environment.

    Raises:
        SettingsRefused: a setting cannot be used, or a name is misspelt.
    """
    given = dict(os.environ if environment is None else environment)
    _refuse_misspelt(given)
    home = Path(given.get("KEEPWARM_HOME") or ".keepwarm").absolute()
    host = given.get("KEEPWARM_HOST") or "127.0.0.1"
    port = _port(given, "KEEPWARM_PORT", 8800)
    return Settings(
        home=home,
        playbooks=Path(given.get("KEEPWARM_PLAYBOOKS") or "playbooks").absolute(),
        database_url=given.get("KEEPWARM_DATABASE_URL") or f"sqlite:///{home / 'keepwarm.db'}",
        public_url=_public_url(given, f"http://{host}:{port}"),
        host=host,
        port=port,
        prefect_port=_port(given, "KEEPWARM_PREFECT_PORT", 4200),
        prefect_api_url=given.get("PREFECT_API_URL") or None,
        trusted_proxies=_networks(given, "KEEPWARM_TRUSTED_PROXIES"),
        secret=_secret(given),
        write_key=given.get("KEEPWARM_WRITE_KEY") or None,
        test_addresses=tuple(
            address.strip()
            for address in given.get("KEEPWARM_TEST_ADDRESSES", "").split(",")
            if address.strip()
        ),
        connectors={
            channel: given.get(name) or "outbox" for channel, name in CONNECTOR_SETTINGS.items()
        },
        environment=given,
    )


def _refuse_misspelt(given: Mapping[str, str]) -> None:
    known = {*CONNECTOR_SETTINGS.values(), *_OTHERS}
    for name in sorted(given):
        if not name.startswith("KEEPWARM_") or name in known or name.startswith(_CONNECTORS_OWN):
            continue
        near = closest(name, known)
        hint = f" Did you mean {near}?" if near else f" Known are {', '.join(sorted(known))}."
        raise SettingsRefused(f"{name} is not a setting of Keepwarm.{hint}")


def _public_url(given: Mapping[str, str], own: str) -> str:
    """Give where others reach the service: every link in a message begins with it."""
    text = (given.get("KEEPWARM_PUBLIC_URL") or own).strip().rstrip("/")
    try:
        parts = urlsplit(text)
        is_whole = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        is_whole = False
    if not is_whole or parts.query or parts.fragment or text.split() != [text]:
        raise SettingsRefused(
            f'KEEPWARM_PUBLIC_URL is "{text}"; write an address such as https://keepwarm.acme.example,'
            " with which the links in messages begin."
        )
    return text


def _networks(given: Mapping[str, str], name: str) -> tuple[IPv4Network | IPv6Network, ...]:
    texts = (text.strip() for text in given.get(name, "").split(","))
    try:
        return tuple(ip_network(text, strict=False) for text in texts if text)
    except ValueError as error:
        raise SettingsRefused(
            f"{name} cannot be used: {error}. Write addresses or networks with commas between"
            " them, such as 203.0.113.7, 2001:db8::/32."
        ) from None


def _secret(given: Mapping[str, str]) -> str | None:
    text = given.get("KEEPWARM_SECRET") or None
    if text is not None and len(text.strip()) < SHORTEST_SECRET:
        raise SettingsRefused(
            f"KEEPWARM_SECRET has fewer than {SHORTEST_SECRET} signs, and could be guessed. Write"
            " what `openssl rand -hex 32` gives, the same on every machine."
        )
    return text


def make_home(home: Path) -> None:
    """Make the folder of embedded data, if there is none.

    Raises:
        SettingsRefused: it cannot be made.
    """
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsRefused(
            f"The folder {home} cannot be made: {error.strerror}. Set KEEPWARM_HOME to another one."
        ) from None


def _port(given: Mapping[str, str], name: str, default: int) -> int:
    text = given.get(name) or str(default)
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= _LAST_PORT:
        raise SettingsRefused(f'{name} is "{text}"; write a port number from 1 to {_LAST_PORT}.')
    return int(text)


def playbooks_named() -> Path:
    """Give the folder of playbooks that the environment names, or else the usual one."""
    return Path(os.environ.get("KEEPWARM_PLAYBOOKS") or "playbooks")


def colour_is_refused() -> bool:
    """Tell whether the environment asks for no colour: `NO_COLOR`, or a terminal without any."""
    return bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"


def set_environment(changes: Mapping[str, str]) -> None:
    """Put settings of Prefect's into this process's environment, before Prefect is imported.

    What is set already is left as it is: the operator's word goes before ours.
    """
    for name, value in changes.items():
        os.environ.setdefault(name, value)

"""What a connector is made from: its settings, where the world finds us, and the time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import ClassVar, Protocol
from urllib.parse import urlsplit

from keepwarm.connectors.contract import Connector, ConnectorRefused, Limits

#: Words that switch a setting on; anything else leaves it off.
ON = frozenset({"1", "on", "true", "yes"})


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing that a connector needs or may have, named as in the environment."""

    name: str
    #: A sentence for people: what it is and where to find it.
    meaning: str
    needed: bool = True
    #: A key or password: never shown, logged or written anywhere.
    secret: bool = False
    example: str = ""


@dataclass(frozen=True, slots=True)
class About:
    """What a connector says of itself, for `keepwarm` help and the page in the docs."""

    title: str
    settings: tuple[Setting, ...]
    #: What a sender may rely on, one sentence each.
    promises: tuple[str, ...]
    #: How a message whose outcome is unknown is settled.
    unknown_settles_by: str


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where a connector finds itself: the settings given, our public address, the clock.

    The connector reads neither the environment nor the time by itself.
    """

    settings: Mapping[str, str]
    clock: Callable[[], datetime]
    #: Where providers reach us, such as `https://keepwarm.acme.example`; None where they cannot.
    public_url: str | None = None
    #: Replaces the connector's own longest wait for one call.
    timeout: timedelta | None = None

    def text(self, name: str, default: str = "") -> str:
        """Give a setting, or the default where it is absent or empty."""
        return self.settings.get(name, "").strip() or default

    def optional(self, name: str) -> str | None:
        """Give a setting, or None where it is absent or empty."""
        return self.text(name) or None

    def is_on(self, name: str) -> bool:
        """Tell whether a switch is on."""
        return self.text(name).lower() in ON

    def call_back_url(self, connector: str) -> str | None:
        """Give the address at which the connector's provider calls back; None if unreachable."""
        if not self.public_url:
            return None
        return f"{self.public_url.rstrip('/')}/callbacks/{connector}"

    def limits(self, own: Limits) -> Limits:
        """Give a connector's own limits with the timeout that was asked for."""
        if self.timeout is None:
            return own
        return replace(own, timeout=self.timeout)


class ConnectorClass(Connector, Protocol):
    """A connector that `registry.make` can make, built in or from outside."""

    about: ClassVar[About]

    def __init__(self, given: Surroundings) -> None: ...


def refuse_what_is_missing(
    connector: str, declared: Sequence[Setting], given: Mapping[str, str]
) -> None:
    """Refuse a connector that lacks settings, naming all of them and how to mend each.

    Raises:
        ConnectorRefused: at least one needed setting is absent or empty.
    """
    missing = [one for one in declared if one.needed and not given.get(one.name, "").strip()]
    if missing:
        unknown = sorted(set(given) - {one.name for one in declared})
        raise ConnectorRefused(
            "\n".join(_how_to_mend(connector, setting, unknown) for setting in missing)
        )


def _how_to_mend(connector: str, setting: Setting, unknown: Sequence[str]) -> str:
    near = get_close_matches(setting.name, unknown, n=1, cutoff=0.8)
    hint = f" {near[0]} is set: is it meant for {setting.name}?" if near else ""
    value = setting.example or "…"
    return (
        f"{setting.name} is not set, and {connector} needs it: {setting.meaning}{hint} "
        f"Set it in the environment: export {setting.name}={value}"
    )


def leads_here(url: str) -> bool:
    """Tell whether a URL leads to this machine, where no provider can follow it."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.hostname in {"127.0.0.1", "localhost", "::1"} and "@" not in parts.netloc


def checked_base_url(setting: str, url: str) -> str:
    """Give a provider's base address without its last slash; keys go over TLS or not at all.

    Raises:
        ConnectorRefused: it is neither https nor on this machine.
    """
    if url.startswith("https://") or (url.startswith("http://") and leads_here(url)):
        return url.rstrip("/")
    raise ConnectorRefused(
        f'{setting} is "{url}", which would carry the key in clear text. '
        "Use an address that starts with https://"
    )

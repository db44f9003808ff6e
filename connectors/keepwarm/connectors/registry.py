"""The connectors by name: those built in, and those that other packages bring.

A built-in one is a line here. An outside one is an entry point of the group `keepwarm.connectors`
in its own package, so that installing the package is all it takes:

    [project.entry-points."keepwarm.connectors"]
    pigeon = "acme_pigeons.keepwarm:Pigeon"
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points
from pkgutil import resolve_name
from typing import cast

from keepwarm.connectors.contract import Connector, ConnectorRefused
from keepwarm.connectors.settings import ConnectorClass, Surroundings, refuse_what_is_missing

#: Where each class lives. Text, so that a provider's SDK is imported when it is used: together
#: they take a second.
BUILT_IN: Mapping[str, str] = {
    "memory": "keepwarm.connectors.memory:Memory",
    "onesignal": "keepwarm.connectors.onesignal:OneSignal",
    "outbox": "keepwarm.connectors.outbox:Outbox",
    "sendgrid": "keepwarm.connectors.sendgrid:SendGrid",
    "slack": "keepwarm.connectors.slack:Slack",
    "smtp": "keepwarm.connectors.smtp:Smtp",
    "twilio": "keepwarm.connectors.twilio:Twilio",
    "webhook": "keepwarm.connectors.webhook:Webhook",
}

ENTRY_POINTS = "keepwarm.connectors"


def make(
    name: str,
    settings: Mapping[str, str],
    *,
    clock: Callable[[], datetime],
    public_url: str | None = None,
    timeout: timedelta | None = None,
) -> Connector:
    """Make a connector from its settings; keys it does not know are left alone.

    `settings` may be the whole environment. `public_url` is where providers reach us. `timeout`
    replaces the connector's own longest wait for one call.

    Raises:
        ConnectorRefused: the name or a setting is missing or wrong; says which and how to mend.
    """
    found = find(name)
    refuse_what_is_missing(name, found.about.settings, settings)
    given = Surroundings(settings=settings, clock=clock, public_url=public_url, timeout=timeout)
    return found(given)


def names() -> tuple[str, ...]:
    """Give the names of all connectors that can be made here, sorted."""
    return tuple(sorted({*BUILT_IN, *_outsiders()}))


def find(name: str) -> type[ConnectorClass]:
    """Give the class of a connector by its name, importing it now.

    Raises:
        ConnectorRefused: no connector has the name, or its package cannot be imported.
    """
    if name in BUILT_IN:
        return cast("type[ConnectorClass]", resolve_name(BUILT_IN[name]))
    outsiders = _outsiders()
    if name not in outsiders:
        raise ConnectorRefused(_unknown(name))
    try:
        loaded = outsiders[name].load()
    except (ImportError, AttributeError) as error:
        raise ConnectorRefused(
            f'connector "{name}" is at {outsiders[name].value}, which cannot be imported: {error}. '
            "Install its package again, or remove it."
        ) from error
    promised = ("about", "channels", "limits", "send")
    missing = [part for part in promised if not hasattr(loaded, part)]
    if missing:
        raise ConnectorRefused(
            f'connector "{name}" ({outsiders[name].value}) has no `{missing[0]}`. '
            "It must satisfy keepwarm.connectors.settings.ConnectorClass."
        )
    return cast("type[ConnectorClass]", loaded)


def _outsiders() -> Mapping[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=ENTRY_POINTS)}


def _unknown(name: str) -> str:
    known = names()
    near = get_close_matches(name.lower(), known, n=1)
    hint = f' Did you mean "{near[0]}"?' if near else ""
    return f'connector "{name}" is not known.{hint} Known connectors are {", ".join(known)}.'

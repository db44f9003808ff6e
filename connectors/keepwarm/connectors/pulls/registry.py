"""The providers that we ask, by name: each a module here, and a line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pkgutil import resolve_name
from typing import Final, cast

from keepwarm.connectors.pulls.contract import Puller
from keepwarm.connectors.settings import Surroundings, refuse_what_is_missing

#: Text, so that a provider is imported when it is used.
BUILT_IN: Final[Mapping[str, str]] = {
    "hubspot": "keepwarm.connectors.pulls.hubspot:HubSpotPull",
    "salesforce": "keepwarm.connectors.pulls.salesforce:SalesforcePull",
}
#: Provider -> the setting without which nobody means to ask it.
ASKED_FOR_BY: Final[Mapping[str, str]] = {
    "hubspot": "HUBSPOT_TOKEN",
    "salesforce": "SALESFORCE_CLIENT_ID",
}


def puller_class(name: str) -> type[Puller]:
    """Give the class of a provider by its name, importing it now.

    Raises:
        KeyError: there is no such provider.
    """
    return cast("type[Puller]", resolve_name(BUILT_IN[name]))


def make_pullers(
    settings: Mapping[str, str], clock: Callable[[], datetime]
) -> Mapping[str, Puller]:
    """Make every provider that the settings ask for; `settings` may be the whole environment.

    Raises:
        ConnectorRefused: a setting is missing or cannot be used; says which and how to mend.
    """
    asked_for = [name for name, by in ASKED_FOR_BY.items() if settings.get(by, "").strip()]
    for name in asked_for:
        refuse_what_is_missing(f"asking {name}", puller_class(name).about.settings, settings)
    return {name: puller_class(name)(Surroundings(settings, clock)) for name in asked_for}

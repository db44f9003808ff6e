"""The sources by name: each a module here, and a line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pkgutil import resolve_name
from typing import Final, cast

from keepwarm.connectors.settings import Surroundings
from keepwarm.connectors.sources.contract import Source, secrets_given

#: Text, so that a source is imported when it is used.
BUILT_IN: Final[Mapping[str, str]] = {
    "amplitude": "keepwarm.connectors.sources.amplitude:Amplitude",
    "hubspot": "keepwarm.connectors.sources.hubspot:HubSpot",
    "intercom": "keepwarm.connectors.sources.intercom:Intercom",
    "klaviyo": "keepwarm.connectors.sources.klaviyo:Klaviyo",
    "mixpanel": "keepwarm.connectors.sources.mixpanel:Mixpanel",
    "salesforce": "keepwarm.connectors.sources.salesforce:Salesforce",
    "shopify": "keepwarm.connectors.sources.shopify:Shopify",
    "stripe": "keepwarm.connectors.sources.stripe:Stripe",
    "webhook": "keepwarm.connectors.sources.webhook:SignedWebhook",
    "zendesk": "keepwarm.connectors.sources.zendesk:Zendesk",
}


def source_class(name: str) -> type[Source]:
    """Give the class of a source by its name, importing it now.

    Raises:
        KeyError: there is no such source.
    """
    return cast("type[Source]", resolve_name(BUILT_IN[name]))


def make_source(name: str, settings: Mapping[str, str], clock: Callable[[], datetime]) -> Source:
    """Make a source from its settings; keys it does not know are left alone."""
    return source_class(name)(Surroundings(settings, clock))


def is_set(name: str, settings: Mapping[str, str], clock: Callable[[], datetime]) -> bool:
    """Tell whether a secret of the source is set, without which no call can be proved."""
    return bool(secrets_given(source_class(name).about, Surroundings(settings, clock)))

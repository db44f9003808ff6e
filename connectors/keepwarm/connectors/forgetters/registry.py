"""Tools that can be asked to forget somebody: each a module here, and a line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, TypeAlias

from keepwarm.connectors.contract import Forgets
from keepwarm.connectors.forgetters.amplitude import AmplitudeForgets
from keepwarm.connectors.forgetters.mixpanel import MixpanelForgets
from keepwarm.connectors.forgetters.segment import SegmentForgets
from keepwarm.connectors.settings import Surroundings, refuse_what_is_missing

_Kind: TypeAlias = type[AmplitudeForgets] | type[MixpanelForgets] | type[SegmentForgets]

#: The setting without which nobody means to use it -> what it makes.
BUILT_IN: Final[Mapping[str, _Kind]] = {
    "AMPLITUDE_SECRET_KEY": AmplitudeForgets,
    "MIXPANEL_GDPR_TOKEN": MixpanelForgets,
    "SEGMENT_API_TOKEN": SegmentForgets,
}


def make_forgetters(
    settings: Mapping[str, str], clock: Callable[[], datetime]
) -> Mapping[str, Forgets]:
    """Make those that the settings ask for; `settings` may be the whole environment.

    Raises:
        ConnectorRefused: a setting is missing or cannot be used; says which and how to mend.
    """
    made: dict[str, Forgets] = {}
    for asked_by, forgetter in BUILT_IN.items():
        if settings.get(asked_by, "").strip():
            refuse_what_is_missing(asked_by, forgetter.settings, settings)
            one: Forgets = forgetter(Surroundings(settings, clock))
            made[one.name] = one
    return made

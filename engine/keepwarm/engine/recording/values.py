"""Values as a story tells them, without anything that says whose they were."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from keepwarm.engine.facts import Value
from keepwarm.engine.recording.past import Past
from keepwarm.engine.values import shown_number
from keepwarm.schema.catalog import Attribute
from keepwarm.schema.conditions import FactKind
from keepwarm.schema.story_reading.times import story_day_text
from keepwarm.schema.waits import LAST_DAY

#: The year in which everybody in a story was born whose birthday is personal; a leap year.
_SOME_YEAR: Final = 1992


@dataclass(slots=True)
class Disguise:
    """Tells values as texts: dates as days, personal words replaced, identifiers counted."""

    past: Past
    _names: dict[str, dict[str, str]] = field(default_factory=dict)

    def value(self, attribute: Attribute, value: Value) -> str:
        """Give a value of an attribute; choices stay, for they are what conditions ask about."""
        match attribute.kind:
            case FactKind.TRUTH:
                return "yes" if value else "no"
            case FactKind.NUMBER:
                return _number(value, is_personal=attribute.personal)
            case FactKind.TAGS:
                return ", ".join(value) if isinstance(value, list) else str(value)
            case FactKind.DATE:
                return self._date(str(value), is_personal=attribute.personal)
            case FactKind.MOMENT:
                return self._moment(datetime.fromisoformat(str(value)))
            case FactKind.TEXT if attribute.personal:
                return self.placeholder(attribute.name, str(value))
            case _:
                return str(value)

    def placeholder(self, name: str, value: str) -> str:
        """Give a word in the place of another, always the same for the same: `INVOICE-1`."""
        known = self._names.setdefault(name, {})
        return known.setdefault(value, f"{name.upper()}-{len(known) + 1}")

    def _date(self, text: str, *, is_personal: bool) -> str:
        day = date.fromisoformat(text[:10])
        days = (day - self.past.day_zero).days
        if not is_personal and abs(days) <= LAST_DAY:
            return f"day {days}"
        moved = day + self.past.shift
        return (moved.replace(year=_SOME_YEAR) if is_personal else moved).isoformat()

    def _moment(self, moment: datetime) -> str:
        at = self.past.told(moment)
        if abs(at.day) <= LAST_DAY:
            return story_day_text(at)
        return (moment + self.past.shift).strftime("%Y-%m-%dT%H:%M:%SZ")


def _number(value: Value, *, is_personal: bool) -> str:
    if not isinstance(value, int | float):
        return str(value)
    if is_personal and value:
        # Its first digit says how large it is, and not whose.
        size = Decimal(str(value)).adjusted()
        return f"{round(Decimal(str(value)), -size):f}"
    return shown_number(value)

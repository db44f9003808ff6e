"""Every rule of this room: a new one is a file beside this one, a line here, and a case in tests.

They are asked together with those of `schema/rules`.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from keepwarm.engine.rules.broken_promise import BROKEN_PROMISE
from keepwarm.engine.rules.dates_in_english import DATES_IN_ENGLISH
from keepwarm.engine.rules.empty_value import EMPTY_VALUE
from keepwarm.engine.rules.foreign_placeholder import FOREIGN_PLACEHOLDER
from keepwarm.engine.rules.legal_hours import legal_hours_from
from keepwarm.engine.rules.liquid import LIQUID
from keepwarm.engine.rules.mjml import MJML
from keepwarm.engine.rules.postal_address import POSTAL_ADDRESS
from keepwarm.engine.rules.sms_parts import SMS_PARTS
from keepwarm.engine.rules.unknown_value import UNKNOWN_VALUE
from keepwarm.engine.rules.unknown_variable import UNKNOWN_VARIABLE
from keepwarm.engine.rules.unsubscribe_link import UNSUBSCRIBE_LINK
from keepwarm.engine.rules.variable_not_set import VARIABLE_NOT_SET
from keepwarm.engine.rules.wait_cannot_end import WAIT_CANNOT_END
from keepwarm.schema.rules import registry
from keepwarm.schema.rules.rule import Rule

#: What only this room can tell.
RULES_OF_WHAT_RUNS: Final[tuple[Rule, ...]] = (
    LIQUID,
    MJML,
    FOREIGN_PLACEHOLDER,
    UNKNOWN_VARIABLE,
    UNKNOWN_VALUE,
    VARIABLE_NOT_SET,
    EMPTY_VALUE,
    SMS_PARTS,
    UNSUBSCRIBE_LINK,
    POSTAL_ADDRESS,
    DATES_IN_ENGLISH,
    WAIT_CANNOT_END,
    BROKEN_PROMISE,
)


def all_rules(today: date) -> tuple[Rule, ...]:
    """Give all that `keepwarm check` asks on a day, in the order of `docs/rules.md`."""
    return (*registry.RULES, *RULES_OF_WHAT_RUNS, legal_hours_from(today))

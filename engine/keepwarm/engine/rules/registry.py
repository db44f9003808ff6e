"""Every rule of this room: a new one is a file beside this one, a line here, and a case in tests.

They are asked together with those of `schema/rules`.
"""

from __future__ import annotations

from typing import Final

from keepwarm.engine.rules.empty_value import EMPTY_VALUE
from keepwarm.engine.rules.liquid import LIQUID
from keepwarm.engine.rules.mjml import MJML
from keepwarm.engine.rules.unknown_variable import UNKNOWN_VARIABLE
from keepwarm.engine.rules.variable_not_set import VARIABLE_NOT_SET
from keepwarm.schema.rules import registry
from keepwarm.schema.rules.rule import Rule

#: What only this room can tell.
RULES_OF_WHAT_RUNS: Final[tuple[Rule, ...]] = (
    LIQUID,
    MJML,
    UNKNOWN_VARIABLE,
    VARIABLE_NOT_SET,
    EMPTY_VALUE,
)

#: All that `keepwarm check` asks, in the order of `docs/rules.md`.
ALL_RULES: Final[tuple[Rule, ...]] = (*registry.RULES, *RULES_OF_WHAT_RUNS)

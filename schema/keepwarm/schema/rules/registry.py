"""Every rule: a new one is a file beside this one, a line here, and a case in `tests/schema/rules`.

Names that stand for nothing, phrases that cannot be read and keys out of place are no rules: the
readers refuse them where they stand.
"""

from __future__ import annotations

from keepwarm.schema.rules.begins_together import BEGINS_TOGETHER
from keepwarm.schema.rules.budget_without_costs import BUDGET_WITHOUT_COSTS
from keepwarm.schema.rules.constant_condition import CONSTANT_CONDITION
from keepwarm.schema.rules.contradiction import CONTRADICTION
from keepwarm.schema.rules.marketing_topic import MARKETING_TOPIC
from keepwarm.schema.rules.no_hour_left import NO_HOUR_LEFT
from keepwarm.schema.rules.nobody_asks import NOBODY_ASKS
from keepwarm.schema.rules.not_callable import NOT_CALLABLE
from keepwarm.schema.rules.playbook_circle import PLAYBOOK_CIRCLE
from keepwarm.schema.rules.quiet_by_day import QUIET_BY_DAY
from keepwarm.schema.rules.rule import Rule
from keepwarm.schema.rules.said_twice import SAID_TWICE
from keepwarm.schema.rules.same_either_way import SAME_EITHER_WAY
from keepwarm.schema.rules.secret import SECRET
from keepwarm.schema.rules.shadowed_arm import SHADOWED_ARM
from keepwarm.schema.rules.stops_at_once import STOPS_AT_ONCE
from keepwarm.schema.rules.unreachable_step import UNREACHABLE_STEP
from keepwarm.schema.rules.unread_language import UNREAD_LANGUAGE
from keepwarm.schema.rules.wait_is_over import WAIT_IS_OVER

RULES: tuple[Rule, ...] = (
    UNREACHABLE_STEP,
    SHADOWED_ARM,
    WAIT_IS_OVER,
    STOPS_AT_ONCE,
    BEGINS_TOGETHER,
    CONTRADICTION,
    CONSTANT_CONDITION,
    SAME_EITHER_WAY,
    SAID_TWICE,
    MARKETING_TOPIC,
    NOBODY_ASKS,
    NO_HOUR_LEFT,
    QUIET_BY_DAY,
    BUDGET_WITHOUT_COSTS,
    NOT_CALLABLE,
    PLAYBOOK_CIRCLE,
    UNREAD_LANGUAGE,
    SECRET,
)

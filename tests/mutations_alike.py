"""Mutants that change nothing that can be seen, with the reason; found by reading each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_SIGN: Final = "it is multiplied by 1 or -1, and divided by it is the same"
_SHORTCUT: Final = "a shortcut that is not taken; the long way gives the same"
_IN_VAIN: Final = "a day, a year or an event more is looked at in vain"
_DECEMBER: Final = "December has 31 days in every year"
_NO_FOLD: Final = "whoever takes the clock time drops its fold, too"
_NEVER_EQUAL: Final = "the two are never equal here"
_EXISTS: Final = "each of the two leaves out what the other does"
_OURSELVES: Final = "guards against a mistake of our own that nobody makes"
_REPEATED: Final = "what was forgotten is built again"
_CHECKED: Final = "`check` refuses a playbook in which it would matter"
_UNASKED: Final = "a result is remembered for which no condition can ask"
_LOOKS_ITSELF: Final = "a run that nobody wakes looks by itself when its wait is over"
_WOULD_ENTER: Final = "whoever meets all at a look of a schedule enters at it"

#: (module, line, change) -> why no test can notice it.
ALIKE: Final[Mapping[tuple[str, str, str], str]] = {
    ("gates",
     "limits = starmap(Counted, zip(manners.caps, standing.counted, more_urgent, strict=True))",
     "True became False"): _OURSELVES,
    ("timing", "amount = length.amount * sign", "Mult became FloorDiv"): _SIGN,
    ("timing", "if length.unit is Unit.DAY or length.unit is Unit.WEEK:", "`or` was swapped"):
        _SHORTCUT,
    ("timing", "if length.unit is Unit.DAY or length.unit is Unit.WEEK:",
     "operand 1 of 2 was dropped"): _SHORTCUT,
    ("timing", "if length.unit is Unit.DAY or length.unit is Unit.WEEK:",
     "operand 2 of 2 was dropped"): _SHORTCUT,
    ("timing", "return local.time().replace(fold=0)", "0 became 1"): _NO_FOLD,
    ("timing", "following = date(year + month // _LAST_MONTH, month % _LAST_MONTH + 1, 1)",
     "Add became Sub"): _DECEMBER,
    ("timing", "for ahead in range(-1, 3):", "3 became 4"): _IN_VAIN,
    ("timing", "for ahead in range(-1, 3):", "1 became 2"): _IN_VAIN,
    ("timing", "for ahead in range(-1, 9):", "9 became 10"): _IN_VAIN,
    ("timing", "for ahead in range(-1, 9):", "1 became 2"): _IN_VAIN,
    ("timing", "for ahead in range(3)", "3 became 4"): _IN_VAIN,
    ("timing", "if end > moment", "Gt became GtE"): _NEVER_EQUAL,
    ("timing", "if begins < closes:", "Lt became LtE"): _NEVER_EQUAL,
    ("windows", "return exact if length.unit.is_elapsed else exact + 2 * _DAY", "2 became 3"):
        _IN_VAIN,
    ("due_dates",
     "near = shifted_day(near, start.offset, sign=1 if start.before else -1)", "1 became 2"):
        _IN_VAIN,
    ("due_dates", 'if "02-28" in found or "03-01" in found:',
     "operand 2 of 2 was dropped"): _IN_VAIN,
    ("due_dates", "first = max(near.year - 1, day.year + 1)", "1 became 2"): _IN_VAIN,
    ("due_dates", "for year in range(first, first + 4):", "4 became 5"): _IN_VAIN,
    ("zones", "return tuple(sorted(name for name in names if name != _NOWHERE and _exists(name)))",
     "operand 1 of 2 was dropped"): _EXISTS,
    ("zones", "return tuple(sorted(name for name in names if name != _NOWHERE and _exists(name)))",
     "operand 2 of 2 was dropped"): _EXISTS,
    ("zones", "return tuple(sorted(name for name in names if name != _NOWHERE and _exists(name)))",
     "`and` was swapped"): _EXISTS,
    ("conditions", "if len(_compiled) >= _REMEMBERED:", "GtE became Gt"): _REPEATED,
    ("conditions", "_compiled.clear()", "the call was dropped"): _REPEATED,
    ("event_tests", "return (counted(situation, event, None, enough=1) > 0) is wanted",
     "1 became 2"): _IN_VAIN,
    ("event_tests", "enough = low if high is None else high + 1", "1 became 2"): _IN_VAIN,
    ("releasing", "return now - queued_at > _LATE", "Gt became GtE"): _LOOKS_ITSELF,
    ("staying_out",
     "if isinstance(plan.start, WhenBecomes) and all(each.met for each in asked):",
     "operand 1 of 2 was dropped"): _WOULD_ENTER,
    ("waiting", "if result and at.name:", "`and` was swapped"): _UNASKED,
    ("waiting", "if result and at.name:", "operand 1 of 2 was dropped"): _UNASKED,
    ("waiting", "if result and at.name:", "operand 2 of 2 was dropped"): _UNASKED,
    ("entry", "return share >= 1 or (yield from _drawn(rollout_salt(walk.plan), share))",
     "operand 1 of 2 was dropped"): _SHORTCUT,
    ("entry", "return share >= 1 or (yield from _drawn(rollout_salt(walk.plan), share))",
     "GtE became Gt"): _SHORTCUT,
    ("entry", "return share >= 1 or (yield from _drawn(rollout_salt(walk.plan), share))",
     "1 became 2"): _SHORTCUT,
    ("entry", "if share <= 0:", "LtE became Lt"): _SHORTCUT,
    ("deciding", "if walk.plan.goal is not None and (yield GoalReached()):",
     "operand 1 of 2 was dropped"): _SHORTCUT,
    ("deciding",
     "if walk.memory.waits_since is not None and not isinstance(step, Pause):",
     "operand 1 of 2 was dropped"): _SHORTCUT,
    ("deciding", "_, label, first = step.arms[min(drawn, len(step.arms) - 1)]",
     "Sub became Add"): _OURSELVES,
    ("deciding",
     "if due is not None and (late.notify or late.reassign or late.start_playbook):",
     "operand 1 of 2 was dropped"): _CHECKED,
}  # fmt: skip

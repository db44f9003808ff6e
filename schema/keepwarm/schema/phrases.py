"""The phrases of the language: times, waits, schedules, limits, each a value with one spelling.

This is the door: the phrases live in `lengths`, `hours`, `waits`, `schedules` and `limits`.
Each `read_…` gives `Read(value, canonical)` or a `Refusal`; `str(value)` is the canonical
spelling, and reading it gives the value again.
"""

from keepwarm.schema.hours import (
    ALL_DAYS,
    WORKDAYS,
    Weekday,
    Window,
    Works,
    clock_text,
    read_clock_time,
    read_window,
    read_works,
)
from keepwarm.schema.lengths import In, Length, Unit, read_in, read_length
from keepwarm.schema.limits import (
    AtMost,
    Budget,
    Expects,
    Per,
    Share,
    Stage,
    read_at_most,
    read_budget,
    read_expects,
    read_share,
    read_stage,
)
from keepwarm.schema.reading import Read, Refusal
from keepwarm.schema.schedules import (
    EveryDay,
    EveryInterval,
    EveryMonth,
    EveryWeek,
    EveryWeekday,
    Schedule,
    read_schedule,
)
from keepwarm.schema.waits import (
    Wait,
    WaitFor,
    WaitUntilDate,
    WaitUntilDay,
    WaitUntilDone,
    WaitUntilEvent,
    WaitUntilTime,
    WaitUntilWeekday,
    read_wait,
)

__all__ = [
    "ALL_DAYS",
    "WORKDAYS",
    "AtMost",
    "Budget",
    "EveryDay",
    "EveryInterval",
    "EveryMonth",
    "EveryWeek",
    "EveryWeekday",
    "Expects",
    "In",
    "Length",
    "Per",
    "Read",
    "Refusal",
    "Schedule",
    "Share",
    "Stage",
    "Unit",
    "Wait",
    "WaitFor",
    "WaitUntilDate",
    "WaitUntilDay",
    "WaitUntilDone",
    "WaitUntilEvent",
    "WaitUntilTime",
    "WaitUntilWeekday",
    "Weekday",
    "Window",
    "Works",
    "clock_text",
    "read_at_most",
    "read_budget",
    "read_clock_time",
    "read_expects",
    "read_in",
    "read_length",
    "read_schedule",
    "read_share",
    "read_stage",
    "read_wait",
    "read_window",
    "read_works",
]

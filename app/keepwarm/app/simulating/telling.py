"""Telling what a simulation found, to be read aloud; and the same as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from textwrap import wrap
from typing import Any, Final

from keepwarm.app.paint import Paint
from keepwarm.app.simulating.limits import passed, said_day, unknowable
from keepwarm.engine.drawing import step_sentence
from keepwarm.engine.money import amounts_said
from keepwarm.engine.plan import Branch, Pause, Plan, Send, Split
from keepwarm.engine.replay.simulated import HUNDREDTHS, Simulated
from keepwarm.engine.timing import zone_named
from keepwarm.schema.retention import Kept
from keepwarm.schema.suggestions import listed
from keepwarm.schema.words import Channel, PlaybookStatus, counted_messages
from keepwarm.store.retaining import Gone

_BAR: Final = 20
_LABEL: Final = 46
#: Customers with more messages than this are told together.
_MANY: Final = 8
#: How many collisions are told.
_MOST: Final = 8
_ENDS: Final = {
    "goal reached": "reached the goal (recorded, not caused by us)",
    "stopped": "stopped on the way",
    "completed": "came to the end",
    "inside": "still inside",
    "held out": "held out: never contacted",
    "turned away": "turned away: conditions or rollout",
}


@dataclass(frozen=True, slots=True)
class Told:
    """What is told: the plans, the time, and what was found."""

    plans: Sequence[Plan]
    since: datetime
    until: datetime
    found: Simulated
    #: What a thousand messages of a channel cost: (channel, amount, currency).
    thousand_messages_cost: Sequence[tuple[Channel, Decimal, str]] = ()
    #: What had gone by its retention period, and so was not replayed.
    gone: Mapping[Kept, Gone] = field(default_factory=dict)

    @property
    def days(self) -> int:
        """How many days were replayed."""
        return max(1, round((self.until - self.since) / timedelta(days=1)))

    @property
    def messages_cost(self) -> list[tuple[Channel, int, Decimal, str]]:
        """What messages would have cost: (channel, how many, amount, currency)."""
        sent: Counter[str] = Counter()
        for (channel, _), count in self.found.sent_on.items():
            sent[channel] += count
        return [
            (channel, sent[channel], amount * sent[channel] / 1000, currency)
            for channel, amount, currency in self.thousand_messages_cost
            if sent[channel]
        ]


def as_text(told: Told, paint: Paint) -> str:
    """Give it all as text for a terminal."""
    zone = zone_named(told.plans[0].timezone)
    since, until = (each.astimezone(zone) for each in (told.since, told.until))
    customers = told.found.customers["replayed"]
    lines = [
        paint.strong(f"{_date(since)} to {_date(until)}, {told.days} days, {customers:,} customers")
    ]
    for plan in told.plans:
        if told.found.entered[plan.playbook]:
            lines += ["", *_playbook(told, plan, paint)]
    idle = [each.playbook for each in told.plans if not told.found.entered[each.playbook]]
    if idle:
        lines += ["", *_wrapped(f"Nobody entered {listed(idle)}.", "")]
    lines += ["", paint.strong("All together")]
    lines += [line for each in _together(told) for line in _wrapped(each, "  ")]
    lines += ["", paint.strong("What a replay cannot know")]
    lines += [line for each in unknowable(told.plans, told.gone) for line in _wrapped(each)]
    return "\n".join(lines)


def _date(at: datetime) -> str:
    return f"{at.day} {at:%B %Y}"


def _playbook(told: Told, plan: Plan, paint: Paint) -> Iterator[str]:
    found, name = told.found, plan.playbook
    status = "  in shadow: decides, sends nothing" if plan.status is PlaybookStatus.SHADOW else ""
    yield f"{paint.strong(name)}  {plan.title}{paint.faint(status)}"
    entered = found.entered[name]
    runs = sum(n for (playbook, _), n in found.begun.items() if playbook == name)
    again = f", {runs:,} times in all" if runs > entered else ""
    yield f"  {_people(entered)} entered{again}, {runs / told.days:.1f} a day"
    for index, step in enumerate(plan.steps):
        if isinstance(step, Branch | Split | Pause):
            continue
        came, got = found.came[name, index], found.got[name, index]
        is_sent = isinstance(step, Send) and plan.status is not PlaybookStatus.SHADOW
        count = got if is_sent else came
        label = _shortened(step_sentence(step))
        missing = f"  {came - got:,} not sent" if is_sent and came > got else ""
        bar = "█" * round(_BAR * min(1, count / entered))
        share = f"{count / entered:4.0%}"
        line = paint.faint(f"{step.at.place.span.line:>5}")
        yield f"{line} {label:<{_LABEL}} {count:>7,} {share} {bar:<{_BAR}}{missing}".rstrip()
    for end, says in _ENDS.items():
        if count := found.runs[name, end]:
            yield f"      {says:<{_LABEL}} {count:>7,} {count / max(runs, count):4.0%}"
    for line in _money(name, found):
        yield from _wrapped(line, "      ")
    for line in passed(plan, found):
        yield from map(paint.warning, _wrapped(line, "  !!  "))


def _shortened(label: str) -> str:
    return label if len(label) <= _LABEL else f"{label[: _LABEL - 1]}…"


def _money(name: str, found: Simulated) -> Iterator[str]:
    offers = {offer: n for (playbook, offer), n in found.offers.items() if playbook == name}
    if not offers:
        return
    costs: Counter[str] = Counter()
    for (playbook, currency, _), cost in found.costs.items():
        if playbook == name:
            costs[currency] += cost
    money = [f"{cost / HUNDREDTHS:,.2f} {c}" for c, cost in sorted(costs.items()) if cost]
    made = listed((f"{n:,} of {offer}" for offer, n in sorted(offers.items())), "and")
    at_most = f", which cost {listed(money, 'and')} if all are used" if money else ""
    yield f"offers made: {made}{at_most}"


def _together(told: Told) -> Iterator[str]:
    found = told.found
    yield f"messages a customer   {_per_customer(found)}"
    busiest = _busiest(found)
    if busiest:
        yield f"busiest day           {listed(busiest, 'and')}"
    costs = [
        f"{amounts_said(cost)[0]} {currency} for {counted_messages(channel, count)}"
        for channel, count, cost, currency in told.messages_cost
    ]
    if costs:
        yield f"messages cost         {listed(costs, 'and')}"
    for label, counts in (("held for later", found.held), ("not sent", found.refused)):
        total: Counter[str] = Counter()
        for (_, why), count in counts.items():
            total[why] += count
        if total:
            says = ", ".join(f"{n:,} for {why}" for why, n in total.most_common())
            yield f"{label:<21} {says}"
    yield from _collisions(found)


def _per_customer(found: Simulated) -> str:
    counted = found.per_customer
    parts = [f"{n}: {counted[n]:,}" for n in range(_MANY) if counted[n]]
    many = sum(count for n, count in counted.items() if n >= _MANY)
    if many:
        parts.append(f"{_MANY} or more: {many:,} (at most {max(counted)})")
    return "   ".join(parts) or "none"


def _busiest(found: Simulated) -> list[str]:
    days: dict[str, tuple[int, date]] = {}
    for (channel, day), count in sorted(found.sent_on.items()):
        if count > days.get(channel, (0, day))[0]:
            days[channel] = (count, day)
    return [f"{counted_messages(c, n)} ({said_day(day)})" for c, (n, day) in days.items()]


def _collisions(found: Simulated) -> Iterator[str]:
    ordered = sorted(found.inside_both.items(), key=lambda pair: (-pair[1], pair[0]))
    for (one, other), count in ordered[:_MOST]:
        heard = found.heard_of_both[one, other]
        days = f", {heard:,} heard of both on one day" if heard else ""
        yield f"at once in            {one} and {other}: {_people(count)}{days}"
    if len(ordered) > _MOST:
        yield f"                      and {len(ordered) - _MOST} more pairs of playbooks"


def _people(count: int) -> str:
    return f"{count:,} customer{'' if count == 1 else 's'}"


def _wrapped(sentence: str, mark: str = "  - ") -> Iterator[str]:
    rest = " " * len(mark)
    yield from wrap(
        sentence, 96, initial_indent=mark, subsequent_indent=rest, break_on_hyphens=False
    )


# ── As JSON ──────────────────────────────────────────────────────────────────────────────────


def as_json(told: Told) -> dict[str, Any]:
    """Give it all as plain values, for another program."""
    found = told.found
    return {
        "since": told.since.isoformat(),
        "until": told.until.isoformat(),
        "customers": found.customers["replayed"],
        "playbooks": {plan.playbook: _playbook_json(plan, found) for plan in told.plans},
        "messages_per_customer": {
            str(n): found.per_customer[n] for n in sorted(found.per_customer)
        },
        "sent_on": {f"{day} {channel}": n for (channel, day), n in sorted(found.sent_on.items())},
        "messages_cost": {
            f"{channel} {currency}": float(cost)
            for channel, _, cost, currency in told.messages_cost
        },
        "collisions": [
            {
                "playbooks": list(pair),
                "inside_both": count,
                "heard_of_both_on_one_day": found.heard_of_both[pair],
            }
            for pair, count in sorted(found.inside_both.items())
        ],
        "cannot_know": list(unknowable(told.plans, told.gone)),
    }


def _playbook_json(plan: Plan, found: Simulated) -> dict[str, Any]:
    name = plan.playbook
    return {
        "status": str(plan.status),
        "entered": found.entered[name],
        "runs": _of(name, found.runs),
        "steps": [
            {
                "line": step.at.place.span.line,
                "step": step_sentence(step),
                "came": found.came[name, index],
                "sent": found.got[name, index],
            }
            for index, step in enumerate(plan.steps)
            if not isinstance(step, Branch | Split | Pause)
        ],
        "sent": _of(name, found.sent),
        "held": _of(name, found.held),
        "not_sent": _of(name, found.refused),
        "offers": _of(name, found.offers),
        "costs": {
            f"{month:%Y-%m} {currency}": cost / HUNDREDTHS
            for (playbook, currency, month), cost in sorted(found.costs.items())
            if playbook == name
        },
        "passed": list(passed(plan, found)),
    }


def _of(name: str, counts: Counter[tuple[str, str]]) -> dict[str, int]:
    return {str(key): n for (playbook, key), n in sorted(counts.items()) if playbook == name}

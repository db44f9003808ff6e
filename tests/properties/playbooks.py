"""Random small playbooks and customers, each made from a seed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from textwrap import indent

from keepwarm.engine.facts import Facts, Happening, Sent, TaskState, Value, moment_text
from keepwarm.engine.outcome import MessageStatus
from keepwarm.engine.plan import START, Plan
from keepwarm.engine.run import (
    OPEN,
    Course,
    FactsChanged,
    Mode,
    QueueMessage,
    Run,
    RunStatus,
    TaskWanted,
)
from tests.engine.written import plan_of

#: A Monday morning; clocks change in Amsterdam on the next Sunday.
BEGINS = datetime(2026, 3, 23, 8, tzinfo=UTC)

HEADS = (
    "",
    "goal: {event: bought, within: 10 days}\n",
    "stop_if_any: [{plan: team}]\n",
    "goal: {event: bought, times: 2}\nstop_if_any: [{open_tickets: at least 3}]\n",
    "only_if: [{monthly_revenue: above 0}]\n",
    "holdout: 30%\n",
)
STEPS = (
    "- email: hello\n",
    "- email: nudge\n  only_if: [{plan: free}]\n",
    "- sms: last\n  or_else: {email: last}\n",
    "- wait: 1 day\n",
    "- wait: 36 hours\n",
    "- wait: until 09:00\n",
    "- wait: until day 5\n",
    "- wait: until bought, at most 2 days\n",
    "- wait: until renewal_date\n",
    "- update: {plan: pro, open_tickets: 2}\n",
    "- points: 10\n",
    "- offer: ten-percent\n  expires: in 3 days\n",
    "- tag: seen\n",
    "- task: Look\n  for: bosses\n  due: in 2 working hours\n  if_late: [{notify: '#boss'}]\n",
    "- stop: enough\n  only_if: [{open_tickets: at least 2}]\n",
)
CONDITIONS = (
    "{plan: free}",
    "{monthly_revenue: at least 50}",
    "{bought: at least once since start}",
    "{logged_in: never in the last 2 days}",
    "{open_tickets: is unknown}",
)


def random_plan(chance: Random) -> Plan:
    """Compile a playbook of a few random steps."""
    steps = "".join(_part(chance, depth=0) for _ in range(chance.randint(1, 5)))
    if chance.random() < 0.5:
        steps += _task(chance)
    if chance.random() < 0.5:
        steps += _named_wait()
    kind = "kind: transactional\nstart: {event: signed_up, once: per customer}\n"
    return plan_of(f"{kind}{chance.choice(HEADS)}steps:\n{indent(steps, '  ')}")


def _part(chance: Random, depth: int) -> str:
    if depth == 2 or chance.random() < 0.6:
        return chance.choice(STEPS)
    one, other = _part(chance, depth + 1), _part(chance, depth + 1)
    if chance.random() < 0.5:
        arms = f"  then:\n{indent(one, '    ')}"
        arms += f"  else:\n{indent(other, '    ')}" if chance.random() < 0.5 else ""
        return f"- if: [{chance.choice(CONDITIONS)}]\n{arms}"
    into = f"- share: 40%\n  steps:\n{indent(one, '    ')}- share: 60%\n  steps:\n"
    into += indent(other, "    ")
    return f"- split: size-{chance.randrange(2**32)}\n  into:\n{indent(into, '    ')}"


def _task(chance: Random) -> str:
    return (
        "- task: Call\n  name: rescue\n  for: care\n  due: in 4 working hours\n"
        "  if_late: [{notify: '#care'}, {reassign: bosses}]\n"
        f"- wait: until rescue is done, at most {chance.randint(1, 3)} days\n"
        "- if: [{rescue: saved}]\n  then:\n    - tag: saved\n  else:\n    - email: last\n"
    )


def _named_wait() -> str:
    return (
        "- wait: until logged_in, at most 1 day\n  name: back\n"
        "- if: [{back: timed out}]\n  then:\n    - email: nudge\n"
    )


@dataclass
class Somebody:
    """A customer in a run, and what will happen to them."""

    run: Run
    due_at: datetime | None
    attributes: dict[str, Value]
    events: dict[str, list[Happening]]
    sent: dict[int, Sent] = field(default_factory=dict)
    tasks: dict[int, TaskState] = field(default_factory=dict)

    def facts(self, now: datetime) -> Facts:
        """Give what is known by a moment."""
        known = {name: [h for h in each if h.at <= now] for name, each in self.events.items()}
        return Facts(dict(self.attributes), known, {}, dict(self.sent), dict(self.tasks))

    def goes_on(self, course: Course, now: datetime, chance: Random) -> None:
        """Be where a course says, and let the world answer."""
        self.run = self.run.after(course)
        self.due_at = course.due_at
        for effect in course.effects:
            match effect:
                case QueueMessage():
                    ends = (MessageStatus.SENT, MessageStatus.SKIPPED, MessageStatus.HELD)
                    self.sent[effect.step] = Sent(chance.choice(ends), now)
                case TaskWanted():
                    self.tasks[effect.step] = TaskState(None, None, effect.due_at)
                case FactsChanged():
                    self.attributes.update(dict(effect.values))
                case _:
                    pass

    def lives(self, now: datetime, chance: Random) -> None:
        """Let something happen between two rounds, which wakes the run."""
        for step, sent in self.sent.items():
            if sent.status is MessageStatus.HELD and chance.random() < 0.5:
                self.sent[step] = Sent(MessageStatus.SENT, now)
        for step, task in self.tasks.items():
            if task.outcome is None and chance.random() < 0.3:
                self.tasks[step] = TaskState(chance.choice(["saved", "lost"]), now, task.due_at)
        if chance.random() < 0.1:
            self.attributes["plan"] = chance.choice(["free", "pro", "team"])
        if self.run.status in OPEN and chance.random() < 0.3:
            self.due_at = now


def random_people(chance: Random, many: int) -> list[Somebody]:
    """Make customers who are about to enter; many of them are much alike."""
    return [_somebody(chance, number) for number in range(many)]


def _somebody(chance: Random, number: int) -> Somebody:
    attributes: dict[str, Value] = {
        "timezone": chance.choice(["Europe/Amsterdam", "Asia/Kolkata", "nowhere"])
    }
    possible: dict[str, list[Value]] = {
        "plan": ["free", "pro"],
        "monthly_revenue": [0, 20, 99.5],
        "open_tickets": [0, 1, 3],
        "renewal_date": ["2026-03-25", "2026-04-02"],
        "interests": [["a"]],
    }
    for name, values in possible.items():
        if chance.random() < 0.7:
            attributes[name] = chance.choice(values)
    started = BEGINS + timedelta(minutes=chance.choice([0, 0, 0, 7]))
    events = {"signed_up": [Happening(started)]}
    for name in ("bought", "logged_in"):
        hours = sorted(chance.sample(range(-48, 240), chance.randint(0, 2)))
        events[name] = [Happening(started + timedelta(hours=h), {"amount": h}) for h in hours]
    mode = chance.choice([Mode.LIVE, Mode.LIVE, Mode.SHADOW, Mode.HOLDOUT])
    run = Run(f"c{number}", RunStatus.SETTLING, mode, START, started, {"at": moment_text(started)})
    return Somebody(run, started, attributes, events)

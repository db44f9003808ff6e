"""What a customer gets of a playbook in a life that was replayed, thing by thing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from keepwarm.engine.canonical import Canonical
from keepwarm.engine.outcome import MessageStatus
from keepwarm.engine.plan import Plan
from keepwarm.engine.replay.lived import Decided, Lived, Noted
from keepwarm.engine.run import (
    Effect,
    FactsChanged,
    Mode,
    OfferMade,
    PointsAdded,
    TagChanged,
    TaskWanted,
)
from keepwarm.schema.words import IN_SHORT, Channel

#: Stands among the sections of an e-mail for its kind, which decides about its footer.
KIND: Final = "kind"


@dataclass(frozen=True, slots=True)
class Got:
    """One thing that a customer got, or that was done about them."""

    at: datetime
    #: As a person says it: `e-mail winback/we-miss-you`.
    what: str
    #: What tells it from what sounds the same: its words, when an offer expires.
    mark: str = ""
    #: Path of the step that gave it.
    step: str = field(default="", compare=False)
    #: The shared sections of the canonical form that it is made of.
    made_of: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Reading:
    """What one side's lives are read with: a playbook, and the words it sends."""

    plan: Plan
    #: Section -> digest of its lines, of what is sent: templates, offers, policies.
    marks: Mapping[str, str]
    #: (template, channel is e-mail) -> language as in the file's name -> the file's path.
    files: Mapping[tuple[str, bool], Mapping[str, str]]

    def file_of(self, template: str, channel: Channel, language: str) -> str:
        """Give the file that a message is made of for a customer of this language."""
        known = self.files.get((template, channel is Channel.EMAIL), {})
        tag = language.strip().replace("_", "-").lower()
        found = (known[each] for each in (tag, tag.split("-")[0], "") if each in known)
        return next(found, "")


def marks_of(canonical: Canonical) -> dict[str, str]:
    """Give for each section what its customers can tell: its words, without what it costs us."""
    return {
        section: "\n".join(
            line.says for line in lines if line.key not in {"costs", "at_most", "quiet_hours"}
        )
        for section, lines in canonical.items()
    }


def got_in(lived: Lived, reading: Reading, language: str) -> list[Got]:
    """Give everything that a customer got of one playbook, in the order it came."""
    name = reading.plan.playbook
    found: list[Got] = []
    for entry in lived.entries:
        match entry:
            case Noted(status=MessageStatus.SENT) if entry.message.run.playbook == name:
                found.append(_message(entry, reading, language))
            case Decided() if entry.run.playbook == name and entry.run.run.mode is Mode.LIVE:
                found += _done(entry, reading)
            case _:
                pass
    return found


def _message(entry: Noted, reading: Reading, language: str) -> Got:
    message = entry.message.message
    channel, template = message.channel, message.template
    said = f"{IN_SHORT[channel]} {template or message.address or ''}".strip()
    path = reading.file_of(template, channel, language) if template else ""
    made_of = (path, "policies", KIND) if channel is Channel.EMAIL else (path,)
    mark = "\n".join(reading.marks.get(each, "") for each in made_of)
    if channel is Channel.EMAIL:
        mark += message.kind
    step = reading.plan.steps[message.step].at.path
    return Got(entry.at, said, mark, step, made_of)


def _done(entry: Decided, reading: Reading) -> Iterator[Got]:
    for effect in entry.course.effects:
        said = _said(effect)
        if said is None:
            continue
        step = reading.plan.steps[effect.step].at.path
        if isinstance(effect, OfferMade):
            section = f"offer {effect.offer}"
            if effect.expires_at is not None:
                said += f" for {(effect.expires_at - entry.at).days} days"
            yield Got(entry.at, said, reading.marks.get(section, ""), step, (section,))
        else:
            yield Got(entry.at, said, "", step)


def _said(effect: Effect) -> str | None:
    match effect:
        case TaskWanted(title=title, assignee=assignee):
            return f"task for {assignee}: {title}"
        case OfferMade(offer=offer):
            return f"offer {offer}"
        case PointsAdded(points=points):
            return f"{points:+} points"
        case FactsChanged(values=values):
            return "set " + ", ".join(f"{name}: {value}" for name, value in values)
        case TagChanged(tag=tag, remove=remove):
            return f"{'takes off' if remove else 'puts on'} tag {tag}"
        case _:
            return None  # messages count when they are sent, and the others give nothing

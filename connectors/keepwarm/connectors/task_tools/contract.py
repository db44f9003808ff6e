"""What every task tool promises: to show a task as it stands, and to tell what people do there.

A tool is not asked to make a task, then to change it, then to close it: it is given the task as it
is to be seen, and brings what it shows into line, as often as it is told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar, Protocol, runtime_checkable

from keepwarm.connectors.settings import Setting, Surroundings
from keepwarm.connectors.sources.contract import Call
from keepwarm.engine.outcome import SendResult

#: What a task may always come to.
DONE = "done"


@dataclass(frozen=True, slots=True)
class Ending:
    """What came of a task."""

    outcome: str
    by: str
    at: datetime
    note: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """A task as a tool is to show it."""

    #: Names it over all repetitions: letters, digits, hyphens.
    key: str
    title: str
    details: str
    assignee: str
    customer: str
    playbook: str
    #: What a person may say came of it.
    outcomes: tuple[str, ...]
    #: Where whoever follows the link may say what came of it.
    page: str
    #: Names the state that is to be shown: another one for each change.
    revision: str = ""
    #: Since when it may be there.
    since: datetime | None = None
    due_at: datetime | None = None
    snoozed_until: datetime | None = None
    #: None while it is open.
    ending: Ending | None = None
    #: Whether the customer asked to be forgotten: no word of theirs may stay there.
    is_erased: bool = False
    #: The team's chat channel.
    channel: str | None = None
    #: What other systems call the customer: kind -> name.
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finished:
    """A person said in the tool what came of a task."""

    #: The card's key, or the tool's reference: one of them is known.
    key: str | None
    reference: str | None
    #: One of the card's outcomes; any other word is kept as a remark, and the task is done.
    outcome: str
    by: str
    note: str = ""
    #: Who it was to the tool, where that may tell their address.
    person: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """A person took a task upon themselves."""

    key: str
    by: str
    person: str = ""


@dataclass(frozen=True, slots=True)
class PutOff:
    """A person does not want to see a task for a while."""

    key: str
    by: str
    length: timedelta
    person: str = ""


Deed = Finished | Taken | PutOff


@dataclass(frozen=True, slots=True)
class AboutTool:
    """What a tool says of itself."""

    title: str
    settings: tuple[Setting, ...]
    #: How it is set up, one sentence each.
    steps: tuple[str, ...]
    #: How a task comes to be there once, whatever dies on the way.
    never_twice: str
    #: How we learn of what people do there.
    comes_back: str


class TaskTool(Protocol):
    """A road to a tool in which people see their tasks."""

    about: ClassVar[AboutTool]
    #: How often to look whether tasks were done there; None where the tool tells by itself.
    looks_every: timedelta | None

    def __init__(self, given: Surroundings) -> None: ...

    async def show(self, card: Card, reference: str | None, *, is_again: bool) -> SendResult:
        """Bring what the tool shows into line with the card, making it where it is not there.

        `reference` is what the tool called it; without one it is to be made. `is_again` says that
        a call before this one may have made it: then it must not be made a second time. Gives
        `Accepted` with the reference. Never retries, never raises for what the tool did.
        """

    async def close(self) -> None:
        """Let go of connections."""


@runtime_checkable
class Hears(Protocol):
    """A tool that calls us when a person has done something there."""

    def hear(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Sequence[Deed] | None:
        """Verify and read one call; None when it is not proved to come from the tool.

        `headers` have lower-case names, `body` is the raw body. Any broken input gives None or
        nothing; it never raises.
        """


@runtime_checkable
class Looks(Protocol):
    """A tool that is asked which of its tasks are done."""

    async def look(self, references: Sequence[str]) -> Sequence[Finished]:
        """Give those of the tasks that are done there; what cannot be told now is left out."""


@runtime_checkable
class Signals(Looks, Protocol):
    """A tool that tells which of its tasks changed; what came of them it is asked."""

    def changed(self, call: Call) -> Sequence[str] | None:
        """Verify one call and give what the tool calls the tasks that changed, ours or not.

        None when it is not proved to come from the tool. Any broken input gives None or nothing;
        it never raises.
        """


@runtime_checkable
class Introduces(Protocol):
    """A tool that tells who of the company its people are."""

    async def address_of(self, person: str) -> str | None:
        """Give somebody's e-mail address, as the tool proved it; None where it does not tell.

        Answers within two seconds, and never raises for what the tool did.
        """

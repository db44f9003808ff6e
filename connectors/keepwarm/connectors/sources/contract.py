"""What every source promises: to prove who called, and to say in plain names what was told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Any, ClassVar, Final, Protocol, runtime_checkable

from keepwarm.connectors.settings import Setting, Surroundings


@dataclass(frozen=True, slots=True)
class Call:
    """One request of a provider's, as it came."""

    #: The public address as the provider called it.
    url: str
    #: With lower-case names.
    headers: Mapping[str, str]
    #: The raw body: signatures are over these bytes.
    body: bytes
    now: datetime


@dataclass(frozen=True, slots=True)
class Person:
    """What a source says of who is meant."""

    #: The identifier in the company's own books, where the provider knows it.
    customer: str | None = None
    #: The provider's own names for the customer: (kind, name), the kind usually the provider.
    names: tuple[tuple[str, str], ...] = ()
    email: str | None = None
    phone: str | None = None

    @property
    def is_somebody(self) -> bool:
        """Whether anything is known of who it is."""
        return bool(self.customer or self.names or self.email or self.phone)


#: The fact by which a catalog asks for the cohorts of a source; each is a tag.
COHORTS: Final = "cohorts"


class CohortChange(StrEnum):
    """What is said of those whom a cohort names."""

    ADDED = "added"
    REMOVED = "removed"
    #: They and those of the other pages of the session are all its members.
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Cohort:
    """What a source says of who is in a cohort: one page of it."""

    #: The source's own name, which stays when people call it otherwise.
    id: str
    name: str
    change: CohortChange
    #: What the pages of one sending have in common.
    session: str
    #: Whether no page of the session follows.
    is_last: bool
    members: tuple[Person, ...]
    #: The fact that it changes, which is tags.
    fact: str = COHORTS


class Standing(IntEnum):
    """Which of several things of a customer's counts: the highest, and of those the latest told."""

    #: Over, or not begun.
    OVER = 0
    #: In force, and to end.
    ENDING = 1
    IN_FORCE = 2


@dataclass(frozen=True, slots=True)
class Thing:
    """What facts are of, where a customer may have several of it: a subscription."""

    #: The source's own name for it.
    id: str
    standing: Standing


class Asks(StrEnum):
    """What a customer asks for through a provider."""

    #: To be forgotten.
    ERASURE = "erasure"
    #: All that is kept of them.
    EXPORT = "export"


@dataclass(frozen=True, slots=True)
class Telling:
    """One thing that a source told about one customer."""

    #: What the source calls it: `invoice.payment_failed`.
    word: str
    #: The same thing told again has the same key.
    key: str
    person: Person
    #: When it happened; None is when it came.
    at: datetime | None = None
    #: What comes with it, by the names of `keepwarm.schema.sources`.
    fields: Mapping[str, Any] = field(default_factory=dict)
    #: What it says about the customer, by such names.
    facts: Mapping[str, Any] = field(default_factory=dict)
    #: All of it as it came, for those who name a place in it.
    payload: Mapping[str, Any] = field(default_factory=dict)
    asks: Asks | None = None
    #: Whose facts they are, where a customer may have several such things.
    thing: Thing | None = None
    #: Many customers at once, in place of the person.
    cohort: Cohort | None = None


@dataclass(frozen=True, slots=True)
class AboutSource:
    """What a source says of itself."""

    title: str
    #: The secrets that prove a call; one that is set is enough.
    secrets: tuple[Setting, ...]
    #: How it is set up at the provider, one sentence each.
    steps: tuple[str, ...]
    #: Lines of a catalog, for the page in the docs.
    example: str
    #: What may be set besides.
    settings: tuple[Setting, ...] = ()
    #: What its users should know, one sentence each.
    notes: tuple[str, ...] = ()


class Source(Protocol):
    """A provider that posts to us."""

    about: ClassVar[AboutSource]

    def __init__(self, given: Surroundings) -> None: ...

    def is_proved(self, call: Call) -> bool:
        """Tell whether the call is proved to come from the provider; any doubt is no."""

    def read(self, call: Call) -> Sequence[Telling]:
        """Give what was told. It need not be proved: so payloads can be tried.

        Raises:
            Unreadable: it is not what the provider documents.
        """


@runtime_checkable
class Answers(Protocol):
    """A provider that wants more for an answer than that it was taken."""

    def answer(self, call: Call) -> Mapping[str, Any]:
        """Give what to answer, as JSON, once all that was told is kept."""


class Unreadable(Exception):  # noqa: N818 - named for what it says of the payload
    """What was posted is not in the form that the provider documents; says what is missing.

    `told` is what could be read all the same, of a call that tells several things.
    """

    def __init__(self, why: str, told: Sequence[Telling] = ()) -> None:
        super().__init__(why, tuple(told))
        self.told = tuple(told)

    def __str__(self) -> str:
        return str(self.args[0])


def secrets_named(name: str, meaning: str, example: str = "") -> tuple[Setting, Setting]:
    """Give the setting of a secret, and that of the one before, for the time of an exchange."""
    old = f"The one before, with which calls may still be signed while {name} is exchanged."
    return (
        Setting(name, meaning, secret=True, example=example),
        Setting(f"{name}_OLD", old, needed=False, secret=True),
    )


def secrets_given(about: AboutSource, given: Surroundings) -> tuple[str, ...]:
    """Give the secrets that are set."""
    found = (given.text(setting.name) for setting in about.secrets)
    return tuple(secret for secret in found if secret)

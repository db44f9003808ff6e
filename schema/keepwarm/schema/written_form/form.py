"""What a written form is made of: mappings, their keys, and what each key takes."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Takes(StrEnum):
    """What a key takes for its value; the value is how a sentence names it."""

    # ── Plain values ──
    TEXT = "text"
    #: Letters, digits, hyphens and underscores; for a template also slashes.
    NAME = "a name"
    NUMBER = "a number"
    WHOLE_NUMBER = "a whole number"
    TRUTH = "yes or no"
    #: One of the key's own `choices`.
    CHOICE = "one of a few words"
    DATE = "a date"
    URL = "a web address"
    ADDRESS = "an e-mail address"
    #: Any scalar; the catalog types it.
    VALUE = "a value"

    # ── Phrases (`phrases.py`, and those of the catalog) ──
    SHARE = "a share"
    LENGTH = "a length of time"
    #: A length in days or more, or `forever`.
    KEEPING = "how long it is kept"
    #: A length after the word `in`: `in 4 working hours`.
    DUE = "a time to do it in"
    WAIT = "a time to wait"
    SCHEDULE = "a schedule"
    CLOCK = "a time of day"
    WINDOW = "a window of hours"
    TIMES = "a number of times"
    ONCE = "how often a customer may enter"
    AT_MOST = "a limit"
    PROMISE = "a promise"
    PARTS = "a number of parts"
    STAGE = "a stage of a rollout"
    EXPECTS = "how many are expected"
    BUDGET = "a limit of money"
    MONEY = "an amount of money"
    WORKING_HOURS = "working hours"
    SCALE = "a scale"
    ZONE = "a time zone"
    #: `nl`, `pt-BR`
    LANGUAGE = "a language"
    #: `NL`, `GB`
    COUNTRY = "a country"
    #: `number`, `text`, `date`, `moment`, `yes or no`, `tags`, `one of a, b`.
    TYPE = "a type"
    #: `session_ended.minutes`
    EVENT_PROPERTY = "a property of an event"
    #: `stripe invoice.payment_failed`: an event, or a fact about a customer, as a source calls it.
    TOLD = "what a source calls it"
    #: `day 0 10:00`
    STORY_TIME = "a time in the story"
    #: `Monday`, `2026-03-28`
    STORY_START = "a day to start on"

    # ── Names that must exist ──
    EVENT = "an event"
    #: A property of the event that the mapping is about.
    PROPERTY = "a property"
    DATE_ATTRIBUTE = "a date of the catalog"
    TAGS_ATTRIBUTE = "an attribute that is tags"
    TOPIC = "a topic"
    #: A team of the catalog, or a person's e-mail address.
    TEAM = "a team or person"
    CALENDAR = "a calendar"
    OFFER = "an offer"
    SURVEY = "a survey"
    #: A webhook of the catalog, or an https address.
    ENDPOINT = "a webhook"
    CHAT_CHANNEL = "a chat channel"
    #: A template file: `.mjml` for e-mail, `.txt` for the rest.
    EMAIL_TEMPLATE = "an e-mail template"
    TEXT_TEMPLATE = "a text template"
    #: Either, as `survey` decides by its channel.
    TEMPLATE = "a template"
    PLAYBOOK = "a playbook"
    #: A customer that the same story file describes.
    STORY_CUSTOMER = "a customer of this file"

    # ── Larger things ──
    #: A list of `name: phrase` lines.
    CONDITIONS = "a list of conditions"
    #: A list of `unsubscribe_rate: above 0.5%` lines.
    GUARDRAILS = "a list of guardrails"
    #: The mapping that `shape` names.
    MAPPING = "settings"


class Many(StrEnum):
    """How many of what a key takes may stand there."""

    ONE = "one"
    LIST = "a list"
    ONE_OR_LIST = "one or a list"


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a mapping."""

    name: str
    takes: Takes
    #: One sentence for the editor's hover.
    means: str
    required: bool = False
    many: Many = Many.ONE
    #: For `CHOICE`: the words that may stand here, in the order to list them.
    choices: tuple[str, ...] = ()
    #: Completed by editors and quoted by refusals, as they would be typed.
    examples: tuple[str, ...] = ()
    #: For `MAPPING`: the form of what stands inside, by its name in `FORMS`.
    shape: str | None = None
    #: Of these keys exactly one stands in a mapping: the verb of a step, the opener of a start.
    leads: bool = False
    #: The leading keys that this one may stand beside; empty is any.
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """A mapping of the language: how a sentence names it, and its keys in the order to write."""

    name: str
    #: With its article: `a step`.
    called: str
    keys: tuple[Key, ...] = ()
    #: What stands under names that the author chooses; None where no such name may stand.
    entries: Key | None = None
    _by_name: dict[str, Key] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._by_name.update((key.name, key) for key in self.keys)

    def key(self, name: str) -> Key | None:
        """Give the key of this name, or None."""
        return self._by_name.get(name)

    def leading(self) -> tuple[Key, ...]:
        """Give the keys of which exactly one stands in each such mapping."""
        return tuple(key for key in self.keys if key.leads)

    def required(self) -> tuple[Key, ...]:
        """Give the keys that each such mapping needs."""
        return tuple(key for key in self.keys if key.required)

"""What a key takes, as JSON Schema: each value of `Takes` is a line here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from keepwarm.schema.json_schema import patterns
from keepwarm.schema.json_schema.instances import plain_value
from keepwarm.schema.json_schema.kinds import SCALAR_TYPES
from keepwarm.schema.json_schema.names import Names
from keepwarm.schema.suggestions import listed
from keepwarm.schema.written_form import Key, Takes

Schema: TypeAlias = dict[str, Any]

#: What an editor makes of a text or a name; `true` must stand in quotes to be one.
_TEXT_TYPES = ("string", "number")
_NEVER = "^(?!)"
#: A value that is offered in a sentence; more would not be read.
_MOST_EXAMPLES = 3


def scalar(key: Key, names: Names) -> Schema:
    """Give the schema of a single value that is no mapping and no list."""
    if key.takes in _PHRASES:
        return _phrase(key, _PHRASES[key.takes])
    if key.takes in _TEXTS:
        types, pattern = _TEXTS[key.takes]
        return _text(key, types, pattern)
    if key.takes is Takes.CHOICE:
        return {"enum": list(key.choices), "errorMessage": f"Write {_quoted(key.choices)}."}
    if key.takes in _NAMED:
        return _named(key, names)
    return _either(key, names)


def one_of(words: Iterable[str]) -> list[Any]:
    """Give words as the values of an enum: `1` is also the number that an editor takes it for."""
    found: list[Any] = []
    for word in words:
        found.append(word)
        plain = plain_value(word)
        if not isinstance(plain, str):
            found.append(plain)
    return found


def _phrase(key: Key, pattern: str) -> Schema:
    sentence = f"Write {key.takes.value}: {_quoted(_examples(key)[:_MOST_EXAMPLES])}."
    types = ("string", "number") if key.takes is Takes.TIMES else ("string",)
    return typed(types, pattern, sentence, _examples(key))


def _text(key: Key, types: Sequence[str], pattern: str | None) -> Schema:
    examples = _examples(key)
    shown = f": {_quoted(examples[:_MOST_EXAMPLES])}" if examples else ""
    return typed(types, pattern, f"Write {key.takes.value}{shown}.", examples)


def _named(key: Key, names: Names) -> Schema:
    """Give the schema of a name that stands for something in the workspace."""
    found = _NAMED[key.takes](names)
    if names.may_grow or not found:
        pattern = patterns.NAME_WITH_FOLDERS
        return typed(_TEXT_TYPES, pattern, f"Write the name of {key.takes.value}.", found)
    return {
        "enum": one_of(found),
        "errorMessage": f"There is no such {_bare(key.takes.value)}, or it is new: press "
        "Ctrl+Space to see what there is, and run `keepwarm schema` when you have added one.",
    }


def _either(key: Key, names: Names) -> Schema:
    """Give the schema of a name, or of something that needs none: an address, a channel."""
    find, own = _OR_NAMED[key.takes]
    found = find(names)
    forms = "|".join(form for form in (own, patterns.either(found)) if form)
    pattern = "^[^ ].*$" if names.may_grow else f"^(?:{forms})$"
    sentence = f"Write {key.takes.value}: {_quoted((*found, *_examples(key))[:_MOST_EXAMPLES])}."
    return typed(_TEXT_TYPES, pattern, sentence, (*found, *_examples(key)))


def typed(
    types: Sequence[str], pattern: str | None, sentence: str, examples: Sequence[str] = ()
) -> Schema:
    """Give the schema of a text: its types, its pattern, and what an editor says and offers."""
    schema: Schema = {"type": types[0] if len(types) == 1 else list(types)}
    if pattern is not None:
        schema |= {"pattern": pattern, "patternErrorMessage": sentence}
    schema["errorMessage"] = sentence
    if examples:
        schema["examples"] = list(dict.fromkeys(examples))
    return schema


def other(sentence: str) -> Schema:
    """Give the schema of what stands behind a name that a mapping does not have.

    Nothing may: but in braces, where `{is: one of free, pro}` is to YAML a name `pro` with nothing
    behind it, and our readers take it for what it is.
    """
    return or_nothing(typed(("string",), _NEVER, sentence))


def or_nothing(schema: Schema) -> Schema:
    """Give a schema that lets nothing at all pass too, without offering it to anybody."""
    return {"if": {"type": "null"}, "else": schema}


def _examples(key: Key) -> tuple[str, ...]:
    """Give the examples as values; in the form they stand as they are typed, with their quotes."""
    return tuple(example.strip('"') for example in key.examples)


def _quoted(words: Iterable[str]) -> str:
    return listed([f'"{word}"' for word in words])


def _bare(noun: str) -> str:
    for article in ("an ", "a "):
        if noun.startswith(article):
            return noun.removeprefix(article)
    return noun


#: Phrases: the pattern holds for every spelling that the reader takes.
_PHRASES: Mapping[Takes, str] = {
    Takes.SHARE: patterns.SHARE,
    Takes.LENGTH: patterns.LENGTH_OF_TIME,
    Takes.KEEPING: patterns.KEEPING,
    Takes.DUE: patterns.DUE,
    Takes.WAIT: patterns.WAIT,
    Takes.SCHEDULE: patterns.SCHEDULE,
    Takes.CLOCK: patterns.CLOCK_TIME,
    Takes.WINDOW: patterns.WINDOW,
    Takes.TIMES: patterns.TIMES,
    Takes.ONCE: patterns.ONCE,
    Takes.AT_MOST: patterns.LIMIT_ON_MESSAGES,
    Takes.PROMISE: patterns.PROMISE,
    Takes.PARTS: patterns.PARTS,
    Takes.STAGE: patterns.STAGE,
    Takes.EXPECTS: patterns.EXPECTS,
    Takes.BUDGET: patterns.BUDGET,
    Takes.MONEY: patterns.MONEY,
    Takes.WORKING_HOURS: patterns.WORKING_HOURS,
    Takes.SCALE: patterns.SCALE,
    Takes.ZONE: patterns.ZONE,
    Takes.LANGUAGE: patterns.LANGUAGE,
    Takes.COUNTRY: patterns.COUNTRY,
    Takes.TYPE: patterns.TYPE,
    Takes.EVENT_PROPERTY: patterns.EVENT_PROPERTY,
    Takes.TOLD: patterns.TOLD,
    Takes.STORY_TIME: patterns.STORY_TIME,
    Takes.STORY_START: patterns.STARTS_ON,
    Takes.DATE: patterns.DAY,
}
#: Values that are plain texts or numbers.
_TEXTS: Mapping[Takes, tuple[tuple[str, ...], str | None]] = {
    Takes.TEXT: (_TEXT_TYPES, patterns.SOMETHING),
    Takes.VALUE: (SCALAR_TYPES, None),
    Takes.NAME: (_TEXT_TYPES, patterns.NAME_WITH_FOLDERS),
    Takes.NUMBER: (("number", "string"), patterns.NUMBER),
    Takes.WHOLE_NUMBER: (("integer", "string"), patterns.NUMBER),
    Takes.TRUTH: (("boolean", "string"), patterns.TRUTH),
    Takes.URL: (("string",), rf"^{patterns.URL}$"),
    Takes.ADDRESS: (("string",), patterns.ADDRESS),
    Takes.STORY_CUSTOMER: (_TEXT_TYPES, patterns.NAME_OF_A_THING),
    Takes.CALENDAR: (_TEXT_TYPES, patterns.NAME_OF_A_THING),
}
#: Names that must exist.
_NAMED: Mapping[Takes, Callable[[Names], tuple[str, ...]]] = {
    Takes.EVENT: Names.events,
    Takes.PROPERTY: Names.properties,
    Takes.DATE_ATTRIBUTE: Names.dates,
    Takes.TAGS_ATTRIBUTE: Names.tags,
    Takes.TOPIC: Names.topics,
    Takes.OFFER: Names.offers,
    Takes.SURVEY: Names.surveys,
    Takes.EMAIL_TEMPLATE: Names.email_templates,
    Takes.TEXT_TEMPLATE: Names.text_templates,
    Takes.TEMPLATE: Names.templates,
    Takes.PLAYBOOK: Names.playbooks,
}
#: Names, or what needs no name.
_OR_NAMED: Mapping[Takes, tuple[Callable[[Names], tuple[str, ...]], str]] = {
    Takes.TEAM: (Names.teams, patterns.ADDRESS.strip("^$")),
    Takes.CHAT_CHANNEL: (Names.teams_with_a_channel, patterns.CHAT_CHANNEL),
    Takes.ENDPOINT: (Names.endpoints, patterns.URL),
}

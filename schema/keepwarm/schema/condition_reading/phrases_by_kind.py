"""Which phrases are legal for which kind of fact: the kind decides, never the phrase."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import assert_never

from keepwarm.schema.catalog import Catalog
from keepwarm.schema.condition_reading.date_phrases import DATE_HINT, DATE_WORDS, parse_date_test
from keepwarm.schema.condition_reading.event_phrases import (
    EVENT_HINT,
    EVENT_WORDS,
    METRIC_HINT,
    METRIC_WORDS,
    parse_event_test,
    parse_metric_test,
)
from keepwarm.schema.condition_reading.number_phrases import (
    NUMBER_HINT,
    NUMBER_WORDS_OF_TESTS,
    parse_number_test,
)
from keepwarm.schema.condition_reading.scope import NamedStep, Scope
from keepwarm.schema.condition_reading.slips import put_right
from keepwarm.schema.condition_reading.spelling import spelt
from keepwarm.schema.condition_reading.tag_phrases import (
    TAG_WORDS,
    TAGS_HINT,
    parse_tags_test,
    read_step_test,
)
from keepwarm.schema.condition_reading.text_phrases import (
    TEXT_HINT,
    parse_truth,
    read_choice,
    read_text,
)
from keepwarm.schema.conditions import (
    FactKind,
    InSegment,
    IsKnown,
    MetricChange,
    MetricTotal,
    Phrase,
)
from keepwarm.schema.reading import Grammar, Read, Refusal, tidied


@dataclass(frozen=True, slots=True)
class Subject:
    """What a test is about: a name, its kind, and what the kind needs to be read."""

    name: str
    kind: FactKind
    choices: tuple[str, ...] = ()
    unit: str = ""
    step: NamedStep | None = None
    #: Whether it is a property of one event, which knows no other customers.
    is_property: bool = False


def subject_of(name: str, scope: Scope) -> Subject | None:
    """Give what a name stands for in this scope; None for a name that nothing has."""
    if scope.event is not None:
        found = scope.property(name)
        if found is None:
            return None
        return Subject(name, found.kind, found.choices, found.unit, is_property=True)
    if step := scope.steps.get(name):
        return Subject(name, FactKind.STEP, step=step)
    catalog = scope.catalog
    kind = catalog.kind_of(name)
    if kind is None:
        return None
    fact = catalog.attributes.get(name) or catalog.scores.get(name)
    if fact is not None:
        return Subject(name, kind, fact.choices, fact.unit)
    metric = catalog.metrics.get(name)
    return Subject(name, kind, unit=metric.unit if metric else "")


def read_phrase(text: str, subject: Subject, scope: Scope) -> Read[Phrase] | Refusal:
    """Read the phrase behind a name; where its first words have a slip, say what was meant."""
    found = _read(text, subject, scope)
    meant = put_right(tidied(text)) if isinstance(found, Refusal) else None
    if isinstance(found, Read) or found.replacement is not None or meant is None:
        return found
    again = _read(meant, subject, scope)
    return found if isinstance(again, Refusal) else replace(found, replacement=again.canonical)


def _read(text: str, subject: Subject, scope: Scope) -> Read[Phrase] | Refusal:
    if not text.strip():
        return Refusal(f'"{subject.name}" needs a test behind it', _hint(subject))
    if (known := _known(text, subject)) is not None:
        return Read(known, spelt(known))
    match subject.kind:
        case FactKind.TEXT:
            return _spelt(read_text(" ".join(text.split()), subject.name))
        case FactKind.CHOICE:
            return _spelt(read_choice(tidied(text), subject.name, subject.choices))
        case FactKind.STEP if subject.step is not None:
            return _spelt(read_step_test(tidied(text), subject.step))
        case FactKind.TAGS if (tags := parse_tags_test(tidied(text))) is not None:
            return _spelt(tags)  # a list of tags may be longer than any other phrase
        case _:
            return _grammar(subject, scope).read(text)


def placed(phrase: Phrase, name: str, catalog: Catalog) -> Phrase:
    """Give a test on a metric the event and property that the catalog sums."""
    metric = catalog.metrics.get(name)
    if metric is None or not isinstance(phrase, MetricTotal | MetricChange):
        return phrase
    return replace(phrase, event=metric.event, property=metric.property)


def _known(text: str, subject: Subject) -> IsKnown | None:
    """Read `known` and `unknown`, for all that may be missing."""
    if subject.kind in _NEVER_MISSING or (subject.step and not subject.step.results):
        return None
    words = tidied(text).lower()
    if words in {"known", "unknown"}:
        return IsKnown(words == "known")
    if subject.kind in _WITHOUT_OTHER_WORDS or words in subject.choices or words not in _KNOWN:
        return None
    return IsKnown(_KNOWN[words])


def _spelt(found: Phrase | Refusal) -> Read[Phrase] | Refusal:
    return found if isinstance(found, Refusal) else Read(found, spelt(found))


def _grammar(subject: Subject, scope: Scope) -> Grammar[Phrase]:
    """Give the grammar of a kind, with a noun that names the fact."""
    noun = f"a test on {subject.name}"
    if subject.kind is not FactKind.TAGS:
        noun += f", which is {_CALLED[subject.kind]}"
    words = _WORDS.get(subject.kind, frozenset())
    return Grammar(noun, _hint(subject), words, _parser(subject, scope), spelt)


def _parser(subject: Subject, scope: Scope) -> Callable[[str], Phrase | Refusal | None]:
    match subject.kind:
        case FactKind.NUMBER:
            return partial(parse_number_test, unit=subject.unit, ranks=not subject.is_property)
        case FactKind.TRUTH:
            return parse_truth
        case FactKind.SEGMENT:
            return _parse_segment_test
        case FactKind.DATE | FactKind.MOMENT:
            return partial(parse_date_test, has_hours=subject.kind is FactKind.MOMENT)
        case FactKind.EVENT:
            return partial(parse_event_test, has_run=scope.has_run)
        case FactKind.METRIC:
            return parse_metric_test
        case FactKind.TAGS:
            return parse_tags_test
        case FactKind.TEXT | FactKind.CHOICE | FactKind.STEP:
            msg = f"{subject.kind} is read without a grammar"
            raise AssertionError(msg)
        case _:
            assert_never(subject.kind)


def _parse_segment_test(said: str) -> InSegment | None:
    truth = parse_truth(said)
    return None if truth is None else InSegment(truth.wanted)


def _hint(subject: Subject) -> str:
    if subject.step is not None:
        return f"it may end as: {', '.join(subject.step.results)}"
    if subject.kind is FactKind.CHOICE:
        return f"it is one of: {', '.join(subject.choices)}"
    return _HINTS[subject.kind]


_TRUTH_HINT = 'you can write: "yes"; "no"'
_HINTS = {
    FactKind.NUMBER: NUMBER_HINT,
    FactKind.TEXT: TEXT_HINT,
    FactKind.TRUTH: f'{_TRUTH_HINT}; "known"; "unknown"',
    FactKind.SEGMENT: _TRUTH_HINT,
    FactKind.DATE: DATE_HINT,
    FactKind.MOMENT: DATE_HINT,
    FactKind.EVENT: EVENT_HINT,
    FactKind.METRIC: METRIC_HINT,
    FactKind.TAGS: TAGS_HINT,
}
_WORDS = {
    FactKind.NUMBER: NUMBER_WORDS_OF_TESTS,
    FactKind.TRUTH: frozenset({"yes", "no"}),
    FactKind.SEGMENT: frozenset({"yes", "no"}),
    FactKind.DATE: DATE_WORDS,
    FactKind.MOMENT: DATE_WORDS,
    FactKind.EVENT: EVENT_WORDS,
    FactKind.METRIC: METRIC_WORDS,
    FactKind.TAGS: TAG_WORDS,
}
_CALLED = {
    FactKind.NUMBER: "a number",
    FactKind.TEXT: "a text",
    FactKind.CHOICE: "a choice",
    FactKind.TRUTH: "yes or no",
    FactKind.DATE: "a date",
    FactKind.MOMENT: "a moment",
    FactKind.EVENT: "an event",
    FactKind.METRIC: "a metric",
    FactKind.TAGS: "tags",
    FactKind.SEGMENT: "a segment",
    FactKind.STEP: "a step",
}
#: These always have an answer: a metric of nothing is 0, and a customer is in a segment or not.
_NEVER_MISSING = frozenset({FactKind.METRIC, FactKind.SEGMENT})
#: For these only the canonical words are read: `none` may be a text, and no event is empty.
_WITHOUT_OTHER_WORDS = frozenset({FactKind.TEXT, FactKind.EVENT, FactKind.STEP})
_KNOWN = {
    "is known": True, "not unknown": True, "set": True, "is set": True,
    "is unknown": False, "not known": False, "missing": False, "is missing": False,
    "empty": False, "is empty": False, "not set": False, "null": False, "none": False,
}  # fmt: skip

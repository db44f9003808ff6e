"""From `name: phrase` lines to typed conditions.

`lists` reads the lines and what groups them, `phrases_by_kind` chooses the grammar by the kind
that the catalog gives the name, the `…_phrases` modules hold one grammar each, and `spelling`
gives every phrase its one spelling.
"""

from keepwarm.schema.condition_reading.lists import (
    OTHER_GROUPS,
    RESERVED_NAMES,
    read_any,
    read_conditions,
)
from keepwarm.schema.condition_reading.phrases_by_kind import Subject, read_phrase, subject_of
from keepwarm.schema.condition_reading.scope import NamedStep, Scope
from keepwarm.schema.condition_reading.spelling import decimal_text, spelt

__all__ = [
    "OTHER_GROUPS",
    "RESERVED_NAMES",
    "NamedStep",
    "Scope",
    "Subject",
    "decimal_text",
    "read_any",
    "read_conditions",
    "read_phrase",
    "spelt",
    "subject_of",
]

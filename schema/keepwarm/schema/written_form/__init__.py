"""The written form of the language, defined once.

The JSON Schema that editors read and the readers of this room both work from these tables, so
that editor and command line cannot disagree. A mapping says its keys; what a *step* or a *start*
may hold together (exactly one leading key, options beside theirs) stands in the keys and is
checked by `mapping_reading`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from keepwarm.schema.written_form.catalog_form import CATALOG_FORMS
from keepwarm.schema.written_form.form import Form, Key, Many, Takes
from keepwarm.schema.written_form.other_forms import OTHER_FORMS
from keepwarm.schema.written_form.other_words import OTHER_WORDS, STANDS_ELSEWHERE
from keepwarm.schema.written_form.playbook_form import GUARDRAIL_RATES, PLAYBOOK_FORMS
from keepwarm.schema.written_form.step_form import MESSAGES, STEP_FORMS

__all__ = [
    "FORMS",
    "GUARDRAIL_RATES",
    "MESSAGES",
    "OTHER_WORDS",
    "STANDS_ELSEWHERE",
    "Form",
    "Key",
    "Many",
    "Takes",
]

#: Every mapping of the language by its name. The files are `playbook`, `catalog`, `policies` and
#: `stories`; `template head` is the YAML above a template.
FORMS: Mapping[str, Form] = MappingProxyType(
    {form.name: form for form in (*PLAYBOOK_FORMS, *STEP_FORMS, *CATALOG_FORMS, *OTHER_FORMS)},
)

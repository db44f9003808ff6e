"""What the parser cannot read, in our sentences: what, where, how to mend, and how to go on.

PyYAML says "mapping values are not allowed in this context"; an author wants to hear which words
to put in quotes. Each explanation also masks the faulty part, so that the rest can be read.
"""

from __future__ import annotations

from collections.abc import Callable

import yaml

from keepwarm.schema.yaml_reading import shape_faults, value_faults
from keepwarm.schema.yaml_reading.building import State
from keepwarm.schema.yaml_reading.page import Page
from keepwarm.schema.yaml_reading.scene import Fault, Scene

#: The first that knows the fault explains it.
EXPLANATIONS: tuple[Callable[[Scene], Fault | None], ...] = (
    shape_faults.tab,
    value_faults.braces,
    value_faults.sign,
    shape_faults.missing_before_bracket,
    value_faults.second_colon,
    value_faults.list_on_the_line,
    value_faults.bracket_above,
    shape_faults.long_name,
    shape_faults.missing_space_after_dash,
    shape_faults.missing_space,
    shape_faults.missing_colon,
    shape_faults.too_far_right,
    value_faults.escape,
    value_faults.open_quote,
    shape_faults.second_document,
    value_faults.stray_mark,
    shape_faults.nameless,
    value_faults.after_the_end,
    value_faults.open_bracket,
    shape_faults.indented_nowhere,
)

#: Where tabs have taken the shape away, these say nothing new.
SHAPE_RULES = frozenset({"indentation", "missing-colon", "yaml"})


def explain(error: yaml.MarkedYAMLError, page: Page, state: State) -> Fault:
    """Give the parser's refusal as a problem in our words, and what to mask before going on."""
    scene = Scene.of(error, page, state)
    for explanation in EXPLANATIONS:
        fault = explanation(scene)
        if fault is not None:
            return fault
    return shape_faults.anything_else(scene)

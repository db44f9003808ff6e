"""Filters that would fail for everybody, told before anybody is written to."""

from __future__ import annotations

import pytest

from keepwarm.engine.templates.analysis import examine
from keepwarm.engine.templates.marks import Writing


def faults(words: str) -> list[str]:
    found = examine([("body", Writing(words, "templates/a.txt", 3))])
    return [f"{each.span.line}:{each.span.column}: {each.message}" for each in found.problems]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("{{ a | money }}", "3:8: the filter money needs a currency, as three letters"),
        ("{{ a | money: 'euro' }}", "3:8: the filter money needs a currency, as three letters"),
        ("{{ a | date: 'lng' }}", '3:8: the filter date has no form "lng"'),
        ("{{ a | date: '%d %Q' }}", "3:8: the filter date does not know %Q"),
        ("{{ a | plus }}", "3:8: the filter plus needs to be told more"),
        ("{{ a | upcase: 'x' }}", "3:8: the filter upcase takes nothing behind its name"),
        ("{{ a | truncate: 5, '…', 6 }}", "3:8: the filter truncate takes 2 behind its name"),
    ],
)
def test_a_filter_that_cannot_work_is_told(words: str, told: str) -> None:
    assert faults(words) == [told]


@pytest.mark.parametrize(
    "words",
    [
        "{{ a | money: 'EUR' }}{{ a | money: event.currency }}",
        "{{ a | date }}{{ a | date: 'long' }}{{ a | date: '%-d %B' }}{{ a | date: event.form }}",
        "{{ a | default: 'x', allow_false: true }}{{ a | round }}{{ a | round: 2 }}",
        "{{ a | slice: 1 }}{{ a | replace: 'x' }}{{ a | join }}{{ a | where: 'x', 'y' }}",
    ],
)
def test_a_filter_that_may_work_is_left_alone(words: str) -> None:
    assert faults(words) == []

"""Corrections: what a replacement puts into a file, and whether nothing else can be meant.

Only one thing can be meant by a phrase of the grammar, and by a word with a slip or two that is
like no other word. Anything further away is shown as "did you mean", and left to the author.
"""

from __future__ import annotations

import re

from keepwarm.schema.condition_reading import OTHER_GROUPS
from keepwarm.schema.edits import Edit, stretch_of
from keepwarm.schema.formatting.shapes import flows, is_within
from keepwarm.schema.loading import LOADING_RULES, load
from keepwarm.schema.problems import Problem
from keepwarm.schema.quoting import written_like
from keepwarm.schema.suggestions import is_slip_of
from keepwarm.schema.written_form import OTHER_WORDS


def correction(problem: Problem, text: str) -> Edit | None:
    """Give the one edit that corrects a problem of a file's text; None where there is none."""
    return replacing(problem, text) if _has_one(problem, text) else None


def replacing(problem: Problem, text: str) -> Edit | None:
    """Give the edit that a problem's replacement is, however unlikely; None without one."""
    if problem.replacement is None or problem.span.line != problem.span.end_line:
        return None
    return Edit(problem.span, _as_written(problem, text))


def _as_written(problem: Problem, text: str) -> str:
    """Give a replacement as it stands in the file, in quotes where it needs them."""
    said, before = problem.replacement or "", stretch_of(text, problem.span)
    is_yaml = problem.file.endswith(".yaml") and problem.rule not in LOADING_RULES
    makes_a_setting = ": " in said and ": " not in before
    if not is_yaml or makes_a_setting or said[:1] in ("'", '"'):
        return said
    node = load(text, problem.file).node
    within = [] if node is None else flows(node, text.split("\n"))
    return written_like(before, said, in_flow=is_within(problem.span, within))


# ── What has one correction ──────────────────────────────────────────────────────────────────


def _has_one(problem: Problem, text: str) -> bool:
    said, span = problem.replacement, problem.span
    if said is None or span.line != span.end_line:
        return False
    before = stretch_of(text, span)
    word = before.strip("'\"")
    if before == said or _asks_otherwise(word, said):
        return False
    return (
        problem.rule in LOADING_RULES
        or _is_phrase(problem, word, said)
        or is_slip_of(word, said)
        or said == f"customer.{word}"
        or said in _other_words(word)
    )


def _asks_otherwise(word: str, said: str) -> bool:
    """Tell of a word that means something, and another that stands for it: `stop_if_all`."""
    meant, put = ({*re.split(r"[_ ]", each)} & _MEANING for each in (word, said))
    return bool(meant) and meant != put


def _is_phrase(problem: Problem, word: str, said: str) -> bool:
    """Tell whether a grammar gives the replacement, and not a likeness of names or an example."""
    if problem.rule not in _OF_GRAMMAR or (_is_name(word) and _is_name(said)):
        return False
    has_new_number = re.search("[0-9]", said) and not re.search("[0-9½¼¾]", word)
    return not has_new_number or word.lower() in _TIMES


def _is_name(text: str) -> bool:
    return text[:1].isalpha() and " " not in text


def _other_words(word: str) -> set[str]:
    """Give what other languages' words for a setting are called here."""
    found = {words.get(word.lower()) for words in OTHER_WORDS.values()}
    return {each for each in (*found, OTHER_GROUPS.get(word)) if each}


#: Small words that are no slips of one another.
_MEANING = frozenset({"all", "any", "none", "not", "no", "before", "after", "working"})
#: Words that stand for a time of day.
_TIMES = frozenset({"noon", "midday", "midnight"})
_OF_GRAMMAR = frozenset({"cannot-read", "condition", "wrong-type", "story-time"})

"""What a mapping may hold: every mapping of the language is read here against its written form.

A reader gets the values whose keys are legal, and every fault of structure is noted: a key that the
form does not have, two verbs in one step, an option of another verb, a key that is missing.
"""

from __future__ import annotations

from collections import abc
from dataclasses import dataclass
from typing import TypeAlias

from keepwarm.schema.faults import Faults
from keepwarm.schema.flow_commas import with_whole_values
from keepwarm.schema.nodes import Entry, Mapping, Node, Scalar, Sequence, Span
from keepwarm.schema.suggestions import closest, listed
from keepwarm.schema.written_form import (
    FORMS,
    OTHER_WORDS,
    STANDS_ELSEWHERE,
    Form,
    Key,
    Many,
    Takes,
)

#: Form, or form and leading key -> foreign key -> what is said of it.
Words: TypeAlias = abc.Mapping[str, abc.Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Fields:
    """The legal part of a mapping."""

    form: Form
    node: Mapping
    #: By key, in the order written; nothing empty, nothing out of place.
    values: dict[str, Node]
    #: The verb of a step, the opener of a start; None where the form has none or it is in doubt.
    leading: str | None

    def key(self, name: str) -> Key:
        """Give what the form says of a key that it has."""
        key = self.form.key(name)
        if key is None:
            msg = f"{self.form.called} has no key {name}"
            raise KeyError(msg)
        return key


def read_mapping(node: Node, form: Form, faults: Faults) -> Fields | None:
    """Read a mapping of this form; None for what is no mapping at all."""
    if not isinstance(node, Mapping):
        _refuse_other(node, form, faults)
        return None
    node = with_whole_values(node, [key.name for key in form.keys])
    unknown = [entry for entry in node.entries if form.key(entry.key.text) is None]
    guesses = {_refuse_key(entry, node, form, faults) for entry in unknown}
    present = [entry for entry in node.entries if form.key(entry.key.text) is not None]
    leading = _leading(present, node, form, guesses, faults)
    legal = [entry for entry in present if _stands_right(entry, present, leading, form, faults)]
    _refuse_missing(node, form, guesses, faults)
    values = {entry.key.text: entry.value for entry in legal if _is_filled(entry, form, faults)}
    return Fields(form, node, values, leading)


def read_entries(node: Node, form: Form, faults: Faults) -> tuple[Entry, ...]:
    """Read a mapping whose keys are names of the author's own; empty for what is none."""
    if isinstance(node, Mapping):
        return with_whole_values(node).entries
    _refuse_other(node, form, faults)
    return ()


def start_of(node: Node) -> Span:
    """Give the place to point at for what a mapping lacks: its first key."""
    if isinstance(node, Mapping) and node.entries:
        return node.entries[0].key.span
    return node.span


# ── Keys that no such mapping has ────────────────────────────────────────────────────────────


def _refuse_key(entry: Entry, node: Mapping, form: Form, faults: Faults) -> str | None:
    """Refuse a key, and give the key that it was probably meant to be."""
    word = entry.key.text
    free = [key.name for key in form.keys if node.entry(key.name) is None]
    beside = _leading_of(node, form)
    message = f'{form.called} has no setting "{word}"' if form.keys else f'"{word}" is not known'
    other = _said_of(OTHER_WORDS, word, form, beside)
    nowhere = _said_of(STANDS_ELSEWHERE, word, form, beside)
    elsewhere = nowhere or _elsewhere(word, form)
    near = other if other in free and nowhere is None else None
    hint = elsewhere
    if near is None and elsewhere is None:
        near, hint = _nearest(word, node, form, free)
    if near is not None and (first := _other_leading(near, node, form)):
        hint = _beside_another(near, first, form)
        near = None
    elif near is not None and beside is not None and not _fits(near, beside, form):
        near, hint = None, _can_have(node, form)
    faults.add("unknown-key", entry.key, message, hint=hint, replacement=near)
    return near


def _said_of(words: Words, word: str, form: Form, beside: str | None) -> str | None:
    """Give what is said of a foreign word beside a leading key, or else in the form at all."""
    plain = word.lower().replace(" ", "_")
    names = (f"{form.name} {beside}", form.name)
    return next((found for name in names if (found := words.get(name, {}).get(plain))), None)


def _leading_of(node: Mapping, form: Form) -> str | None:
    leads = {key.name for key in form.leading()}
    return next((each.key.text for each in node.entries if each.key.text in leads), None)


def _fits(name: str, beside: str, form: Form) -> bool:
    """Tell whether a key may stand beside a leading one."""
    key = form.key(name)
    return key is not None and not key.leads and (not key.beside or beside in key.beside)


def _can_have(node: Mapping, form: Form) -> str | None:
    """Say which keys may stand here yet; where nothing leads a step, what it may do."""
    free = sorted(key.name for key in form.keys if node.entry(key.name) is None)
    leading = _leading_of(node, form)
    if leading is not None:
        fitting = [name for name in free if _fits(name, leading, form)]
        return f'beside "{leading}" it can have: {", ".join(fitting)}' if fitting else None
    if form.name == "step":
        return f"it does one of: {', '.join(key.name for key in form.leading())}"
    return f"it can have: {', '.join(free)}" if free else None


def _other_leading(name: str, node: Mapping, form: Form) -> str | None:
    """Give what a mapping does already, where a key would make it do another thing as well."""
    leads = {key.name for key in form.leading()}
    return _leading_of(node, form) if name in leads else None


def _beside_another(name: str, first: str, form: Form) -> str:
    if (first, name) == ("if", "choose"):
        return 'where there are more ways than two, write "choose" and a "when" for each'
    return f'"{name}" cannot stand beside "{first}"; {form.called} does one thing'


def _nearest(
    word: str, node: Mapping, form: Form, free: list[str]
) -> tuple[str | None, str | None]:
    """Give the key that a word is nearly, or else a hint."""
    near = closest(word, [key.name for key in form.keys])
    if near in free:
        return near, None
    if near is not None and (taken := node.entry(near)):
        return None, f'"{near}" stands here already (line {taken.key.span.line})'
    return None, _can_have(node, form)


def _elsewhere(word: str, form: Form) -> str | None:
    """Say where else a key of this name stands, or None where no mapping nearby has it."""
    below = [
        key.name
        for key in form.keys
        if key.many is Many.ONE and key.shape and FORMS[key.shape].key(word)
    ]
    if below:
        return f"it belongs under {listed(below)}"
    if form.name == "playbook" and _has(FORMS["step"], word):
        return "it belongs to a step: write it in the list under steps"
    if form.name == "playbook":
        return None
    above = [parent for parent in ("step", "playbook") if _is_inside(form, FORMS[parent])]
    for parent in above:
        if _has(FORMS[parent], word):
            return f"it belongs to {FORMS[parent].called}, not to {form.called}"
    return None


def _has(form: Form, word: str) -> bool:
    return form.key(word) is not None


def _is_inside(form: Form, outer: Form) -> bool:
    if form is outer:
        return False
    shapes = {key.shape for key in outer.keys if key.shape}
    if form.name in shapes:
        return True
    return outer.name == "playbook" and (form.name == "step" or _is_inside(form, FORMS["step"]))


# ── The one key that says what a mapping is ──────────────────────────────────────────────────


def _leading(
    present: list[Entry], node: Mapping, form: Form, guesses: set[str | None], faults: Faults
) -> str | None:
    leads = {key.name for key in form.leading()}
    if not leads:
        return None
    found = [entry for entry in present if entry.key.text in leads]
    for entry in found[1:]:
        _refuse_second(found[0], entry, form, faults)
    if found:
        return found[0].key.text
    if not guesses & {*leads, None} and faults.is_whole:
        options = [entry.key.text for entry in present]
        _refuse_headless(node, form, options, faults)
    return None


def _refuse_second(first: Entry, second: Entry, form: Form, faults: Faults) -> None:
    a, b = first.key.text, second.key.text
    if form.name == "step":
        text = second.value.text if isinstance(second.value, Scalar) else "…"
        faults.add(
            "two-things",
            second.key,
            f'one step cannot do two things ("{a}" and "{b}")',
            hint=f"start a new step:  - {b}: {text}",
        )
        return
    hint = "keep one of them"
    if form.name in _LINES_OF_LISTS:
        hint = f"begin a new line with a dash:  - {b}: …"
    elif form.name == "start":
        hint = "keep one of them; for another way in, write a playbook of its own"
    faults.add(
        "two-things", second.key, f'{form.called} cannot have both "{a}" and "{b}"', hint=hint
    )


def _refuse_headless(node: Mapping, form: Form, options: list[str], faults: Faults) -> None:
    leads = [key.name for key in form.leading()]
    if not options:
        faults.add(
            "missing", node, f"{form.called} is empty", hint=f"it needs one of: {', '.join(leads)}"
        )
        return
    verbs = [verb for verb in leads if any(verb in _beside(form, name) for name in options)]
    hints = []
    needs = listed([f'"{lead}"' for lead in leads])
    if form.name == "step":
        needs = "something to do"
        hints.append(f"it needs one of: {', '.join(leads)}")
    if verbs and len(verbs) < len(leads):
        hints.append(f'"{options[0]}" stands beside {listed(verbs)}')
    faults.add(
        "missing", start_of(node), f"{form.called} needs {needs}", hint="; ".join(hints) or None
    )


def _beside(form: Form, name: str) -> tuple[str, ...]:
    key = form.key(name)
    return key.beside if key else ()


def _stands_right(
    entry: Entry, present: list[Entry], leading: str | None, form: Form, faults: Faults
) -> bool:
    """Tell whether an entry may stand beside the leading key, and refuse it if not."""
    key = form.key(entry.key.text)
    if key is None or leading is None or key.name == leading:
        return True
    if key.leads:
        return False
    if not key.beside or leading in key.beside:
        return True
    # Beside a second verb, which is refused already, it may be quite right.
    if not any(other.key.text in key.beside for other in present):
        owners = listed([f'"{verb}"' for verb in key.beside])
        faults.add(
            "misplaced-key",
            entry.key,
            f'"{key.name}" belongs to {owners}, not to "{leading}"',
            replacement=OTHER_WORDS.get(f"{form.name} {leading}", {}).get(key.name),
        )
    return False


# ── Keys that are missing or empty ───────────────────────────────────────────────────────────


def _refuse_missing(node: Mapping, form: Form, guesses: set[str | None], faults: Faults) -> None:
    if not faults.is_whole:
        return
    for key in form.required():
        if node.entry(key.name) is None and key.name not in guesses:
            faults.add(
                "missing", start_of(node), f'{form.called} needs "{key.name}"', hint=_why(key)
            )


def _why(key: Key) -> str:
    why = key.means[0].lower() + key.means[1:].rstrip(".")
    example = key.choices[0] if key.choices else next(iter(key.examples), None)
    if example and key.takes in {Takes.CONDITIONS, Takes.GUARDRAILS}:
        example = f"[{example.removeprefix('- ')}]"
    return f"{why}; for example:  {key.name}: {example}" if example else why


def _is_filled(entry: Entry, form: Form, faults: Faults) -> bool:
    key = form.key(entry.key.text)
    is_empty = isinstance(entry.value, Scalar) and not entry.value.text.strip()
    if key is None or not is_empty:
        return True
    if key.takes is Takes.MAPPING and key.many is Many.LIST:
        example = "for example:  - wait: 2 days" if key.shape == "step" else None
    else:
        example = _why(key)
    faults.add("empty", entry.key, f'nothing stands behind "{key.name}"', hint=example)
    return False


def _refuse_other(node: Node, form: Form, faults: Faults) -> None:
    """Refuse what should have been a mapping."""
    what = "a list" if isinstance(node, Sequence) else "text"
    shown = next((key for key in form.keys if key.required or key.leads), None)
    hint = None
    if shown is not None:
        hint = f'for example "{shown.name}: {next(iter(shown.examples), "…")}"'
    if isinstance(node, Scalar) and not node.text:
        faults.add("empty", node, f"{form.called} is missing here", hint=hint)
    elif not form.keys:
        faults.add(
            "wrong-type",
            node,
            f"each entry of {form.called} needs a name before it, but this is {what}",
            hint='for example "name: …"',
        )
    else:
        faults.add("wrong-type", node, f"{form.called} has settings, but this is {what}", hint=hint)


#: Forms of which a list holds one a line.
_LINES_OF_LISTS = frozenset({"choose arm", "split arm", "if_late", "or_else", "expectation"})

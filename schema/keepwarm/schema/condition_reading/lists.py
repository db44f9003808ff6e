"""Lists of conditions: `name: phrase` lines, and `any:`, `all:` and `none:` around more of them."""

from __future__ import annotations

from collections.abc import Callable

from keepwarm.schema.condition_reading.phrases_by_kind import (
    Subject,
    placed,
    read_phrase,
    subject_of,
)
from keepwarm.schema.condition_reading.scope import Scope
from keepwarm.schema.conditions import All, AnyOf, Condition, FactKind, Happened, NoneOf, Test
from keepwarm.schema.faults import Faults
from keepwarm.schema.flow_commas import with_whole_lines, with_whole_values
from keepwarm.schema.nodes import Entry, Mapping, Node, Scalar, Sequence, Span
from keepwarm.schema.reading import Refusal
from keepwarm.schema.suggestions import closest, listed, quoted

_GROUPS: dict[str, Callable[[tuple[Condition, ...]], Condition]] = {
    "any": AnyOf,
    "all": All,
    "none": NoneOf,
}
#: What other languages call them.
OTHER_GROUPS = {"or": "any", "and": "all", "not": "none", "any_of": "any", "all_of": "all",
                 "none_of": "none", "unless": "none"}  # fmt: skip
#: Names that mean something else where a condition stands.
RESERVED_NAMES = frozenset({*_GROUPS, *OTHER_GROUPS, "where"})

_WHAT_MAY_STAND = (
    "conditions ask about what the catalog declares (catalog/*.yaml), or about a named step above"
)
_HOW = 'write a list with "name: phrase" lines, for example "- plan: not free"'


def read_conditions(node: Node, scope: Scope, faults: Faults) -> Condition:
    """Read what stands where a list of conditions may stand; a list means all.

    What cannot be read is noted in `faults`, and the rest is given without it.
    """
    return All(_read_list(node, scope, faults))


def read_any(node: Node, scope: Scope, faults: Faults) -> Condition:
    """Read a list of which any suffices: that of `stop_if_any`."""
    return AnyOf(_read_list(node, scope, faults))


def _read_list(node: Node, scope: Scope, faults: Faults) -> tuple[Condition, ...]:
    match node:
        case Sequence(items=()):
            faults.add("empty", node, "there is no condition in this list", hint=_HOW)
            return ()
        case Sequence():
            read = (_read_item(item, scope, faults) for item in with_whole_lines(node.items))
            return tuple(condition for condition in read if condition is not None)
        case Mapping() if len(node.entries) == 1 and node.names()[0] in _GROUPS:
            condition = _read_item(node, scope, faults)
            return () if condition is None else (condition,)
        case Mapping():
            _refuse_mapping(node, faults)
            return ()
        case Scalar():
            _refuse_scalar(node, scope, faults, in_list="[{}]")
            return ()


def _read_item(node: Node, scope: Scope, faults: Faults) -> Condition | None:
    match node:
        case Scalar():
            _refuse_scalar(node, scope, faults)
            return None
        case Sequence():
            faults.add(
                "condition",
                node,
                "a list stands inside a list here",
                hint='write "any:", "all:" or "none:" before it',
            )
            return None
        case Mapping():
            return _read_line(node, scope, faults)


def _read_line(node: Mapping, scope: Scope, faults: Faults) -> Condition | None:
    """Read one line: a name with its phrase and perhaps a `where`, or a group."""
    node = with_whole_values(node)
    where = node.entry("where")
    named = [entry for entry in node.entries if entry.key.text != "where"]
    if not named:
        faults.add(
            "condition",
            node,
            '"where" stands alone here',
            hint='it narrows an event: write it below "name: phrase", in the same line of the list',
        )
        return None
    for extra in named[1:]:
        faults.add(
            "two-conditions",
            extra.key,
            f'one line of the list cannot ask about "{named[0].key.text}" and "{extra.key.text}"',
            hint=f"begin a new line with a dash:  - {extra.key.text}: …",
        )
    entry = named[0]
    if make := _GROUPS.get(entry.key.text):
        if where is not None:
            _refuse_where(where, entry.key.text, faults)
        return make(_read_list(entry.value, scope, faults))
    return _read_test(entry, where, scope, faults)


def _read_test(entry: Entry, where: Entry | None, scope: Scope, faults: Faults) -> Condition | None:
    name = entry.key.text
    if name in scope.broken and scope.event is None and name not in scope.steps:
        return None
    subject = subject_of(name, scope)
    if subject is None:
        _refuse_name(entry, scope, faults)
        return None
    if not isinstance(entry.value, Scalar):
        _refuse_value(entry, subject, faults)
        return None
    narrowed = _read_where(where, subject, scope, faults)
    found = read_phrase(entry.value.text, subject, scope)
    if isinstance(found, Refusal):
        place = entry.value if entry.value.text else entry.key
        faults.add(
            "condition", place, found.message, hint=found.hint, replacement=found.replacement
        )
        return None
    if found.canonical != entry.value.text:
        faults.respell(entry.value.span, found.canonical)
    phrase = placed(found.value, name, scope.catalog)
    if isinstance(phrase, Happened) and narrowed is not None:
        phrase = Happened(phrase.low, phrase.high, phrase.window, narrowed)
    return Test(name, subject.kind, phrase, found.canonical, _from_to(entry))


def _read_where(
    where: Entry | None, subject: Subject, scope: Scope, faults: Faults
) -> Condition | None:
    if where is None:
        return None
    event = scope.catalog.events.get(subject.name)
    if subject.kind is not FactKind.EVENT or event is None:
        _refuse_where(where, subject.name, faults)
        return None
    return read_conditions(where.value, scope.within(event), faults)


def _from_to(entry: Entry) -> Span:
    start, end = entry.key.span, entry.value.span
    return Span(start.line, start.column, end.end_line, end.end_column)


# ── What is refused, and in which words ──────────────────────────────────────────────────────


def _refuse_mapping(node: Mapping, faults: Faults) -> None:
    faults.add("wrong-type", node, "this should be a list of conditions", hint=_HOW)


def _refuse_scalar(node: Scalar, scope: Scope, faults: Faults, in_list: str = "{}") -> None:
    """Refuse a text; `in_list` is how a condition is written where it stands."""
    if not node.text:
        faults.add("empty", node, "a condition is missing here", hint=_HOW)
        return
    meant = _with_colon(node.text, scope)
    faults.add(
        "condition",
        node,
        f"cannot read {quoted(node.text)} as a condition",
        hint=_HOW,
        replacement=None if meant is None else in_list.format(meant),
    )


def _with_colon(text: str, scope: Scope) -> str | None:
    """Give `open_tickets: at least 2` for `open_tickets >= 2`."""
    name, _, rest = text.strip().partition(" ")
    subject = subject_of(name, scope)
    found = read_phrase(rest, subject, scope) if subject and rest.strip() else None
    return None if found is None or isinstance(found, Refusal) else f"{name}: {found.canonical}"


def _refuse_where(where: Entry, name: str, faults: Faults) -> None:
    faults.add("misplaced-key", where.key, f'"where" narrows an event, and "{name}" is none')


def _refuse_value(entry: Entry, subject: Subject, faults: Faults) -> None:
    name, node = entry.key.text, entry.value
    hint = None
    if isinstance(node, Sequence):
        words = [item.text for item in node.items if isinstance(item, Scalar)]
        shown = ", ".join(words) or "a, b"
        hint = f'write one phrase, for example "{name}: one of {shown}"'
        if subject.kind not in {FactKind.TEXT, FactKind.CHOICE}:
            hint = "write one phrase in one line"
    what = "a list" if isinstance(node, Sequence) else "a group of settings"
    faults.add(
        "wrong-type", node, f'"{name}" needs a phrase behind it, but this is {what}', hint=hint
    )


def _refuse_name(entry: Entry, scope: Scope, faults: Faults) -> None:
    name = entry.key.text
    if scope.event is not None:
        if scope.event.name not in scope.broken:
            _refuse_property(entry, scope, faults)
        return
    if line := scope.all_steps.get(name):
        faults.add(
            "later-step",
            entry.key,
            f'nobody has come through the step "{name}" (line {line}) at this point',
            hint="ask about a step that stands before this one",
        )
        return
    if group := OTHER_GROUPS.get(name):
        faults.add("unknown-name", entry.key, f'nothing is called "{name}"', replacement=group)
        return
    if not scope.catalog_is_whole:
        return
    value = entry.value.text if isinstance(entry.value, Scalar) else ""
    if name in _SEGMENTS and value in scope.catalog.segments:
        how = f'write "{value}: yes" to ask for a segment'
        faults.add("unknown-name", entry.key, f'nothing is called "{name}"', hint=how)
        return
    names = [*scope.catalog.fact_names(), *scope.steps, *scope.broken, *_GROUPS]
    near = closest(name, names)
    hint = None if near else _WHAT_MAY_STAND
    faults.add(
        "unknown-name", entry.key, f'nothing is called "{name}"', hint=hint, replacement=near
    )


#: How other tools ask for a segment.
_SEGMENTS = frozenset({"segment", "segments", "in_segment", "list", "audience"})


def _refuse_property(entry: Entry, scope: Scope, faults: Faults) -> None:
    event = scope.event
    if event is None:
        return
    name = entry.key.text
    names = sorted(event.properties)
    hint = (
        f"it has: {listed(names, 'and')}"
        if names
        else (f"the catalog gives it none; declare them:  {event.name}: {{with: {{{name}: text}}}}")
    )
    faults.add(
        "unknown-property",
        entry.key,
        f'the event "{event.name}" has no property "{name}"',
        hint=hint,
        replacement=closest(name, names),
    )

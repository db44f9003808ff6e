"""A template that names what nothing is called."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from keepwarm.engine.rules.sayings import event_of, examined, own_words, place_of, starting_events
from keepwarm.engine.templates.analysis import NameUse
from keepwarm.engine.templates.variables import (
    LINKS,
    OFFER_WORDS,
    PLAYBOOK_WORDS,
    ROOTS,
    SURVEY_WORDS,
)
from keepwarm.schema.catalog import Catalog
from keepwarm.schema.rules.rule import Finding, Rule, nothing
from keepwarm.schema.suggestions import closest
from keepwarm.schema.workspace import Workspace

#: `customer.first_name`, or a name alone; anything else is looked up by what it is at the time.
_PATH = re.compile(r"(?P<root>\w+)(?:\.(?P<word>\w+).*)?")
#: Of these a template names parts.
_PARTS: Mapping[str, Collection[str]] = {
    "offer": OFFER_WORDS,
    "survey": SURVEY_WORDS,
    "playbook": PLAYBOOK_WORDS,
}


def _find(workspace: Workspace) -> Iterator[Finding]:
    starts = starting_events(workspace)
    for file in workspace.templates.values():
        events = starts.get((file.name, file.form), frozenset())
        for use in examined(file).analysis.names:
            yield from _of_use(use, file.file, events, workspace)
    for words in own_words(workspace):
        events = frozenset(event_of(words.playbook))
        for use in words.examined.analysis.names:
            yield from _of_use(use, words.place.file, events, workspace)


def _of_use(
    use: NameUse, file: str, events: frozenset[str], workspace: Workspace
) -> Iterator[Finding]:
    path = _PATH.fullmatch(use.path)
    if path is None:
        return
    root, word = path["root"], path["word"]
    if root not in ROOTS:
        yield _unknown_root(use, file, root, workspace.catalog)
    elif (
        word is not None
        and (fault := _fault(root, word, events, workspace))
        and not _is_told_as_not_set(use, root, word, events, workspace.catalog)
    ):
        yield fault.at(use, file)


def _is_told_as_not_set(
    use: NameUse, root: str, word: str, events: frozenset[str], catalog: Catalog
) -> bool:
    """Tell whether `variable-not-set` says it: another event has the property, and this has not."""
    if root != "event" or not events or use.may_be_missing or root in use.asked:
        return False
    return any(word in each.properties for each in catalog.events.values())


@dataclass(frozen=True, slots=True)
class _Fault:
    """A word behind a dot that nothing has."""

    root: str
    word: str
    message: str
    names: Collection[str]
    hint: str | None = None

    def at(self, use: NameUse, file: str) -> Finding:
        near = closest(self.word, self.names)
        some = f"it has: {', '.join(sorted(self.names))}" if self.names else None
        return Finding(
            place_of(use, file, self.word, len(self.root) + 1),
            self.message,
            None if near else self.hint or some,
            near,
            doubted_by=nothing,
        )


def _unknown_root(use: NameUse, file: str, root: str, catalog: Catalog) -> Finding:
    near = f"customer.{root}" if root in catalog.attributes else closest(root, ROOTS)
    hint = f"a template may name: {', '.join(ROOTS)}"
    return Finding(
        place_of(use, file, root),
        f'a template knows nothing called "{root}"',
        None if near else hint,
        near,
        doubted_by=nothing,
    )


def _fault(root: str, word: str, events: frozenset[str], workspace: Workspace) -> _Fault | None:
    known = workspace.known
    match root:
        case "customer":
            is_said = word in known.broken or not known.catalog_is_whole
            return None if is_said else _of_customer(word, workspace.catalog)
        case "event":
            is_said = bool(events & known.broken) or not known.catalog_is_whole
            return None if is_said else _of_event(word, events, workspace.catalog)
        case _:
            names = _PARTS.get(root, ())
            if word in names or root in LINKS:
                return None
            return _Fault(root, word, f'{_CALLED.get(root, root)} has no "{word}"', names)


def _of_customer(word: str, catalog: Catalog) -> _Fault | None:
    if word in catalog.attributes or word == "id":
        return None
    message = f'a customer has no attribute "{word}"'
    kind = catalog.kind_of(word)
    if kind is not None:
        what = "a score" if word in catalog.scores else f"of the kind: {kind}"
        hint = f'"{word}" is {what}; conditions may ask about it, templates name attributes only'
        return _Fault("customer", word, message, (), hint)
    hint = f"the catalog declares it like this:  attributes: {{{word}: {{is: text}}}}"
    return _Fault("customer", word, message, catalog.attributes, hint)


def _of_event(word: str, events: frozenset[str], catalog: Catalog) -> _Fault | None:
    """Give a fault where no event that starts a playbook with these words has the property."""
    asked = [catalog.events[name] for name in sorted(events) if name in catalog.events]
    asked = asked or list(catalog.events.values())
    names = {name for event in asked for name in event.properties}
    if word in names:
        return None
    message = f'no event that starts this has a property "{word}"'
    if len(asked) == 1:
        message = f'the event "{asked[0].name}" has no property "{word}"'
    return _Fault("event", word, message, names)


_CALLED = {"offer": "an offer", "survey": "a survey", "playbook": "a playbook"}

UNKNOWN_VARIABLE = Rule(
    "unknown-variable",
    "A template names an attribute, a property or a variable that nothing has.",
    _find,
)

"""What the files of a catalog declare, section by section, each name once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Mapping as ReadOnly
from dataclasses import dataclass, field

from keepwarm.schema.catalog import BUILT_IN_ATTRIBUTES, BUILT_IN_EVENTS, Place
from keepwarm.schema.condition_reading import RESERVED_NAMES
from keepwarm.schema.faults import Faults
from keepwarm.schema.hours import ALL_DAYS
from keepwarm.schema.mapping_reading import read_entries, read_mapping
from keepwarm.schema.nodes import Entry, Mapping, Node, Scalar
from keepwarm.schema.suggestions import closest, quoted
from keepwarm.schema.values import NAME_OF_A_FACT, NAME_OF_A_THING
from keepwarm.schema.written_form import FORMS

#: The sections whose names conditions use, so that no two of them may have the same name.
FACTS = ("attributes", "events", "metrics", "scores", "segments")
#: What is no section, but a word on the whole catalog.
SAID_ONCE = frozenset({"timezone", "language", "country", "double_opt_in"})
#: Facts that templates write as {{ customer.plan }} and queries by name.
_PLAIN_FACTS = frozenset({"attributes", "events", "metrics", "scores"})
_ONE = {
    "attributes": "an attribute",
    "events": "an event",
    "metrics": "a metric",
    "scores": "a score",
    "segments": "a segment",
}
#: Words that mean something else in a condition, or in a wait: `until Monday 09:00`.
RESERVED = RESERVED_NAMES | {
    "known", "unknown", "yes", "no", "true", "false", "null", "never", "today", "tomorrow",
    "day", "days", "at", "the", "next", "on", "done", "is", "tonight",
    *(day.lower() for day in ALL_DAYS),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Declared:
    """One name that a catalog file declares, with what stands behind it."""

    name: str
    entry: Entry
    faults: Faults

    @property
    def place(self) -> Place:
        """Where the name stands."""
        return self.faults.place(self.entry.key)


@dataclass(slots=True)
class Sections:
    """All that the files declare."""

    by_section: dict[str, dict[str, Declared]] = field(default_factory=dict)
    #: What is said once for the whole catalog.
    once: dict[str, Declared] = field(default_factory=dict)
    #: Facts whose names are refused: nothing more is said about them.
    refused: set[str] = field(default_factory=set)
    #: False where something could not be read, so that more names may have been meant.
    is_whole: bool = True

    def of(self, section: str) -> ReadOnly[str, Declared]:
        """Give what a section declares, by name."""
        return self.by_section.get(section, {})


def gathered(files: Iterable[tuple[Node | None, Faults]]) -> Sections:
    """Merge the sections of all files; a name that is declared twice is refused at the second."""
    sections = Sections()
    for node, faults in files:
        sections.is_whole &= faults.is_whole
        if node is None or (isinstance(node, Scalar) and not node.text):
            continue
        form = FORMS["catalog"]
        fields = read_mapping(node, form, faults)
        if fields is None or len(fields.values) < len(fields.node.entries):
            sections.is_whole = False
        for name, value in fields.values.items() if fields else ():
            if name in SAID_ONCE:
                entry = fields.node.entry(name) if fields else None
                _note_once(name, entry, faults, sections)
            else:
                _note_section(name, value, faults, sections)
    _refuse_shared_names(sections)
    return sections


def _note_once(name: str, entry: Entry | None, faults: Faults, sections: Sections) -> None:
    if entry is None:
        return
    if name in sections.once:
        first = sections.once[name].place
        faults.add("duplicate-name", entry.key, f"the {name} is said twice; the other is {first}")
        return
    sections.once[name] = Declared(name, entry, faults)


def _note_section(section: str, node: Node, faults: Faults, sections: Sections) -> None:
    found = sections.by_section.setdefault(section, {})
    sections.is_whole &= isinstance(node, Mapping)
    for entry in read_entries(node, FORMS[section], faults):
        name = entry.key.text
        if not _is_name(entry, section, faults):
            sections.refused.add(name)
            continue
        if name in found:
            faults.add(
                "duplicate-name",
                entry.key,
                f'"{name}" is declared twice; the other one is in {found[name].place}',
                hint="keep one of them",
            )
            continue
        found[name] = Declared(name, entry, faults)


def _is_name(entry: Entry, section: str, faults: Faults) -> bool:
    name = entry.key.text
    is_plain = section in _PLAIN_FACTS
    if not (NAME_OF_A_FACT if is_plain else NAME_OF_A_THING).fullmatch(name):
        allowed = (
            "letters, digits and underscores"
            if is_plain
            else ("letters, digits, hyphens and underscores")
        )
        plain = "".join(c if c.isalnum() and c.isascii() else "_" for c in name).strip("_")
        can_be = NAME_OF_A_FACT.fullmatch(plain) is not None
        faults.add(
            "name",
            entry.key,
            f"{quoted(name)} cannot be a name",
            hint=f"a name here has {allowed}, and begins with a letter"
            if is_plain
            else f"a name has {allowed}",
            replacement=plain if can_be else None,
        )
        return False
    if section in FACTS and name.lower() in RESERVED:
        faults.add(
            "name",
            entry.key,
            f'"{name}" means something else in a playbook',
            hint="give it a longer name",
        )
        return False
    return True


def _refuse_shared_names(sections: Sections) -> None:
    """Refuse a name that two sections have: a condition could not tell which is meant."""
    owners: dict[str, tuple[str, Declared | None]] = {
        **dict.fromkeys(BUILT_IN_ATTRIBUTES, ("attributes", None)),
        **dict.fromkeys(BUILT_IN_EVENTS, ("events", None)),
    }
    for section in FACTS:
        for name, declared in list(sections.of(section).items()):
            owner, first = owners.setdefault(name, (section, declared))
            if owner == section:
                continue
            where = f"in {first.place}" if first else "and every catalog has it"
            declared.faults.add(
                "duplicate-name",
                declared.entry.key,
                f'"{name}" is already {_ONE[owner]}, {where}',
                hint="conditions tell facts apart by their names alone",
            )
            del sections.by_section[section][name]
            sections.refused.add(name)


def refuse_unknown_name(
    node: Node, what: str, said: str, names: Sequence[str], faults: Faults
) -> None:
    """Note that a name of the catalog stands for nothing in it."""
    near = closest(said, names)
    some = f"there are: {', '.join(sorted(names))}" if names else None
    faults.add(
        "unknown-name",
        node,
        f"there is no {what} {quoted(said)}",
        hint=None if near else some,
        replacement=near,
    )

"""Everything that playbooks say, with what is certain of those to whom it is said."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from keepwarm.engine.rules.ways import Reached, Standing, ways_of
from keepwarm.engine.templates.analysis import Examined, NameUse, examine, writings_of
from keepwarm.engine.templates.marks import Writing
from keepwarm.engine.templates.variables import ROOTS
from keepwarm.schema.catalog import Catalog, Place
from keepwarm.schema.nodes import Span
from keepwarm.schema.playbook import (
    NotifyStep,
    Playbook,
    SendStep,
    SurveyStep,
    TaskStep,
    TemplateFile,
    WebhookStep,
    WhenEvent,
)
from keepwarm.schema.suggestions import closest
from keepwarm.schema.templates import EMAIL, TEXT
from keepwarm.schema.words import Channel, Kind
from keepwarm.schema.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Saying:
    """A template that a step says, and to whom."""

    playbook: Playbook
    place: Place
    template: str
    channel: Channel
    kind: Kind
    standing: Standing
    has_survey: bool = False

    @property
    def form(self) -> str:
        """Give the form of the template's files."""
        return EMAIL if self.channel is Channel.EMAIL else TEXT


@dataclass(frozen=True, slots=True)
class OwnWords:
    """Liquid that a step itself holds: the fields of a webhook, the details of a task."""

    said: Saying
    examined: Examined

    @property
    def playbook(self) -> Playbook:
        """Give the playbook that they stand in."""
        return self.said.playbook

    @property
    def place(self) -> Place:
        """Give the place of their step."""
        return self.said.place


def sayings(workspace: Workspace) -> Iterator[Saying]:
    """Give every template that somebody may come to, in the order written."""
    for playbook in workspace.playbooks.values():
        for reached in ways_of(playbook, workspace):
            yield from _said(playbook, reached)


def _said(playbook: Playbook, reached: Reached) -> Iterator[Saying]:
    step, standing = reached.step, reached.standing
    place = step.common.place
    match step:
        case SendStep(or_else=others):
            for way in (step, *others):
                kind = way.kind or playbook.kind
                yield Saying(playbook, way.common.place, way.template, way.channel, kind, standing)
        case SurveyStep(channel=channel, template=template):
            kind = playbook.kind
            yield Saying(playbook, place, template, channel, kind, standing, has_survey=True)
        case NotifyStep(says=str(template)):
            yield Saying(playbook, place, template, Channel.CHAT, Kind.TRANSACTIONAL, standing)
        case _:
            pass


def own_words(workspace: Workspace) -> Iterator[OwnWords]:
    """Give the Liquid that stands in playbooks themselves."""
    for playbook in workspace.playbooks.values():
        lines = workspace.sources[playbook.place.file].split("\n")
        for reached in ways_of(playbook, workspace):
            texts = _texts_of(reached)
            place = reached.step.common.place
            if texts:
                writings = [
                    (name, _found(text, name, place, lines)) for name, text in texts.items()
                ]
                said = Saying(
                    playbook, place, _KEY[type(reached.step)], Channel.WEBHOOK,
                    Kind.TRANSACTIONAL, reached.standing,
                )  # fmt: skip
                yield OwnWords(said, examine(writings))


#: Behind which key a step holds words of its own.
_KEY: Mapping[type, str] = {WebhookStep: "with", TaskStep: "details"}


def _texts_of(reached: Reached) -> Mapping[str, str]:
    match reached.step:
        case WebhookStep(fields=fields):
            return fields
        case TaskStep(details=str(details)):
            return {"details": details}
        case _:
            return {}


def _found(text: str, name: str, place: Place, lines: list[str]) -> Writing:
    """Give a text of a step with its place in the file, as far as its lines stand there."""
    first, last = place.span.line, place.span.end_line
    for number in range(first, min(last, len(lines)) + 1):
        column = lines[number - 1].find(text)
        if column >= 0:
            return Writing(text, place.file, number, name, column + 1)
    rows = _rows(text, lines[first - 1 : last], first)
    return Writing(text, place.file, first, name, rows=rows)


def _rows(text: str, lines: Sequence[str], first: int) -> tuple[tuple[int, int, int], ...]:
    """Find the lines of a block of text (`details: |`): character, line and column of each."""
    rows: list[tuple[int, int, int]] = []
    end = 0
    for number, line in enumerate(lines, first):
        said = line.strip()
        start = end + len(text[end:]) - len(text[end:].lstrip())
        if said and text.startswith(said, start):
            rows.append((start, number, line.index(said) + 1))
            end = start + len(said)
    return tuple(rows) if not text[end:].strip() else ()


# ── Templates ────────────────────────────────────────────────────────────────────────────────


def by_name(workspace: Workspace) -> Mapping[tuple[str, str], list[TemplateFile]]:
    """Give the files of each template, the original and its translations, by name and form."""
    found: dict[tuple[str, str], list[TemplateFile]] = defaultdict(list)
    for file in workspace.templates.values():
        found[file.name, file.form].append(file)
    return found


def starting_events(workspace: Workspace) -> Mapping[tuple[str, str], frozenset[str]]:
    """Give the events that start the playbooks which say a template, by its name and form."""
    found: dict[tuple[str, str], frozenset[str]] = {}
    for said in sayings(workspace):
        key = said.template, said.form
        found[key] = found.get(key, frozenset()) | frozenset(event_of(said.playbook))
    return found


def event_of(playbook: Playbook) -> tuple[str, ...]:
    """Name the event that starts a playbook; nothing where another thing does."""
    return (playbook.start.event,) if isinstance(playbook.start, WhenEvent) else ()


def examined(file: TemplateFile) -> Examined:
    """Give what a template's file uses, and what of it is no Liquid."""
    return _examined(file, file.head_places)


@lru_cache(maxsize=4096)  # several rules ask of the same file
def _examined(file: TemplateFile, _places: tuple[tuple[str, int, int], ...]) -> Examined:
    return examine(writings_of(file))


def is_asked_for_by_a_slip(use: NameUse, catalog: Catalog) -> bool:
    """Tell whether a condition around a name asks for it, misspelt: that alone is the fault."""
    return any(_meant(path, catalog) in (use.path, use.path.split(".")[0]) for path in use.asked)


def _meant(path: str, catalog: Catalog) -> str | None:
    """Give what a path that nothing is called was meant to be; None where it is no slip."""
    root, _, word = path.partition(".")
    if root == "customer" and word not in {*catalog.attributes, "id"}:
        near = closest(word, catalog.attributes)
        return None if near is None else f"customer.{near}"
    if root in ROOTS:
        return None
    if root in catalog.attributes:
        return f"customer.{root}"
    meant = closest(root, ROOTS)
    if meant == "customer" and word:
        return f"customer.{closest(word, catalog.attributes)}"
    return meant


def place_of(use: NameUse, file: str, word: str, offset: int = 0) -> Place:
    """Give the place of a word of a name; `offset` counts from where the name begins."""
    column = use.column + offset
    return Place(file, Span(use.line, column, use.line, column + len(word)))

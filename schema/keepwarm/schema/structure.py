"""The same JSON Schema that editors read, held against every file: the second reader.

The readers of this room say what is wrong in their own sentences, and know more than any schema.
What a schema refuses at a place of which they said nothing is told here, so that a file is never
red in an editor and green on the command line. Patterns and names of a schema let pass whatever the
readers do (`tests/schema/test_structure.py` holds both against each other), so this has hardly ever
anything to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft7Validator
from jsonschema.exceptions import ValidationError

from keepwarm.schema.catalog import Catalog
from keepwarm.schema.json_schema.documents import document, document_for
from keepwarm.schema.json_schema.instances import instance_of, whole
from keepwarm.schema.mapping_reading import start_of
from keepwarm.schema.nodes import Entry, Node, Scalar, Sequence, Span
from keepwarm.schema.nodes import Mapping as MappingNode
from keepwarm.schema.playbook_reading import Known
from keepwarm.schema.problems import Problem
from keepwarm.schema.suggestions import closest, quoted
from keepwarm.schema.values import kind_of

RULE = "structure"


class Structure:
    """The schemas of one workspace, each made once and then held against many files."""

    def __init__(self, catalog: Catalog, known: Known) -> None:
        self._catalog = catalog
        self._known = known
        self._validators: dict[str, Draft7Validator] = {}

    def problems(self, nodes: Mapping[str, Node], said: Iterable[Problem]) -> Iterator[Problem]:
        """Give what the schemas refuse in these files and the readers did not.

        `nodes` has the files that were read whole, by path; `said` is what the readers found.
        """
        spans: dict[str, list[Span]] = {}
        for problem in said:
            spans.setdefault(problem.file, []).append(problem.span)
        for path, node in nodes.items():
            for error in self.errors(path, node):
                yield from _told(error, node, path, spans.get(path, []))

    def errors(self, path: str, node: Node) -> Iterator[ValidationError]:
        """Give all that the schema refuses in a file."""
        return self._validator(document_for(path)).iter_errors(instance_of(node))

    def _validator(self, file: str) -> Draft7Validator:
        if file not in self._validators:
            schema = document(file, self._catalog, self._known)
            self._validators[file] = Draft7Validator(_with_definitions_in_place(schema))
        return self._validators[file]


def _with_definitions_in_place(schema: dict[str, Any]) -> dict[str, Any]:
    """Give a schema that holds its definitions where it refers to them: twice as fast to ask.

    A step holds steps, so the schema holds itself.
    """
    placed: dict[str, Any] = {name: {} for name in schema["definitions"]}

    def put(part: Any) -> Any:  # noqa: ANN401  any part of a schema
        if isinstance(part, list):
            return [put(each) for each in part]
        if not isinstance(part, dict):
            return part
        if "$ref" in part:
            return placed[part["$ref"].rpartition("/")[2]]
        return {word: put(each) for word, each in part.items()}

    for name, definition in schema["definitions"].items():
        placed[name].update(put(definition))
    return {word: put(each) for word, each in schema.items() if word != "definitions"}


def _told(error: ValidationError, root: Node, path: str, spans: list[Span]) -> Iterator[Problem]:
    """Give the problems of an error, unless its place has been spoken of."""
    found = _found(root, list(error.absolute_path))
    if found is None:
        return
    for problem in _problems(error, found, path):
        is_told = any(_touches(span, place) for span in spans for place in found.places(problem))
        if not is_told:
            yield problem


# ── Places ───────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Found:
    """A node that an error is about, and the entries of the mappings around it."""

    node: Node
    around: tuple[Entry, ...]

    def places(self, problem: Problem) -> Iterator[Span]:
        """Give the places at which the same would have been said before."""
        yield problem.span
        yield from (entry.key.span for entry in self.around)
        if not isinstance(self.node, MappingNode):
            yield self.node.span
        elif problem.span != self.node.span:
            # What a mapping lacks may only be misspelt in it: a word about any key will do.
            yield from (entry.key.span for entry in self.node.entries)


def _found(root: Node, path: list[Any]) -> _Found | None:
    node = whole(root)
    around: list[Entry] = []
    for part in path:
        match node:
            case Sequence(items=items) if isinstance(part, int) and part < len(items):
                node = whole(items[part])
            case MappingNode() as mapping if (entry := mapping.entry(str(part))) is not None:
                around.append(entry)
                node = whole(entry.value)
            case _:
                return None
    return _Found(node, tuple(around))


def _touches(a: Span, b: Span) -> bool:
    """Tell whether two stretches share a place, or lie at one another's edge."""
    return (a.line, a.column) <= (b.end_line, b.end_column) and (b.line, b.column) <= (
        a.end_line,
        a.end_column,
    )


# ── Sentences ────────────────────────────────────────────────────────────────────────────────


def _problems(error: ValidationError, found: _Found, path: str) -> Iterator[Problem]:
    match error.validator, found.node:
        case "additionalProperties", MappingNode() as mapping:
            yield from _unknown(error, mapping, path)
        case "propertyNames" | "pattern", MappingNode() as mapping if isinstance(
            error.instance, str
        ):
            entry = mapping.entry(error.instance)
            if entry is not None:
                yield _problem(error, path, entry.key.span, f'"{error.instance}" is not a name')
        case "required", MappingNode() as mapping:
            for name in _asked(error):
                if mapping.entry(name) is None:
                    yield _problem(error, path, start_of(mapping), f'"{name}" is missing here')
        case "dependencies", MappingNode() as mapping:
            yield from _alone(error, mapping, path)
        case "minProperties" | "minItems", node:
            yield _problem(error, path, node.span, "there is nothing here")
        case _, Scalar(text=text) as node:
            span = node.span if text or not found.around else found.around[-1].key.span
            what = f"{quoted(text)} may not stand here" if text else "nothing stands here"
            yield _problem(error, path, span, what)
        case _, node:
            yield _problem(error, path, node.span, f"{kind_of(node)} may not stand here")


def _unknown(error: ValidationError, mapping: MappingNode, path: str) -> Iterator[Problem]:
    """Give a problem for each key that the schema does not have."""
    known = _schema(error).get("properties", {})
    for entry in mapping.entries:
        name = entry.key.text
        if name not in known:
            near = closest(name, (key for key in known if mapping.entry(key) is None))
            yield _problem(error, path, entry.key.span, f'"{name}" may not stand here', near)


def _alone(error: ValidationError, mapping: MappingNode, path: str) -> Iterator[Problem]:
    """Give a problem for each key without the one that it belongs to."""
    for name, needs in _asked(error).items():
        entry = mapping.entry(name)
        missing = [need for need in needs if mapping.entry(need) is None]
        if entry is not None and missing:
            yield _problem(error, path, entry.key.span, f'"{name}" needs "{missing[0]}" beside it')


def _problem(
    error: ValidationError, path: str, span: Span, message: str, near: str | None = None
) -> Problem:
    """Give a problem with the sentence that an editor shows, where the schema has one."""
    schema = _schema(error)
    said = schema.get("patternErrorMessage") or schema.get("errorMessage")
    return Problem(RULE, path, span, message, None if near else said, near)


def _schema(error: ValidationError) -> dict[str, Any]:
    return error.schema if isinstance(error.schema, dict) else {}


def _asked(error: ValidationError) -> Any:  # noqa: ANN401  what stands behind a word of a schema
    return error.validator_value

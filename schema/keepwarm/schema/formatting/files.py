"""The files of a folder in their one form."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from keepwarm.schema.edits import Edit, edited, stretch_of
from keepwarm.schema.faults import Respelling
from keepwarm.schema.formatting.indentation import indented
from keepwarm.schema.formatting.quotes import needless_quotes, needless_room
from keepwarm.schema.formatting.shapes import comment_of, flows, is_within, lines_within, words_end
from keepwarm.schema.loading import load
from keepwarm.schema.nodes import Mapping as MappingNode
from keepwarm.schema.nodes import Node, Scalar, Sequence
from keepwarm.schema.quoting import written_like
from keepwarm.schema.workspace import Workspace, read_workspace

_TEMPLATES: Final = "templates/"
#: Above and below the head of a template.
_HEAD_LINE: Final = "---"


@dataclass(frozen=True, slots=True)
class Formatted:
    """What a folder becomes."""

    #: The text of each file that changes, by path.
    changed: Mapping[str, str]
    #: The files with a problem: nobody knows what their form would be.
    left_alone: tuple[str, ...]


def formatted(files: Mapping[str, bytes]) -> Formatted:
    """Give the files of a folder in their one form; paths are relative to it."""
    workspace = read_workspace(files)
    at_fault = {problem.file for problem in workspace.problems}
    pages = [path for path in sorted(workspace.sources) if _is_a_page(path)]
    spelling = _respellings(workspace)
    changed: dict[str, str] = {}
    for path in pages:
        if path not in at_fault:
            written = workspace.sources[path]
            form = _head_in_form if path.startswith(_TEMPLATES) else _in_form
            text = form(written, path, spelling[path])
            if text != written:
                changed[path] = text
    return Formatted(changed, tuple(path for path in pages if path in at_fault))


def _is_a_page(path: str) -> bool:
    is_hidden = any(part.startswith(".") for part in path.split("/"))
    is_page = path.endswith(".yaml") and not path.startswith(_TEMPLATES)
    has_head = path.startswith(_TEMPLATES) and path.endswith((".mjml", ".txt"))
    return (is_page or has_head) and not is_hidden


def _respellings(workspace: Workspace) -> defaultdict[str, list[Respelling]]:
    found: defaultdict[str, list[Respelling]] = defaultdict(list)
    for each in workspace.respellings:
        found[each.file].append(each)
    return found


def _head_in_form(written: str, path: str, spelling: list[Respelling]) -> str:
    """Give a template with its head in form, which is YAML; its words are its author's."""
    lines = written.split("\n")
    dashes = [at for at, line in enumerate(lines) if line.rstrip() == _HEAD_LINE][:2]
    if len(dashes) != len("ab") or dashes[0] != 0:
        return written
    head = "".join(f"{line}\n" for line in lines[1 : dashes[1]])
    formed = _in_form(head, path, spelling) if head.strip() else head
    return "\n".join([_HEAD_LINE, *formed.split("\n")[:-1], *lines[dashes[1] :]])


def _in_form(written: str, path: str, spelling: list[Respelling]) -> str:
    text = written.removeprefix("\ufeff").replace("\r\n", "\n")
    node = load(text, path).node
    if node is None:
        return _tidied(text.split("\n"), set())
    spelt = _spelt(text, node, spelling)
    meant = load(spelt, path).node
    if meant is None:
        return written
    lines = indented(spelt.split("\n"), meant)
    lines = _with_comments_in_place(text.split("\n"), lines, node)
    result = _tidied(lines, lines_within(meant, spelt.split("\n")))
    after = load(result, path).node
    # Better a file in no form than one that means something else.
    return result if after is not None and _words(after) == _words(meant) else written


def _spelt(text: str, node: Node, spelling: list[Respelling]) -> str:
    """Give a text in its one spelling, without needless quotes."""
    lines = text.split("\n")
    within = flows(node, lines)
    respelt = [
        Edit(
            each.span,
            written_like(
                stretch_of(text, each.span), each.text, in_flow=is_within(each.span, within)
            ),
        )
        for each in spelling
    ]
    places = {(edit.span.line, edit.span.column) for edit in respelt}
    others = [*needless_quotes(node, lines), *needless_room(node, lines)]
    alone = [edit for edit in others if (edit.span.line, edit.span.column) not in places]
    return edited(text, [*respelt, *alone])


def _with_comments_in_place(before: list[str], after: list[str], node: Node) -> list[str]:
    """Give lines whose comments begin at the column where they began, if there is room."""
    if len(before) != len(after):
        return after
    ends = words_end(node, before)
    return [
        _with_comment(new, comment_of(old, ends.get(number, 0))) if old != new else new
        for number, (old, new) in enumerate(zip(before, after, strict=True))
    ]


def _with_comment(line: str, comment: tuple[int, str] | None) -> str:
    if comment is None or not line.endswith(comment[1]):
        return line
    column, words = comment
    rest = line[: -len(words)].rstrip()
    return f"{rest}{' ' * max(2, column - len(rest))}{words}"


def _tidied(lines: list[str], inside: set[int]) -> str:
    """Give lines without room at their ends, and with one empty line where there were several."""
    kept = [line if number in inside else line.rstrip() for number, line in enumerate(lines)]
    marked = [(line, number in inside) for number, line in enumerate(kept)]
    text: list[str] = []
    for is_gap, group in groupby(marked, key=lambda each: not each[0] and not each[1]):
        text += [""] if is_gap else [line for line, _ in group]
    while text and not text[0]:
        text.pop(0)
    while text and not text[-1]:
        text.pop()
    return "".join(f"{line}\n" for line in text)


def _words(node: Node) -> object:
    """Give what a node says, wherever it stands."""
    match node:
        case Scalar(text=text):
            return text
        case Sequence(items=items):
            return [_words(item) for item in items]
        case MappingNode(entries=entries):
            return [(entry.key.text, _words(entry.value)) for entry in entries]

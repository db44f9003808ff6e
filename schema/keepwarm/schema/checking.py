"""`keepwarm check`: everything that is wrong in the folder, from the first comma to the last rule.

Reading finds what a file cannot mean, the JSON Schema what an editor would mark, and the rules what
the whole should not mean.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from keepwarm.schema.allowances import with_allowances
from keepwarm.schema.edits import Edit, edited
from keepwarm.schema.loading import load
from keepwarm.schema.nodes import Node, Span
from keepwarm.schema.problems import Problem, in_order
from keepwarm.schema.rules.registry import RULES
from keepwarm.schema.rules.rule import Rule
from keepwarm.schema.structure import Structure
from keepwarm.schema.workspace import Workspace, read_workspace


@dataclass(frozen=True, slots=True)
class Checked:
    """A folder and all that is wrong in it."""

    workspace: Workspace
    problems: tuple[Problem, ...]


def check(files: Mapping[str, bytes], rules: Sequence[Rule] = RULES) -> Checked:
    """Check a folder; paths are relative to it, with slashes."""
    workspace = read_workspace(files)
    said = [*workspace.problems, *_structure(workspace, workspace.problems)]
    meant = _as_meant(files, workspace, said)
    unread = _unread(meant, said if meant is workspace else None)
    asked = replace(meant, playbooks={**meant.faulty, **meant.playbooks}, faulty={})
    broken = [problem for rule in rules for problem in rule.problems(asked, unread)]
    left = with_allowances(
        broken,
        workspace.sources,
        {rule.name: rule.may_be_allowed for rule in rules},
        {problem.file for problem in said},
    )
    return Checked(workspace, in_order([*said, *left]))


def _structure(workspace: Workspace, said: Sequence[Problem]) -> Iterator[Problem]:
    nodes = dict(_whole_files(workspace))
    return Structure(workspace.catalog, workspace.known).problems(nodes, said)


def _whole_files(workspace: Workspace) -> Iterator[tuple[str, Node]]:
    """Give the YAML files that can be read from end to end."""
    for path, text in workspace.sources.items():
        if path.endswith(".yaml") and not path.startswith("templates/"):
            loaded = load(text, path)
            if loaded.node is not None and loaded.is_whole:
                yield path, loaded.node


# ── What rules are asked of, where something could not be read ───────────────────────────────


def _as_meant(
    files: Mapping[str, bytes], workspace: Workspace, said: Iterable[Problem]
) -> Workspace:
    """Give the folder as its authors probably meant it: every "did you mean" taken for granted.

    So a misspelt topic is told once, and nobody is told besides that there is no topic. Places stay
    what they are but for the columns behind a mended word.
    """
    edits: dict[str, list[Edit]] = defaultdict(list)
    for problem in said:
        if problem.replacement is not None and problem.span.line == problem.span.end_line:
            edits[problem.file].append(Edit(problem.span, problem.replacement))
    if not edits:
        return workspace
    mended = {path: edited(workspace.sources[path], edits[path]).encode() for path in edits}
    return replace(read_workspace({**files, **mended}), sources=workspace.sources)


def _unread(workspace: Workspace, said: Sequence[Problem] | None) -> dict[str, list[Problem]]:
    """Give by file what could not be read, and where a fact is named that the catalog could not."""
    if said is None:
        said = [*workspace.problems, *_structure(workspace, workspace.problems)]
    unread: dict[str, list[Problem]] = defaultdict(list)
    for problem in said:
        unread[problem.file].append(problem)
    known = workspace.known
    for playbook in (*workspace.playbooks.values(), *workspace.faulty.values()):
        file = playbook.place.file
        if not known.catalog_is_whole:
            unread[file].append(Problem("catalog", file, _NOWHERE, "the catalog is not whole"))
        unread[file] += _namings(known.broken, file, workspace.sources[file])
    return unread


def _namings(names: Iterable[str], file: str, text: str) -> Iterator[Problem]:
    """Give a problem for each line that names a fact of which the catalog's words are at fault."""
    wanted = "|".join(map(re.escape, sorted(names)))
    if not wanted:
        return
    for number, line in enumerate(text.split("\n"), start=1):
        if re.search(rf"(?<![\w-])(?:{wanted})(?![\w-])", line):
            span = Span(number, 1, number, len(line) + 1)
            yield Problem("catalog", file, span, "a fact is at fault in the catalog")


_NOWHERE = Span(0, 0, 0, 0)

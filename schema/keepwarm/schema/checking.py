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
from keepwarm.schema.misnamed import told_where_declared
from keepwarm.schema.nodes import Span
from keepwarm.schema.problems import Problem, in_order
from keepwarm.schema.reading_on import read_on
from keepwarm.schema.rules.registry import RULES
from keepwarm.schema.rules.rule import Rule
from keepwarm.schema.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Checked:
    """A folder and all that is wrong in it."""

    workspace: Workspace
    problems: tuple[Problem, ...]


def check(files: Mapping[str, bytes], rules: Sequence[Rule] = RULES) -> Checked:
    """Check a folder; paths are relative to it, with slashes.

    Rules are asked of the folder as its authors meant it: a misspelt topic is told once, and nobody
    is told besides that there is no topic.
    """
    read = read_on(files)
    meant = read.meant
    asked = replace(meant, playbooks={**meant.faulty, **meant.playbooks}, faulty={})
    unread = _unread(asked, read.left)
    broken = [problem for rule in rules for problem in rule.problems(asked, unread)]
    left = with_allowances(
        broken,
        read.workspace.sources,
        {rule.name: rule.may_be_allowed for rule in rules},
        {problem.file for problem in read.problems},
    )
    return Checked(
        read.workspace, in_order(told_where_declared([*read.problems, *left], read.workspace))
    )


def _unread(asked: Workspace, left: Iterable[Problem]) -> dict[str, list[Problem]]:
    """Give by file what could not be read, and where a fact is named that the catalog could not."""
    unread: dict[str, list[Problem]] = defaultdict(list)
    for problem in left:
        unread[problem.file].append(problem)
    known = asked.known
    for playbook in asked.playbooks.values():
        file = playbook.place.file
        if not known.catalog_is_whole:
            unread[file].append(Problem("catalog", file, _NOWHERE, "the catalog is not whole"))
        unread[file] += _namings(known.broken, file, asked.sources[file])
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

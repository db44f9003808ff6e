"""`keepwarm check`: everything that is wrong in the folder, from the first comma to the last rule.

Reading finds what a file cannot mean, the JSON Schema what an editor would mark, and the rules what
the whole should not mean.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from keepwarm.schema.loading import load
from keepwarm.schema.nodes import Node
from keepwarm.schema.problems import Problem, in_order
from keepwarm.schema.rules.registry import RULES
from keepwarm.schema.structure import Structure
from keepwarm.schema.workspace import Workspace, read_workspace


@dataclass(frozen=True, slots=True)
class Checked:
    """A folder and all that is wrong in it."""

    workspace: Workspace
    problems: tuple[Problem, ...]


def check(files: Mapping[str, bytes]) -> Checked:
    """Check a folder; paths are relative to it, with slashes."""
    workspace = read_workspace(files)
    nodes = dict(_whole_files(workspace))
    said = workspace.problems
    structure = Structure(workspace.catalog, workspace.known).problems(nodes, said)
    broken = (problem for rule in RULES for problem in rule.problems(workspace))
    return Checked(workspace, in_order([*said, *structure, *broken]))


def _whole_files(workspace: Workspace) -> Iterator[tuple[str, Node]]:
    """Give the YAML files that can be read from end to end."""
    for path, text in workspace.sources.items():
        if path.endswith(".yaml") and not path.startswith("templates/"):
            loaded = load(text, path)
            if loaded.node is not None and loaded.is_whole:
                yield path, loaded.node

"""Two readers of one schema: what an editor marks is refused, and what is in order is not marked.

The corpus is every playbook, catalog and story that the tests of this room accept or refuse, and
each accepted one again with every single part of it spoilt in several ways.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from jsonschema import Draft7Validator

from keepwarm.schema.faults import Faults
from keepwarm.schema.json_schema.documents import document, document_for
from keepwarm.schema.json_schema.instances import instance_of, whole
from keepwarm.schema.loading import load
from keepwarm.schema.nodes import Node, Scalar, Sequence
from keepwarm.schema.playbook_reading import read_playbook
from keepwarm.schema.problems import Problem
from keepwarm.schema.story_reading import read_stories
from keepwarm.schema.structure import Structure
from keepwarm.schema.workspace import Workspace, read_workspace
from tests.schema.workspaces import HERE, folder

ACCEPTED = sorted((HERE / "accepted").glob("*.yaml"))
REFUSED = sorted((HERE / "refused").glob("**/*.yaml"))
NAMES = [f"{case.parent.name}-{case.stem}" for case in REFUSED]

#: What a file holds: texts, lists and mappings of them.
Value: TypeAlias = Any
#: Rules of the readers that speak of structure; a schema sees the same, but for what follows.
STRUCTURAL = {"unknown-key", "missing", "wrong-type", "not-a-choice", "empty"}
#: Only a reader can tell: which of several keys leads, and what other files make of a name.
ONLY_A_READER_CAN_TELL = (
    "needs something to do",
    "has no number to add up",
    "a choose needs a",
    "an expectation needs",
    "a start needs",
    "a line of choose needs",
    "a line of the story needs",
    "this file is empty",
    "is never late",
    # The properties of an event that is not there.
    "a line of the story has no setting",
)


def structure_of(workspace: Workspace) -> list[Problem]:
    loaded = {p: load(t, p) for p, t in workspace.sources.items() if p.endswith(".yaml")}
    nodes = {path: each.node for path, each in loaded.items() if each.is_whole and each.node}
    structure = Structure(workspace.catalog, workspace.known)
    return list(structure.problems(nodes, workspace.problems))


def schema_errors(path: str, workspace: Workspace, *, in_an_editor: bool) -> list[str]:
    loaded = load(workspace.sources[path], path)
    assert loaded.node is not None
    schema = document(document_for(path), workspace.catalog, workspace.known)
    instance = instance_of(loaded.node, in_an_editor=in_an_editor)
    return [error.message for error in Draft7Validator(schema).iter_errors(instance)]


def put(case: Path) -> tuple[str, Workspace]:
    """Give the shop with a case in it, and the path at which the case stands."""
    path = f"catalog/{case.name}" if case.parent.name == "catalog" else case.name
    return path, read_workspace({**folder("shop"), path: case.read_bytes()})


@pytest.mark.parametrize("name", ["language", "shop"])
def test_a_folder_in_order_is_not_marked_in_an_editor(name: str) -> None:
    workspace = read_workspace(folder(name))
    assert workspace.problems == ()
    for path in workspace.sources:
        if path.endswith(".yaml"):
            assert schema_errors(path, workspace, in_an_editor=True) == []
    assert structure_of(workspace) == []


@pytest.mark.parametrize("case", ACCEPTED, ids=lambda case: case.stem)
def test_an_accepted_playbook_is_not_marked_in_an_editor(case: Path) -> None:
    path, workspace = put(case)
    assert schema_errors(path, workspace, in_an_editor=True) == []
    assert structure_of(workspace) == []


@pytest.mark.parametrize("case", REFUSED, ids=NAMES)
def test_what_a_reader_has_refused_is_not_told_twice(case: Path) -> None:
    # The one thing that the readers do not speak of: a list of choices without a choice.
    silent = ["branches.yaml:20:13: there is nothing here [structure]"]
    told = [str(problem) for problem in structure_of(put(case)[1])]
    assert told in ([], silent)


@pytest.mark.parametrize("case", REFUSED, ids=NAMES)
def test_a_structure_that_a_reader_refuses_an_editor_marks(case: Path) -> None:
    path, workspace = put(case)
    refused = [p for p in workspace.problems if p.file == path and sees(p)]
    loaded = load(workspace.sources[path], path)
    if refused and loaded.is_whole:
        assert schema_errors(path, workspace, in_an_editor=False)


def sees(problem: Problem) -> bool:
    """Tell whether a schema sees this fault too."""
    told = any(words in problem.message for words in ONLY_A_READER_CAN_TELL)
    return problem.rule in STRUCTURAL and not told


# ── Every part spoilt ────────────────────────────────────────────────────────────────────────


@cache
def language() -> Workspace:
    return read_workspace(folder("language"))


def spoilt(value: Value) -> Iterator[Value]:
    """Give a value again and again, each time with one part of it spoilt in one way."""
    for path in list(paths(value)):
        for spoil in (left_out, in_a_list, in_braces, emptied, a_number, misspelt, nothing_in_it):
            copy = deepcopy(value)
            parent = copy
            for part in path[:-1]:
                parent = parent[part]
            if spoil(parent, path[-1]):
                yield copy


def paths(value: Value, at: tuple[Value, ...] = ()) -> Iterator[tuple[Value, ...]]:
    if at:
        yield at
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    if not isinstance(value, str):
        for part, inner in inside:
            yield from paths(inner, (*at, part))


def left_out(parent: Value, part: Value) -> bool:
    del parent[part]
    return True


def in_a_list(parent: Value, part: Value) -> bool:
    parent[part] = [parent[part]]
    return True


def in_braces(parent: Value, part: Value) -> bool:
    parent[part] = {"zzz": parent[part]}
    return True


def emptied(parent: Value, part: Value) -> bool:
    parent[part] = None
    return True


def a_number(parent: Value, part: Value) -> bool:
    parent[part] = 12
    return True


def misspelt(parent: Value, part: Value) -> bool:
    if not isinstance(part, str):
        return False
    items = [(f"{name}q" if name == part else name, value) for name, value in parent.items()]
    parent.clear()
    parent.update(items)
    return True


def nothing_in_it(parent: Value, part: Value) -> bool:
    parent[part] = {}
    return True


def as_values(node: Node) -> Value:
    match whole(node):
        case Scalar(text=text):
            return text
        case Sequence(items=items):
            return [as_values(item) for item in items]
        case mapping:
            return {entry.key.text: as_values(entry.value) for entry in mapping.entries}


def read_again(path: str, node: Node) -> list[Problem]:
    """Give what the readers say of one file of the language page, all others being in order."""
    workspace = language()
    name = path.partition(".")[0]
    faults = Faults(path)
    if path.endswith(".test.yaml"):
        playbook = workspace.playbooks[name]
        read_stories(node, workspace.catalog, workspace.known, playbook, faults, name=name)
    else:
        read_playbook(node, workspace.catalog, workspace.known, faults, name=name)
    return faults.problems


@pytest.mark.parametrize(
    "path",
    [
        "onboarding-30-days.yaml",
        "dormant-win-back.yaml",
        "failed-payment.yaml",
        "failed-payment.test.yaml",
    ],
)
def test_the_two_readers_agree_about_every_file_with_one_part_spoilt(path: str) -> None:
    workspace = language()
    first = load(workspace.sources[path], path).node
    assert first is not None
    structure = Structure(workspace.catalog, workspace.known)
    count = 0
    for value in spoilt(as_values(first)):
        node = load(json.dumps(value).replace("null", ""), path).node
        assert node is not None
        said = read_again(path, node)
        told = list(structure.problems({path: node}, said))
        only_here = [p for p in told if p.message != "there is nothing here"]
        assert only_here == [], value
        if any(sees(problem) for problem in said):
            assert next(structure.errors(path, node), None) is not None, (value, said)
        count += 1
    assert count > 100

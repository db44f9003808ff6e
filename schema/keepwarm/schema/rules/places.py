"""Where a setting stands in its file, for what the values read from it do not say themselves."""

from __future__ import annotations

from collections.abc import Iterator

from keepwarm.schema.catalog import Place
from keepwarm.schema.nodes import Entry, Mapping, Node, Sequence
from keepwarm.schema.workspace import Workspace


def place_of_setting(workspace: Workspace, file: str, *keys: str) -> Place | None:
    """Give the place of what stands behind a setting in a setting; None where it is not there."""
    node: Node | None = workspace.nodes.get(file)
    for key in keys:
        entry = node.entry(key) if isinstance(node, Mapping) else None
        node = None if entry is None else entry.value
    return None if node is None else Place(file, node.span)


def every_setting(node: Node | None) -> Iterator[Entry]:
    """Give every setting of a file, in the order written, and those within."""
    match node:
        case Mapping(entries=entries):
            for entry in entries:
                yield entry
                yield from every_setting(entry.value)
        case Sequence(items=items):
            for item in items:
                yield from every_setting(item)
        case _:
            return

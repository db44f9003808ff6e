"""Places of settings: the typed form does not keep the line of each, the text does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from keepwarm.schema import nodes
from keepwarm.schema.catalog import Place
from keepwarm.schema.loading import load
from keepwarm.schema.nodes import Node, Span

#: The beginning of a file.
TOP = Span(1, 1, 1, 1)


class Places:
    """Finds where a setting stands. A file is read when the first is asked for."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        self._sources = sources
        #: File -> mappings by where they begin; the whole file under None.
        self._mappings: dict[str, dict[tuple[int, int] | None, nodes.Mapping]] = {}

    def setting(self, file: str, *keys: str, within: Span | None = None) -> Place:
        """Give the place of a key, of the whole file or of the mapping that begins at `within`.

        Where the key is not written the place is that of what should hold it.
        """
        known = self._known(file)
        found = known.get(None if within is None else (within.line, within.column))
        span = within or TOP
        for key in keys:
            entry = None if found is None else found.entry(key)
            if entry is None:
                break
            span = entry.key.span
            found = entry.value if isinstance(entry.value, nodes.Mapping) else None
        return Place(file, span)

    def _known(self, file: str) -> dict[tuple[int, int] | None, nodes.Mapping]:
        if file not in self._mappings:
            node = load(self._sources.get(file, ""), file).node
            known: dict[tuple[int, int] | None, nodes.Mapping] = {
                (each.span.line, each.span.column): each for each in _mappings(node)
            }
            if isinstance(node, nodes.Mapping):
                known[None] = node
            self._mappings[file] = known
        return self._mappings[file]


def _mappings(node: Node | None) -> Iterator[nodes.Mapping]:
    match node:
        case nodes.Mapping():
            for entry in node.entries:
                yield from _mappings(entry.value)
            yield node
        case nodes.Sequence():
            for item in node.items:
                yield from _mappings(item)
        case _:
            pass

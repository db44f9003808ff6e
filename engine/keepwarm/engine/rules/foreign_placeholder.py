"""A placeholder of another tool, which customers would read as it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator

from keepwarm.engine.templates.variables import ROOTS
from keepwarm.schema.catalog import Catalog, Place
from keepwarm.schema.nodes import Span
from keepwarm.schema.rules.rule import Finding, Rule, nothing
from keepwarm.schema.suggestions import closest
from keepwarm.schema.workspace import Workspace

#: `*|FNAME|*`, `%%first_name%%`, `[[first_name]]`, `<%= name %>`; `{first_name}` and
#: `${first_name}` only where the word is one that a template may name.
_PLACEHOLDER = re.compile(
    r"\*\|(?P<bars>[\w:. ]+)\|\*|%%(?P<percents>\w+)%%|\[\[ ?(?P<brackets>[\w.]+) ?\]\]"
    r"|<%=? ?(?P<tag>[\w.]+) ?%>|(?<![{%])\$?\{ ?(?P<brace>[A-Za-z_][\w.]*) ?\}(?!\})"
)
#: What other tools call it.
_CALLED_ELSEWHERE = {"fname": "first_name", "lname": "last_name"}
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


def _find(workspace: Workspace) -> Iterator[Finding]:
    for file in workspace.templates:
        text = _COMMENT.sub(_blank, workspace.sources[file])
        for number, line in enumerate(text.split("\n"), start=1):
            for match in _PLACEHOLDER.finditer(line):
                meant = _meant(match, workspace.catalog)
                if meant or match["brace"] is None:
                    span = Span(number, match.start() + 1, number, match.end() + 1)
                    yield _finding(Place(file, span), match[0], meant)


def _blank(match: re.Match[str]) -> str:
    """Give as much room as a comment took, which nobody reads."""
    return re.sub(r"[^\n]", " ", match[0])


def _meant(match: re.Match[str], catalog: Catalog) -> str | None:
    """Give what the placeholder would be called here; None where nothing is called so."""
    said = next(word for word in match.groups() if word is not None)
    root, _, rest = said.partition(".")
    if root in ROOTS:
        return said if rest or root.endswith(("_url", "_address")) or root == "sender" else None
    name = said.lower().replace(" ", "_")
    known = {*catalog.attributes, "id"}
    name = _CALLED_ELSEWHERE.get(name, name)
    if name not in known and match["brace"] is None:
        name = closest(name, known) or ""
    return f"customer.{name}" if name in known else None


def _finding(place: Place, written: str, meant: str | None) -> Finding:
    name = meant or "customer.first_name"
    default = " | default: '…'" if "." in name else ""
    example = f"{{{{ {name}{default} }}}}"
    return Finding(
        place,
        f'"{written}" is a placeholder of another tool: customers would read it as it stands',
        f"write {example}" if meant else f"here a value is written like this:  {example}",
        doubted_by=nothing,
    )


FOREIGN_PLACEHOLDER = Rule(
    "foreign-placeholder",
    "A template holds a placeholder of another tool, which nobody fills in.",
    _find,
)

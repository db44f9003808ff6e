"""The end of a marketing mail, where its template does not write it: who sends it, and a way out.

Source: CAN-SPAM (postal address, visible opt-out), CASL and GDPR (withdrawal as easy as giving).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from liquid.ast import Node
from liquid.builtin.expressions import Path

from keepwarm.engine.templates.dialect import GapNode
from keepwarm.engine.templates.marks import Piece, Writing, pieces_of
from keepwarm.engine.templates.parsing import with_parts

UNSUBSCRIBE: Mapping[str, str] = MappingProxyType(
    {
        "en": "Unsubscribe",
        "nl": "Afmelden",
        "de": "Abmelden",
        "fr": "Se désabonner",
        "es": "Darse de baja",
        "pt": "Cancelar subscrição",
        "pt-br": "Cancelar inscrição",
    },
)

_STYLE = "color:#6b7280;text-decoration:underline"
_ADDRESS = "{{ postal_address | newline_to_br }}"
_MJML = (
    '<mj-section padding="24px 0 0 0"><mj-column><mj-text align="center" font-size="12px"'
    ' line-height="18px" color="#6b7280">{words}</mj-text></mj-column></mj-section>'
)
_HTML = (
    '<div style="padding:24px 0 0 0;text-align:center;font-family:Arial,sans-serif;'
    'font-size:12px;line-height:18px;color:#6b7280">{words}</div>'
)


def footer(written: Iterable[Node], file: str, language: str, *, mjml: bool) -> Sequence[Piece]:
    """Give what of the footer the template does not write itself, in its language."""
    named = _always_written(written)
    lines = [] if "postal_address" in named else [_ADDRESS]
    if "unsubscribe_url" not in named:
        words = _word(language)
        lines.append(f'<a href="{{{{ unsubscribe_url }}}}" style="{_STYLE}">{words}</a>')
    if not lines:
        return ()
    text = (_MJML if mjml else _HTML).format(words="<br />".join(lines))
    return pieces_of(Writing(text, file, part="footer"))


def _word(language: str) -> str:
    tag = language.replace("_", "-").lower()
    return UNSUBSCRIBE.get(tag) or UNSUBSCRIBE.get(tag.split("-")[0]) or UNSUBSCRIBE["en"]


def _always_written(nodes: Iterable[Node]) -> set[str]:
    """Give the names that a text writes to everybody: outside of conditions and loops."""
    return {
        str(part.path[0])
        for node in nodes
        if isinstance(node, GapNode)
        for part in with_parts(node.expression)
        if isinstance(part, Path)
    }

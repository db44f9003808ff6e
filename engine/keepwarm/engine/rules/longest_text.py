"""The longest text that a template may become: values at their longest, branches at their worst.

A carrier bills by the part, and one letter outside its alphabet halves what a part holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from liquid.ast import Node
from liquid.builtin.content import ContentNode
from liquid.builtin.expressions import Path, StringLiteral
from liquid.builtin.expressions.filtered import Filter
from liquid.builtin.expressions.primitive import Literal
from liquid.builtin.tags.assign_tag import AssignNode
from liquid.builtin.tags.capture_tag import CaptureNode
from liquid.builtin.tags.case_tag import CaseNode
from liquid.builtin.tags.for_tag import ForNode
from liquid.builtin.tags.if_tag import IfNode
from liquid.builtin.tags.unless_tag import UnlessNode
from liquid.expression import Expression

from keepwarm.engine.sms_parts import Encoding, sms_parts
from keepwarm.engine.templates.dialect import PLAIN, GapNode, children_of
from keepwarm.engine.templates.marks import Source, Writing, pieces_of
from keepwarm.engine.templates.parsing import filters_of, parse
from keepwarm.schema.catalog import Attribute
from keepwarm.schema.conditions import FactKind
from keepwarm.schema.playbook import TemplateFile

#: What customers write themselves is counted as so many letters, of any script.
LONGEST_WORDS: Final = 30
#: How often a loop is taken to go round.
ROUNDS: Final = 5
_OWN_WORDS: Final = "ж" * LONGEST_WORDS
_LINK: Final = "https://links.example/" + "x" * 40
_MONEY, _DATE, _NUMBER = "-€1,234,567.00", "Wednesday 30 September 2026", "1234567.89"


def longest_text(file: TemplateFile, facts: Mapping[str, Attribute]) -> str:
    """Give the longest body; `facts` are what it may name, as `customer.plan`.

    Raises:
        PlaybookRefused: it is no Liquid.
    """
    writing = Writing(file.body, file.file, file.body_line)
    nodes = parse(Source.of(pieces_of(writing), writing), PLAIN).nodes
    return _Longest(facts).of(nodes).strip()


def _worst(texts: Iterable[str]) -> str:
    """Give the text that makes the most parts."""
    return max(texts, key=_badness, default="")


def _badness(text: str) -> tuple[int, bool, int]:
    parts = sms_parts(text)
    return len(parts.parts), parts.encoding is Encoding.UCS_2, parts.used


@dataclass(slots=True)
class _Longest:
    facts: Mapping[str, Attribute]
    #: What the template gave names to.
    made: dict[str, str] = field(default_factory=dict)

    def of(self, nodes: Iterable[Node]) -> str:
        return "".join([self.node(node) for node in nodes])

    def node(self, node: Node) -> str:
        match node:
            case ContentNode():
                return node.text
            case GapNode():
                return self.value(node.expression)
            case AssignNode():
                self.made[str(node.name)] = self.value(node.expression)
                return ""
            case CaptureNode():
                self.made[str(node.name)] = self.node(node.block)
                return ""
            case IfNode() | UnlessNode():
                blocks = [node.consequence, *(each.block for each in node.alternatives)]
                return self.worst_of([*blocks, node.default])
            case CaseNode():
                return self.worst_of(node.blocks)
            case ForNode():
                return _worst([self.node(node.block) * ROUNDS, self.worst_of([node.default])])
            case _:
                return self.of(children_of(node))

    def worst_of(self, blocks: Sequence[Node | None]) -> str:
        return _worst(["", *(self.node(each) for each in blocks if each is not None)])

    # ── Values ───────────────────────────────────────────────────────────────────────────────

    def value(self, expression: Expression) -> str:
        left = getattr(expression, "left", expression)
        text = self.plain(left)
        for each in filters_of(expression):
            text = self.filtered(text, each)
        return text

    def filtered(self, text: str, by: Filter) -> str:
        literals = [arg.value for arg in by.args if isinstance(arg.value, Literal)]
        first = literals[0].value if literals else None
        match by.name:
            case "default":
                return _worst([text, str(first or "")])
            case "money":
                return _MONEY
            case "date":
                return _DATE
            case "truncate" if isinstance(first, int):
                return text[:first]
            case "append" | "prepend":
                return text + str(first or "")
            case _:
                return text

    def plain(self, expression: object) -> str:
        match expression:
            case StringLiteral():
                return str(expression.value)
            case Path() if str(expression) in self.facts:
                return _longest_value(self.facts[str(expression)])
            case Path() if str(expression) in self.made:
                return self.made[str(expression)]
            case Path() if str(expression).endswith(("_url", ".link")):
                return _LINK
            case Literal():
                return str(expression.value or "")
            case _:
                return _OWN_WORDS


def _longest_value(fact: Attribute) -> str:
    match fact.kind:
        case FactKind.CHOICE:
            return _worst(fact.choices)
        case FactKind.NUMBER:
            return _NUMBER
        case FactKind.TRUTH:
            return "false"
        case FactKind.DATE:
            return "2026-09-30"
        case FactKind.MOMENT:
            return "2026-09-30T08:00:00.000000Z"
        case _:
            return _OWN_WORDS

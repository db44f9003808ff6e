"""A parse tree as blocks: literal text, gaps, choices between blocks, and deeds without words.

What is personal is always a gap, so that a wording holds nothing personal: a loop over a
customer's things is one gap, filled with all that the loop writes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from io import StringIO
from typing import Final

from liquid.ast import BlockNode, Node
from liquid.builtin.content import ContentNode
from liquid.builtin.expressions import Path
from liquid.builtin.tags.assign_tag import AssignNode
from liquid.builtin.tags.capture_tag import CaptureNode
from liquid.builtin.tags.case_tag import CaseNode, MultiExpressionBlockNode
from liquid.builtin.tags.comment_tag import CommentNode
from liquid.builtin.tags.doc_tag import DocNode
from liquid.builtin.tags.for_tag import BreakNode, ContinueNode
from liquid.builtin.tags.if_tag import IfNode
from liquid.builtin.tags.ifchanged_tag import IfChangedNode
from liquid.builtin.tags.liquid_tag import LiquidNode
from liquid.builtin.tags.unless_tag import UnlessNode
from liquid.exceptions import LiquidError, LiquidInterrupt
from liquid.expression import Expression
from liquid.token import Token

from keepwarm.engine.templates.audience import Variables
from keepwarm.engine.templates.bounds import MOST_WORK
from keepwarm.engine.templates.dialect import (
    GapNode,
    Glance,
    MessageContext,
    SkipNode,
    Template,
    WeighedForNode,
    WeighedTablerowNode,
)
from keepwarm.engine.templates.faults import Unfit
from keepwarm.engine.templates.fills import (
    Evaluate,
    Finish,
    OneByOne,
    fill_for_path,
    fill_from_text,
    fill_through_filters,
    remembering,
)
from keepwarm.engine.templates.loops import (
    MOST_QUICK_WEIGHT,
    MOST_ROUNDS,
    is_plain_loop,
    quick_loop,
)
from keepwarm.engine.templates.parsing import every_node, filters_of, spelled
from keepwarm.engine.templates.parts import (
    Answer,
    Arm,
    Block,
    Choice,
    Deed,
    Fault,
    Gap,
    LateGap,
    Part,
    Question,
)
from keepwarm.engine.templates.places import Place, text_of, written
from keepwarm.engine.templates.settling import OWN_NAMES, Settled, Settling

#: Filters of plain text that leave alone what HTML takes as it is.
_OF_PLAIN_TEXT: Final = ("link",)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the parts of one text have in common."""

    template: Template
    #: The template's own names, and what they stand for where they are known.
    constants: Mapping[str, str]
    finish: Finish
    #: How much work each thing that is worked out by itself may do.
    work: int = MOST_WORK

    def scope(self, variables: Variables) -> dict[str, object]:
        """Give what may be named. No customer's variables stand for the template's own names."""
        return {**{k: v for k, v in variables.items() if k not in OWN_NAMES}, **self.constants}

    def context(self, variables: Variables, deeds: Sequence[Node] = ()) -> MessageContext:
        """Give what python-liquid evaluates in, after the deeds."""
        context = MessageContext(self.template, work=self.work, globals=self.scope(variables))
        for deed in deeds:
            deed.render(context, StringIO())
        return context

    def glance(self, variables: Variables) -> MessageContext:
        """Give what python-liquid evaluates a single expression in; much cheaper to make."""
        return Glance(self.template, self.scope(variables), work=self.work)


def block_of(around: Surroundings) -> tuple[Block, bool]:
    """Give a parsed text as a block, and whether all of it is settled by the variables alone."""
    nodes = around.template.nodes
    workers = sum(isinstance(node, _WORKING) for node in every_node(nodes))
    shared = replace(around, work=MOST_WORK // max(workers, 1))
    builder = _Builder(shared, Settling(nodes))
    block = tuple(builder.parts(nodes, blank=False, top=True))
    if not builder.is_late:
        return block, True
    builder = _Builder(shared, Settling(nodes, with_made_names=False))
    return tuple(builder.parts(nodes, blank=False, top=True)), False


#: Nodes that may have much to do. In a text that is settled each has its share of the work; what
#: happens in the order written shares it as it comes.
_WORKING = (GapNode, AssignNode, CaptureNode, WeighedForNode, WeighedTablerowNode, IfChangedNode)


class _Builder:
    """Turns the nodes of one text into parts."""

    def __init__(self, around: Surroundings, settling: Settling) -> None:
        self.around = around
        self.settling = settling
        self.is_late = False
        #: How many nodes the quick loops have, which count no work.
        self.quick_weight = 0
        #: Liquid writes a block of `case` once for each value that matches.
        self.in_case = 0

    def parts(self, nodes: Sequence[Node], *, blank: bool, top: bool = False) -> Iterator[Part]:
        """Give the parts of nodes.

        A blank block is one that writes nothing but white space, which Liquid leaves out.
        """
        for node in nodes:
            match node:
                case ContentNode():
                    if not blank:
                        yield self.around.finish(node.text)
                case CommentNode() | DocNode():
                    pass
                case GapNode():
                    yield self.gap(node)
                case IfNode() | UnlessNode():
                    yield self.choice(node)
                case CaseNode():
                    yield self.case(node)
                case LiquidNode():
                    quiet = blank or node.block.blank
                    yield from self.parts(node.block.nodes, blank=quiet, top=top)
                case SkipNode():
                    yield node
                case AssignNode() | CaptureNode():
                    yield self.deed(node, self.settling.made(node) if top else None)
                case BreakNode() | ContinueNode():
                    yield self.late(Deed(node))
                case _:
                    yield self.written_by(node)

    def block(self, node: BlockNode) -> Block:
        return tuple(self.parts(node.nodes, blank=node.blank))

    def late(self, part: Part) -> Part:
        self.is_late = True
        return part

    def gap(self, node: GapNode) -> Part:
        """Give the gap of a `{{ … }}`: the quickest that gives what python-liquid gives."""
        expression = node.expression
        settled = self.settling.of([expression])
        if settled is None:
            return self.late(LateGap(node))
        html, finish = self.around.template.env.autoescape, self.around.finish
        place = node.place if html else Place.PLAIN
        deeds = tuple(map(id, settled.deeds))
        name = (place, spelled(expression), finish, deeds)
        says = (spelled(expression, besides=_OF_PLAIN_TEXT), deeds)
        evaluate = self.evaluation(node, node.text, settled, glances=True)
        path = self.only_path(expression, settled)
        if path and not filters_of(expression):
            return Gap(fill_for_path(path, place, finish, evaluate), name, says)
        if path:

            def write(value: object) -> str:
                return written(value, place) if html else finish(text_of(value, escaping=False))

            template = self.around.template
            filters = filters_of(expression)
            evaluate = fill_through_filters(filters, path, template, write, evaluate)
            quick = fill_from_text(filters, path, place, finish, evaluate)
            if quick is not None:
                return Gap(quick, name, says)
        return self.remembered(evaluate, settled, name, says)

    def only_path(self, expression: Expression, settled: Settled) -> tuple[str, ...] | None:
        """Give the path that alone decides an expression and begins it; None if there is none."""
        if type(getattr(expression, "left", None)) is not Path or settled.deeds:
            return None
        return next(iter(settled.paths)) if settled.paths and len(settled.paths) == 1 else None

    def written_by(self, node: Node) -> Part:
        """Give the gap of a tag that writes, such as a loop."""
        settled = self.settling.of_node(node, may_repeat=self.in_case > 0)
        if settled is None:
            return self.late(LateGap(node))
        evaluate = self.evaluation(node, lambda context: written_by(node, context), settled)
        if isinstance(node, WeighedForNode) and not settled.deeds:
            self.quick_weight += node.weight
            if self.quick_weight < MOST_QUICK_WEIGHT and is_plain_loop(node, self.settling.taken):
                evaluate = quick_loop(node, self.block_of_round(node), evaluate)
        return self.remembered(evaluate, settled, id(node), id(node))

    def block_of_round(self, node: WeighedForNode) -> Block:
        """Give the block of a quick loop, each round of which has its share of the work."""
        whole = self.around
        self.around = replace(whole, work=whole.work // MOST_ROUNDS)
        block = self.block(node.block)
        self.around = whole
        return block

    def remembered(self, evaluate: Evaluate, settled: Settled, name: object, says: object) -> Part:
        if settled.paths is None:
            return Gap(OneByOne(evaluate), name, says)
        if not settled.paths:
            try:
                return evaluate({})
            except LiquidError:
                return Gap(OneByOne(evaluate), name, says)
        return Gap(remembering(sorted(settled.paths), evaluate), name, says)

    def evaluation(
        self,
        node: Node,
        text: Callable[[MessageContext], str],
        settled: Settled,
        *,
        glances: bool = False,
    ) -> Evaluate:
        """Give what evaluates a node, by python-liquid; `glances` is for a single expression."""
        around, finish, deeds, token = self.around, self.around.finish, settled.deeds, node.token
        is_quick = glances and not deeds

        def evaluate(variables: Variables) -> str:
            try:
                context = around.glance(variables) if is_quick else around.context(variables, deeds)
                return finish(text(context))
            except Exception as error:  # noqa: BLE001  a surprise must not stop a batch
                raise fault_of(error, token) from None

        return evaluate

    def deed(self, node: AssignNode | CaptureNode, settled: Settled | None) -> Part:
        """Give a tag that makes a name. A settled one only asks whether it can be made."""
        if settled is None:
            return self.late(Deed(node))

        def make(context: MessageContext) -> int:
            node.render(context, StringIO())
            return 0

        question = self.question(make, settled, ("made", id(node)), node.token, glances=False)
        return Choice((Arm(question, ()),))

    def choice(self, node: IfNode | UnlessNode) -> Choice:
        wanted = not isinstance(node, UnlessNode)
        arms = [Arm(self.condition(node.condition, wanted=wanted), self.block(node.consequence))]
        arms += [
            Arm(self.condition(other.expression), self.block(other.block))
            for other in node.alternatives
        ]
        if node.default:
            arms.append(Arm(None, self.block(node.default)))
        return Choice(tuple(arms))

    def condition(self, expression: Expression, *, wanted: bool = True) -> Question:
        def ask(context: MessageContext) -> int:
            return bool(expression.evaluate(context)) is wanted

        settled = self.settling.of([expression])
        return self.question(ask, settled, (wanted, spelled(expression)), expression.token)

    def case(self, node: CaseNode) -> Choice:
        self.in_case += 1
        arms = [
            Arm(self.when(each), self.block(each.block))
            if isinstance(each, MultiExpressionBlockNode)
            else Arm(None, self.block(each))
            for each in node.blocks
        ]
        self.in_case -= 1
        return Choice(tuple(arms), takes_all=True)

    def when(self, node: MultiExpressionBlockNode) -> Question:
        expression = node.expression

        def ask(context: MessageContext) -> int:
            return expression.evaluate(context).count(True)

        settled = self.settling.of([expression, expression.left])
        name = ("case", spelled(expression.left), spelled(expression))
        return self.question(ask, settled, name, expression.token)

    def question(
        self,
        ask: Callable[[MessageContext], int],
        settled: Settled | None,
        name: tuple[object, ...],
        token: Token,
        *,
        glances: bool = True,
    ) -> Question:
        def ask_here(context: MessageContext) -> Answer:
            try:
                return int(ask(context))
            except Exception as error:  # noqa: BLE001  a surprise must not stop a batch
                return Fault(fault_of(error, token).with_traceback(None))

        if settled is None:
            self.is_late = True
            return Question(ask_here, None, name)
        around, deeds = self.around, settled.deeds

        def ask_of(variables: Variables) -> Answer:
            if glances and not deeds:
                return ask_here(around.glance(variables))
            try:
                context = around.context(variables, deeds)
            except Exception as error:  # noqa: BLE001  a surprise must not stop a batch
                return Fault(fault_of(error, token).with_traceback(None))
            return ask_here(context)

        quick = remembering(sorted(settled.paths or ()), ask_of)
        return Question(ask_here, quick, (*name, *map(id, deeds)))


def written_by(node: Node, context: MessageContext) -> str:
    """Give what a node writes."""
    buffer = context.get_buffer()
    node.render(context, buffer)
    return buffer.getvalue()


def fault_of(error: Exception, token: Token) -> LiquidError:
    """Give whatever was raised as a fault of the template, at a place in it."""
    match error:
        case LiquidError():
            fault = error
        case LiquidInterrupt():
            fault = Unfit(f"{token.value} stands outside of a loop")
        case RecursionError():
            fault = Unfit("the template is nested too deeply", mend="make it simpler")
        case _:
            fault = Unfit(f"this cannot be worked out ({type(error).__name__})")
    fault.token = fault.token or token
    return fault

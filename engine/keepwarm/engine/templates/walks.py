"""Going through a block: as its answers are known, or in the order in which it is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from liquid.ast import Node

from keepwarm.engine.templates.audience import Variables
from keepwarm.engine.templates.blocks import Surroundings, fault_of, written_by
from keepwarm.engine.templates.dialect import SkipNode
from keepwarm.engine.templates.faults import NotToBeSent
from keepwarm.engine.templates.parts import (
    Answer,
    Block,
    Choice,
    Deed,
    Gap,
    LateGap,
    Loose,
    Question,
    taken_blocks,
)


@dataclass(slots=True)
class KnownAnswers:
    """Answers by the questions' names."""

    known: Mapping[object, Answer]

    def answer(self, question: Question) -> Answer:
        """Give the answer to a question."""
        return self.known[question.name]

    def late_gap(self) -> int:
        """Raise: there is none."""
        raise AssertionError("a settled text has no late gap")


@dataclass(slots=True)
class AnswersAgain:
    """Answers in the order in which a walk was given them."""

    answers: Iterator[Answer]
    #: The number of the next late gap.
    next_gap: int

    def answer(self, question: Question) -> Answer:  # noqa: ARG002  the order tells
        """Give the answer that comes next."""
        return next(self.answers)

    def late_gap(self) -> int:
        """Give the number of the gap that comes next."""
        self.next_gap += 1
        return self.next_gap - 1


def loosened(block: Block, decider: KnownAnswers | AnswersAgain) -> Loose:
    """Give the parts that answers choose out of a block; raises what it says of not sending."""
    parts: Loose = []
    for part in block:
        match part:
            case str() | Gap():
                parts.append(part)
            case LateGap():
                parts.append(decider.late_gap())
            case Choice():
                for taken in taken_blocks(part, decider.answer):
                    parts += loosened(taken, decider)
            case SkipNode():
                raise NotToBeSent(part.reason, part.token)
            case Deed():
                pass
    return parts


def merged(parts: Loose) -> Loose:
    """Put neighbouring literals together."""
    together: Loose = []
    for part in parts:
        if isinstance(part, str) and together and isinstance(together[-1], str):
            together[-1] += part
        elif part != "":
            together.append(part)
    return together


class Walk:
    """One way through a text in the order written, which notes each answer and each late gap."""

    def __init__(self, around: Surroundings, variables: Variables) -> None:
        self.context = around.context(variables)
        self.variables = variables
        self.finish = around.finish
        self.answers: list[Answer] = []
        self.values: list[str] = []

    def through(self, block: Block) -> None:
        """Go through a block; raises what a deed or a late gap ends in."""
        for part in block:
            match part:
                case str() | Gap():
                    pass
                case LateGap() | Deed():
                    text = self._written(part.node)
                    if isinstance(part, LateGap):
                        self.values.append(self.finish(text))
                case Choice():
                    for taken in taken_blocks(part, self._answer):
                        self.through(taken)
                case SkipNode():
                    raise NotToBeSent(part.reason, part.token)

    def _answer(self, question: Question) -> Answer:
        ask = question.ask
        answer = ask.alone(self.variables) if ask else question.ask_here(self.context)
        self.answers.append(answer)
        return answer

    def _written(self, node: Node) -> str:
        try:
            return written_by(node, self.context)
        except Exception as error:  # noqa: BLE001  a surprise must not stop a batch
            raise fault_of(error, node.token) from None

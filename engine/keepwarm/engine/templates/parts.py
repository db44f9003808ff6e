"""What a text is made of, once it is taken apart: literal text, gaps, choices and deeds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from liquid.ast import Node
from liquid.exceptions import LiquidError

from keepwarm.engine.templates.dialect import MessageContext, SkipNode
from keepwarm.engine.templates.fills import Decided, Fill


@dataclass(frozen=True, slots=True)
class Fault:
    """What a question ends in instead of an answer. All faults are alike as keys."""

    error: LiquidError = field(compare=False)


#: How many times a block is written.
Answer: TypeAlias = "int | Fault"


@dataclass(frozen=True, slots=True)
class Gap:
    """Text that is the customer's own, decided by the variables alone."""

    fill: Fill
    #: Gaps of equal names are always filled alike.
    name: object
    #: Equal for gaps of one expression, which may be written otherwise at other places.
    says: object


@dataclass(frozen=True, slots=True)
class LateGap:
    """Text that depends on what was done before it, such as a name assigned in a loop."""

    node: Node


@dataclass(frozen=True, slots=True)
class Deed:
    """A tag that writes nothing and changes what comes after it."""

    node: Node


@dataclass(frozen=True, slots=True)
class Question:
    """A condition: the answer says how many times its block is written."""

    ask_here: Callable[[MessageContext], Answer]
    #: Asks it of the variables; None where the answer depends on what was done before.
    ask: Decided[Answer] | None
    #: Questions of equal names have equal answers.
    name: object


@dataclass(frozen=True, slots=True)
class Arm:
    """A way out of a choice; without a question it is the `else`."""

    question: Question | None
    block: Block


@dataclass(frozen=True, slots=True)
class Choice:
    """`if`, `unless` and `case`."""

    arms: tuple[Arm, ...]
    #: `case` goes on after an arm that was taken, and `else` is for when none was.
    takes_all: bool = False


Part: TypeAlias = "str | Gap | LateGap | Deed | Choice | SkipNode"
Block: TypeAlias = tuple[Part, ...]
#: A text before its gaps are numbered: literal text, gaps, and the how manieth late gap.
Loose: TypeAlias = list["str | Gap | int"]


def taken_blocks(choice: Choice, answer: Callable[[Question], Answer]) -> Iterator[Block]:
    """Give the blocks that a choice writes, in order; raises the fault that a question ends in."""
    was_taken = False
    for arm in choice.arms:
        times = answer(arm.question) if arm.question else int(not was_taken)
        if isinstance(times, Fault):
            # It is remembered, and would gather a longer trace each time that it is raised.
            raise times.error.with_traceback(None)
        for _ in range(times):
            yield arm.block
        was_taken = was_taken or (times > 0 and arm.question is not None)
        if times and not choice.takes_all:
            return

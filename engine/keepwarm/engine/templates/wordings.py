"""Messages out of blocks: the words once for all who get the same, the gaps for each customer.

The answers to a template's conditions choose a skeleton: its texts, with the gaps numbered. It is
built once for equal answers; for a customer there is then nothing to do but to fill the gaps.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from operator import mul
from typing import TypeAlias

from liquid.exceptions import LiquidError

from keepwarm.engine.message import Content, Wording
from keepwarm.engine.templates.audience import Audience, Some, Variables
from keepwarm.engine.templates.blocks import Surroundings, written_by
from keepwarm.engine.templates.bounds import LONGEST_MESSAGE
from keepwarm.engine.templates.breaking import broken_by
from keepwarm.engine.templates.dialect import SkipNode
from keepwarm.engine.templates.faults import NotToBeSent, TooMuch
from keepwarm.engine.templates.fills import Fill
from keepwarm.engine.templates.marks import Source
from keepwarm.engine.templates.parsing import every_node
from keepwarm.engine.templates.parts import (
    Answer,
    Block,
    Choice,
    Gap,
    Loose,
    Question,
)
from keepwarm.engine.templates.results import Outcome, Rendered, Skip
from keepwarm.engine.templates.walks import (
    AnswersAgain,
    KnownAnswers,
    Walk,
    loosened,
    merged,
)
from keepwarm.schema.words import Channel

#: How many skeletons are kept for one template.
MOST_SKELETONS = 4_096
#: In how many ways the gaps of a skeleton may share values: each has words of its own to keep.
MOST_SHARED = 16

#: Mends the literal text of a whole text once it is put together, such as its ends.
Tidy: TypeAlias = Callable[[Loose], Loose]


@dataclass(frozen=True, slots=True)
class Text:
    """One text of a message, or a part of one: texts of the same name are put together."""

    name: str
    source: Source
    around: Surroundings
    block: Block
    #: Whether the variables alone decide it.
    is_settled: bool
    tidy: Tidy
    #: What no Liquid touches.
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Skeleton:
    """The words for equal answers, and what fills their gaps."""

    content: Content
    fills: tuple[Fill, ...]
    #: What each gap says, wherever it stands: equal for gaps of one expression.
    says: tuple[object, ...]
    #: How often each value is written.
    times: tuple[int, ...]
    #: How many characters the written values may have.
    room: int
    #: How many characters of values fit, however often each is written.
    room_for_sure: int
    #: Which gaps are filled by which -> the skeleton without the others.
    shared: dict[tuple[int, ...], Skeleton] = field(default_factory=dict, repr=False, compare=False)


class Wordings:
    """All wordings of one template in one language and channel."""

    def __init__(
        self,
        channel: Channel,
        texts: Sequence[Text],
        *,
        sender: str | None = None,
        reply_to: str | None = None,
        language: str | None = None,
    ) -> None:
        self.texts = tuple(texts)
        self._blank = Content(channel, {}, sender, reply_to, language)
        self._settled = [text for text in texts if text.is_settled]
        self._late = [text for text in texts if not text.is_settled]
        self._questions = list(_questions(self._settled))
        self._asks = [question.ask for question in self._questions if question.ask]
        self._skeletons: dict[object, Skeleton | Skip] = {}
        self._contents: dict[str, Content] = {}
        self._has_skips = any(
            isinstance(node, SkipNode)
            for text in texts
            for node in every_node(text.around.template.nodes)
        )
        self._sources = {text.source.text: text.source for text in texts}

    def render(self, variables: Variables) -> Outcome:
        """Give the message for a customer's variables."""
        answers: tuple[Answer, ...] = ()
        try:
            answers = tuple([ask.alone(variables) for ask in self._asks])
            if self._late:
                return self._render_late(variables, answers)
            skeleton = self._skeletons.get(answers) or self._keep(answers, answers, [])
            if isinstance(skeleton, Skip):
                return skeleton
            return self._filled(skeleton, variables, ())
        except NotToBeSent as said:
            return Skip(said.reason)
        except Exception as error:  # noqa: BLE001  a surprise must not stop a batch
            error.__traceback__ = None  # it holds the customer's variables, and may be remembered
            instead = self._skip_after_all(variables, answers)
            return instead or broken_by(error, self._sources)

    def render_together(self, audience: Audience) -> list[Outcome]:
        """Give the message for each of many: what `render` gives for their variables."""
        if not self._late:
            # What any of them raises is told below, of whom it is about.
            with contextlib.suppress(Exception):
                return self._filled_together(audience)
        return [self.render(audience.variables(place)) for place in range(len(audience))]

    def _filled_together(self, audience: Audience) -> list[Outcome]:
        """Fill the gaps of all who answer alike, a column for each gap."""
        outcomes: dict[int, Outcome] = {}
        for answers, places in self._answering_alike(audience):
            skeleton = self._skeletons.get(answers) or self._keep(answers, answers, [])
            if isinstance(skeleton, Skip):
                outcomes.update(dict.fromkeys(places, skeleton))
                continue
            alike = audience if len(places) == len(audience) else Some(audience, places)
            columns = [fill.together(alike) for fill in skeleton.fills]
            skeleton, columns = self._said_once(skeleton, columns)
            rows = [*zip(*columns, strict=True)] if columns else [()] * len(places)
            if max(map(len, map("".join, rows)), default=0) > skeleton.room_for_sure:
                self._refuse_what_is_too_long(skeleton, rows)
            content = skeleton.content
            outcomes.update(zip(places, [Rendered(content, row) for row in rows], strict=True))
        return [outcomes[place] for place in range(len(audience))]

    def _said_once(
        self, skeleton: Skeleton, columns: list[Sequence[str]]
    ) -> tuple[Skeleton, list[Sequence[str]]]:
        """Have one value fill all gaps of an expression that are filled alike for everybody.

        In HTML and in plain text most values are written alike; kept once, the values of a mail
        take little more than half the room.
        """
        fillers: list[int] = []
        for gap, (says, column) in enumerate(zip(skeleton.says, columns, strict=True)):
            alike = (
                other
                for other in range(gap)
                if skeleton.says[other] == says and columns[other] == column
            )
            fillers.append(next(alike, gap))
        key = tuple(fillers)
        kept = sorted(set(key))
        if len(kept) == len(columns):
            return skeleton, columns
        shared = skeleton.shared.get(key)
        if shared is None:
            if len(skeleton.shared) >= MOST_SHARED:
                return skeleton, columns
            shared = skeleton.shared[key] = self._sharing(skeleton, key, kept)
        return shared, [columns[gap] for gap in kept]

    def _sharing(self, skeleton: Skeleton, fillers: Sequence[int], kept: Sequence[int]) -> Skeleton:
        """Number the gaps anew, so that some share the value of another."""
        number_of = {gap: number for number, gap in enumerate(kept)}
        texts = {
            name: Wording(
                tuple(
                    part if isinstance(part, str) else number_of[fillers[part]]
                    for part in text.parts
                )
            )
            for name, text in skeleton.content.texts.items()
        }
        fills, says = [skeleton.fills[gap] for gap in kept], [skeleton.says[gap] for gap in kept]
        return self._measured(texts, fills, says)

    def _answering_alike(
        self, audience: Audience
    ) -> Iterable[tuple[tuple[Answer, ...], Sequence[int]]]:
        """Give the places of those who answer all questions alike, with their answers."""
        if not self._asks:
            return [((), range(len(audience)))]
        ways: dict[tuple[Answer, ...], list[int]] = {}
        columns = [ask.together(audience) for ask in self._asks]
        for place, answers in enumerate(zip(*columns, strict=True)):
            ways.setdefault(answers, []).append(place)
        return ways.items()

    def _filled(self, skeleton: Skeleton, variables: Variables, late: tuple[str, ...]) -> Rendered:
        values = tuple([fill.alone(variables) for fill in skeleton.fills]) + late
        if len("".join(values)) > skeleton.room_for_sure:
            self._refuse_what_is_too_long(skeleton, [values])
        return Rendered(skeleton.content, values)

    def _refuse_what_is_too_long(self, skeleton: Skeleton, rows: Iterable[tuple[str, ...]]) -> None:
        if any(sum(map(mul, map(len, row), skeleton.times)) > skeleton.room for row in rows):
            limit = LONGEST_MESSAGE[self._blank.channel]
            raise TooMuch(f"the message is longer than {limit:,} characters")

    def _render_late(self, variables: Variables, answers: tuple[Answer, ...]) -> Outcome:
        """Give a message of which a part happens in the order written, for each customer anew."""
        walks = [Walk(text.around, variables) for text in self._late]
        for walk, text in zip(walks, self._late, strict=True):
            walk.through(text.block)
        key = (answers, *(tuple(walk.answers) for walk in walks))
        skeleton = self._skeletons.get(key) or self._keep(key, answers, walks)
        if isinstance(skeleton, Skip):
            return skeleton
        late = tuple(value for walk in walks for value in walk.values)
        return self._filled(skeleton, variables, late)

    def _keep(
        self, key: object, answers: tuple[Answer, ...], walks: Sequence[Walk]
    ) -> Skeleton | Skip:
        """Build a skeleton and keep it."""
        try:
            skeleton: Skeleton | Skip = self._skeleton(answers, walks)
        except NotToBeSent as said:
            skeleton = Skip(said.reason)
        if len(self._skeletons) >= MOST_SKELETONS:
            self._skeletons.clear()
            self._contents.clear()
        self._skeletons[key] = skeleton
        return skeleton

    def _skip_after_all(self, variables: Variables, answers: tuple[Answer, ...]) -> Skip | None:
        """Tell whether any text says that the message shall not be sent.

        That says more than a fault elsewhere: a template may guard itself against missing values.
        """
        if not self._has_skips:
            return None
        decider = KnownAnswers(self._known(answers))
        for text in self.texts:
            ways: list[Callable[[], object]] = [partial(_written_plainly, text, variables)]
            if text.is_settled:
                ways.append(partial(loosened, text.block, decider))
            for way in ways:
                try:
                    way()
                except NotToBeSent as said:
                    return Skip(said.reason)
                except Exception:  # noqa: BLE001, S112  the fault is told already
                    continue
        return None

    def _known(self, answers: tuple[Answer, ...]) -> Mapping[object, Answer]:
        pairs = zip(self._questions, answers, strict=True)
        return {question.name: answer for question, answer in pairs}

    def _skeleton(self, answers: tuple[Answer, ...], walks: Sequence[Walk]) -> Skeleton:
        """Put the texts together as the answers say, and number their gaps."""
        known = self._known(answers)
        loose: dict[str, Loose] = {}
        fault: LiquidError | None = None
        replays = iter(walks)
        counted = 0
        for text in self.texts:
            walk = None if text.is_settled else next(replays)
            decider = (
                KnownAnswers(known) if walk is None else AnswersAgain(iter(walk.answers), counted)
            )
            try:
                parts = text.tidy(merged(loosened(text.block, decider)))
                whole = [*loose.get(text.name, ()), text.before, *parts, text.after]
                loose[text.name] = merged(whole)
            except NotToBeSent:
                raise
            except LiquidError as error:
                fault = fault or error
            counted += len(walk.values) if walk else 0
        if fault:
            raise fault
        return self._numbered(loose)

    def _numbered(self, loose: Mapping[str, Loose]) -> Skeleton:
        gaps: dict[object, tuple[int, Gap]] = {}
        for parts in loose.values():
            for part in parts:
                if isinstance(part, Gap):
                    gaps.setdefault(part.name, (len(gaps), part))
        texts = {
            name: Wording(tuple(_number(part, gaps) for part in parts))
            for name, parts in loose.items()
        }
        its = [gap for _, gap in gaps.values()]
        return self._measured(texts, [gap.fill for gap in its], [gap.says for gap in its])

    def _measured(
        self, texts: Mapping[str, Wording], fills: Sequence[Fill], says: Sequence[object]
    ) -> Skeleton:
        """Put a skeleton together, and reckon how long its values may be."""
        content = self._interned(texts)
        parts = [part for text in texts.values() for part in text.parts]
        words = sum(len(part) for part in parts if isinstance(part, str))
        counted = Counter(part for part in parts if isinstance(part, int))
        times = tuple(counted[number] for number in range(max(counted, default=-1) + 1))
        room = LONGEST_MESSAGE[content.channel] - words
        most = max(times, default=1)
        return Skeleton(content, tuple(fills), tuple(says), times, room, room // most)

    def _interned(self, texts: Mapping[str, Wording]) -> Content:
        """Give one object for equal words."""
        blank = self._blank
        content = Content(blank.channel, texts, blank.sender, blank.reply_to, blank.language)
        return self._contents.setdefault(content.key, content)


def _written_plainly(text: Text, variables: Variables) -> None:
    """Let python-liquid write a text, from its beginning to its end."""
    context = text.around.context(variables)
    for node in text.around.template.nodes:
        written_by(node, context)


def _number(part: str | Gap | int, gaps: Mapping[object, tuple[int, Gap]]) -> str | int:
    match part:
        case str():
            return part
        case Gap():
            return gaps[part.name][0]
        case int():
            return len(gaps) + part


def _questions(texts: Sequence[Text]) -> Iterator[Question]:
    """Give the questions of settled texts, each once."""
    found: dict[object, Question] = {}
    blocks = [text.block for text in texts]
    while blocks:
        for part in blocks.pop():
            if isinstance(part, Choice):
                for arm in part.arms:
                    blocks.append(arm.block)
                    if arm.question:
                        found.setdefault(arm.question.name, arm.question)
    yield from found.values()

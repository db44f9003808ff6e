"""The Liquid that templates may use: python-liquid, strict, bounded, blind to clock and files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from io import StringIO
from typing import Any, ClassVar, TextIO, cast

from liquid import BoundTemplate, Environment, Mode, RenderContext, TokenStream
from liquid.ast import BlockNode, Node
from liquid.builtin.expressions import LoopExpression
from liquid.builtin.output import Output, OutputNode
from liquid.builtin.tags.echo_tag import EchoNode, EchoTag
from liquid.builtin.tags.for_tag import ForNode, ForTag
from liquid.builtin.tags.tablerow_tag import TablerowNode, TablerowTag
from liquid.expression import Expression
from liquid.output import LimitedStringIO
from liquid.tag import Tag
from liquid.token import TOKEN_EXPRESSION, Token
from liquid.undefined import UNDEFINED, StrictDefaultUndefined
from liquid.utils import ReadOnlyChainMap

from keepwarm.engine.templates import filters
from keepwarm.engine.templates.bounds import (
    MOST_NAMES,
    MOST_WORK,
    refuse_long_results,
    within_bounds,
    work_in,
)
from keepwarm.engine.templates.faults import NotToBeSent, TooMuch, Unfit, is_missing
from keepwarm.engine.templates.places import Place, text_of, written

#: Tags that read files.
_UNSAFE_TAGS = ("include", "render")
#: Filters that let HTML of customers through, or that are not Liquid's.
_UNSAFE_FILTERS = ("safe", "escapejs")


class MessageContext(RenderContext):
    """What a template sees while it is rendered, and how much work it may still do."""

    __slots__ = ("left", "loop_weight")

    def __init__(self, template: BoundTemplate, *, work: int = MOST_WORK, **given: Any) -> None:  # noqa: ANN401  as its parent
        super().__init__(template, **given)
        self.left = work
        self.loop_weight = 1
        # Without `now` and `today`, which python-liquid would read from the clock.
        self.scope = ReadOnlyChainMap(self.locals, self.globals, self.counters)

    def spend(self, work: int) -> None:
        """Count work, and raise TooMuch when it is more than a message can need."""
        self.left -= work
        if self.left < 0:
            raise TooMuch("the template does too much work", mend="shorten its loops")

    def assign(self, key: str, val: object) -> None:
        self.spend(1)
        self.locals[key] = val if is_missing(val) else within_bounds(val)
        if len(self.locals) > MOST_NAMES:
            raise TooMuch(f"the template makes more than {MOST_NAMES} names")

    def raise_for_loop_limit(self, length: int = 1) -> None:
        self.spend(length * self.loop_weight)

    def get_buffer(self, buf: TextIO | None = None) -> StringIO:
        carry = buf.size if isinstance(buf, LimitedStringIO) else 0
        return bounded_buffer(carry)

    def get(
        self, path: list[object], *, token: Token | None, default: object = UNDEFINED
    ) -> object:
        """Resolve a path. Amounts become numbers that python-liquid can count with."""
        value = super().get(path, token=token, default=default)
        if type(value) is not Decimal:
            return value
        return int(value) if value == value.to_integral_value() else float(value)

    def filter(self, name: str, token: Token | None) -> Callable[..., object]:
        function = super().filter(name, token)

        def bounded(left: object, *arguments: object, **named: object) -> object:
            try:
                if not is_missing(left):
                    self.spend(work_in(name, left))
                return apply_filter(name, function, left, arguments, named)
            except Unfit as fault:
                fault.token = fault.token or token
                raise

        return bounded


class Glance(MessageContext):
    """What a single expression sees. It makes no names and no loops, so it needs nothing else."""

    __slots__ = ()

    def __init__(
        self, template: BoundTemplate, variables: Mapping[str, Any], *, work: int = MOST_WORK
    ) -> None:
        self.env = template.env
        self.template = template
        self.autoescape = template.env.autoescape
        self.scope = cast("Any", variables)  # it is only looked into
        self.left = work


def apply_filter(
    name: str,
    function: Callable[..., object],
    left: object,
    arguments: tuple[object, ...],
    named: Mapping[str, object],
) -> object:
    """Give what a filter makes of a value, where neither is out of bounds."""
    if any(map(is_missing, (left, *arguments))):  # it raises, or `default` takes care of it
        return function(left, *arguments, **named)
    for value in (left, *arguments):
        within_bounds(value)
    refuse_long_results(name, left, arguments)
    made = function(left, *arguments, **named)
    return made if is_missing(made) else within_bounds(made)


def bounded_buffer(carry: int = 0) -> StringIO:
    """Give a buffer of limited length which, unlike python-liquid's own, leaves line ends alone."""
    return LimitedStringIO(Dialect.output_stream_limit - carry, newline="\n")


class Template(BoundTemplate):
    """A parsed text, in the language and for the zone that it is written for."""

    context_class = MessageContext
    language: str | None = None
    timezone: str | None = None

    def _get_buffer(self) -> StringIO:
        return bounded_buffer()


class GapNode(OutputNode):
    """`{{ … }}`, which knows the place in HTML where it stands."""

    __slots__ = ("place",)

    def __init__(self, token: Token, expression: Expression) -> None:
        super().__init__(token, expression)
        self.place = Place.WORDS

    def text(self, context: RenderContext) -> str:
        """Give what stands in the gap."""
        value = self.expression.evaluate(context)
        if context.autoescape:
            return written(value, self.place)
        return text_of(value, escaping=False)

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        return buffer.write(self.text(context))


class _Output(Output):
    node_class = GapNode


class EchoGapNode(GapNode, EchoNode):
    """`{% echo … %}`, which is `{{ … }}` inside `{% liquid %}`."""

    __slots__ = ()


class _Echo(EchoTag):
    node_class = EchoGapNode


class WeighedForNode(ForNode):
    """A loop that knows how much one round of it costs."""

    __slots__ = ("weight",)

    def __init__(
        self,
        token: Token,
        expression: LoopExpression,
        block: BlockNode,
        default: BlockNode | None = None,
    ) -> None:
        super().__init__(token, expression, block, default)
        self.weight = weight_of(block)

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        if isinstance(context, MessageContext):
            context.loop_weight = self.weight
        return super().render_to_output(context, buffer)


class _For(ForTag):
    node_class = WeighedForNode


class WeighedTablerowNode(TablerowNode):
    """A table's loop that knows how much one cell of it costs."""

    __slots__ = ("weight",)

    def __init__(self, token: Token, expression: LoopExpression, block: BlockNode) -> None:
        super().__init__(token, expression, block)
        self.weight = weight_of(block)

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        if isinstance(context, MessageContext):
            context.loop_weight = self.weight
        return super().render_to_output(context, buffer)


class _Tablerow(TablerowTag):
    node_class = WeighedTablerowNode


def weight_of(node: Node) -> int:
    """Count the nodes of a tree, those of inner loops too."""
    return 1 + sum(weight_of(child) for child in children_of(node))


def children_of(node: Node) -> Iterable[Node]:
    """Give a node's children; no tag that we allow needs a context to know them."""
    nowhere: Any = None
    return node.children(nowhere)


class SkipNode(Node):
    """`{% skip "reason" %}`: this customer shall not get the message."""

    __slots__ = ("reason",)

    def __init__(self, token: Token, reason: str) -> None:
        super().__init__(token)
        self.reason = reason

    def __str__(self) -> str:
        return f'{{% skip "{self.reason}" %}}'

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:  # noqa: ARG002
        raise NotToBeSent(self.reason, self.token)


class _Skip(Tag):
    name = "skip"
    block = False

    def parse(self, stream: TokenStream) -> SkipNode:
        tag = stream.current
        reason = ""
        if stream.peek.kind == TOKEN_EXPRESSION:
            next(stream)
            reason = stream.current.value
        quote = reason[:1]
        is_quoted = len(reason) > 2 and quote in "\"'" and reason[-1] == quote  # noqa: PLR2004
        if not is_quoted or quote in reason[1:-1] or "{{" in reason:
            raise Unfit(
                "`skip` needs its reason in quotes, in plain words",
                mend='write {% skip "has no open invoice" %}',
                token=tag,
            )
        return SkipNode(tag, " ".join(reason[1:-1].split()))


class Dialect(Environment):
    """The allowed tags and filters, with or without HTML."""

    block_nesting_limit = 30
    output_stream_limit: ClassVar[int] = 500_000
    template_class = Template

    def __init__(self, *, html: bool, was_html: bool = False) -> None:
        super().__init__(undefined=StrictDefaultUndefined, tolerance=Mode.STRICT, autoescape=html)
        if was_html:
            self.filters |= dict.fromkeys(_HTML_FILTERS, filters.as_text)

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        super().setup_tags_and_filters(extra=extra)
        for name in _UNSAFE_TAGS:
            del self.tags[name]
        for name in _UNSAFE_FILTERS:
            del self.filters[name]
        for tag in (_Output, _Echo, _For, _Tablerow, _Skip):
            self.add_tag(tag)
        self.filters |= {
            "money": filters.money,
            "date": filters.date_text,
            "link": filters.link,
            "strip_html": filters.strip_html,
        }

    def template(
        self, source: str, *, language: str | None = None, timezone: str | None = None
    ) -> Template:
        """Parse a text."""
        parsed = self.from_string(source)
        assert isinstance(parsed, Template)  # noqa: S101 - it is the template class above
        parsed.language, parsed.timezone = language, timezone
        return parsed


#: Filters that make HTML of a text.
_HTML_FILTERS = ("newline_to_br", "escape", "escape_once")

#: E-mail's HTML: every value is escaped for the place where it stands.
HTML = Dialect(html=True)
#: Everything else.
PLAIN = Dialect(html=False)
#: The plain text that is made from a mail's HTML, where nothing is made into HTML.
TEXT_OF_HTML = Dialect(html=False, was_html=True)

"""Wordings with gaps say exactly what python-liquid says, for any template and any customer."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import liquid
from hypothesis import event, given, settings
from hypothesis import strategies as st

from keepwarm.engine.message import Content
from keepwarm.engine.templates import (
    Broken,
    Outcome,
    Rendered,
    Skip,
    compile_fields,
    compile_template,
)
from keepwarm.engine.templates.audience import Path, keys_to, lookup
from keepwarm.engine.templates.dialect import HTML, PLAIN, Dialect, Template
from keepwarm.engine.templates.faults import NotToBeSent
from keepwarm.engine.templates.marks import Writing, pieces_of
from keepwarm.engine.templates.parsing import parse
from keepwarm.engine.templates.texts import Setting, compile_text
from keepwarm.engine.templates.wordings import MOST_SHARED, Wordings
from keepwarm.schema.playbook import Policies, TemplateFile
from keepwarm.schema.problems import PlaybookRefused
from keepwarm.schema.words import Channel, Kind

HOSTILE = (
    "<script>alert(1)</script>",
    "{{ customer.email }}",
    "{% skip 'x' %}",
    "{%- raw -%}",
    '" onclick="x',
    "' style='",
    "javascript:alert(1)",
    " JaVa\tScript:x",
    "https://acme.example/?a=1&b=2",
    "a\r\nBcc: b@x.example",
    "Zoë 🦩",
    "שלום",
    "\u202eevil",
    "&lt;b&gt;",
    "--></style><b>",
    "}}",
    "0",
    " ",
    "",
)

texts = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=8), st.sampled_from("abc"))
numbers = st.one_of(
    st.integers(-3, 3),
    st.integers(),
    st.sampled_from([0.0, -0.0, 1.0, 2.5, 1e20, 0.1]),
)
scalars = st.one_of(texts, numbers, st.booleans(), st.none())
things = st.lists(st.fixed_dictionaries({}, optional={"n": scalars, "m": texts}), max_size=3)
values = st.one_of(scalars, scalars, st.lists(scalars, max_size=3), things)
customers = st.dictionaries(st.sampled_from(["a", "b", "c", "list"]), values, max_size=4)
variables = st.fixed_dictionaries(
    {"customer": customers},
    optional={"event": st.dictionaries(st.sampled_from(["a", "x"]), scalars), "x": scalars},
)

roots = st.sampled_from(
    ["customer.a", "customer.b", "customer.c", "customer.list", "event.a", "event.x", "x", "y", "t"]
)
paths = st.one_of(
    roots,
    roots,
    st.sampled_from(
        [
            "t.n",
            "t.m",
            "forloop.index",
            "forloop.last",
            "forloop.first",
            "forloop",
            "customer.list.size",
            "customer.list[0]",
            "customer.list.first",
            "customer['a']",
            "customer[x]",
            "customer",
        ]
    ),
)
literals = st.sampled_from(["'a'", '"b <b>"', "1", "2.0", "true", "false", "nil", "''", "'&'"])
plain_filters = st.sampled_from(
    [
        "upcase",
        "capitalize",
        "strip",
        "size",
        "escape",
        "url_encode",
        "newline_to_br",
        "first",
        "join: ', '",
        "plus: 1",
        "times: 2.0",
        "divided_by: 0",
        "append: 'z'",
        "append: customer.a",
        "prepend: x",
        "replace: 'a', '<'",
        "split: ''",
        "slice: 0, 2",
        "truncate: 4",
        "reverse",
        "sort",
        "uniq",
        "date: '%d %B'",
        "money: 'EUR'",
        "link",
        "strip_html",
        "round",
        "map: 'n'",
        "sum",
        "compact",
    ]
)
filters = st.one_of(
    literals.map(lambda value: f"default: {value}"),
    paths.map(lambda path: f"default: {path}"),
    plain_filters,
)
expressions = st.builds(
    lambda left, given: " | ".join([left, *given]),
    st.one_of(paths, paths, literals),
    st.lists(filters, max_size=2),
)
operators = st.sampled_from(["==", "!=", "<", ">=", "contains", "<>"])
comparisons = st.one_of(
    paths,
    st.builds(lambda a, o, b: f"{a} {o} {b}", paths, operators, st.one_of(literals, paths)),
    st.builds(lambda a, o: f"{a} {o} blank", paths, st.sampled_from(["==", "!="])),
    st.builds(lambda a, o: f"{a} {o} empty", paths, st.sampled_from(["==", "!="])),
)
conditions = st.one_of(
    comparisons,
    st.builds(
        lambda a, o, b: f"{a} {o} {b}", comparisons, st.sampled_from(["and", "or"]), comparisons
    ),
)
words = st.sampled_from(["Hi ", "\n", "  ", "a < b & c", "<b>", "</b>", "é🦩", "{ }", "%", "1"])
starts = st.sampled_from(["{%", "{%-"])
ends = st.sampled_from(["%}", "-%}"])


def tag(body: str) -> st.SearchStrategy[str]:
    return st.builds(lambda s, e: f"{s} {body} {e}", starts, ends)


def blocks(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    names = st.sampled_from(["y", "x", "t", "z"])
    return st.one_of(
        st.builds(lambda c, a: f"{{% if {c} %}}{a}{{% endif %}}", conditions, inner),
        st.builds(
            lambda c, a, d, b, e: (
                f"{{% if {c} %}}{a}{{%- elsif {d} -%}}{b}{{% else %}}{e}{{% endif %}}"
            ),
            conditions,
            inner,
            conditions,
            inner,
            inner,
        ),
        st.builds(
            lambda c, a, b: f"{{% unless {c} %}}{a}{{% else %}}{b}{{% endunless %}}",
            conditions,
            inner,
            inner,
        ),
        st.builds(
            lambda p, v, w, a, b, e: (
                f"{{% case {p} %}}{{% when {v}, {w} %}}{a}{{% when {w} %}}{b}"
                f"{{% else %}}{e}{{% endcase %}}"
            ),
            paths,
            literals,
            literals,
            inner,
            inner,
            inner,
        ),
        st.builds(
            lambda p, a, o: f"{{% for t in {p}{o} %}}{a}{{% endfor %}}",
            st.one_of(paths, st.just("(1..3)"), st.just("customer.list")),
            inner,
            st.sampled_from(["", "", "", " limit: 2", " reversed", " offset: continue"]),
        ),
        st.builds(
            lambda p, a, b: f"{{% for t in {p} %}}{a}{{% else %}}{b}{{% endfor %}}",
            paths,
            inner,
            inner,
        ),
        st.builds(lambda n, a: f"{{% capture {n} %}}{a}{{% endcapture %}}", names, inner),
        st.builds(lambda a: f"{{% ifchanged %}}{a}{{% endifchanged %}}", inner),
    )


leaves = st.one_of(
    words,
    expressions.map(lambda e: f"{{{{ {e} }}}}"),
    expressions.map(lambda e: f"{{{{- {e} -}}}}"),
    paths.map(lambda p: f"{{{{ {p} | default: 'none' }}}}"),
    paths.map(lambda p: f'<a href="{{{{ {p} | default: 1 }}}}">'),
    paths.map(lambda p: f'<i style="color: {{{{ {p} | default: 1 }}}}" class="{{{{ x }}}}">'),
    st.builds(
        lambda n, e: f"{{% assign {n} = {e} %}}", st.sampled_from(["y", "x", "t", "z"]), expressions
    ),
    st.sampled_from(
        [
            "{% cycle 'a', 'b' %}",
            "{% cycle customer.a, x %}",
            "{% increment y %}",
            "{% decrement n %}",
            "{% comment %} {{ nothing }} {% endcomment %}",
            "{% raw %}{{ raw }}{% endraw %}",
            "{% # a note %}",
            "{% skip 'no reason to write' %}",
            "{% echo customer.a | default: 'e' %}",
            "{% liquid\nassign y = 'l'\nif x\necho x\nendif %}",
        ]
    ),
)


@st.composite
def sources(draw: st.DrawFn) -> str:
    """Draw a template: a few leaves and blocks of blocks."""
    inner = st.lists(leaves, max_size=2).map("".join)
    middle = st.lists(st.one_of(leaves, leaves, blocks(inner)), max_size=2).map("".join)
    outer = st.lists(st.one_of(leaves, leaves, blocks(middle)), min_size=1, max_size=5)
    return "".join(draw(outer))


def wordings(source: str, *dialects: Dialect) -> Wordings | None:
    """Compile a text, and again for each other dialect; None where it is refused."""
    writing = Writing(source, "winback/x.mjml")
    file = TemplateFile("winback/x", "txt", source, 1, "winback/x.mjml")
    setting = Setting(file, Policies(), Kind.TRANSACTIONAL, "en")
    try:
        texts = [
            compile_text(name, pieces_of(writing), writing, setting, dialect=dialect)
            for name, dialect in zip(("text", "html"), dialects, strict=False)
        ]
    except PlaybookRefused:
        return None
    return Wordings(Channel.EMAIL, texts)


def by_python_liquid(template: Template, values: dict[str, Any]) -> str | Skip | None:
    """Give what python-liquid itself writes, what the template says, or None for a fault."""
    try:
        return template.render(**values)
    except NotToBeSent as said:
        return Skip(said.reason)
    except Exception:  # noqa: BLE001 - python-liquid lets some of Python's own through
        return None


def text_of(rendered: Rendered) -> str:
    return rendered.content.texts["text"].filled(rendered.values)


@settings(max_examples=300)
@given(sources(), st.lists(variables, min_size=1, max_size=4), st.sampled_from([HTML, PLAIN]))
def test_a_wording_with_its_gaps_filled_is_what_python_liquid_writes(
    source: str, customers: list[dict[str, Any]], dialect: Dialect
) -> None:
    compiled = wordings(source, dialect)
    if compiled is None:
        event("refused")
        return
    event("settled" if compiled.texts[0].is_settled else "late")
    plain = parse(compiled.texts[0].source, dialect, language="en")
    for values in [*customers, *customers]:
        ours = compiled.render(values)
        theirs = by_python_liquid(plain, values)
        event(type(ours).__name__)
        match ours:
            case Rendered():
                assert text_of(ours) == theirs
                assert all(type(value) is str for value in ours.values)
                assert Content.from_json(ours.content.as_json()) == ours.content
            case Skip():
                # A skip says more than a fault in a gap before it.
                assert theirs is None or theirs == ours
            case Broken():
                assert theirs is None


# ── Beside python-liquid as it comes ─────────────────────────────────────────────────────────

VANILLA = {
    html: liquid.Environment(undefined=liquid.StrictDefaultUndefined, autoescape=html)
    for html in (True, False)
}
plain_values = st.one_of(
    texts, st.integers(-5, 5), st.booleans(), st.none(), st.lists(texts, max_size=2)
)
plain_customers = st.dictionaries(
    st.sampled_from(["a", "b", "c", "list"]), plain_values, max_size=4
)
#: What is Keepwarm's own, or written differently on purpose, and something common instead.
COMMON = {
    "{% skip 'no reason to write' %}": "",
    "money: 'EUR'": "upcase",
    "date: '%d %B'": "downcase",
    "link": "lstrip",
    "strip_html": "rstrip",
    "href=": "title=",
    'style="color: ': 'lang="',
    "2.0": "2",
    "sum": "size",
}


def in_common(source: str) -> str:
    """Give a template that python-liquid as it comes knows too."""
    for ours, common in COMMON.items():
        source = source.replace(ours, common)
    return source


@settings(max_examples=200)
@given(
    sources().map(in_common),
    st.fixed_dictionaries(
        {"customer": plain_customers}, optional={"x": texts, "event": plain_customers}
    ),
    st.booleans(),
)
def test_what_python_liquid_writes_as_it_comes_we_write_too(
    source: str,
    values: dict[str, Any],
    html: bool,  # noqa: FBT001 - it is drawn
) -> None:
    compiled = wordings(source, HTML if html else PLAIN)
    try:
        theirs = VANILLA[html].from_string(source).render(**values)
    except Exception:  # noqa: BLE001 - it asks more of conditions than we do
        event("theirs is a fault")
        return
    if compiled is None:
        event("refused")  # its HTML has gaps where none may be
        return
    ours = compiled.render(values)
    if isinstance(ours, Broken):
        # python-liquid prints a group of values as Python does; we say that it is none to print.
        assert ours.reason.startswith("a group of values cannot be written")
        return
    assert isinstance(ours, Rendered)
    # Out of a list that a filter made of one truth, it prints Python's own spelling.
    theirs = theirs.replace("True", "true").replace("False", "false")
    assert text_of(ours).replace("True", "true").replace("False", "false") == theirs


# ── Whole messages ───────────────────────────────────────────────────────────────────────────


def written(name: str, outcome: Outcome) -> str:
    assert isinstance(outcome, Rendered)
    return outcome.content.texts[name].filled(outcome.values)


@settings(max_examples=100)
@given(texts, texts, st.lists(texts, max_size=3))
def test_a_webhook_says_in_json_exactly_what_its_fields_say(
    a: str, b: str, tags: list[str]
) -> None:
    fields = {
        a or "a": "{{ customer.b }}",
        "b": b.replace("{", "").replace("%", ""),
        "tags": '{% for t in customer.tags %}"{{ t }}", {% endfor %}\n\\',
        'q"': "{% if customer.b == 'abc' %}\"{% else %}{{ customer.b | upcase }}{% endif %}",
    }
    call = compile_fields(fields, "winback.yaml")
    said = json.loads(written("body", call({"customer": {"b": b, "tags": tags}})))
    assert said == {
        a or "a": b,
        "b": b.replace("{", "").replace("%", ""),
        "tags": "".join(f'"{tag}", ' for tag in tags) + "\n\\",
        'q"': '"' if b == "abc" else b.upper(),
    } | ({"b": said["b"]} if a == "b" else {}) | ({"tags": said["tags"]} if a == "tags" else {})


TEXT = compile_template(
    [
        TemplateFile(
            "t",
            "txt",
            "\n Hi {{ customer.a }}, {{ customer.a | upcase }} \n",
            1,
            "templates/t.txt",
            title="{{ customer.a }}",
        )
    ],
    Policies(),
)


@given(texts)
def test_a_text_message_holds_what_the_customer_is_called_less_control_signs(name: str) -> None:
    values = {"customer": {"a": name}}
    kept = "".join(sign for sign in name if sign in "\t\n" or not is_control(sign))
    shouted = "".join(sign for sign in name.upper() if sign in "\t\n" or not is_control(sign))
    assert written("text", TEXT.render(values, Channel.SMS)) == f"Hi {kept}, {shouted}"
    title = written("title", TEXT.render(values, Channel.PUSH))
    assert title == "".join(" " if is_control(sign) else sign for sign in name)


def is_control(sign: str) -> bool:
    return unicodedata.category(sign) == "Cc" or sign in "\u2028\u2029"


@settings(max_examples=60)
@given(sources(), variables)
def test_every_text_of_a_mail_is_what_python_liquid_writes(
    source: str, values: dict[str, Any]
) -> None:
    column = f"<mj-section><mj-column><mj-raw>{source}</mj-raw></mj-column></mj-section>"
    words = f"<mjml><mj-body>{column}</mj-body></mjml>"
    subject = "{{ customer.a | default: 'x' }}"
    file = TemplateFile("winback/x", "mjml", words, 1, "x.mjml", subject=subject, preheader=subject)
    try:
        template = compile_template([file], Policies(), kind=Kind.TRANSACTIONAL)
    except PlaybookRefused:
        event("refused")
        return
    outcome = template.render(values, Channel.EMAIL)
    event(type(outcome).__name__)
    if not isinstance(outcome, Rendered):
        return
    for text in template.by_language[""][Channel.EMAIL].texts:
        plain = by_python_liquid(text.around.template, values)
        assert isinstance(plain, str)
        ours = outcome.content.texts[text.name].filled(outcome.values)
        if text.name == "html":
            assert ours == plain
        else:  # put in good order, and without control signs
            assert _letters(ours) == _letters(plain)


def _letters(text: str) -> str:
    return "".join(sign for sign in text if not sign.isspace() and not is_control(sign))


# ── Many at once ─────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Everybody:
    """An audience of these customers."""

    customers: Sequence[dict[str, Any]]

    def __len__(self) -> int:
        return len(self.customers)

    def values(self, path: Path) -> Sequence[Any]:
        return [lookup(path)(each) for each in self.customers]

    def keys(self, path: Path) -> Sequence[object]:
        return keys_to(self.values(path))

    def variables(self, place: int) -> dict[str, Any]:
        return self.customers[place]

    def some(self, places: Sequence[int]) -> Everybody:
        return Everybody([self.customers[place] for place in places])


@settings(max_examples=300)
@given(sources(), st.lists(variables, max_size=6), st.sampled_from([(HTML,), (PLAIN, HTML)]))
def test_many_get_together_what_each_would_get_alone(
    source: str, customers: list[dict[str, Any]], dialects: tuple[Dialect, ...]
) -> None:
    alone, together = wordings(source, *dialects), wordings(source, *dialects)
    if alone is None or together is None:
        event("refused")
        return
    outcomes = [alone.render(values) for values in customers]
    event(", ".join(sorted({type(outcome).__name__ for outcome in outcomes})))
    for _ in range(2):
        found = together.render_together(Everybody(customers))
        assert [*map(read_by, found)] == [*map(read_by, outcomes)]


def read_by(outcome: Outcome) -> object:
    """Give what its receiver reads; gaps may share a value or not."""
    if not isinstance(outcome, Rendered):
        return outcome
    return {name: text.filled(outcome.values) for name, text in outcome.content.texts.items()}


def test_what_html_and_plain_text_write_alike_is_kept_once() -> None:
    compiled = wordings("{{ a }} and {{ b | upcase }}", HTML, PLAIN)
    assert compiled is not None
    plain = [{"a": "Ann", "b": "bo"}, {"a": "Cleo", "b": "dee"}]
    odd = [*plain, {"a": "Tom & Ina", "b": "fay"}]

    alike = compiled.render_together(Everybody(plain))
    apart = compiled.render_together(Everybody(odd))

    assert [each.values for each in alike if isinstance(each, Rendered)] == [
        ("Ann", "BO"),
        ("Cleo", "DEE"),
    ]
    assert isinstance(apart[-1], Rendered)
    assert sorted(apart[-1].values) == ["FAY", "Tom & Ina", "Tom &amp; Ina"]
    for found, customers in ((alike, plain), (apart, odd)):
        assert [*map(read_by, found)] == [read_by(compiled.render(each)) for each in customers]


def test_gaps_share_values_in_so_many_ways_and_no_more() -> None:
    several = "".join(f"{{{{ {name} }}}} " for name in "abcdef")
    compiled = wordings(several, HTML, PLAIN)
    assert compiled is not None
    everybody = [
        {name: "&" if sign == "1" else "x" for name, sign in zip("abcdef", f"{n:06b}", strict=True)}
        for n in range(2**6)
    ]
    # One by one, so that each is a group of their own.
    found = [compiled.render_together(Everybody([each]))[0] for each in everybody]
    assert [*map(read_by, found)] == [read_by(compiled.render(each)) for each in everybody]
    contents = {each.content.key for each in found if isinstance(each, Rendered)}
    assert len(contents) == MOST_SHARED + 1


def test_one_who_cannot_be_written_to_keeps_nobody_else_from_it() -> None:
    compiled = wordings("{{ customer.a | divided_by: customer.b }}", PLAIN)
    assert compiled is not None
    customers = [{"customer": {"a": 6, "b": number}} for number in (2, 0, 3)]

    first, second, third = compiled.render_together(Everybody(customers))

    assert isinstance(second, Broken)
    assert isinstance(first, Rendered)
    assert isinstance(third, Rendered)
    assert [text_of(first), text_of(third)] == ["3", "2"]

"""Hardened loading: what a file says becomes nodes with their places, or sentences that mend it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepwarm.schema.loading import (
    LOADING_RULES,
    MOST_NODES,
    MOST_PROBLEMS,
    Loaded,
    Mapping,
    Node,
    Scalar,
    Sequence,
    Span,
    load,
)
from keepwarm.schema.problems import Problem, as_text
from tests.machine import is_within
from tests.schema.bombs import BOMBS, Bomb

# What a test reads best: plain Python values.
Plain = str | list["Plain"] | dict[str, "Plain"] | None


def plain(node: Node | None) -> Plain:
    match node:
        case None:
            return None
        case Scalar():
            return node.text
        case Sequence():
            return [plain(item) for item in node.items]
        case Mapping():
            return {entry.key.text: plain(entry.value) for entry in node.entries}


def read(text: str | bytes) -> Plain:
    """Give what a file without a fault says."""
    loaded = load(text, "a.yaml")
    assert loaded.problems == ()
    assert loaded.is_whole
    return plain(loaded.node)


def only_problem(text: str | bytes) -> Problem:
    (problem,) = load(text, "a.yaml").problems
    return problem


def marked(text: str, problem: Problem) -> str:
    """Give the text that a problem points to."""
    span = problem.span
    assert span.line == span.end_line
    return text.split("\n")[span.line - 1][span.column - 1 : span.end_column - 1]


def mended(text: str, problem: Problem) -> str:
    """Give the file with a problem's replacement put in place of its span."""
    assert problem.replacement is not None
    lines = text.split("\n")
    line = lines[problem.span.line - 1]
    start, end = problem.span.column - 1, problem.span.end_column - 1
    lines[problem.span.line - 1] = line[:start] + problem.replacement + line[end:]
    return "\n".join(lines)


def rules(loaded: Loaded) -> list[str]:
    return [problem.rule for problem in loaded.problems]


# ── What is read ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "written",
    [
        "NO", "yes", "on", "off", "true", "null", "~", "9:30", "22:30", "+31612345678", "01234",
        "0x1F", "1e3", "1_000", "2026-01-05", ".5", "3.10", "=", "5%", "don't", "a:b", "x#1",
    ],
)  # fmt: skip
def test_every_text_stays_as_it_is_written(written: str) -> None:
    assert read(f"a: {written}\n") == {"a": written}


def test_on_and_no_may_be_names() -> None:
    assert read("on: push\nno: 1\n") == {"on": "push", "no": "1"}


def test_an_empty_value_is_an_empty_text_that_is_not_quoted() -> None:
    loaded = load("a:\nb: ''\n", "a.yaml")
    assert isinstance(loaded.node, Mapping)
    assert loaded.node.get("a") == Scalar("", quoted=False, span=Span(1, 3, 1, 3))
    assert loaded.node.get("b") == Scalar("", quoted=True, span=Span(2, 4, 2, 6))


@pytest.mark.parametrize("written", ["'x'", '"x"', "|\n  x", ">\n  x"])
def test_texts_in_quotes_and_blocks_are_quoted(written: str) -> None:
    node = load(f"a: {written}\n", "a.yaml").node
    assert isinstance(node, Mapping)
    value = node.get("a")
    assert isinstance(value, Scalar)
    assert value.quoted


def test_order_is_kept() -> None:
    assert list(read("b: 1\na: 2\nc: 3\n") or ()) == ["b", "a", "c"]


def test_lists_and_mappings_are_read_in_block_and_in_flow() -> None:
    assert read("a: [x, {b: y}]\nc:\n- d\n-\n  e: f\n") == {
        "a": ["x", {"b": "y"}],
        "c": ["d", {"e": "f"}],
    }


@pytest.mark.parametrize("text", ["", "\n", "# only a comment\n", "---\n...\n", "\ufeff"])
def test_an_empty_file_has_no_node_and_no_problem(text: str) -> None:
    assert read(text) in (None, "")
    assert read(text.encode()) in (None, "")


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    loaded = load("\ufeffa: 1\n".encode(), "a.yaml")
    assert loaded.problems == ()
    assert isinstance(loaded.node, Mapping)
    assert loaded.node.entries[0].key.span == Span(1, 1, 1, 2)


def test_windows_line_ends_are_line_ends() -> None:
    assert read("a: 1\r\nb: |\r\n  x\r\n  y\r\n") == {"a": "1", "b": "x\ny\n"}


def test_columns_are_code_points() -> None:
    node = load("é🎉: [寿司, x]\n", "a.yaml").node
    assert isinstance(node, Mapping)
    items = node.entries[0].value
    assert isinstance(items, Sequence)
    assert [item.span for item in items.items] == [Span(1, 6, 1, 8), Span(1, 10, 1, 11)]


def test_a_block_ends_where_its_last_text_ends() -> None:
    node = load("a:\n  b: 1\n  c: |\n    x\n\n\nd: 2\n", "a.yaml").node
    assert isinstance(node, Mapping)
    inner = node.get("a")
    assert inner is not None
    assert inner.span == Span(2, 3, 4, 6)


def test_a_name_that_is_not_written_has_no_value() -> None:
    node = load("a: 1\n", "a.yaml").node
    assert isinstance(node, Mapping)
    assert (node.get("b"), node.entry("b"), node.names()) == (None, None, ("a",))


def test_the_comments_of_an_ordinary_playbook_are_comments() -> None:
    text = (
        "status: live                      # draft | shadow | live\n"
        "once: per customer   # comment\n"
        "monthly: 3 # note\n"
        "start:                            # who gets in, and when\n"
        "  event: x\n"
        "#off: 1\n"
        "goal: {event: x, times: 2}  #\n"
        "list:  ## two\n"
        "  - a #---- a rule\n"
        "  #- b\n"
        '  - "#billing"   #note behind quotes\n'
        "  - https://x/#part\n"
        "  - c#1\n"
    )
    assert load(text, "a.yaml").problems == ()


# ── What is refused ──────────────────────────────────────────────────────────────────────────

#: rule, file, the text that is pointed to, the file as mended (None: words alone can mend it),
#: what is read in spite of it.
REFUSED: list[tuple[str, str, str, str | None, Plain]] = [
    ("alias", "a: *x\n", "*x", None, {"a": "*x"}),
    ("anchor", "a: &x 1\n", "&x", None, {"a": "1"}),
    ("anchor", "a: &x\n  b: 1\n", "&x", None, {"a": {"b": "1"}}),
    ("merge-key", "a:\n  <<: {b: 1}\n  c: 2\n", "<<", None, {"a": {"c": "2"}}),
    ("tag", "a: !!str 5\n", "!!str", None, {"a": "5"}),
    ("tag", "a: !Ref {b: 1}\n", "!Ref", None, {"a": {"b": "1"}}),
    ("tag", "plan: !free\n", "!free", "plan: not free\n", {"plan": "not free"}),
    ("duplicate-key", "a: 1\nb: 2\na: 3\n", "a", None, {"a": "1", "b": "2"}),
    ("duplicate-key", "x: {a: 1, a: 2}\n", "a", None, {"x": {"a": "1"}}),
    ("duplicate-key", "a: 1\n'a': 3\n", "'a'", None, {"a": "1"}),
    ("several-documents", "a: 1\n---\nb: 2\n", "---", None, {"a": "1"}),
    ("several-documents", "a: 1\n...\nb: 2\n", "...", None, {"a": "1", "b": "2"}),
    ("directive", "%YAML 1.1\n---\na: no\n", "%YAML 1.1", None, {"a": "no"}),
    ("key-not-text", "? [a]\n: 1\nb: 2\n", "[a]", None, {"b": "2"}),
    ("empty-key", "a: 1\n: 2\n", ":", None, {"a": "1"}),
    ("tab", "a:\n\tb: 1\n\tc: 2\n", "\t", None, {"a": {"b": "1", "c": "2"}}),
    ("cut-text", "subject: 50% off #1\n", "#1", None, {"subject": "50% off"}),
    ("cut-text", "subject: 50% off #1 now # note\n", "#1 now", None, {"subject": "50% off"}),
    ("cut-text", "notify: #billing\n", "#billing", None, {"notify": ""}),
    ("cut-text", "- #billing\n- b\n", "#billing", None, ["", "b"]),
    ("braces", "x: {{ name }}\n", "{{ name }}", 'x: "{{ name }}"\n', {"x": "{{ name }}"}),
    (
        "braces",
        "x: {{ a }} and b # c\n",
        "{{ a }} and b",
        'x: "{{ a }} and b" # c\n',
        {"x": "{{ a }} and b"},
    ),
    (
        "braces",
        '- {{ a | f: "b" }}\n',
        '{{ a | f: "b" }}',
        "- '{{ a | f: \"b\" }}'\n",
        ['{{ a | f: "b" }}'],
    ),
    ("braces", "[{{ a }}, b]\n", "{{ a }}", '["{{ a }}", b]\n', ["{{ a }}", "b"]),
    ("symbol", "h: > 50\n", "> 50", "h: more than 50\n", {"h": "more than 50"}),
    ("symbol", "h: >50 # c\n", ">50", "h: more than 50 # c\n", {"h": "more than 50"}),
    ("symbol", "h: >= 2 or so\n", ">= 2 or so", "h: at least 2 or so\n", {"h": "at least 2 or so"}),
    ("symbol", "h: < 50\n", "< 50", "h: below 50\n", {"h": "below 50"}),
    ("symbol", "h: <= 50%\n", "<= 50%", "h: at most 50%\n", {"h": "at most 50%"}),
    ("symbol", "h: != free\n", "!= free", "h: not free\n", {"h": "not free"}),
    (
        "symbol",
        "{h: >= 2, i: 3}\n",
        ">= 2",
        "{h: at least 2, i: 3}\n",
        {"h": "at least 2", "i": "3"},
    ),
    ("symbol", "h: <b>Hi</b>\n", "<b>Hi</b>", 'h: "<b>Hi</b>"\n', {"h": "<b>Hi</b>"}),
    ("symbol", "h: * 5\n", "* 5", 'h: "* 5"\n', {"h": "* 5"}),
    ("symbol", "h: & co\n", "& co", 'h: "& co"\n', {"h": "& co"}),
    ("symbol", "h: @acme\n", "@acme", 'h: "@acme"\n', {"h": "@acme"}),
    ("symbol", "h: %off\n", "%off", 'h: "%off"\n', {"h": "%off"}),
    ("symbol", "h: `code`\n", "`code`", 'h: "`code`"\n', {"h": "`code`"}),
    ("symbol", "h: > Hello\n", "> Hello", 'h: "> Hello"\n', {"h": "> Hello"}),
    ("symbol", "@h: 1\n", "@h", '"@h": 1\n', {"@h": "1"}),
    (
        "second-colon",
        "title: Win back: you\n",
        "Win back: you",
        'title: "Win back: you"\n',
        {"title": "Win back: you"},
    ),
    (
        "second-colon",
        '- title: Say "a: b" # c\n',
        'Say "a: b"',
        "- title: 'Say \"a: b\"' # c\n",
        [{"title": 'Say "a: b"'}],
    ),
    (
        "second-colon",
        "subject: Hello {{ name | default: you }}!\n",
        "Hello {{ name | default: you }}!",
        'subject: "Hello {{ name | default: you }}!"\n',
        {"subject": "Hello {{ name | default: you }}!"},
    ),
    ("second-colon", "[a: b: c]\n", "a: b: c", '["a: b: c"]\n', ["a: b: c"]),
    ("list-on-the-line", "a: - b\n", "- b", None, {"a": "- b"}),
    ("missing-colon", "a: 1\nb\nc: 2\n", "b", None, {"a": "1", "c": "2"}),
    ("missing-colon", "- a: 1\n- b\n  c: 2\n- d\n", "- b", None, [{"a": "1"}, "d"]),
    ("missing-colon", "goal {event: x, within: 1 day}\na: 1\n", "goal ", None, {"a": "1"}),
    ("missing-space", "a: 1\nb:2\n", "b:2", "a: 1\nb: 2\n", {"a": "1"}),
    ("missing-space", "-email: x\n", "-email", "- email: x\n", {"-email": "x"}),
    ("indentation", "a: 1\n  b: 2\nc: 3\n", "b", None, {"a": "1", "c": "3"}),
    ("indentation", "a:\n  - b\n - c\nd: 1\n", "- c", None, {"a": ["b"], "d": "1"}),
    ("indentation", "a: 1\n- b\n- c\nd: 1\n", "- b", None, {"a": "1", "d": "1"}),
    ("indentation", "- a\nb: 1\n", "b", None, ["a"]),
    ("open-quote", 'a: "abc\nb: 1\n', '"', None, {"a": '"abc', "b": "1"}),
    ("open-quote", 'a: "x: y\nb: "z"\n', '"', None, {"a": '"x: y', "b": "z"}),
    ("open-bracket", "a: [1, 2\nb: 1\n", "[", None, {"a": "[1, 2", "b": "1"}),
    ("open-bracket", "a: 1\nb: {c: d\n", "{", None, {"a": "1", "b": "{c: d"}),
    ("open-bracket", "a: {b: #c}\nd: 1\n", "{", None, {"a": "{b: #c}", "d": "1"}),
    ("open-bracket", "a: 1\n[b:\n  - c: d\ne: 1\n", "[", None, {"a": "1", "e": "1"}),
    (
        "missing-space",
        "a:\n  -b: 3\n    c: d\ne: 1\n",
        "-b",
        "a:\n  - b: 3\n    c: d\ne: 1\n",
        {"a": "", "e": "1"},
    ),
    ("missing-space", "a: {b: c}\ngoal:{event: x, y: z}\n", "goal:", None, {"a": {"b": "c"}}),
    ("stray-mark", "a: ]\nb: 1\n", "]", None, {"a": "]", "b": "1"}),
    (
        "after-quote",
        "a: 'it's fine'\nb: 1\n",
        "'it's fine'",
        'a: "it\'s fine"\nb: 1\n',
        {"a": "'it's fine'", "b": "1"},
    ),
    ("after-quote", 'a: "Win" back\n', '"Win" back', "a: '\"Win\" back'\n", {"a": '"Win" back'}),
    ("after-bracket", "a: [b]]\nc: 1\n", "]", None, {"a": "[b]]", "c": "1"}),
    ("escape", 'a: "\\d+"\nb: 1\n', "\\d", None, {"a": '"\\d+"', "b": "1"}),
    ("control-character", "a: b\0c\n", "\0", "a: bc\n", {"a": "b\ufffdc"}),
    ("control-character", "a: \u202eb\n", "\u202e", "a: b\n", {"a": "b"}),
    ("control-character", "a: [b\x07, c]\n", "\x07", "a: [b, c]\n", {"a": ["b", "c"]}),
    ("control-character", "a: [b, \x07c]\n", "\x07", "a: [b, c]\n", {"a": ["b", "c"]}),
    ("control-character", "a: \x07[b, c]\n", "\x07", "a: [b, c]\n", {"a": ["b", "c"]}),
    ("control-character", "a: [b, c] \x07\n", "\x07", "a: [b, c] \n", {"a": ["b", "c"]}),
    ("control-character", "a: [b, c]\x07\n", "\x07", "a: [b, c]\n", {"a": ["b", "c"]}),
    ("control-character", "a:\x07\n  - b\n", "\x07", "a:\n  - b\n", {"a": ["b"]}),
    (
        "control-character",
        "- a: [b]\n  \x07\n- d\n",
        "\x07",
        "- a: [b]\n  \n- d\n",
        [{"a": ["b"]}, "d"],
    ),
    (
        "control-character",
        "- \x07a: 1\n  b: 2\n",
        "\x07",
        "- a: 1\n  b: 2\n",
        [{"\ufffda": "1", "b": "2"}],
    ),
    ("control-character", "a: b\u2028c\n", "\u2028", "a: bc\n", {"a": "b\ufffdc"}),
    ("odd-space", "\u00a0a: 1\n", "\u00a0", "a: 1\n", {"a": "1"}),
    (
        "odd-space",
        "a:\n  b: 1\n\u00a0\u00a0c: 2\n",
        "\u00a0\u00a0",
        "a:\n  b: 1\n  c: 2\n",
        {"a": {"b": "1"}, "c": "2"},
    ),
    ("list-sign", "a:\n  \u2013 b: 1\n", "\u2013 b", "a:\n  - b: 1\n", {"a": {"\u2013 b": "1"}}),
    ("missing-colon", "a: 1\nkind = b\n", "kind = b", "a: 1\nkind: b\n", {"a": "1"}),
    ("missing-colon", "a: 1\nkind\uff1ab\n", "kind\uff1ab", "a: 1\nkind: b\n", {"a": "1"}),
    ("long-name", "k" * 2_000 + ": 1\n", "k" * 2_000, None, None),
]


@pytest.mark.parametrize(
    ("rule", "text", "pointed_to", "as_mended", "said"),
    REFUSED,
    ids=[f"{case[0]}: {case[1][:30]!r}" for case in REFUSED],
)
def test_a_trap_is_one_problem_at_its_place_and_the_rest_is_read(
    rule: str, text: str, pointed_to: str, as_mended: str | None, said: Plain
) -> None:
    loaded = load(text, "a.yaml")
    (problem,) = loaded.problems
    assert problem.rule == rule
    assert marked(text, problem) == pointed_to
    assert plain(loaded.node) == said
    assert problem.hint or problem.replacement is not None
    if as_mended is None:
        assert problem.replacement is None
    else:
        assert mended(text, problem) == as_mended
        assert load(as_mended, "a.yaml").problems == ()


def test_every_rule_of_loading_has_its_help_and_every_help_its_rule() -> None:
    shown = {case[0] for case in REFUSED}
    by_size = {"too-big", "too-deep", "too-many-nodes", "too-many-problems", "encoding", "yaml"}
    assert shown | by_size == set(LOADING_RULES)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a: 1\nb: 2\na: 3\n", '"a" is written twice here; the first one is on line 1'),
        ("h: > 50\n", 'a value cannot begin with ">"; did you mean "more than 50"?'),
        (
            "title: Win back: you\n",
            'a second ": " stands on this line; put it in quotes: "Win back: you"',
        ),
        ("x: {{ a }}\n", 'YAML takes {{ … }} for a mapping; put it in quotes: "{{ a }}"'),
        ("s: 50% off #1\n", '"#1" is taken as a comment and is not part of the text'),
        ("a:\n\tb: 1\n", "a tab stands here where only spaces may"),
        ("a:\n\tb: 1\n\tc: 1\n", "a tab stands here where only spaces may, and on 1 other lines"),
        ("a: 1\n  b: 2\n", "this line stands below line 1, which already has a value"),
        ("- a\nb: 1\n", 'this line stands in a list, but does not begin with "- "'),
        ("a: 'x\n", "the quotes that open here are never closed"),
    ],
)
def test_a_sentence_says_what_is_wrong(text: str, sentence: str) -> None:
    assert only_problem(text).sentence == sentence


def test_the_hint_of_crooked_indentation_names_the_columns_that_would_do() -> None:
    hint = only_problem("a:\n  - b: 1\n   c: 2\n").hint
    assert hint == "let it begin at column 1, 3 or 5, under what it belongs to"


def test_all_faults_of_a_file_are_told_not_the_first_only() -> None:
    text = (
        "title: Win back: you\n"
        "status: live\n"
        "status: draft\n"
        "health: > 50\n"
        "x: {{ y }}\n"
        "notify: #billing\n"
        "quote: 'it's'\n"
        "- stray\n"
        "a: *b\n"
    )
    loaded = load(text, "a.yaml")
    assert [(problem.span.line, problem.rule) for problem in loaded.problems] == [
        (1, "second-colon"),
        (3, "duplicate-key"),
        (4, "symbol"),
        (5, "braces"),
        (6, "cut-text"),
        (7, "after-quote"),
        (8, "indentation"),
        (9, "alias"),
    ]


def test_a_file_that_was_read_in_part_says_so() -> None:
    assert not load("a: 1\n  b: 2\n", "a.yaml").is_whole
    assert load("a: > 2\n", "a.yaml").is_whole


def test_a_crooked_line_is_not_told_again_for_each_of_its_neighbours() -> None:
    text = "steps:\n - email: a\n  - email: b\n  - email: c\n  - email: d\ntitle: x\n"
    assert rules(load(text, "a.yaml")) == ["indentation"]


def test_fifty_levels_are_read_and_one_more_is_not() -> None:
    assert load("[" * 50 + "]" * 50, "a.yaml").problems == ()
    assert only_problem("[" * 51 + "]" * 51).rule == "too-deep"


def test_as_many_nodes_as_allowed_are_read_and_one_more_is_not() -> None:
    assert load("- a\n" * (MOST_NODES - 1), "a.yaml").problems == ()
    assert only_problem("- a\n" * MOST_NODES).rule == "too-many-nodes"


def test_after_many_problems_the_rest_is_counted_only() -> None:
    loaded = load("a: 1\n" * 1_000, "a.yaml")
    assert len(loaded.problems) == MOST_PROBLEMS + 1
    assert loaded.problems[-1].rule == "too-many-problems"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_named(encoding: str) -> None:
    assert only_problem("status: live\n".encode(encoding)).message == "this file is in UTF-16"


def test_another_encoding_is_refused_at_its_first_strange_byte() -> None:
    problem = only_problem("a: 1\nb: café\n".encode("cp1252"))
    assert (problem.rule, problem.span) == ("encoding", Span(2, 7, 2, 8))


# ── Bombs and fuzz ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("bomb", BOMBS, ids=lambda bomb: str(bomb.name))
def test_a_hostile_file_is_refused_or_read_at_once(bomb: Bomb) -> None:
    written = bomb.write()
    start = time.thread_time()
    loaded = load(written, "bomb.yaml")
    seconds = time.thread_time() - start
    found = set(rules(loaded))
    assert found == set() if bomb.refused_by is None else bomb.refused_by in found
    assert (loaded.node is not None) is bomb.gives_a_node
    assert len(loaded.problems) <= MOST_PROBLEMS + 1
    assert all(len(str(problem)) < 1_000 for problem in loaded.problems)
    assert is_within(5, seconds)  # bombs.py measures; this only catches what hangs


PIECES = st.sampled_from(
    [
        "a", "b: ", "- ", "\n", "\n  ", "\n    ", "[", "]", "{", "}", ", ", ": ", "#", "# x", " #1",
        "\t", "'", '"', "> 5", ">= 2", "|", "|\n  x", "&a", "*a", "!x", "!= 3", "<<: ", "? ",
        "{{ x }}",
        "{{", "}}", "%", "%YAML 1.1\n", "---\n", "...\n", "@", "`", "\\", "é", "🎉", "\u0301",
        "\u00a0", "\u2028", "\x00", "\ufeff", "\r\n", "\r", "key: v\n", "- x: y\n", '"a": ',
        "text text",
    ]
)  # fmt: skip
YAMLISH = st.lists(PIECES, max_size=40).map("".join)


def assert_sound(text: str, loaded: Loaded) -> None:
    """Every problem has a known rule and lies on the page, and every report can tell it."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    for problem in loaded.problems:
        span = problem.span
        assert problem.rule in LOADING_RULES
        assert 1 <= span.line <= span.end_line <= len(lines)
        assert 1 <= span.column <= len(lines[span.line - 1]) + 1
        assert (span.end_line, span.end_column) >= (span.line, span.column)
    as_text(loaded.problems, {"a.yaml": text}, colour=True)


@settings(max_examples=500)
@given(YAMLISH)
def test_whatever_looks_like_yaml_is_read_or_refused(text: str) -> None:
    assert_sound(text, load(text, "a.yaml"))


@settings(max_examples=200)
@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    assert_sound(text, load(text, "a.yaml"))


@settings(max_examples=200)
@given(st.binary())
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    assert_sound(raw.decode(errors="replace"), load(raw, "a.yaml"))


TEXTS = st.text(
    st.characters(
        max_codepoint=0x2FFF,
        exclude_categories=("Cc", "Cs", "Zl", "Zp"),
        exclude_characters="\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
    )
)


@given(st.dictionaries(TEXTS.filter(bool), TEXTS, max_size=5))
def test_texts_in_single_quotes_are_read_as_they_are(values: dict[str, str]) -> None:
    def in_quotes(text: str) -> str:
        return "'" + text.replace("'", "''") + "'"

    text = "".join(f"? {in_quotes(k)}\n: {in_quotes(v)}\n" for k, v in values.items())
    assert read(text) == (values or None)


@given(YAMLISH)
def test_reading_is_the_same_every_time(text: str) -> None:
    assert load(text, "a.yaml") == load(text, "a.yaml")

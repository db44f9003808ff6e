"""`fmt`: one form, whatever the file looked like; the same meaning, comments and order."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepwarm.schema.catalog import Place
from keepwarm.schema.formatting import formatted
from keepwarm.schema.loading import load
from keepwarm.schema.nodes import Mapping as MappingNode
from keepwarm.schema.nodes import Node, Scalar, Sequence, Span
from keepwarm.schema.quoting import in_double_quotes
from keepwarm.schema.workspace import read_workspace
from tests.schema.workspaces import HERE, folder

SHIPPED = HERE.parents[1] / "playbooks"
HEAD = "playbook: case\ntitle: Case\nowner: crm@acme.example\nstatus: draft\ntopic: offers\n"
TAIL = "steps:\n  - email: onboarding/welcome\n"


def in_form(text: str, name: str = "case.yaml", *, shop: str = "shop") -> str:
    files = {**folder(shop), name: text.encode()}
    done = formatted(files)
    assert name not in done.left_alone
    return done.changed.get(name, text)


def shipped() -> dict[str, bytes]:
    paths = (path for path in sorted(SHIPPED.rglob("*")) if path.is_file())
    return {path.relative_to(SHIPPED).as_posix(): path.read_bytes() for path in paths}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("- open_tickets: '>= 2'", "- open_tickets: at least 2"),
        ("- open_tickets: 2 or more", "- open_tickets: at least 2"),
        ('- plan: "= pro"', "- plan: pro"),
        ('- plan: "pro"', "- plan: pro"),
        ('- zip: "01234"', '- zip: "01234"'),
        ('- city: "no: where"', '- city: "no: where"'),
        ("-   plan:    pro", "- plan: pro"),
        ("- logged_in: more than 2 times", "- logged_in: at least 3 times"),
        ("- open_tickets: 2 or more     # they wait", "- open_tickets: at least 2    # they wait"),
        ("- {plan: 'pro'}", "- {plan: pro}"),
        ('- {plan: "one of free, pro"}', '- {plan: "one of free, pro"}'),
    ],
)
def test_a_line_is_brought_into_form(before: str, after: str) -> None:
    text = HEAD + "start: {event: signed_up}\nonly_if:\n  %s\n" + TAIL
    assert in_form(text % before) == text % after


def test_indentation_lists_and_empty_lines_have_one_form() -> None:
    text = (
        "\n" + HEAD + "start:\n      event: signed_up\n\n\n\nonly_if:\n- any:\n  - plan: pro\n"
        "  # Those who pay.\n  - plan: team\nsteps:\n-\n   email: onboarding/welcome\n"
        "# The last one.\n- stop: enough   \n\n"
    )
    assert in_form(text) == (
        HEAD + "start:\n  event: signed_up\n\nonly_if:\n  - any:\n      - plan: pro\n"
        "      # Those who pay.\n      - plan: team\nsteps:\n  -\n    email: onboarding/welcome\n"
        "  # The last one.\n  - stop: enough\n"
    )


def test_texts_over_several_lines_move_as_a_whole() -> None:
    text = (
        HEAD + "start: {event: signed_up}\nsteps:\n- task: Call\n  for: billing-ops\n"
        "  details: |\n      First line.\n        # No comment.\n\n\n      Last line.\n"
    )
    assert in_form(text) == (
        HEAD + "start: {event: signed_up}\nsteps:\n  - task: Call\n    for: billing-ops\n"
        "    details: |\n        First line.\n          # No comment.\n\n\n        Last line.\n"
    )


def test_line_ends_of_windows_become_plain() -> None:
    text = HEAD + "start: {event: signed_up}\n" + TAIL
    assert in_form("\ufeff" + text.replace("\n", "\r\n")) == text


def test_of_a_template_the_head_is_formed_and_the_words_are_left_alone() -> None:
    body = "<mjml>  \n\n\n\t<mj-body>{{  x }}</mj-body>   \n---\n  - a: 'b'"
    head = "subject:   'Hi'\n\n\nsender: \"Ann <ann@acme.example>\"   # who writes\n"
    formed = "subject: Hi\n\nsender: Ann <ann@acme.example>           # who writes\n"
    written = f"---\n{head}---  \n{body}"
    found = in_form(written, "templates/new.mjml")
    assert re.sub(r" +#", " #", found) == re.sub(r" +#", " #", f"---\n{formed}---  \n{body}")
    assert in_form(found, "templates/new.mjml") == found
    # Quotes that a head needs stay, and a text without a head is words alone.
    kept = '---\ntitle: "{{ customer.first_name }}: look"\n---\nHi\n'
    assert in_form(kept, "templates/new.txt") == kept
    assert in_form("Hi   \n\n\n\n", "templates/new.txt") == "Hi   \n\n\n\n"


def test_a_file_with_a_problem_is_left_alone() -> None:
    done = formatted({**folder("shop"), "case.yaml": b"playbook:   case\n"})
    assert done.left_alone == ("case.yaml",)
    assert "case.yaml" not in done.changed


def test_the_shipped_playbooks_are_in_form() -> None:
    assert formatted(shipped()).changed == {}


@pytest.mark.parametrize("name", ["language", "shop"])
def test_the_other_folders_mean_the_same_in_form(name: str) -> None:
    _same_meaning_in_form(folder(name))


@pytest.mark.parametrize("case", sorted(p.name for p in (HERE / "accepted").glob("*.yaml")))
def test_accepted_files_mean_the_same_in_form(case: str) -> None:
    _same_meaning_in_form({**folder("shop"), case: (HERE / "accepted" / case).read_bytes()})


def _same_meaning_in_form(files: Mapping[str, bytes]) -> None:
    done = formatted(files)
    after = {**files, **{path: text.encode() for path, text in done.changed.items()}}
    assert formatted(after).changed == {}
    assert _meaning(files) == _meaning(after)
    for path, text in done.changed.items():
        assert _comments(files[path].decode()) == _comments(text)


def _comments(text: str) -> list[str]:
    return re.findall(r"(?:^|\s)(#.*)", text)


def _meaning(files: Mapping[str, bytes]) -> object:
    read = read_workspace(files)
    assert not read.problems
    return _without_places((read.playbooks, read.catalog, read.policies, read.stories))


def _without_places(value: object) -> object:
    match value:
        case Span() | Place():
            return None
        case dict():
            return {name: _without_places(each) for name, each in value.items()}
        case tuple() | list():
            return [_without_places(each) for each in value]
        case _ if dataclasses.is_dataclass(value):
            return {
                field.name: _without_places(getattr(value, field.name))
                for field in dataclasses.fields(value)
            }
        case _ if isinstance(value, Mapping):
            return {name: _without_places(each) for name, each in value.items()}
        case _:
            return value


# ── Whatever it looked like ──────────────────────────────────────────────────────────────────


@dataclasses.dataclass(frozen=True)
class Hand:
    """How somebody writes YAML."""

    step: int
    list_step: int
    room: int
    behind_dash: int
    quotes: bool


HANDS = st.builds(
    Hand,
    step=st.integers(1, 7),
    list_step=st.integers(0, 5),
    room=st.integers(1, 4),
    behind_dash=st.integers(1, 4),
    quotes=st.booleans(),
)
PLAYBOOKS = sorted(path for path in shipped() if path.endswith(".yaml") and "/" not in path)


@given(path=st.sampled_from(PLAYBOOKS), hand=HANDS)
@settings(max_examples=12)
def test_whatever_hand_wrote_it_the_form_is_the_same(path: str, hand: Hand) -> None:
    files = shipped()
    node = load(files[path].decode(), path).node
    assert node is not None
    plain = _written(node, Hand(2, 2, 1, 1, quotes=False))
    other = _written(node, hand)
    want = formatted({**files, path: plain.encode()}).changed.get(path, plain)
    done = formatted({**files, path: other.encode()})
    assert done.left_alone == ()
    assert done.changed.get(path, other) == want


def _written(node: Node, hand: Hand, level: int = 0) -> str:
    """Write a node in blocks, as this hand does."""
    match node:
        case Scalar(text=text):
            return f"{_text(text, hand)}\n"
        case MappingNode(entries=entries):
            return "".join(
                f"{' ' * level}{entry.key.text}:{_value(entry.value, hand, level)}"
                for entry in entries
            )
        case Sequence(items=()):
            return "[]\n"
        case Sequence(items=items):
            dash = f"{' ' * level}-{' ' * hand.behind_dash}"
            return "".join(
                dash + _written(item, hand, level + 1 + hand.behind_dash).lstrip(" ")
                for item in items
            )


def _value(node: Node, hand: Hand, level: int) -> str:
    if isinstance(node, Scalar) or (isinstance(node, Sequence) and not node.items):
        return " " * hand.room + _written(node, hand)
    step = hand.step if isinstance(node, MappingNode) else hand.list_step
    return "\n" + _written(node, hand, level + step)


def _text(text: str, hand: Hand) -> str:
    needs_quotes = hand.quotes or not re.fullmatch(r"[A-Za-z][^:#{}\[\]\"',]*[^:#\s\"]", text)
    return in_double_quotes(text) if needs_quotes else text

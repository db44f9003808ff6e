"""What receivers are in columns is what each of them is alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from keepwarm.engine.links import Links
from keepwarm.engine.templates.audience import Some, lookup
from keepwarm.flows.wording import Occasion, Receivers
from keepwarm.schema.words import Kind
from keepwarm.store.intents import Intent, Intents

LINKS = Links("https://acme.example", {0: b"0" * 32}, signing=0)
OCCASION = Occasion(
    project_zone="Europe/Amsterdam",
    kind=Kind.MARKETING,
    words={},
    render=lambda _: (),
    shared={"offer": {"percent": 20}, "playbook": {"title": "Come back"}},
    links={"unsubscribe_url": "https://acme.example/unsubscribe/"},
    survey_link="https://acme.example/survey/",
    unsubscribing="https://acme.example/unsubscribe/",
    at_least_once=False,
)
PATHS = [
    ("customer", "id"), ("customer", "email"), ("customer", "language"), ("customer", "name"),
    ("customer", "plan"), ("customer", "home", "city"), ("event", "amount"), ("offer", "percent"),
    ("offer", "code"), ("survey", "link"), ("unsubscribe_url",), ("confirm_url",), ("zone",),
    ("name",), ("event",),
]  # fmt: skip

known = st.none() | st.text(max_size=3) | st.integers(0, 3) | st.lists(st.text(max_size=2))
attributes = st.dictionaries(st.sampled_from(["id", "email", "name", "plan", "home"]), known)
triggers = st.dictionaries(st.just("amount"), known)


def intent(number: int, about: dict[str, Any], trigger: dict[str, Any]) -> Intent:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return Intent(
        number, 1, number * 7, 1, "winback", 0, 0, "email", "winback/one", "marketing", None, now,
        None, 0, None, {}, f"c{number}", f"c{number}@acme.example", None,
        "Asia/Tokyo" if number % 2 else None, "nl", about, "running", trigger, None,
    )  # fmt: skip


@given(st.lists(st.tuples(attributes, triggers), min_size=1, max_size=5))
def test_a_column_holds_what_each_receiver_has_at_the_path(
    about: list[tuple[dict[str, Any], dict[str, Any]]],
) -> None:
    intents = [intent(number, *each) for number, each in enumerate(about, 1)]
    receivers = Receivers(OCCASION, Intents.of(intents), LINKS)
    every_second = range(0, len(intents), 2)
    few = Some(receivers, every_second)

    for path in PATHS:
        alone = [lookup(path)(receivers.variables(place)) for place in range(len(receivers))]
        assert receivers.values(path) == alone
        assert few.values(path) == [alone[place] for place in every_second]


def test_every_receiver_unsubscribes_with_a_link_of_their_own() -> None:
    intents = [intent(number, {}, {}) for number in (1, 2)]
    receivers = Receivers(OCCASION, Intents.of(intents), LINKS)

    links = list(receivers.unsubscribing())

    tokens = [str(link).rpartition("/")[2] for link in links]
    assert [LINKS.read(token) for token in tokens] == [LINKS.read(LINKS.token(7, 1)),
                                                       LINKS.read(LINKS.token(14, 2))]  # fmt: skip
    assert None not in [LINKS.read(token) for token in tokens]

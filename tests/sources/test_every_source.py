"""What every source promises: who is not proved is not believed, and nothing posted breaks it."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwarm.connectors.sources.contract import Call, Unreadable
from keepwarm.connectors.sources.registry import BUILT_IN, make_source, source_class
from keepwarm.schema.sources import SOURCES
from tests.sources.given import EXAMPLES, NOW, OLD, URL, WRONG, Example

every = pytest.mark.parametrize("example", EXAMPLES, ids=lambda each: each.source)


def test_what_can_be_said_in_a_catalog_is_what_modules_tell() -> None:
    assert set(SOURCES) == set(BUILT_IN) == {each.source for each in EXAMPLES}


@every
def test_a_call_signed_by_either_secret_is_proved(example: Example) -> None:
    source = example.made()
    assert source.is_proved(example.call())
    assert source.is_proved(example.call(OLD))
    assert not source.is_proved(example.call(WRONG))


@every
def test_without_a_secret_nothing_is_proved(example: Example) -> None:
    bare = make_source(example.source, {}, lambda: NOW)
    assert not bare.is_proved(example.call())
    assert not example.made().is_proved(Call(URL, {}, example.body, NOW))


@every
def test_a_body_in_which_one_bit_was_turned_is_refused(example: Example) -> None:
    if not example.is_signed:
        pytest.skip(f"{example.source} signs nothing; it shows a secret")
    source, call = example.made(), example.call()
    for place in range(len(call.body)):
        for bit in (0, 7):
            turned = bytearray(call.body)
            turned[place] ^= 1 << bit
            assert not source.is_proved(replace(call, body=bytes(turned)))


@every
def test_headers_that_were_changed_are_refused_and_break_nothing(example: Example) -> None:
    source, call = example.made(), example.call()
    for name in set(call.headers) - set(example.headers):
        value = call.headers[name]
        for changed in ("", value[:-8], value[::-1], "é" + value, "1" * 4000, "t=,v1=", ",=,"):
            assert not source.is_proved(replace(call, headers={**call.headers, name: changed}))


@every
def test_an_overheard_call_is_refused_later(example: Example) -> None:
    if not example.is_dated:
        pytest.skip(f"{example.source} signs no moment")
    source = example.made()
    for late in (timedelta(minutes=6), -timedelta(minutes=6), timedelta(days=9000)):
        assert not source.is_proved(example.call(at=NOW - late))
    assert source.is_proved(example.call(at=NOW - timedelta(minutes=4)))


@every
def test_the_same_call_has_the_same_keys(example: Example) -> None:
    source = example.made()
    keys = [telling.key for telling in source.read(example.call())]
    assert keys
    assert keys == [telling.key for telling in source.read(example.call(at=NOW + timedelta(1)))]
    assert len(keys) == len(set(keys))


@every
def test_what_is_told_has_the_names_that_a_catalog_may_use(example: Example) -> None:
    known = SOURCES[example.source]
    for telling in example.made().read(example.call()):
        if known.is_open:
            continue
        assert telling.word in known.events
        assert set(telling.fields) <= set(known.events[telling.word])
        assert set(telling.facts) <= set(known.facts)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)  # fmt: skip


@every
@given(draw=st.data())
def test_nothing_that_is_posted_breaks_a_source(example: Example, draw: st.DataObject) -> None:
    """Any part of a documented payload is replaced by anything."""
    payload = json.loads(example.body)
    spoilt = _spoilt(payload, draw)
    with contextlib.suppress(Unreadable):
        example.made().read(replace(example.call(), body=json.dumps(spoilt).encode()))


def _spoilt(payload: Any, draw: st.DataObject) -> Any:
    if isinstance(payload, dict) and payload and draw.draw(st.integers(0, 5)):
        name = draw.draw(st.sampled_from(sorted(payload)))
        return {**payload, name: _spoilt(payload[name], draw)}
    if isinstance(payload, list) and payload and draw.draw(st.integers(0, 5)):
        return [_spoilt(payload[0], draw), *payload[1:]]
    return draw.draw(JSON)


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_source_says_how_it_is_set_up(name: str) -> None:
    about = source_class(name).about
    assert about.title
    assert about.steps
    assert all(setting.secret for setting in about.secrets)
    assert [setting.needed for setting in about.secrets] == [True, False]

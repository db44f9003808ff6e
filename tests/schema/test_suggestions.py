"""Near misses and words in sentences."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwarm.schema.suggestions import closest, is_slip_of, listed, quoted, shortened

NAMES = ["logged_in", "signed_up", "project_created", "email", "wait", "webhook", "task", "sms"]


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("loged_in", "logged_in"),
        ("emial", "email"),
        ("Email", "email"),
        ("EMAIL", "email"),
        ("project-created", "project_created"),
        ("waitt", "wait"),
        ("wiat", "wait"),
        ("sm", "sms"),
        ("taks", "task"),
    ],
)
def test_a_near_miss_is_found(word: str, meant: str) -> None:
    assert closest(word, NAMES) == meant


@pytest.mark.parametrize("word", ["", "x", "banana", "of", "st", "send", "s", "e" * 200])
def test_a_different_word_is_no_near_miss(word: str) -> None:
    assert closest(word, NAMES) is None


def test_a_short_word_may_differ_in_one_letter_only() -> None:
    assert closest("on", ["no", "off"]) == "no"
    assert closest("abc", ["acd"]) is None


def test_the_nearest_of_several_is_taken() -> None:
    assert closest("lve", ["leave", "live", "paused"]) == "live"


def test_of_two_that_are_equally_near_none_is_suggested() -> None:
    assert closest("lve", ["live", "love"]) is None
    assert closest("mail-3", ["mail-1", "mail-2"]) is None


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("prro", "pro"),
        ("emial", "email"),
        ("Pro", "pro"),
        ("at-risk", "at_risk"),
        ("billing/card-declned", "billing/card-declined"),
        ("billing/crad-declned", "billing/card-declined"),
    ],
)
def test_a_slip_or_two_are_known_as_such(word: str, meant: str) -> None:
    assert is_slip_of(word, meant)


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("15-percent-next-order", "30-percent-next-order"),
        ("exactly once", "at least once"),
        ("open_rate", "bounce_rate"),
        ("tea", "free"),
        ("", "ab"),
    ],
)
def test_what_is_further_away_is_no_slip(word: str, meant: str) -> None:
    assert not is_slip_of(word, meant)


@given(st.text(max_size=30), st.lists(st.text(max_size=30), max_size=8), st.randoms())
def test_the_order_of_the_candidates_never_matters(
    word: str,
    candidates: list[str],
    random: Random,
) -> None:
    shuffled = list(candidates)
    random.shuffle(shuffled)
    assert closest(word, candidates) == closest(word, shuffled)


@given(st.text(max_size=40), st.lists(st.text(max_size=40), max_size=8))
def test_only_a_candidate_is_suggested(word: str, candidates: list[str]) -> None:
    assert closest(word, candidates) in {None, *candidates}


@given(st.text(min_size=1, max_size=60))
def test_a_word_is_closest_to_itself(word: str) -> None:
    assert closest(word, [word, word + "zzzz"]) == word


@pytest.mark.parametrize(
    ("words", "sentence"),
    [([], ""), (["a"], "a"), (["a", "b"], "a or b"), (["a", "b", "c"], "a, b or c")],
)
def test_words_are_listed_as_a_sentence_lists_them(words: list[str], sentence: str) -> None:
    assert listed(words) == sentence


def test_another_joint_may_be_used() -> None:
    assert listed(["a", "b", "c"], "and") == "a, b and c"


def test_a_quoted_text_is_on_one_line_and_not_long() -> None:
    assert quoted("a\n  b") == '"a b"'
    assert len(quoted("x" * 1_000)) == 62
    assert shortened("word " * 100).endswith("word…")

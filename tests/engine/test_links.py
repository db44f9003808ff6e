"""Tokens in links: they read back, and nobody but us can write one."""

from __future__ import annotations

import base64
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepwarm.engine.links import Links, Pointer, Purpose

LINKS = Links("https://keepwarm.example", {0: b"k" * 32}, signing=0)
BIGGEST = 2**63 - 1

numbers = st.integers(0, BIGGEST)


@given(customer=numbers, message=numbers)
def test_a_token_reads_back(customer: int, message: int) -> None:
    token = LINKS.token(customer, message)
    assert LINKS.read(token) == Pointer(customer, message)
    assert token == LINKS.token(customer, message)


def test_a_token_needs_no_escaping_and_stays_short() -> None:
    for token in (LINKS.token(1, 1), LINKS.token(BIGGEST, BIGGEST)):
        assert all(sign.isalnum() or sign in "-_" for sign in token)
        assert len(token) < 50


def test_every_flipped_bit_of_what_is_signed_is_refused() -> None:
    signed = base64.urlsafe_b64decode(LINKS.token(4711, 815) + "==")
    for bit in range(len(signed) * 8):
        changed = bytearray(signed)
        changed[bit // 8] ^= 1 << bit % 8
        assert LINKS.read(base64.urlsafe_b64encode(changed).rstrip(b"=").decode()) is None, bit


def test_every_flipped_bit_of_the_token_as_written_is_refused() -> None:
    token = LINKS.token(4711, 815).encode()
    for bit in range(len(token) * 8):
        changed = bytearray(token)
        changed[bit // 8] ^= 1 << bit % 8
        assert LINKS.read(changed.decode("latin-1")) is None, bit


def test_every_shortened_or_lengthened_token_is_refused() -> None:
    token = LINKS.token(4711, 815)
    for length in range(len(token)):
        assert LINKS.read(token[:length]) is None
    for more in ("A", "=", "==", "AAAA", " ", "\n", "/", "é"):
        assert LINKS.read(token + more) is None
        assert LINKS.read(more + token) is None


@given(st.text(max_size=80))
def test_nothing_that_anybody_types_is_read(text: str) -> None:
    assert LINKS.read(text) is None


@pytest.mark.parametrize("secret", [b"k" * 16, b"k" * 32, b"k" * 64, b"k" * 65, b"k" * 200])
def test_what_signs_is_hmac_sha256_for_keys_of_any_length(secret: bytes) -> None:
    token = Links("https://keepwarm.example", {0: secret}, signing=0).token(4711, 815)
    signed = base64.urlsafe_b64decode(token + "==")
    assert signed[18:] == hmac.digest(secret, signed[:18], "sha256")[:16]


def test_an_old_key_still_reads_after_a_new_one_signs() -> None:
    old = LINKS.token(1, 2)
    turned = Links(LINKS.base_url, {0: b"k" * 32, 1: b"n" * 32}, signing=1)
    assert turned.read(old) == Pointer(1, 2)
    new = turned.token(1, 2)
    assert new != old
    assert turned.read(new) == Pointer(1, 2)
    assert LINKS.read(new) is None


def test_a_key_that_was_taken_away_or_changed_reads_nothing() -> None:
    token = LINKS.token(1, 2)
    assert Links(LINKS.base_url, {1: b"k" * 32}, signing=1).read(token) is None
    assert Links(LINKS.base_url, {0: b"x" * 32}, signing=0).read(token) is None


def test_a_number_of_a_key_cannot_be_exchanged_for_another() -> None:
    both = Links(LINKS.base_url, {0: b"k" * 32, 1: b"n" * 32}, signing=0)
    signed = bytearray(base64.urlsafe_b64decode(both.token(1, 2) + "=="))
    signed[1] = 1
    assert both.read(base64.urlsafe_b64encode(signed).rstrip(b"=").decode()) is None


@pytest.mark.parametrize("purpose", Purpose)
def test_what_for_stands_in_the_path_and_the_token_is_the_same(purpose: Purpose) -> None:
    token = LINKS.token(1, 2)
    address = LINKS.url(purpose, token)
    assert address == f"https://keepwarm.example/{purpose.value}/{token}"
    assert LINKS.read(address.rsplit("/", 1)[1]) == Pointer(1, 2)

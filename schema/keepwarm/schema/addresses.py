"""E-mail addresses as people write them: `ann@acme.example`, `Ann at Acme <ann@acme.example>`."""

from __future__ import annotations

import re

from keepwarm.schema.playbook_reading.references import ADDRESS

_WITH_NAME = re.compile(r"(?P<name>[^<>\"@]*|\"[^<>\"]*\") ?<(?P<address>[^<>]+)>")


def is_address(said: str) -> bool:
    """Tell whether a text is an e-mail address; whether it takes mail is not known here."""
    return ADDRESS.fullmatch(said) is not None


def is_sender(said: str) -> bool:
    """Tell whether a text is an address, or a name with an address in angle brackets."""
    match = _WITH_NAME.fullmatch(said)
    return is_address(match["address"] if match else said)

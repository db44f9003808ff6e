"""Addresses of pages, which name identifiers at most: never an address or a name of a person."""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias
from urllib.parse import quote, urlencode

from fastapi import Path, Query

_LARGEST_KEY: Final = 2**63 - 1

#: The number of a message or a task, in a path.
Key: TypeAlias = Annotated[int, Path(ge=1, le=_LARGEST_KEY)]
#: Where somebody wanted to go before they had to sign in; `next` in addresses.
Wanted: TypeAlias = Annotated[str, Query(alias="next", max_length=2_000)]


def local_path(wanted: str) -> str:
    """Give where to go after signing in, if it is a page of ours; else the first page."""
    is_ours = wanted.startswith("/") and not wanted.startswith(("//", "/\\"))
    return wanted if is_ours and wanted.isprintable() else "/outbox"


def explain_link(customer: str = "", playbook: str = "", at: str = "") -> str:
    """Give the page that explains a customer, as of an earlier moment where `at` names one."""
    return _with_query("/explain", customer=customer, playbook=playbook, at=at)


def messages_link(*, customer: str = "", playbook: str = "") -> str:
    """Give the page that lists messages."""
    return _with_query("/outbox", customer=customer, playbook=playbook)


def message_link(message_id: int) -> str:
    """Give the page of a message."""
    return f"/outbox/{message_id}"


def customer_link(customer: str) -> str:
    """Give the page of everything known and done about a customer."""
    return _with_query("/customers", customer=customer)


def playbook_link(playbook: str) -> str:
    """Give the page of a playbook."""
    return f"/playbooks/{quote(playbook, safe='')}"


def preview_link(playbook: str) -> str:
    """Give the page that shows every message of a playbook."""
    return f"{playbook_link(playbook)}/preview"


def _with_query(path: str, **asked: str) -> str:
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"{path}?{query}" if query else path

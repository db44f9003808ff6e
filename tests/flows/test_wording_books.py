"""The words of a version: compiled once, ahead of the first message, whoever asks."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest

from keepwarm.engine.templates.compiling import compile_template
from keepwarm.flows.wording_books import WordBook
from keepwarm.schema.problems import PlaybookRefused
from keepwarm.schema.words import Channel, Kind
from tests.engine.written import plan_in, workspace_of
from tests.waiting import PATIENCE_SECONDS

PLAYBOOK = """
start:
  event: signed_up
steps:
  - email: hello
    kind: transactional
  - sms: nudge
    kind: transactional
"""


def test_all_that_a_plan_sends_is_compiled_ahead_and_once_whoever_asks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compiled: list[str] = []

    def counted(files: list[Any], *given: Any, **more: Any) -> Any:
        compiled.append(files[0].name)
        return compile_template(files, *given, **more)

    monkeypatch.setattr("keepwarm.flows.wording_books.compile_template", counted)
    workspace = workspace_of(PLAYBOOK)
    book = WordBook(workspace.templates.values(), workspace.policies, workspace.catalog)
    together = Barrier(2, timeout=PATIENCE_SECONDS)

    def ask(_: int) -> object:
        together.wait()
        book.get_ready(plan_in(workspace))
        return book.template("hello", Channel.EMAIL, Kind.TRANSACTIONAL)

    with ThreadPoolExecutor(2) as threads:
        one, other = threads.map(ask, range(2))
    assert one is other
    assert compiled == ["hello", "nudge"]


def test_what_cannot_be_compiled_is_told_of_the_message_that_needs_it() -> None:
    workspace = workspace_of(PLAYBOOK)
    faulty = [
        replace(file, body="{% if %}") if (file.name, file.form) == ("hello", "mjml") else file
        for file in workspace.templates.values()
        if file.name != "nudge"
    ]
    book = WordBook(faulty, workspace.policies, workspace.catalog)
    book.get_ready(plan_in(workspace))
    with pytest.raises(PlaybookRefused):
        book.template("hello", Channel.EMAIL, Kind.TRANSACTIONAL)
    with pytest.raises(KeyError, match="nudge"):
        book.template("nudge", Channel.SMS, Kind.TRANSACTIONAL)

"""`keepwarm test --record`: a story from a customer's run, printed or kept."""

from __future__ import annotations

import argparse
import sys
from contextlib import closing

from keepwarm.app.explaining.finding import find_meant
from keepwarm.app.settings import read_settings
from keepwarm.app.testing.keeping import file_with
from keepwarm.app.testing.recording import Recording, RecordingRefused, record_run
from keepwarm.app.wiring import clock, open_and_migrate, secret_of
from keepwarm.schema.story_writing import written_story
from keepwarm.schema.workspace import Workspace
from keepwarm.store.connection import Connection
from keepwarm.store.customers import Customer


def run_recording(workspace: Workspace, given: argparse.Namespace) -> int:
    """Record, print or keep the story, and give the exit code."""
    if len(given.playbook) > 1:
        raise RecordingRefused("A story is of one playbook: name only one.")
    settings = read_settings()
    pepper = secret_of(settings).derived("addresses")
    with closing(open_and_migrate(settings)) as database, database.reading() as cx:
        customer = _meant(cx, given.record)
        named = given.playbook[0] if given.playbook else None
        recording = record_run(cx, workspace, customer, named, pepper, clock())
    path, text = file_with(workspace, given.playbooks, recording.playbook, recording.story)
    if given.append:
        path.write_text(text, encoding="utf-8")
        print(f'{path} has one story more: "{recording.story.name}"')
    else:
        print(f"# For {path}; --append writes it there.")
        print(written_story(recording.story), end="")
    _tell(recording)
    return 0


def _meant(cx: Connection, said: str) -> Customer:
    meant = find_meant(cx, said)
    if not meant:
        raise RecordingRefused(
            f'There is no customer "{said}". Give your own identifier, an e-mail address or a'
            " phone number."
        )
    if len(meant) > 1:
        names = ", ".join(one.customer for one in meant)
        raise RecordingRefused(f"{len(meant)} customers have this address: {names}. Name one.")
    return meant[0]


def _tell(recording: Recording) -> None:
    for difference in recording.differences:
        sys.stderr.write(f"Note: {difference}\n")

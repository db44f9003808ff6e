"""Which playbook starts which: by a step, or because a task is late."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from keepwarm.schema.catalog import Place
from keepwarm.schema.playbook import Playbook, StartPlaybookStep, TaskStep
from keepwarm.schema.walking import every_step


@dataclass(frozen=True, slots=True)
class Call:
    """One playbook that starts another."""

    playbook: str
    place: Place
    #: Whether a task is given first and is late; that takes time.
    is_late: bool = False


def calls_of(playbook: Playbook) -> Iterator[Call]:
    """Give every call of a playbook, in the order written."""
    for step in every_step(playbook.steps):
        match step:
            case StartPlaybookStep(playbook=name):
                yield Call(name, step.common.place)
            case TaskStep(if_late=late) if late.start_playbook is not None:
                yield Call(late.start_playbook, step.common.place, is_late=True)
            case _:
                pass

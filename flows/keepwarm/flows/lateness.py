"""Tasks that are late: their playbook's owner is told, once of each."""

from __future__ import annotations

from itertools import groupby

from keepwarm.flows.notices import tell_owner
from keepwarm.flows.system import System
from keepwarm.store.tasks import LateTask, is_any_newly_late, take_newly_late


def tell_of_late_tasks(system: System) -> int:
    """Tell owners of the tasks that became late, one sentence a playbook; give how many."""
    now = system.clock()
    with system.database.reading() as cx:
        if not is_any_newly_late(cx, now):
            return 0
    with system.database.writing(durable=False) as cx:
        late = take_newly_late(cx, now)
        live = system.shelf.live(cx)
        ordered = sorted(late, key=lambda each: each.playbook)
        for playbook, group in groupby(ordered, key=lambda each: each.playbook):
            theirs = list(group)
            if playbook in live:
                key = f"late tasks {playbook} {min(each.id for each in theirs)}"
                tell_owner(cx, system, live[playbook].plan, key, _words(theirs))
    return len(late)


def _words(late: list[LateTask]) -> str:
    first = late[0]
    moment = f"{first.due_at:%Y-%m-%d %H:%M} UTC"
    if len(late) == 1:
        return f"a task is late: {first.title}, for {first.assignee}, was due {moment}."
    return (
        f"{len(late)} tasks are late; the first, {first.title}, for {first.assignee},"
        f" was due {moment}."
    )

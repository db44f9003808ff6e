"""The details of tasks, put into words for the customer whom each is about, when it is opened.

What a person reads is what was so when the work came up. It lies with the task alone, so that an
erasure empties it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from keepwarm.engine.advancing import Together
from keepwarm.engine.facts import Value
from keepwarm.engine.run import TaskWanted
from keepwarm.engine.templates.audience import Variables
from keepwarm.engine.templates.results import Broken, Outcome, Rendered, Skip
from keepwarm.engine.templates.variables import message_variables
from keepwarm.engine.zones import zones_of
from keepwarm.flows.shelf import Released
from keepwarm.flows.wording import promised
from keepwarm.schema.problems import PlaybookRefused
from keepwarm.store.connection import Connection
from keepwarm.store.customers import Customer, read_customers
from keepwarm.store.runs import DueRuns
from keepwarm.store.tasks import Worded, word_tasks


def put_tasks_into_words(
    cx: Connection, released: Released, due: DueRuns, groups: Sequence[Together]
) -> None:
    """Word the details of the tasks that were just opened, where they name anything."""
    for group in groups:
        for effect in group.course.effects:
            if isinstance(effect, TaskWanted) and effect.details and "{" in effect.details:
                word_tasks(cx, _worded(cx, released, due, group, effect))


def _worded(
    cx: Connection, released: Released, due: DueRuns, group: Together, task: TaskWanted
) -> Iterator[Worded]:
    render = _render_for(released, task.step)
    customers = {each.id: each for each in read_customers(cx, due.customer_ids_of(group.who))}
    for place in group.who:
        customer = customers[due.customer_ids[place]]
        said = _said(render(_variables(released, customer, due.triggers[place], task)))
        yield due.ids[place], due.version_id, task.step, said


def _render_for(released: Released, step: int) -> Callable[[Variables], Outcome]:
    try:
        return released.words.details(released.plan, step)
    except PlaybookRefused as refused:
        first = refused.problems[0]
        broken = Broken(first.message, first.file, first.span.line, first.span.column)
        return lambda _: broken


def _variables(
    released: Released, customer: Customer, trigger: Variables, task: TaskWanted
) -> Variables:
    known = customer.attributes
    columns = {name: known.get(name) for name in ("email", "phone", "timezone", "language")}
    attributes: dict[str, Value] = {**known, "id": customer.customer, **columns}  # type: ignore[dict-item]  # None is nothing, as in a message
    zone, phone = known.get("timezone"), known.get("phone")
    return message_variables(
        attributes,
        event=trigger,
        offer=promised(released, dict(task.words)),
        playbook_title=released.plan.title,
        zone=zones_of(
            zone if isinstance(zone, str) else None,
            phone if isinstance(phone, str) else None,
            released.plan.timezone,
        ).name,
    )


def _said(outcome: Outcome) -> str | None:
    """Give the words. A task without them is still one, and says what is wrong."""
    match outcome:
        case Rendered(content, values):
            return content.texts["text"].filled(values)
        case Skip():
            return None
        case Broken() as broken:
            return f"Its details could not be written. {broken}"

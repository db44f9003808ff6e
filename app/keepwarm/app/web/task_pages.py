"""The task inbox: what waits for a person, and buttons that say what came of it."""

from __future__ import annotations

from itertools import groupby
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from keepwarm.app.web.guard import only_operators
from keepwarm.app.web.layout import page
from keepwarm.app.web.links import explain_link, playbook_link
from keepwarm.app.web.markup import Html, tag
from keepwarm.app.web.moments import time_tag
from keepwarm.store.tasks import Task, finish_task, open_tasks, read_task

router = APIRouter(dependencies=[Depends(only_operators)], include_in_schema=False)

_LONGEST_NOTE = 2_000


@router.get("/tasks")
def tasks(
    request: Request, assignee: Annotated[str | None, Query(max_length=200)] = None
) -> HTMLResponse:
    """Show what is open, by who has it."""
    service = request.app.state.service
    with service.system.database.reading() as cx:
        found = open_tasks(cx, assignee)
    now = service.system.clock()
    groups = [
        (
            tag("h2", name),
            tag("ul", [tag("li", _task(each, each.due_at is not None and each.due_at < now))
                       for each in mine], class_="list"),
        )
        for name, mine in groupby(found, key=lambda each: each.assignee)
    ]  # fmt: skip
    nothing = tag("div", tag("p", "Nothing waits for anybody.", class_="empty"), class_="list")
    return page("Tasks · Keepwarm", tag("h1", "Tasks"), groups or nothing, here="/tasks")


def _task(task: Task, is_late: bool) -> Html:  # noqa: FBT001 - one caller, beside it
    due = None
    if task.due_at is not None:
        tone = "chip bad" if is_late else "chip"
        says = ("late, was due " if is_late else "due ", time_tag(task.due_at, None))
        due = tag("span", says, class_=tone)
    buttons = [
        tag("button", outcome.replace("_", " "), name="outcome", value=outcome)
        for outcome in task.outcomes
    ]
    note = tag(
        "input",
        type="text",
        name="note",
        placeholder="A note, if you like",
        aria_label="Note",
        maxlength=_LONGEST_NOTE,
    )
    return tag(
        "div",
        tag("div", tag("b", task.title), " ", due),
        tag(
            "div",
            tag("a", task.playbook, href=playbook_link(task.playbook)),
            f" · customer {task.customer} · ",
            tag("a", "why?", href=explain_link(task.customer, task.playbook)),
            class_="small soft",
        ),
        tag("p", task.details, class_="small") if task.details else None,
        tag("form", note, buttons, method="post", action=f"/tasks/{task.id}"),
        class_="task",
    )


@router.post("/tasks/{task_id}")
def finish(
    request: Request,
    task_id: int,
    outcome: Annotated[str, Form(max_length=200)],
    note: Annotated[str, Form(max_length=_LONGEST_NOTE)] = "",
) -> RedirectResponse:
    """Close a task with what came of it; its run goes on at once."""
    service = request.app.state.service
    with service.system.database.writing() as cx:
        task = read_task(cx, task_id)
        if task is None:
            raise HTTPException(409, "This task is not open; somebody may have closed it just now.")
        if outcome not in task.outcomes:
            raise HTTPException(422, f"A task like this ends as {', '.join(task.outcomes)}.")
        finish_task(cx, task_id, outcome, "task inbox", note, service.system.clock())
    service.woken(task.playbook)
    return RedirectResponse("/tasks", status_code=303)

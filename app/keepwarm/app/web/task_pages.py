"""The task inbox: what waits for whom, and buttons that say what came of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from keepwarm.app.web.layout import page
from keepwarm.app.web.links import Key, customer_link, explain_link, playbook_link
from keepwarm.app.web.markup import Child, Html, tag
from keepwarm.app.web.moments import time_tag
from keepwarm.app.web.visitors import Asking, admit
from keepwarm.schema.catalog import Team
from keepwarm.store.task_copies import Elsewhere, elsewhere
from keepwarm.store.tasks import Task, finish_task, hand_over, open_tasks, read_task, snooze

router = APIRouter(
    tags=["team"], dependencies=[Depends(admit)], default_response_class=HTMLResponse
)

_LONGEST_NOTE = 2_000
_LONGEST_NAME = 200
#: How long a task may be put out of sight: what people choose from, in hours.
_SNOOZES: Final[Mapping[int, str]] = {4: "4 hours", 24: "1 day", 72: "3 days", 168: "1 week"}
Hours = Annotated[int, Form(json_schema_extra={"enum": list(_SNOOZES)})]
#: Other tools, and those whose references people know.
_TITLES: Final[Mapping[str, str]] = {
    "slack": "Slack",
    "zendesk": "Zendesk",
    "hubspot": "HubSpot",
    "salesforce": "Salesforce",
    "webhook": "another tool",
}
_NUMBERED: Final = frozenset({"zendesk", "hubspot", "salesforce"})
_ONLY_LOOKS: Final = "You may look. Operators and approvers say here what came of a task."
_NOT_OPEN: Final = "This task is not open; somebody may have closed it just now."

#: Which tasks are shown: the word in the address, and on the page.
_CHOICES: Final[Mapping[str, str]] = {
    "": "All",
    "mine": "Mine",
    "late": "Late",
    "snoozed": "Snoozed",
}
Show = Annotated[str, Query(pattern="^(mine|late|snoozed)?$")]


@router.get("/tasks")
def tasks(
    request: Request,
    who: Asking,
    show: Show = "",
    assignee: Annotated[str | None, Query(max_length=_LONGEST_NAME)] = None,
) -> HTMLResponse:
    """Show what is open, by who has it."""
    service = request.app.state.service
    now, teams = service.system.clock(), _teams(request)
    names = _names_of(who.name, teams) if show == "mine" else [assignee] if assignee else None
    with service.system.database.reading() as cx:
        found = [each for each in open_tasks(cx, names) if _is_shown(each, show, now)]
        places = elsewhere(cx, [each.id for each in found])
    others = _others(teams) if who.may_act else None
    groups = [
        (
            tag("h2", name),
            _not_set_up(request, teams.get(name)),
            tag(
                "ul",
                [
                    tag("li", _task(each, _due(each, now, teams), others, places.get(each.id, ())))
                    for each in theirs
                ],
                class_="list",
            ),
        )
        for name, theirs in groupby(found, key=lambda each: each.assignee)
    ]
    nothing = tag("div", tag("p", _nothing(show), class_="empty"), class_="list")
    only_looks = None if who.may_act else tag("p", _ONLY_LOOKS, class_="soft")
    return page(
        "Tasks · Keepwarm",
        tag("h1", "Tasks"),
        only_looks,
        _choice(show),
        groups or nothing,
        here="/tasks",
    )


def _others(teams: Mapping[str, Team]) -> Collection[str]:
    """Give all who may be handed a task."""
    return sorted({*teams, *(member for team in teams.values() for member in team.members)})


def _teams(request: Request) -> Mapping[str, Team]:
    """Give the teams of what is live, by name."""
    system = request.app.state.service.system
    with system.database.reading() as cx:
        live = system.shelf.live(cx)
    return {
        name: team for each in live.values() for name, team in each.released.catalog.teams.items()
    }


def _names_of(person: str, teams: Mapping[str, Team]) -> Collection[str]:
    """Give all that a person's tasks may be assigned to: the person, and the person's teams."""
    mine = {name for name, team in teams.items() if person in map(str.lower, team.members)}
    return {person, *mine}


def _is_shown(task: Task, show: str, now: datetime) -> bool:
    is_snoozed = task.snoozed_until is not None and task.snoozed_until > now
    if show == "late":
        return _is_late(task, now)
    return is_snoozed == (show == "snoozed")


def _is_late(task: Task, now: datetime) -> bool:
    return task.due_at is not None and task.due_at < now


def _nothing(show: str) -> str:
    return {
        "mine": "Nothing waits for you.",
        "late": "Nothing is late.",
        "snoozed": "Nothing is snoozed.",
    }.get(show, "Nothing waits for anybody.")


def _choice(show: str) -> Html:
    links = [
        tag(
            "a",
            says,
            href=f"/tasks?{urlencode({'show': word})}" if word else "/tasks",
            aria_current="page" if word == show else None,
        )
        for word, says in _CHOICES.items()
    ]
    return tag("nav", links, class_="choice-of", aria_label="Which tasks")


def _task(
    task: Task, due: Child, others: Collection[str] | None, places: Sequence[Elsewhere]
) -> Html:
    """Draw a task; with its buttons for who may press them, to whom `others` are given."""
    return tag(
        "div",
        tag("div", tag("b", task.title), " ", due),
        tag(
            "div",
            tag("a", task.playbook, href=playbook_link(task.playbook)),
            " · customer ",
            tag("a", task.customer, href=customer_link(task.customer)),
            " · ",
            tag("a", "why?", href=explain_link(task.customer, task.playbook)),
            class_="small soft",
        ),
        tag("p", task.details, class_="small") if task.details else None,
        [tag("p", _place(each), class_="small soft") for each in places],
        None if others is None else _buttons(task, others),
        class_="task",
    )


def _not_set_up(request: Request, team: Team | None) -> Html | None:
    """Say that a team's tool lacks its settings, so that its tasks are here only."""
    tool = None if team is None else team.tasks_in
    if tool is None or tool in request.app.state.service.system.task_tools:
        return None
    return tag("p", f"{_TITLES[tool].capitalize()} is not set up here, so these are in the inbox"
                    " only. docs/tasks.md says what it needs.", class_="small soft")  # fmt: skip


def _place(place: Elsewhere) -> str:
    """Say where a task is shown besides, or why not yet."""
    title = _TITLES.get(place.tool, place.tool)
    if place.problem is not None:
        return f"Not in line in {title}: {place.problem}. It is tried again."
    if place.reference is None:
        return f"On its way to {title}."
    number = f", {place.reference}" if place.tool in _NUMBERED else ""
    return f"In {title} too{number}."


def _due(task: Task, now: datetime, teams: Mapping[str, Team]) -> Child:
    if task.due_at is None:
        return None
    is_late, team = _is_late(task, now), teams.get(task.assignee)
    moment = time_tag(task.due_at, None if team is None else team.timezone)
    says = ("late, was due " if is_late else "due ", moment)
    return tag("span", says, class_="chip bad" if is_late else "chip")


def _buttons(task: Task, others: Collection[str]) -> list[Html]:
    later = tag("details", tag("summary", "Not now, or not me"), list(_later(task, others)))
    return [_ending(task), later]


def _ending(task: Task) -> Html:
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
    return tag("form", note, buttons, method="post", action=f"/tasks/{task.id}")


def _later(task: Task, others: Collection[str]) -> Iterator[Html]:
    hours = [tag("option", says, value=number) for number, says in _SNOOZES.items()]
    yield tag(
        "form",
        tag("select", hours, name="hours", aria_label="For how long"),
        tag("button", "Snooze"),
        method="post",
        action=f"/tasks/{task.id}/snooze",
    )
    names = [tag("option", name) for name in others if name != task.assignee]
    if names:
        yield tag(
            "form",
            tag("select", names, name="to", aria_label="To whom"),
            tag("button", "Hand over"),
            method="post",
            action=f"/tasks/{task.id}/hand-over",
        )


# ── What a person does with a task ───────────────────────────────────────────────────────────


@router.post("/tasks/{task_id}", status_code=303, response_class=RedirectResponse)
def finish(
    request: Request,
    who: Asking,
    task_id: Key,
    outcome: Annotated[str, Form(min_length=1, max_length=_LONGEST_NAME)],
    note: Annotated[str, Form(max_length=_LONGEST_NOTE)] = "",
) -> RedirectResponse:
    """Close a task with what came of it; its run goes on at once."""
    service = request.app.state.service
    with service.system.database.writing() as cx:
        task = read_task(cx, task_id)
        if task is None:
            raise HTTPException(409, _NOT_OPEN)
        if outcome not in task.outcomes:
            raise HTTPException(409, f"A task like this ends as {', '.join(task.outcomes)}.")
        finish_task(cx, task_id, outcome, who.name, note, service.system.clock())
    service.woken(task.playbook)
    return RedirectResponse("/tasks", status_code=303)


@router.post("/tasks/{task_id}/snooze", status_code=303, response_class=RedirectResponse)
def put_off(request: Request, who: Asking, task_id: Key, hours: Hours) -> RedirectResponse:
    """Put a task out of sight for a while; what it is due by stays as it is."""
    if hours not in _SNOOZES:
        raise HTTPException(422, f"A task is snoozed for {', '.join(_SNOOZES.values())}.")
    system = request.app.state.service.system
    now = system.clock()
    with system.database.writing() as cx:
        if not snooze(cx, task_id, now + timedelta(hours=hours), who.name, now):
            raise HTTPException(409, _NOT_OPEN)
    return RedirectResponse("/tasks", status_code=303)


@router.post("/tasks/{task_id}/hand-over", status_code=303, response_class=RedirectResponse)
def reassign(
    request: Request,
    who: Asking,
    task_id: Key,
    to: Annotated[str, Form(min_length=1, max_length=_LONGEST_NAME)],
) -> RedirectResponse:
    """Give a task to another person or team of the catalog."""
    teams = _teams(request)
    if to not in teams and all(to not in team.members for team in teams.values()):
        raise HTTPException(404, f'The catalog has no team or member "{to}".')
    system = request.app.state.service.system
    with system.database.writing() as cx:
        if not hand_over(cx, task_id, to, who.name, system.clock()):
            raise HTTPException(409, _NOT_OPEN)
    return RedirectResponse("/tasks", status_code=303)

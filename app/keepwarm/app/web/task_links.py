"""The page of one task, for those who see it in another tool: its signed link is the way in.

Whoever has the link may say what came of this one task, and nothing else. Following it does
nothing, because scanners of links do; a person presses a button, and a program posts.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qs

import orjson
from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import BaseModel, Field, ValidationError

from keepwarm.app.web.document import said_as
from keepwarm.app.web.layout import card
from keepwarm.app.web.markup import Html, tag
from keepwarm.flows.system import System
from keepwarm.store.task_copies import task_of_copy
from keepwarm.store.tasks import Task, finish_task, read_task

router = APIRouter(tags=["task links"], default_response_class=HTMLResponse)

_LONGEST_NAME: Final = 200
_LONGEST_NOTE: Final = 2_000
_NOT_WHOLE: Final = "This link is not whole. Copy all of it, or open the task in Keepwarm."
_NOT_OPEN: Final = "Nobody needs to do this any more: it is done already, or was withdrawn."


class Said(BaseModel):
    """What somebody says came of a task."""

    outcome: str = Field(min_length=1, max_length=_LONGEST_NAME)
    by: str = Field("somebody with the link", max_length=_LONGEST_NAME)
    note: str = Field("", max_length=_LONGEST_NOTE)


@router.get("/task/{token}")
def show(request: Request, token: str) -> HTMLResponse:
    """Show the task, with a button for each outcome."""
    task = _task(request.app.state.service.system, token)
    if task is None:
        return card("Done", tag("p", _NOT_OPEN))
    buttons = [
        tag("button", outcome.replace("_", " "), name="outcome", value=outcome)
        for outcome in task.outcomes
    ]
    note = tag("input", type="text", name="note", aria_label="Note", maxlength=_LONGEST_NOTE,
               placeholder="A note, if you like")  # fmt: skip
    who = tag("input", type="text", name="by", aria_label="Your name", maxlength=_LONGEST_NAME,
              placeholder="Your name", required=True)  # fmt: skip
    return card(
        task.title,
        tag("p", task.details) if task.details else None,
        tag("p", f"Customer {task.customer}, for {task.assignee}.", class_="small soft"),
        tag("form", tag("p", who), tag("p", note), tag("p", _spaced(buttons)), method="post"),
    )


def _spaced(buttons: list[Html]) -> list[Html | str]:
    return [part for button in buttons for part in (button, " ")]


@router.post("/task/{token}", openapi_extra=said_as(Said.model_json_schema()))
async def finish(request: Request, token: str) -> Response:
    """Close the task with what came of it: by the page's form, or by a program's JSON."""
    body = await request.body()
    is_json = request.headers.get("content-type", "").startswith("application/json")
    said = _said(body, is_json=is_json)
    await run_in_threadpool(_finish, request, token, said)
    if is_json:
        return JSONResponse({"done": True})
    return card("Thank you", tag("p", f"It is done: {said.outcome.replace('_', ' ')}."))


def _said(body: bytes, *, is_json: bool) -> Said:
    try:
        if is_json:
            return Said.model_validate(orjson.loads(body))
        form = parse_qs(body.decode("utf-8", "replace"))
        return Said.model_validate({name: values[-1] for name, values in form.items()})
    except (ValidationError, orjson.JSONDecodeError):
        raise HTTPException(422, 'Say what came of it: {"outcome": "…", "by": "…"}.') from None


def _finish(request: Request, token: str, said: Said) -> None:
    service = request.app.state.service
    task = _task(service.system, token)
    if task is None:
        raise HTTPException(409, _NOT_OPEN)
    if said.outcome not in task.outcomes:
        raise HTTPException(409, f"A task like this ends as {', '.join(task.outcomes)}.")
    with service.system.database.writing() as cx:
        playbook = finish_task(
            cx, task.id, said.outcome, f"{said.by} (by link)", said.note, service.system.clock()
        )
    if playbook is None:
        raise HTTPException(409, _NOT_OPEN)
    service.woken(playbook)


def _task(system: System, token: str) -> Task | None:
    copy = system.links.read_task(token)
    if copy is None:
        raise HTTPException(404, _NOT_WHOLE)
    with system.database.reading() as cx:
        task_id = task_of_copy(cx, copy)
        return None if task_id is None else read_task(cx, task_id)

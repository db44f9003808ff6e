"""From nodes to a playbook, with every fault on the way.

`starts` reads who gets in, `settings` the limits, `steps` the list of steps with its branches,
`messages` and `deeds` the verbs, `references` every name that must stand for something.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from keepwarm.schema.catalog import Catalog
from keepwarm.schema.condition_reading import read_any, read_conditions
from keepwarm.schema.conditions import ALWAYS, Condition
from keepwarm.schema.faults import Faults
from keepwarm.schema.mapping_reading import Fields, read_mapping, start_of
from keepwarm.schema.nodes import Node, Sequence
from keepwarm.schema.phrases import Share, read_expects, read_share
from keepwarm.schema.playbook import OncePerCustomer, Playbook, Respect, Step, WhenCalled
from keepwarm.schema.playbook_reading.reading import Known, Reading
from keepwarm.schema.playbook_reading.references import catalog_name, team_or_person
from keepwarm.schema.playbook_reading.settings import (
    read_guardrails,
    read_playbook_budget,
    read_respect,
    read_rollout,
)
from keepwarm.schema.playbook_reading.starts import read_goal, read_start
from keepwarm.schema.playbook_reading.step_names import note_names
from keepwarm.schema.playbook_reading.steps import read_steps
from keepwarm.schema.values import choice, name_of_a_thing, phrase, text, whole_number
from keepwarm.schema.words import CatchUp, InFlight, Kind, PlaybookStatus, WhenUnknown
from keepwarm.schema.written_form import FORMS

__all__ = ["Known", "read_playbook"]


def read_playbook(
    node: Node, catalog: Catalog, known: Known, faults: Faults, *, name: str
) -> Playbook | None:
    """Read one playbook; `name` is that of its file.

    Every fault is noted in `faults`. What could be read is given even so, without the parts at
    fault; None only where name, start or steps are not to be had.
    """
    fields = read_mapping(node, FORMS["playbook"], faults)
    if fields is None:
        return None
    reading = Reading(catalog, known, faults, name)
    reading.kind = choice(fields, "kind", Kind, faults) or Kind.MARKETING
    note_names(fields.values.get("steps"), reading)
    _check_name(fields, reading)
    return _read_parts(fields, reading)


def _read_parts(fields: Fields, reading: Reading) -> Playbook | None:
    values, faults = fields.values, reading.faults
    start = read_start(values["start"], reading) if "start" in values else None
    steps = _read_all_steps(fields, reading)
    playbook = Playbook(
        name=reading.name,
        title=text(fields, "title", faults) or reading.name,
        owner=team_or_person(values.get("owner"), "owner", reading) or "",
        status=choice(fields, "status", PlaybookStatus, faults) or PlaybookStatus.DRAFT,
        start=start or _NO_START,
        steps=steps,
        place=faults.place(start_of(fields.node)),
        kind=reading.kind,
        topic=catalog_name(values.get("topic"), "topic", reading.catalog.topics, reading),
        only_if=_only_if(fields, reading),
        goal=read_goal(values["goal"], start, reading) if "goal" in values else None,
        stop_if_any=_stop_if_any(fields, reading),
    )
    whole = _with_settings(playbook, fields, faults)
    return whole if start is not None and steps else None


def _with_settings(playbook: Playbook, fields: Fields, faults: Faults) -> Playbook:
    """Give the playbook with the settings that need nothing but themselves to be read."""
    values = fields.values
    holdout = phrase(fields, "holdout", read_share, faults)
    respect = read_respect(values["respect"], faults) if "respect" in values else Respect()
    guardrails = values.get("back_to_shadow_if_any")
    budget = values.get("budget")
    return replace(
        playbook,
        holdout=_holdout(holdout, fields, faults),
        rollout=read_rollout(fields, faults),
        respect=respect,
        back_to_shadow_if_any=read_guardrails(guardrails, faults) if guardrails else (),
        budget=read_playbook_budget(budget, faults) if budget else None,
        expects=phrase(fields, "expects", read_expects, faults),
        in_flight=choice(fields, "in_flight", InFlight, faults) or InFlight.FINISH,
        catch_up=choice(fields, "catch_up", CatchUp, faults) or CatchUp.ONCE,
        when_unknown=choice(fields, "when_unknown", WhenUnknown, faults) or WhenUnknown.LEAVE,
        priority=whole_number(fields, "priority", faults, low=1, high=9) or 5,
    )


def _read_all_steps(fields: Fields, reading: Reading) -> tuple[Step, ...]:
    node = fields.values.get("steps")
    if isinstance(node, Sequence) and not node.items:
        entry = fields.node.entry("steps")
        reading.faults.add(
            "empty",
            entry.key if entry else node,
            "a playbook needs steps",
            hint="for example:  - email: onboarding/welcome",
        )
    return read_steps(node, reading).steps


def _only_if(fields: Fields, reading: Reading) -> Condition:
    node = fields.values.get("only_if")
    return ALWAYS if node is None else read_conditions(node, reading.scope(), reading.faults)


def _stop_if_any(fields: Fields, reading: Reading) -> Condition | None:
    node = fields.values.get("stop_if_any")
    scope = reading.scope(has_run=True)
    return None if node is None else read_any(node, scope, reading.faults)


def _holdout(share: Share | None, fields: Fields, faults: Faults) -> Decimal:
    if share is None:
        return Decimal(0)
    if share.fraction == 1:
        faults.add(
            "cannot-read",
            fields.values["holdout"],
            "a holdout of 100% would never contact anybody",
            hint='for example "5%" or "10%"',
        )
    return share.fraction


def _check_name(fields: Fields, reading: Reading) -> None:
    node = fields.values.get("playbook")
    said = name_of_a_thing(node, "playbook", reading.faults)
    if node is not None and said is not None and said != reading.name:
        reading.faults.add(
            "file-name",
            node,
            f'the file is called "{reading.name}.yaml", and its playbook "{said}"',
            hint="a playbook has the name of its file",
            replacement=reading.name,
        )


#: Stands in for a start that could not be read; such a playbook is never given.
_NO_START = WhenCalled(OncePerCustomer())

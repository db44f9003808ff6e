"""Steps that wait, give, change or hand over: `wait`, `task`, `offer`, `update`, `tag` and more."""

from __future__ import annotations

from decimal import Decimal

from keepwarm.schema.conditions import FactKind
from keepwarm.schema.lengths import read_in
from keepwarm.schema.mapping_reading import Fields, read_entries, read_mapping
from keepwarm.schema.nodes import Scalar
from keepwarm.schema.phrases import Wait, WaitUntilDate, WaitUntilDone, WaitUntilEvent, read_wait
from keepwarm.schema.playbook import (
    Common,
    Late,
    OfferStep,
    PointsStep,
    StartPlaybookStep,
    StopStep,
    TagStep,
    TaskStep,
    UpdateStep,
    WaitStep,
)
from keepwarm.schema.playbook_reading.attribute_values import attribute_value
from keepwarm.schema.playbook_reading.messages import read_expires
from keepwarm.schema.playbook_reading.reading import Passed, Reading
from keepwarm.schema.playbook_reading.references import (
    catalog_name,
    chat_channel,
    date_name,
    event_name,
    playbook_name,
    team_or_person,
)
from keepwarm.schema.suggestions import closest, quoted
from keepwarm.schema.values import (
    an,
    decimal,
    items,
    name_of_a_thing,
    phrase,
    text,
    text_of,
)
from keepwarm.schema.written_form import FORMS


def read_wait_step(
    fields: Fields, common: Common, passed: Passed, reading: Reading
) -> WaitStep | None:
    """Read `wait`, and see that what it waits for exists."""
    wait = phrase(fields, "wait", read_wait, reading.faults)
    event = wait.event if isinstance(wait, WaitUntilEvent) else None
    if "where" in fields.values and wait is not None and not _may_be_of_event(wait, reading):
        reading.faults.add(
            "misplaced-key",
            fields.values["where"],
            f'"where" narrows an event, and "{wait}" waits for none',
        )
    where = reading.where(fields.values.get("where"), event)
    if wait is None or not _can_come(wait, fields, passed, reading):
        return None
    return WaitStep(common, wait, where)


def _may_be_of_event(wait: Wait, reading: Reading) -> bool:
    """Tell whether a wait is for an event, or for one of which only the end is not said."""
    if isinstance(wait, WaitUntilDate) and wait.offset is None:
        return wait.attribute in reading.catalog.events
    return isinstance(wait, WaitUntilEvent)


def _can_come(wait: Wait, fields: Fields, passed: Passed, reading: Reading) -> bool:
    """Tell whether what is waited for has a name that stands for such a thing."""
    node = fields.values["wait"]
    match wait:
        case WaitUntilEvent(event=name):
            if name in passed and passed[name].verb == "task":
                _refuse_done(fields, name, wait, reading)
                return False
            return event_name(_named(fields, name), "wait", reading) is not None
        case WaitUntilDate(attribute=name, offset=offset):
            if offset is None and name in reading.catalog.events:
                reading.faults.add(
                    "cannot-read",
                    node,
                    f'"{wait}" needs an end: an event that never comes would hold it for ever',
                    replacement=f"{wait}, at most 3 days",
                )
                return False
            return date_name(_named(fields, name), "wait", reading) is not None
        case WaitUntilDone(task=name):
            return _is_task(name, fields, passed, reading)
        case _:
            return True


def _named(fields: Fields, name: str) -> Scalar:
    """Give a name out of the phrase as a node of its own, at the place where it stands."""
    node = fields.values["wait"]
    span = node.span
    if isinstance(node, Scalar) and span.line == span.end_line and node.text.count(name) == 1:
        column = span.column + int(node.quoted) + node.text.index(name)
        span = type(span)(span.line, column, span.line, column + len(name))
    return Scalar(name, quoted=False, span=span)


def _refuse_done(fields: Fields, name: str, wait: WaitUntilEvent, reading: Reading) -> None:
    reading.faults.add(
        "unknown-event",
        fields.values["wait"],
        f'"{name}" is a task, and a task is done or not',
        replacement=f"until {name} is done, at most {wait.at_most}",
    )


def _is_task(name: str, fields: Fields, passed: Passed, reading: Reading) -> bool:
    step = passed.get(name)
    if step is not None and step.verb == "task":
        return True
    if name in reading.broken_steps:
        return False
    node = _named(fields, name)
    tasks = [other.name for other in passed.values() if other.verb == "task"]
    if step is not None:
        message, hint = f'"{name}" is no task but {an(step.verb)}, and only tasks are done', None
    elif line := reading.all_steps.get(name):
        message = f'nobody has come through the step "{name}" (line {line}) at this point'
        hint = "wait for a task that stands before this step"
    else:
        message = f"no task above is called {quoted(name)}"
        hint = f"name it in its step:  name: {name}"
    reading.faults.add("unknown-task", node, message, hint=hint, replacement=closest(name, tasks))
    return False


def read_task(fields: Fields, common: Common, passed: Passed, reading: Reading) -> TaskStep | None:
    """Read `task`: what is to be done, by whom, by when."""
    del passed
    title = text(fields, "task", reading.faults)
    if title is not None and "{{" in title:
        reading.faults.add(
            "cannot-read",
            fields.values["task"],
            "the title of a task is the same for everybody, and is written as it stands",
            hint='what differs from customer to customer belongs into its "details"',
        )
    if fields.node.entry("for") is None and reading.faults.is_whole:
        entry = fields.node.entry("task")
        reading.faults.add(
            "missing",
            entry.key if entry else fields.node,
            'a task needs "for"',
            hint="who does it? a team of the catalog or an address; for example:  "
            "for: customer-success",
        )
    assignee = team_or_person(fields.values.get("for"), "for", reading)
    due = phrase(fields, "due", read_in, reading.faults)
    late = _if_late(fields, reading)
    details = text(fields, "details", reading.faults)
    if "if_late" in fields.values and fields.node.entry("due") is None:
        reading.faults.add(
            "missing",
            fields.values["if_late"],
            'a task without "due" is never late',
            hint="for example:  due: in 4 working hours",
        )
    if title is None or assignee is None:
        return None
    return TaskStep(common, title, assignee, due.length if due else None, late, details)


def _if_late(fields: Fields, reading: Reading) -> Late:
    notify: list[str] = []
    found: dict[str, str] = {}
    for node in items(fields, "if_late", reading.faults, one=True):
        line = read_mapping(node, FORMS["if_late"], reading.faults)
        if line is None or line.leading is None:
            continue
        value = line.values.get(line.leading)
        if line.leading == "notify":
            channel = chat_channel(value, "notify", reading)
            notify.extend([channel] if channel else [])
            continue
        if line.leading in found:
            reading.faults.add("two-things", node, f'"{line.leading}" stands twice in if_late')
        read = team_or_person if line.leading == "reassign" else playbook_name
        found[line.leading] = read(value, line.leading, reading) or ""
    return Late(tuple(notify), found.get("reassign") or None, found.get("start_playbook") or None)


def read_update(
    fields: Fields, common: Common, passed: Passed, reading: Reading
) -> UpdateStep | None:
    """Read `update`: attributes and their new values."""
    del passed
    node = fields.values.get("update")
    if node is None:
        return None
    entries = read_entries(node, FORMS["update"], reading.faults)
    values = {entry.key.text: attribute_value(entry, reading) for entry in entries}
    good = {name: value for name, value in values.items() if value is not None}
    return UpdateStep(common, good) if good else None


def read_tag(fields: Fields, common: Common, passed: Passed, reading: Reading) -> TagStep | None:
    """Read `tag` or `untag`."""
    del passed
    verb = fields.leading or "tag"
    tag = name_of_a_thing(fields.values.get(verb), verb, reading.faults)
    attribute = _tags_attribute(fields, reading)
    return None if tag is None else TagStep(common, tag, verb == "untag", attribute)


def _tags_attribute(fields: Fields, reading: Reading) -> str:
    said = text(fields, "in", reading.faults)
    if said is None or said in reading.known.broken:
        return said or "tags"
    if reading.catalog.kind_of(said) is not FactKind.TAGS and reading.known.catalog_is_whole:
        names = [a.name for a in reading.catalog.attributes.values() if a.kind is FactKind.TAGS]
        reading.faults.add(
            "unknown-name",
            fields.values["in"],
            f"no attribute that is called {quoted(said)} holds tags",
            hint=f"there are: {', '.join(sorted(names))}",
            replacement=closest(said, names),
        )
    return said


def read_offer(
    fields: Fields, common: Common, passed: Passed, reading: Reading
) -> OfferStep | None:
    """Read `offer`."""
    del passed
    offer = catalog_name(fields.values.get("offer"), "offer", reading.catalog.offers, reading)
    expires = read_expires(fields, reading)
    return None if offer is None else OfferStep(common, offer, expires)


def read_points(
    fields: Fields, common: Common, passed: Passed, reading: Reading
) -> PointsStep | None:
    """Read `points`."""
    del passed
    points = decimal(fields, "points", reading.faults)
    if points is None:
        return None
    if points == 0 or points != points.to_integral_value():
        reading.faults.add(
            "cannot-read",
            fields.values["points"],
            "points are whole, and not none",
            hint='for example "100", or "-50" to take them away',
        )
        return None
    return PointsStep(common, Decimal(int(points)))


def read_start_playbook(
    fields: Fields, common: Common, passed: Passed, reading: Reading
) -> StartPlaybookStep | None:
    """Read `start_playbook`."""
    del passed
    name = playbook_name(fields.values.get("start_playbook"), "start_playbook", reading)
    return None if name is None else StartPlaybookStep(common, name)


def read_stop(fields: Fields, common: Common, passed: Passed, reading: Reading) -> StopStep | None:
    """Read `stop`, whose text is the reason."""
    del passed
    reason = text_of(fields.values.get("stop"), "stop", reading.faults)
    return None if reason is None else StopStep(common, reason)

"""Names that must stand for something: events, templates, teams, topics, playbooks."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from keepwarm.schema.conditions import FactKind
from keepwarm.schema.nodes import Node
from keepwarm.schema.playbook_reading.reading import Reading
from keepwarm.schema.suggestions import closest, quoted
from keepwarm.schema.values import an, refuse_unknown, text_of

#: Enough to tell an address from a team's name; whether it takes mail is not known here.
ADDRESS = re.compile(r"[^@\s\"'<>]+@[^@\s\"'<>]+\.[^@\s\"'<>.]{2,}")
CHAT_CHANNEL = re.compile(r"[#@][^\s#@\"']{1,80}")


def event_name(node: Node | None, key: str, reading: Reading) -> str | None:
    """Give the name of an event of the catalog."""
    said = text_of(node, key, reading.faults)
    if not said or node is None or said in reading.catalog.events or said in reading.known.broken:
        return said or None
    if not reading.known.catalog_is_whole:
        return None
    kind = reading.catalog.kind_of(said)
    if kind is not None:
        reading.faults.add("unknown-event", node, f"{quoted(said)} is no event: it is {_a(kind)}")
        return None
    refuse_unknown(
        node,
        "event",
        said,
        reading.catalog.events,
        reading.faults,
        rule="unknown-event",
        hint=_declare("events", said, "{}", reading.catalog.events),
    )
    return None


def property_name(node: Node | None, key: str, event: str | None, reading: Reading) -> str | None:
    """Give the name of a property of this event."""
    said = text_of(node, key, reading.faults)
    found = reading.event(event)
    if not said or node is None or found is None or said in found.properties:
        return said or None
    names = sorted(found.properties)
    hint = (
        f"it has: {', '.join(names)}"
        if names
        else (f"the catalog gives it none; declare them:  {event}: {{with: {{{said}: text}}}}")
    )
    reading.faults.add(
        "unknown-property",
        node,
        f'the event "{event}" has no property {quoted(said)}',
        hint=hint,
        replacement=closest(said, names),
    )
    return None


def date_name(node: Node | None, key: str, reading: Reading) -> str | None:
    """Give the name of an attribute that is a date or a moment."""
    said = text_of(node, key, reading.faults)
    if not said or node is None or said in reading.known.broken:
        return said or None
    kind = reading.catalog.kind_of(said)
    if kind in {FactKind.DATE, FactKind.MOMENT}:
        return said
    dates = [a.name for a in reading.catalog.attributes.values()
             if a.kind in {FactKind.DATE, FactKind.MOMENT}]  # fmt: skip
    if kind is not None:
        some = f"dates of the catalog: {', '.join(sorted(dates))}" if dates else None
        reading.faults.add(
            "unknown-date", node, f"{quoted(said)} is no date: it is {_a(kind)}", hint=some
        )
    elif reading.known.catalog_is_whole:
        refuse_unknown(node, "date", said, dates, reading.faults, rule="unknown-date")
    return None


def catalog_name(
    node: Node | None, key: str, names: Mapping[str, object], reading: Reading
) -> str | None:
    """Give the name of a topic, offer or survey of the catalog; `key` is also what it is."""
    said = text_of(node, key, reading.faults)
    if not said or node is None or said in names:
        return said or None
    if reading.known.catalog_is_whole:
        hint = _declare(f"{key}s", said, "{…}", names)
        refuse_unknown(node, key, said, names, reading.faults, rule=f"no-{key}", hint=hint)
    return None


def team_or_person(node: Node | None, key: str, reading: Reading) -> str | None:
    """Give a team of the catalog, or the e-mail address of a person."""
    said = text_of(node, key, reading.faults)
    if not said or node is None or said in reading.catalog.teams or ADDRESS.fullmatch(said):
        return said or None
    if reading.known.catalog_is_whole:
        teams = reading.catalog.teams
        near = closest(said, teams)
        some = f"teams: {', '.join(sorted(teams))}; or" if teams else "write"
        reading.faults.add(
            "no-team",
            node,
            f"{quoted(said)} is neither a team nor an e-mail address",
            hint=f"{some} an address such as ann@acme.example",
            replacement=near,
        )
    return None


def chat_channel(node: Node | None, key: str, reading: Reading) -> str | None:
    """Give a chat channel, or that of a team."""
    said = text_of(node, key, reading.faults)
    if not said or node is None or CHAT_CHANNEL.fullmatch(said):
        return said or None
    team = reading.catalog.teams.get(said)
    if team is not None and team.notify:
        return team.notify
    if team is not None:
        reading.faults.add(
            "no-channel",
            node,
            f'the team "{said}" has no chat channel',
            hint=f'give it one in the catalog:  {said}: {{notify: "#{said}"}}',
        )
        return None
    plain = re.sub(r"[\s#@\"']+", "-", said).strip("-")
    near = closest(said, reading.catalog.teams)
    reading.faults.add(
        "no-channel",
        node,
        f"{quoted(said)} is not a chat channel",
        hint="write it with its sign and in quotes, or name a team",
        replacement=near or f'"#{plain}"',
    )
    return None


def template(node: Node | None, key: str, reading: Reading, *, is_email: bool) -> str | None:
    """Give the name of a template that exists in the form that the channel needs."""
    said = text_of(node, key, reading.faults)
    names = reading.known.email_templates if is_email else reading.known.text_templates
    if not said or node is None or said in names:
        return said or None
    _refuse_template(node, said, names, reading, is_email=is_email)
    return None


def _refuse_template(
    node: Node, said: str, names: Collection[str], reading: Reading, *, is_email: bool
) -> None:
    form, other_form = ("mjml", "txt") if is_email else ("txt", "mjml")
    others = reading.known.text_templates if is_email else reading.known.email_templates
    plain = re.sub(r"^(?:playbooks/)?(?:templates/)?|\.(?:mjml|txt|html)$", "", said)
    if plain != said and plain in names:
        reading.faults.add(
            "no-template",
            node,
            f"a template is named without folder and ending: {quoted(said)}",
            replacement=plain,
        )
        return
    hint = f"expected templates/{said}.{form}"
    if re.search(r"[\s{}]", said):
        hint = f"words stand in a file, templates/<name>.{form}; here stands its name"
    if said in others:
        hint += f"; there is only templates/{said}.{other_form}"
    reading.faults.add(
        "no-template",
        node,
        f"there is no template {quoted(said)}",
        hint=hint,
        replacement=None if said in others else closest(said, names),
    )


def playbook_name(node: Node | None, key: str, reading: Reading) -> str | None:
    """Give the name of another playbook."""
    said = text_of(node, key, reading.faults)
    if not said or node is None:
        return None
    if said == reading.name:
        reading.faults.add(
            "no-playbook",
            node,
            "a playbook cannot start itself",
            hint='to let customers enter again, write "again_after" in its start',
        )
        return None
    if said in reading.known.playbooks or not reading.known.has_all_playbooks:
        return said
    refuse_unknown(
        node,
        "playbook",
        said,
        reading.known.playbooks - {reading.name},
        reading.faults,
        rule="no-playbook",
        hint=f"expected {said}.yaml",
    )
    return None


def _declare(section: str, name: str, what: str, names: Collection[str]) -> str | None:
    """Say how the catalog would declare a name, where none is near it."""
    if closest(name, names):
        return None
    return f"the catalog declares it like this:  {section}: {{{name}: {what}}}"


def _a(kind: FactKind) -> str:
    return str(kind) if kind in {FactKind.TRUTH, FactKind.TAGS} else an(kind)

"""Those whom a catalog names: teams with their calendars, and the topics and outcomes they use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, time

from keepwarm.schema.catalog import Team, Topic
from keepwarm.schema.catalog_reading.declared import Declared, Sections, refuse_unknown_name
from keepwarm.schema.condition_reading.date_phrases import parse_day
from keepwarm.schema.faults import Faults
from keepwarm.schema.hours import WORKDAYS, Window, Works, read_works
from keepwarm.schema.locales import read_country, read_language, read_zone
from keepwarm.schema.mapping_reading import Fields, read_mapping
from keepwarm.schema.nodes import Scalar, Sequence
from keepwarm.schema.playbook_reading.references import ADDRESS, CHAT_CHANNEL
from keepwarm.schema.reading import Read, Refusal, tidied
from keepwarm.schema.suggestions import quoted
from keepwarm.schema.values import (
    NAME_OF_A_THING,
    chosen,
    items,
    one_of,
    phrase,
    phrase_of,
    refuse,
    text,
    texts,
)
from keepwarm.schema.words import Channel, TaskTool
from keepwarm.schema.written_form import FORMS

#: When a team works that does not say when.
OFFICE_HOURS = Works(WORKDAYS, Window(time(9), time(17)))
#: What may be asked of every task already.
_RESULTS_OF_ALL_TASKS = frozenset({"done", "late", "open"})


@dataclass(frozen=True, slots=True)
class Calendar:
    """Hours, zone and holidays; None where they are not said."""

    works: Works | None
    timezone: str | None
    holidays: frozenset[date]


def read_catalog_zone(sections: Sections) -> str:
    """Give the zone of the catalog; UTC where none is said."""
    return _said_once(sections, "timezone", read_zone) or "UTC"


def read_catalog_language(sections: Sections) -> str:
    """Give the language of the catalog; English where none is said."""
    return _said_once(sections, "language", read_language) or "en"


def read_catalog_country(sections: Sections) -> str | None:
    """Give the country of telephone numbers that name none; None where none is said."""
    return _said_once(sections, "country", read_country)


def read_double_opt_in(sections: Sections) -> frozenset[Channel]:
    """Give the channels by which consent is confirmed; none where none is said."""
    declared, key = sections.once.get("double_opt_in"), FORMS["catalog"].key("double_opt_in")
    if declared is None or key is None:
        return frozenset()
    node = declared.entry.value
    nodes = node.items if isinstance(node, Sequence) else (node,)
    found = (one_of(key, each, declared.faults) for each in nodes)
    return frozenset(Channel(said) for said in found if said is not None)


def _said_once(
    sections: Sections, name: str, read: Callable[[str], Read[str] | Refusal]
) -> str | None:
    declared = sections.once.get(name)
    key = FORMS["catalog"].key(name)
    if declared is None or key is None:
        return None
    return phrase_of(declared.entry.value, key, read, declared.faults)


def read_topics(sections: Sections) -> dict[str, Topic]:
    """Read the topics; one with a fault is given as far as it can be."""
    topics = {}
    for declared in sections.of("topics").values():
        fields = read_mapping(declared.entry.value, FORMS["topic"], declared.faults)
        title = needs = means = None
        if fields is not None:
            title = text(fields, "title", declared.faults)
            needs = chosen(fields, "needs", declared.faults)
            means = text(fields, "means", declared.faults)
        topics[declared.name] = Topic(
            declared.name,
            title or declared.name,
            declared.place,
            needs_consent=needs != "no objection",
            needs_confirmation=needs == "double opt-in",
            means=means or "",
        )
    return topics


def read_teams(sections: Sections, zone: str) -> dict[str, Team]:
    """Read the teams, with the calendars that they share; `zone` is the catalog's own."""
    calendars = {
        declared.name: _read_calendar_of(declared) for declared in sections.of("calendars").values()
    }
    return {
        declared.name: _read_team(declared, calendars, zone)
        for declared in sections.of("teams").values()
    }


def read_outcomes(sections: Sections) -> dict[str, tuple[str, ...]]:
    """Read how tasks may end."""
    outcomes: dict[str, tuple[str, ...]] = {}
    for declared in sections.of("outcomes").values():
        node, faults = declared.entry.value, declared.faults
        if not isinstance(node, Sequence) or not node.items:
            faults.add(
                "wrong-type",
                declared.entry.key,
                f'the outcomes of "{declared.name}" should be a list',
                hint=f"for example:  {declared.name}: [saved, lost, no_answer]",
            )
            outcomes[declared.name] = ()
            continue
        words = [(place, word) for place, word in texts(node.items, declared.name, faults)
                 if _is_outcome(place, word, faults)]  # fmt: skip
        outcomes[declared.name] = tuple(dict.fromkeys(word for _, word in words))
    return outcomes


def _is_outcome(node: Scalar, word: str, faults: Faults) -> bool:
    if word in _RESULTS_OF_ALL_TASKS:
        faults.add(
            "name",
            node,
            f'"{word}" can be asked of every task already',
            hint="leave it out, or choose another word",
        )
        return False
    if not NAME_OF_A_THING.fullmatch(word) or word.lower() in {"not", "known", "unknown"}:
        faults.add(
            "name",
            node,
            f"{quoted(word)} cannot be the name of an outcome",
            hint="a name has letters, digits, hyphens and underscores",
            replacement=word.replace(" ", "_") if " " in word else None,
        )
        return False
    return True


def _read_team(declared: Declared, calendars: Mapping[str, Calendar], zone: str) -> Team:
    faults = declared.faults
    fields = read_mapping(declared.entry.value, FORMS["team"], faults)
    if fields is None:
        return Team(declared.name, (), OFFICE_HOURS, zone, declared.place)
    calendar = _calendar(fields, calendars, faults)
    return Team(
        declared.name,
        _members(fields, faults),
        calendar.works or OFFICE_HOURS,
        calendar.timezone or zone,
        declared.place,
        calendar.holidays,
        notify := _notify(fields, faults),
        _tasks_in(fields, notify, faults),
    )


def _calendar(fields: Fields, calendars: Mapping[str, Calendar], faults: Faults) -> Calendar:
    """Give the team's own hours, or those of the calendar that it names."""
    own = _read_calendar(fields, faults)
    said = text(fields, "calendar", faults)
    if said is None:
        return own
    for name in ("works", "timezone", "holidays"):
        if name in fields.values:
            faults.add(
                "two-things",
                fields.values[name],
                f'the calendar "{said}" says "{name}" already',
                hint="keep one of them",
            )
    if said in calendars:
        return calendars[said]
    refuse_unknown_name(fields.values["calendar"], "calendar", said, sorted(calendars), faults)
    return own


def _read_calendar_of(declared: Declared) -> Calendar:
    fields = read_mapping(declared.entry.value, FORMS["calendar"], declared.faults)
    if fields is None:
        return Calendar(None, None, frozenset())
    return _read_calendar(fields, declared.faults)


def _read_calendar(fields: Fields, faults: Faults) -> Calendar:
    works = phrase(fields, "works", read_works, faults)
    zone = phrase(fields, "timezone", read_zone, faults)
    holidays = set()
    for node, said in texts(items(fields, "holidays", faults), "holidays", faults):
        day = parse_day(tidied(said))
        if day is None:
            day = Refusal(f"{quoted(said)} is no date", "for example 2026-12-25")
        if isinstance(day, Refusal):
            refuse(node, day, faults)
        else:
            holidays.add(day)
    return Calendar(works, zone, frozenset(holidays))


def _members(fields: Fields, faults: Faults) -> tuple[str, ...]:
    members = []
    nodes = items(fields, "members", faults, one=True)
    for node, said in texts(nodes, "members", faults):
        if ADDRESS.fullmatch(said):
            members.append(said)
        else:
            faults.add(
                "cannot-read",
                node,
                f"{quoted(said)} is no e-mail address",
                hint="for example ann@acme.example",
            )
    if "members" in fields.values and not nodes:
        faults.add("empty", fields.values["members"], "a team needs at least one member")
    return tuple(members)


def _tasks_in(fields: Fields, notify: str | None, faults: Faults) -> TaskTool | None:
    said = chosen(fields, "tasks_in", faults)
    if said is None:
        return None
    if said == TaskTool.SLACK and notify is None:
        faults.add(
            "no-channel",
            fields.values["tasks_in"],
            "Slack shows tasks in the team's channel, and the team has none",
            hint='name it: notify: "#billing"',
        )
    return TaskTool(said)


def _notify(fields: Fields, faults: Faults) -> str | None:
    said = text(fields, "notify", faults)
    if said is None or CHAT_CHANNEL.fullmatch(said):
        return said
    faults.add(
        "no-channel",
        fields.values["notify"],
        f"{quoted(said)} is not a chat channel",
        hint="write it with its sign and in quotes",
        replacement='"#' + said.strip().replace(" ", "-") + '"',
    )
    return None

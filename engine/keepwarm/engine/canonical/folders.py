"""What a folder says besides its playbooks: the catalog and the policies, whoever uses them.

A playbook's own form holds what it uses of these. The rest binds nobody yet, and is told by itself:
a promise, where alarms go, what arrives and by which name, an offer that nobody makes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from keepwarm.engine.canonical.lines import Aspect, Canonical, Line, digest_of
from keepwarm.engine.canonical.places import TOP, Places
from keepwarm.engine.canonical.shared import catalog_sections, policy_lines
from keepwarm.engine.canonical.uses import Uses
from keepwarm.schema.catalog import Attribute, Catalog, EventType, Place, Topic
from keepwarm.schema.playbook import Policies
from keepwarm.schema.promises import NOTHING_PROMISED
from keepwarm.schema.sources import Told
from keepwarm.schema.words import Channel
from keepwarm.schema.workspace import Workspace

_POLICIES: Final = "policies.yaml"

#: What coming and going of an entry changes, by the word before its name.
_OF_ENTRY: Final[Mapping[str, Aspect]] = {
    "topic": Aspect.PERMISSION,
    "offer": Aspect.MONEY,
    "survey": Aspect.WORDS,
    "team": Aspect.PATH,
    "outcomes": Aspect.PATH,
    "webhook": Aspect.PERMISSION,
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing of a catalog, or the policies."""

    aspect: Aspect
    place: Place | None
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Bound:
    """What playbooks have in their own forms, so that it is told of them."""

    #: `segment big-accounts`, `offer ten-off`.
    sections: frozenset[str]
    #: Settings of the policies: `at_most`.
    policies: frozenset[str]


def bound_by(canonicals: Collection[Canonical]) -> Bound:
    """Give what these playbooks have in their own forms."""
    return Bound(
        frozenset(section for each in canonicals for section in each),
        frozenset(line.key for each in canonicals for line in each.get("policies", ())),
    )


_NOTHING: Final = Bound(frozenset(), frozenset())


def folder_form(workspace: Workspace, bound: Bound = _NOTHING) -> dict[str, Entry]:
    """Give the catalog and the policies of a folder, but for what playbooks have themselves."""
    catalog, places = workspace.catalog, Places(workspace.sources)
    form: dict[str, Entry] = {}
    for section, lines in catalog_sections(_everything(catalog), catalog):
        place = next((line.place for line in lines), None)
        aspect = _OF_ENTRY.get(section.partition(" ")[0], Aspect.AUDIENCE)
        form[section] = Entry(aspect, place, () if section in bound.sections else lines)
    for section, place, lines in _said_besides(catalog):
        known = form.get(section, Entry(Aspect.AUDIENCE, place, ()))
        form[section] = Entry(known.aspect, place, (*known.lines, *lines))
    policies = tuple(_policies(workspace.policies, places, bound))
    form["policies"] = Entry(Aspect.PERMISSION, Place(_POLICIES, TOP), policies)
    return form


def folder_digest(workspace: Workspace) -> str:
    """Give the hash of all that the catalog and the policies mean."""
    form = folder_form(workspace)
    return digest_of({section: entry.lines for section, entry in form.items()})


def _everything(catalog: Catalog) -> Uses:
    return Uses(
        facts=set(catalog.fact_names()),
        topics=set(catalog.topics),
        offers=set(catalog.offers),
        surveys=set(catalog.surveys),
        teams=set(catalog.teams),
        tasks=set(catalog.outcomes),
        endpoints=set(catalog.endpoints),
        channels=set(Channel),
    )


# ── What no playbook's form holds of the catalog ─────────────────────────────────────────────


def _said_besides(catalog: Catalog) -> Iterator[tuple[str, Place | None, tuple[Line, ...]]]:
    if catalog.country:
        yield "catalog", None, (Line(f"country: {catalog.country}", 0, Aspect.AUDIENCE, None),)
    for name, attribute in sorted(catalog.attributes.items()):
        yield _section("attribute", name, attribute.place, _attribute(attribute))
    for name, event in sorted(catalog.events.items()):
        yield _section("event", name, event.place, _event(event))
    for name, topic in sorted(catalog.topics.items()):
        yield _section("topic", name, topic.place, _topic(topic))
    for name, metric in sorted(catalog.metrics.items()):
        yield _section("metric", name, metric.place, _meant(metric.means, metric.unit))
    for name, score in sorted(catalog.scores.items()):
        yield _section("score", name, score.place, _meant(score.means, score.unit))


def _section(
    what: str, name: str, place: Place | None, said: Iterator[tuple[str, Aspect]]
) -> tuple[str, Place | None, tuple[Line, ...]]:
    return f"{what} {name}", place, tuple(Line(says, 0, aspect, place) for says, aspect in said)


def _attribute(attribute: Attribute) -> Iterator[tuple[str, Aspect]]:
    if attribute.choices:
        yield f"one of: {', '.join(sorted(attribute.choices))}", Aspect.AUDIENCE
    if attribute.personal:
        yield "personal: yes", Aspect.PERMISSION
    yield from _told(attribute.told_by)
    for theirs, ours in sorted(attribute.read_as):
        yield f"read_as: {theirs} is {ours}", Aspect.AUDIENCE
    if attribute.source:
        yield f"source: {attribute.source}", Aspect.DESCRIPTION
    yield from _meant(attribute.means, attribute.unit)


def _event(event: EventType) -> Iterator[tuple[str, Aspect]]:
    for name, each in sorted(event.properties.items()):
        kind = f"one of {', '.join(sorted(each.choices))}" if each.choices else each.kind.value
        yield f"{name}: {kind}", Aspect.AUDIENCE
    yield from _told(event.told_by)
    for ours, theirs in sorted(event.called):
        yield f"called: {ours} is {theirs} there", Aspect.AUDIENCE
    yield from _meant(event.means)


def _told(told: tuple[Told, ...]) -> Iterator[tuple[str, Aspect]]:
    if told:
        yield f"from: {', '.join(sorted(map(str, told)))}", Aspect.AUDIENCE


def _topic(topic: Topic) -> Iterator[tuple[str, Aspect]]:
    # Customers read it where they choose what they hear of.
    yield f"title: {topic.title}", Aspect.WORDS
    if topic.means:
        yield f"means: {topic.means}", Aspect.WORDS


def _meant(means: str, unit: str = "") -> Iterator[tuple[str, Aspect]]:
    if unit:
        yield f"unit: {unit}", Aspect.DESCRIPTION
    if means:
        yield f"means: {means}", Aspect.DESCRIPTION


# ── What no playbook's form holds of the policies ────────────────────────────────────────────


def _policies(policies: Policies, places: Places, bound: Bound) -> Iterator[Line]:
    for line in policy_lines(Uses(channels=set(Channel)), policies, places):
        if line.key not in bound.policies:
            yield line
    promised = policies.promised
    for promise in sorted(str(each) for each, _ in promised.limits):
        yield _policy("promises", promise, Aspect.PERMISSION, places)
    if promised.legal_hours is not None:
        yield _policy("legal_hours", promised.legal_hours, Aspect.PERMISSION, places)
    if promised.parts_of_a_text != NOTHING_PROMISED.parts_of_a_text:
        most = f"at most {promised.parts_of_a_text} parts"
        yield _policy("texts", most, Aspect.PERMISSION, places)
    if policies.alarms_to:
        yield _policy("alarms_to", policies.alarms_to, Aspect.DESCRIPTION, places)
    approvers = policies.approvers
    named = {
        "money": approvers.money,
        "permission": approvers.permission,
        "channel": approvers.channel,
    }
    for key, names in named.items():
        if names:
            says = f"{key}: {', '.join(sorted(names))}"
            yield _policy("approvers", says, Aspect.PERMISSION, places, key)
    for kept, length in sorted(policies.keep.said):
        yield _policy("keep", f"{kept}: {length}", Aspect.PERMISSION, places, kept.value)
    for channel, amount, currency in policies.thousand_messages_cost:
        says = f"{channel}: {amount.normalize():f} {currency}"
        yield _policy("thousand_messages_cost", says, Aspect.MONEY, places, channel.value)


def _policy(key: str, says: object, aspect: Aspect, places: Places, *below: str) -> Line:
    return Line(f"{key}: {says}", 0, aspect, places.setting(_POLICIES, key, *below))

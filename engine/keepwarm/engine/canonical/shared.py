"""What a playbook uses of the catalog and the policies, in canonical lines.

Only what it names: a segment that it does not ask about may change without changing it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from keepwarm.engine.canonical.conditions import condition_branches, tests_named
from keepwarm.engine.canonical.lines import Aspect, Line, flattened
from keepwarm.engine.canonical.places import Places
from keepwarm.engine.canonical.uses import Uses
from keepwarm.schema.catalog import Attribute, Catalog, Offer, Place, Team
from keepwarm.schema.conditions import FactKind
from keepwarm.schema.playbook import Policies
from keepwarm.schema.words import Channel

_POLICIES = "policies.yaml"


def catalog_sections(uses: Uses, catalog: Catalog) -> Iterator[tuple[str, tuple[Line, ...]]]:
    """Give a section for each thing of the catalog that a playbook uses."""
    yield from _facts(uses, catalog)
    for name in sorted(uses.topics & catalog.topics.keys()):
        topic = catalog.topics[name]
        needs = "consent" if topic.needs_consent else "no objection"
        needs = "double opt-in" if topic.needs_confirmation else needs
        yield _section("topic", name, topic.place, [(f"needs: {needs}", Aspect.PERMISSION)])
    for name in sorted(uses.offers & catalog.offers.keys()):
        offer = catalog.offers[name]
        yield _section("offer", name, offer.place, _offer(offer))
    for name in sorted(uses.surveys & catalog.surveys.keys()):
        survey = catalog.surveys[name]
        said = [
            (f"question: {survey.question}", Aspect.WORDS),
            (f"scale: {survey.low} to {survey.high}", Aspect.WORDS),
        ]
        yield _section("survey", name, survey.place, said)
    for name in sorted(uses.teams & catalog.teams.keys()):
        team = catalog.teams[name]
        yield _section("team", name, team.place, _team(team))
    for name in sorted(uses.tasks & catalog.outcomes.keys()):
        outcomes = ", ".join(sorted(catalog.outcomes[name]))
        yield _section("outcomes", name, None, [(f"one of {outcomes}", Aspect.PATH)])
    for name in sorted(uses.endpoints & catalog.endpoints.keys()):
        endpoint = catalog.endpoints[name]
        said = [(f"url: {endpoint.url}", Aspect.PERMISSION)]
        yield _section("webhook", name, endpoint.place, said)
    own = [
        (f"timezone: {catalog.timezone}", Aspect.TIMING),
        (f"language: {catalog.language}", Aspect.WORDS),
    ]
    if confirmed := sorted(catalog.double_opt_in & uses.channels):
        own.append((f"double_opt_in: {', '.join(confirmed)}", Aspect.PERMISSION))
    yield _section("catalog", "", None, own)


def policy_lines(uses: Uses, policies: Policies, places: Places) -> tuple[Line, ...]:
    """Give the policies that bind a playbook."""
    said: list[tuple[str, str, Aspect]] = []
    if policies.quiet_hours and not uses.has_quiet_hours:
        said.append(("quiet_hours", str(policies.quiet_hours), Aspect.TIMING))
    said += [("at_most", cap, Aspect.PERMISSION) for cap in sorted(map(str, policies.caps))]
    if policies.sender and Channel.EMAIL in uses.channels:
        said.append(("sender", policies.sender, Aspect.WORDS))
    if policies.postal_address and Channel.EMAIL in uses.channels:
        said.append(("postal_address", policies.postal_address, Aspect.WORDS))
    return tuple(
        Line(f"{key}: {value}", 0, aspect, places.setting(_POLICIES, key))
        for key, value, aspect in said
    )


def _section(
    what: str, name: str, place: Place | None, said: Iterable[tuple[str, Aspect]]
) -> tuple[str, tuple[Line, ...]]:
    return f"{what} {name}".strip(), tuple(Line(says, 0, aspect, place) for says, aspect in said)


# ── Facts ────────────────────────────────────────────────────────────────────────────────────


def _facts(uses: Uses, catalog: Catalog) -> Iterator[tuple[str, tuple[Line, ...]]]:
    segments = _with_inner(uses.facts & catalog.segments.keys(), catalog)
    for name in sorted(segments):
        segment = catalog.segments[name]
        file = segment.place.file if segment.place else ""
        below = condition_branches(segment.condition, Aspect.AUDIENCE, file)
        yield f"segment {name}", flattened(below)
    inner = {t.fact for name in segments for t in tests_named(catalog.segments[name].condition)}
    facts = uses.facts | inner
    for name in sorted(facts & catalog.metrics.keys()):
        metric = catalog.metrics[name]
        summed = f"sum: {metric.event}.{metric.property}"
        said = summed if metric.property else f"count: {metric.event}"
        yield _section("metric", name, metric.place, [(said, Aspect.AUDIENCE)])
    for name in sorted(facts & catalog.scores.keys()):
        score = catalog.scores[name]
        amount = f", amount: {score.amount}" if score.amount else ""
        said = f"from: {score.event}{amount}"
        yield _section("score", name, score.place, [(said, Aspect.AUDIENCE)])
    for name in sorted(facts & catalog.attributes.keys()):
        attribute = catalog.attributes[name]
        said = f"is: {_type(attribute)}"
        yield _section("attribute", name, attribute.place, [(said, Aspect.AUDIENCE)])


def _with_inner(names: Iterable[str], catalog: Catalog) -> frozenset[str]:
    """Give the segments with those that they name."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            tests = tests_named(catalog.segments[name].condition)
            waiting += [test.fact for test in tests if test.kind is FactKind.SEGMENT]
    return frozenset(found)


def _type(attribute: Attribute) -> str:
    # A choice more or less changes nothing by itself: what is asked stands in the conditions.
    return "text" if attribute.kind is FactKind.CHOICE else attribute.kind.value


# ── Offers and teams ─────────────────────────────────────────────────────────────────────────


def _offer(offer: Offer) -> Iterator[tuple[str, Aspect]]:
    if offer.percent is not None:
        yield f"percent: {_plain(offer.percent)}", Aspect.MONEY
    if offer.amount is not None:
        yield f"amount: {_plain(offer.amount)} {offer.currency}", Aspect.MONEY
    if offer.lasts is not None:
        yield f"lasts: {offer.lasts}", Aspect.MONEY
    if offer.costs is not None:
        yield f"costs: {_plain(offer.costs)} {offer.cost_currency}", Aspect.MONEY
    if offer.code:
        yield f"code: {offer.code}", Aspect.MONEY
    if offer.means:
        yield f"means: {offer.means}", Aspect.WORDS


def _team(team: Team) -> Iterator[tuple[str, Aspect]]:
    yield f"members: {', '.join(sorted(team.members))}", Aspect.PATH
    yield f"works: {team.works}", Aspect.TIMING
    yield f"timezone: {team.timezone}", Aspect.TIMING
    if team.holidays:
        yield f"holidays: {', '.join(sorted(map(str, team.holidays)))}", Aspect.TIMING
    if team.notify:
        yield f"notify: {team.notify}", Aspect.PATH
    if team.tasks_in:
        yield f"tasks_in: {team.tasks_in}", Aspect.PATH


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"

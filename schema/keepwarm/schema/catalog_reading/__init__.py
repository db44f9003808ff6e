"""From the files of `catalog/` to one catalog, with every fault on the way.

`declared` merges the sections of all files, `facts` reads what conditions may ask about, `people`
teams and topics, `gifts` offers and surveys, `segments` conditions with a name.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from keepwarm.schema.catalog import Catalog
from keepwarm.schema.catalog_reading.declared import gathered
from keepwarm.schema.catalog_reading.facts import SCORES, read_facts
from keepwarm.schema.catalog_reading.gifts import read_endpoints, read_offers, read_surveys
from keepwarm.schema.catalog_reading.people import (
    read_catalog_country,
    read_catalog_language,
    read_catalog_zone,
    read_double_opt_in,
    read_outcomes,
    read_teams,
    read_topics,
)
from keepwarm.schema.catalog_reading.segments import with_segments
from keepwarm.schema.faults import Faults
from keepwarm.schema.nodes import Node

__all__ = ["SCORES", "CatalogRead", "read_catalog"]


@dataclass(frozen=True, slots=True)
class CatalogRead:
    """A catalog as far as it could be read."""

    catalog: Catalog
    #: Facts declared with a fault: they are not in the catalog, and nothing is said of their use.
    broken: frozenset[str]
    #: False where something could not be read, so that a name which is not there proves nothing.
    is_whole: bool


def read_catalog(files: Iterable[tuple[Node | None, Faults]]) -> CatalogRead:
    """Read the files of a catalog, merged, in the order given; faults go to those of each file."""
    sections = gathered(files)
    facts = read_facts(sections)
    zone = read_catalog_zone(sections)
    broken = frozenset(facts.broken)
    catalog = Catalog(
        attributes=facts.attributes,
        events=facts.events,
        metrics=facts.metrics,
        scores=facts.scores,
        topics=read_topics(sections),
        teams=read_teams(sections, zone),
        offers=read_offers(sections),
        outcomes=read_outcomes(sections),
        surveys=read_surveys(sections),
        endpoints=read_endpoints(sections),
        timezone=zone,
        language=read_catalog_language(sections),
        country=read_catalog_country(sections),
        double_opt_in=read_double_opt_in(sections),
    )
    whole, circular = with_segments(catalog, sections, broken)
    return CatalogRead(whole, broken | circular, sections.is_whole)

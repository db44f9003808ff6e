"""Into which arms of experiments the customer of a story is drawn."""

from __future__ import annotations

from keepwarm.schema.mapping_reading import read_entries
from keepwarm.schema.nodes import Entry, Node
from keepwarm.schema.playbook_reading.reading import Reading
from keepwarm.schema.story_reading.deeds import Deeds
from keepwarm.schema.suggestions import closest, listed, quoted
from keepwarm.schema.values import text_of
from keepwarm.schema.written_form import FORMS


def read_drawn(node: Node | None, deeds: Deeds | None, reading: Reading) -> dict[str, str]:
    """Read `{offer-size: small}`; `deeds` is None where the playbook itself is at fault."""
    if node is None:
        return {}
    drawn: dict[str, str] = {}
    for entry in read_entries(node, FORMS["drawn"], reading.faults):
        arm = text_of(entry.value, entry.key.text, reading.faults)
        if arm is not None and (deeds is None or _is_there(entry, arm, deeds, reading)):
            drawn[entry.key.text] = arm
    return drawn


def _is_there(entry: Entry, arm: str, deeds: Deeds, reading: Reading) -> bool:
    experiment = entry.key.text
    if experiment not in deeds.arms:
        deeds.refuse("split", experiment, entry.key, reading.faults)
        return False
    arms = deeds.arms[experiment]
    if arm not in arms:
        reading.faults.add(
            "never-happens",
            entry.value,
            f"the experiment {quoted(experiment)} has no arm {quoted(arm)}",
            hint=f"its arms are called {listed(arms, 'and')}"
            if arms
            else "give its arms names:  - share: 50%  and below it  name: small",
            replacement=closest(arm, arms),
        )
        return False
    return True

"""Replay: recorded history lived through again, by the same decisions and the same gates.

Pure and in memory, one customer at a time, all playbooks together. A story is a made-up history.
"""

from collections.abc import Sequence
from datetime import datetime

from keepwarm.engine.plan import Plan
from keepwarm.engine.replay.history import History
from keepwarm.engine.replay.lineup import Lineup, line_up
from keepwarm.engine.replay.lived import Lived
from keepwarm.engine.replay.living import live
from keepwarm.schema.catalog import Catalog

__all__ = ["History", "Lineup", "Lived", "line_up", "live", "replay"]


def replay(
    plans: Sequence[Plan], catalog: Catalog, history: History, since: datetime, until: datetime
) -> Lived:
    """Replay one customer's history with these playbooks; for many, `line_up` once and `live`."""
    return live(line_up(plans, catalog, since, until), history)

"""Recording: a customer's history made a story, in which nothing tells whose it was.

The story says what the playbook looked at and no more; moments are told from the day it began,
personal values and identifiers are replaced. What comes of it when it is played is expected.
"""

from keepwarm.engine.recording.past import Past
from keepwarm.engine.recording.telling import record

__all__ = ["Past", "record"]

"""From nodes to stories, with every fault on the way.

`files` reads a whole test file, `lines` what happens in a story, `expectations` what should come of
it, `customers` the values of those to whom it happens, `times` the phrases.
"""

from keepwarm.schema.story_reading.files import read_stories
from keepwarm.schema.story_reading.times import read_starts_on, read_story_time

__all__ = ["read_starts_on", "read_stories", "read_story_time"]

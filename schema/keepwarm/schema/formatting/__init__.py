"""`keepwarm fmt`: one spelling, one indentation, no quotes that are not needed.

What a file means stays the same, and so do its comments and the order of its lines.
"""

from keepwarm.schema.formatting.files import Formatted, formatted

__all__ = ["Formatted", "formatted"]

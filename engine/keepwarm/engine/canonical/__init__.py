"""A playbook in its one canonical form, so that only what it means can differ.

Formatting, comments, the order of keys, spelling variants and defaults that are written out are
gone; what a playbook uses of the catalog, the policies and the templates is in it.
"""

from keepwarm.engine.canonical.folders import Entry, bound_by, folder_digest, folder_form
from keepwarm.engine.canonical.lines import Aspect, Canonical, Line, digest_of
from keepwarm.engine.canonical.writing import canonical_form

__all__ = [
    "Aspect",
    "Canonical",
    "Entry",
    "Line",
    "bound_by",
    "canonical_form",
    "digest_of",
    "folder_digest",
    "folder_form",
]

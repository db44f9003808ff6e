"""A playbook in its one canonical form, so that only what it means can differ.

Formatting, comments, the order of keys, spelling variants and defaults that are written out are
gone; what a playbook uses of the catalog, the policies and the templates is in it.
"""

from keepwarm.engine.canonical.lines import Aspect, Canonical, Line, digest_of
from keepwarm.engine.canonical.writing import canonical_form, catalog_digest

__all__ = ["Aspect", "Canonical", "Line", "canonical_form", "catalog_digest", "digest_of"]

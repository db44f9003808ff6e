"""The elements of MJML that a mail may use, and what may stand in each.

mrml takes an element that it does not know for HTML and says nothing, so the names are checked
here. Source: https://documentation.mjml.io/, and mrml 0.2.4 for what it lets stand inside.
"""

from __future__ import annotations


def names(text: str) -> frozenset[str]:
    """Give the names that a text lists."""
    return frozenset(text.split())


#: Elements that hold other elements, and never words.
HOLDING = names(
    "mjml mj-head mj-body mj-attributes mj-html-attributes mj-wrapper mj-section mj-group"
    " mj-column mj-hero mj-navbar mj-social mj-accordion mj-accordion-element mj-carousel"
)
#: Elements that hold words and HTML.
WORDED = names(
    "mj-text mj-button mj-table mj-raw mj-title mj-preview mj-style mj-accordion-title"
    " mj-accordion-text mj-navbar-link mj-social-element"
)
#: Elements that stand for themselves.
LONELY = names(
    "mj-image mj-divider mj-spacer mj-carousel-image mj-font mj-breakpoint mj-all mj-class",
)
KNOWN = HOLDING | WORDED | LONELY
#: Where a Liquid tag may stand between elements: mrml takes `mj-raw` there.
OPEN_TO_TAGS = frozenset(
    {"mj-body", "mj-wrapper", "mj-section", "mj-group", "mj-column", "mj-hero"}
)

_CONTENT = names(
    "mj-accordion mj-button mj-carousel mj-divider mj-image mj-navbar mj-raw mj-social mj-spacer"
    " mj-table mj-text"
)
#: What may stand directly in an element; `mj-attributes` takes the defaults of anything.
CHILDREN = {
    "mjml": names("mj-head mj-body mj-raw"),
    "mj-head": names(
        "mj-attributes mj-breakpoint mj-font mj-html-attributes mj-preview mj-raw mj-style mj-title"
    ),
    "mj-body": names("mj-section mj-wrapper mj-hero mj-raw"),
    "mj-wrapper": names("mj-section mj-hero mj-raw"),
    "mj-section": names("mj-column mj-group mj-raw"),
    "mj-group": names("mj-column mj-raw"),
    "mj-column": _CONTENT,
    "mj-hero": _CONTENT,
    "mj-navbar": names("mj-navbar-link mj-raw"),
    "mj-social": names("mj-social-element mj-raw"),
    "mj-accordion": names("mj-accordion-element mj-raw"),
    "mj-accordion-element": names("mj-accordion-title mj-accordion-text mj-raw"),
    "mj-carousel": names("mj-carousel-image"),
}

#: HTML elements that are never closed.
VOID = names(
    "area base br col embed hr img input link meta param source track wbr",
)

#: Liquid tags that make or count something.
MAKING_TAGS = frozenset({"assign", "capture", "increment", "decrement", "cycle", "liquid"})

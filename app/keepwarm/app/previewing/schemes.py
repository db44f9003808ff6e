"""An e-mail as programs in light and in dark mode show it, whatever mode the reader is in."""

from __future__ import annotations

import re
from typing import Final

_DARK: Final = re.compile(r"\(\s*prefers-color-scheme\s*:\s*dark\s*\)", re.IGNORECASE)
_LIGHT: Final = re.compile(r"\(\s*prefers-color-scheme\s*:\s*light\s*\)", re.IGNORECASE)
_META: Final = re.compile(
    r"(<meta\b[^>]*\bname=[\"']?(?:supported-)?color-scheme[s]?[\"']?[^>]*\bcontent=)"
    r"([\"'])([^\"']*)\2",
    re.IGNORECASE,
)
_PROPERTY: Final = re.compile(r"(color-scheme\s*:\s*)(light dark|dark light)", re.IGNORECASE)
#: Media conditions that always hold, and that never do.
_ALWAYS, _NEVER = "(min-width: 0)", "(max-width: 0)"


def in_scheme(html: str, *, dark: bool) -> str:
    """Give the HTML with its own rules for a scheme in force, or out of it."""
    scheme = "dark" if dark else "light"
    html = _DARK.sub(_ALWAYS if dark else _NEVER, html)
    html = _LIGHT.sub(_NEVER if dark else _ALWAYS, html)
    html = _PROPERTY.sub(rf"\g<1>{scheme}", html)

    def chosen(found: re.Match[str]) -> str:
        can = scheme in found[3].lower().split()
        return f"{found[1]}{found[2]}{scheme if can else found[3]}{found[2]}"

    return _META.sub(chosen, html)


def knows_dark(html: str) -> bool:
    """Tell whether the mail brings rules of its own for dark mode."""
    return _DARK.search(html) is not None

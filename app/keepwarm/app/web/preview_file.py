"""Previews as one file that holds all it needs: it loads nothing and runs nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from keepwarm.app.previewing.drafts import Shot
from keepwarm.app.previewing.frame_heights import frame_classes
from keepwarm.app.previewing.receivers import Receiver
from keepwarm.app.previewing.schemes import in_scheme
from keepwarm.app.web.layout import STYLE
from keepwarm.app.web.markup import Html, tag, together, written
from keepwarm.app.web.preview_views import choices, personal_warning, preview_body
from keepwarm.connectors.showing import ShownEmail

#: Frames hold strangers' HTML, and what is forbidden here is forbidden in them: `srcdoc` inherits.
_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none';"
    " base-uri 'none'"
)
_PICTURE: Final = re.compile(r"<img\b[^>]*\bsrc=[\"']?https?:", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Shown:
    """The messages of one playbook."""

    title: str
    #: A message a row, a receiver a column.
    shots: tuple[tuple[Shot, ...], ...]
    receivers: tuple[Receiver, ...]


def preview_file(shown: Sequence[Shown], made_by: str) -> str:
    """Give the file; the receivers of all playbooks are the same, though their events differ."""
    receivers = shown[0].receivers
    title = shown[0].title if len(shown) == 1 else "Messages of all playbooks"
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="robots", content="noindex"),
        tag("title", f"{title} · preview"),
        tag("style", written(STYLE)),
    )
    body = tag(
        "body",
        tag(
            "main",
            tag("h1", title),
            tag("p", made_by, class_="soft small"),
            personal_warning(receivers, "Delete the file when you have seen it."),
            choices(receivers),
            [
                preview_body(each.title if len(shown) > 1 else None, each.shots, _framed)
                for each in shown
            ],
        ),
        class_="preview",
    )  # fmt: skip
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"


def _framed(shot: Shot, number: int, index: int, dark: bool) -> Html:  # noqa: ARG001, FBT001 - a `Framing`
    letter = shot.seen
    assert isinstance(letter, ShownEmail)  # noqa: S101 - only e-mails are framed
    pictures = len(_PICTURE.findall(letter.html))
    left_out = None
    if pictures:
        some = "1 picture is" if pictures == 1 else f"{pictures} pictures are"
        left_out = tag("p", f"{some} not shown: this file loads nothing.", class_="soft small")
    scheme = "dark" if dark else "light"
    frame = tag(
        "iframe",
        srcdoc=in_scheme(letter.html, dark=dark),
        sandbox="",
        title=f"{letter.subject}, in {scheme}, for {shot.receiver.name}",
        loading="lazy",
        class_=f"{scheme} {frame_classes(letter.html, letter.text or '')}",
    )
    return together(frame, left_out)

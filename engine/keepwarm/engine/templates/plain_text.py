"""The plain text part of a mail, made from its HTML: what a reader without pictures sees.

It is made once, from the template: the Liquid in the text and in the links comes along, and the
result is a template again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from html.parser import HTMLParser

from keepwarm.engine.templates.drafts import Draft
from keepwarm.engine.templates.marks import Piece
from keepwarm.engine.templates.mjml import Html
from keepwarm.engine.templates.mjml_elements import VOID, names

_BLOCKS = names(
    "address article aside blockquote body center dd details div dl dt fieldset figure footer"
    " form header html legend li main nav ol section summary table tbody td tfoot th thead tr"
    " ul pre"
)
#: Elements with an empty line before and after them.
_APART = names("p h1 h2 h3 h4 h5 h6 ul ol table blockquote pre dl hr")
_UNSEEN = names("head style script title noscript template")
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_SPACE = re.compile(r"[ \t\r\n\f]+")
_RULE = "-" * 24
#: A zero-width space and its like, with which designers fill the inbox's preview.
_INVISIBLE = str.maketrans(dict.fromkeys("\u200b\u200c\u200d\ufeff\u00ad\u034f\u2007", ""))


@dataclass(slots=True)
class _Element:
    """An element that is open."""

    name: str
    is_hidden: bool = False
    href: str = ""
    #: Where in the output its words begin.
    begin: int = 0
    #: Whether a table lays out the page, so that its cells are blocks.
    is_layout: bool = False
    cells: int = 0


def plain_text_of(html: Html) -> list[Piece]:
    """Give the plain text of a mail's HTML."""
    writer = _Writer(html.draft)
    writer.feed(html.text)
    writer.close()
    return replace(html.draft, marks=tuple(writer.marks)).restored("".join(writer.output))


class _Writer(HTMLParser):
    """Writes text as it reads HTML. Marks are words of the text, and known by their form."""

    def __init__(self, draft: Draft) -> None:
        super().__init__(convert_charrefs=True)
        self.draft = draft
        self.marks = list(draft.marks)
        self.output: list[str] = []
        self._elements: list[_Element] = []
        #: Whether the line has no words yet, and whether an empty line is wanted before the next.
        self._at_start = True
        self._wants_gap = False
        self._wants_space = False
        #: Whether nothing but tags was written since an empty line, or since the beginning.
        self._is_fresh = True

    # ── What HTMLParser calls ────────────────────────────────────────────────────────────────

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "br":
            self._end_line(even_if_empty=True)
        elif tag == "img":
            self._alternative(given.get("alt", ""))
        elif tag == "hr":
            self._begin_block("hr")
            self._write(_RULE)
            self._end_block("hr")
        if tag in VOID:
            return
        hidden = tag in _UNSEEN or bool(_HIDDEN.search(given.get("style", "")))
        element = _Element(tag, hidden or self._is_hidden(), given.get("href", "").strip())
        element.is_layout = given.get("role") in ("presentation", "none")
        self._begin(element)
        element.begin = len(self.output)
        self._elements.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if not any(element.name == tag for element in self._elements):
            return
        while self._elements:
            element = self._elements.pop()
            if not element.is_hidden:
                self._end(element)
            if element.name == tag:
                return

    def handle_data(self, data: str) -> None:
        if self._is_hidden():
            self._keep_tags(data)
            return
        for nth, words in enumerate(_SPACE.split(data.translate(_INVISIBLE))):
            self._wants_space = self._wants_space or nth > 0
            if words:
                self._write_marked(words)

    def handle_comment(self, data: str) -> None:
        """Leave comments out; those for Outlook repeat what stands elsewhere."""

    # ── Elements ─────────────────────────────────────────────────────────────────────────────

    def _is_hidden(self) -> bool:
        return bool(self._elements) and self._elements[-1].is_hidden

    def _table(self) -> _Element | None:
        return next((each for each in reversed(self._elements) if each.name == "table"), None)

    def _begin(self, element: _Element) -> None:
        if element.is_hidden:
            return
        name = element.name
        if name in ("td", "th") and not self._is_layout():
            row = self._elements[-1] if self._elements else element
            row.cells += 1
            if row.cells > 1:
                self._write(" | ", spaced=False)
        elif name in _BLOCKS or name in _APART:
            self._begin_block(name, element)
        if name == "li":
            self._write("- ", spaced=False)
            self._at_start = False
            self._wants_space = False

    def _end(self, element: _Element) -> None:
        name = element.name
        if name == "a":
            self._link(element)
        elif name in ("td", "th") and not self._is_layout():
            return
        elif name in _BLOCKS or name in _APART:
            self._end_block(name, element)

    def _is_layout(self) -> bool:
        table = self._table()
        return table is None or table.is_layout

    def _begin_block(self, name: str, element: _Element | None = None) -> None:
        self._end_line()
        self._wants_gap = self._wants_gap or self._stands_apart(name, element)

    def _end_block(self, name: str, element: _Element | None = None) -> None:
        self._end_line()
        self._wants_gap = self._wants_gap or self._stands_apart(name, element)

    def _stands_apart(self, name: str, element: _Element | None) -> bool:
        if name == "td":
            return not self._is_fresh and self._is_layout()
        is_layout = element is not None and element.is_layout
        return name in _APART and not self._is_fresh and not is_layout

    def _alternative(self, words: str) -> None:
        """Write what a picture says to those who do not see it."""
        if words.strip() and not self._is_hidden():
            self.handle_data(words)

    def _link(self, element: _Element) -> None:
        """Write where a link leads, unless its words say so."""
        words = "".join(self.output[element.begin :]).strip()
        target = element.href.removeprefix("mailto:").removeprefix("tel:")
        target = self._safe(target)
        if not target or target.startswith("#") or words == target:
            return
        if words:
            self._wants_space = False
            self._write(" (", spaced=False)
            self._write_marked(target)
            self._write(")", spaced=False)
        else:
            self._write_marked(target)

    def _safe(self, target: str) -> str:
        """Give the target, where a value that begins it is only written if it is a link."""
        found = self.draft.word.match(target)
        mark = self.marks[int(found[1])] if found else None
        if found is None or mark is None or not mark.is_output:
            return target
        ending = "-}}" if mark.text.endswith("-}}") else "}}"
        checked = f"{mark.text.removesuffix(ending)} | link {ending}"
        self.marks.append(replace(mark, text=checked))
        return self.draft.word_of(len(self.marks) - 1) + target[found.end() :]

    # ── Writing ──────────────────────────────────────────────────────────────────────────────

    def _write_marked(self, words: str) -> None:
        """Write words in which marks may stand. A tag is not a word: it begins no line."""
        at = 0
        for found in self.draft.word.finditer(words):
            if found.start() > at:
                self._write(words[at : found.start()])
            mark = self.marks[int(found[1])]
            if mark.is_output or mark.tag in ("echo", "cycle", "raw"):
                self._write(found[0])
            else:
                self._put_tag(found[0], begins_loop=mark.tag in ("for", "tablerow"))
            at = found.end()
        if at < len(words):
            self._write(words[at:])

    def _write(self, words: str, *, spaced: bool = True) -> None:
        if self._wants_gap:
            self.output.append("\n")
            self._wants_gap = False
        if self._wants_space and not self._at_start and spaced:
            self.output.append(" ")
        self._wants_space = False
        self.output.append(words)
        self._at_start = False
        self._is_fresh = False

    def _put_tag(self, word: str, *, begins_loop: bool) -> None:
        """Put a tag where it is; what is wanted before the next words comes before it.

        The rounds of a loop are told apart at their ends, so they begin without an empty line.
        """
        if self._wants_gap:
            self.output.append("\n")
            self._wants_gap = False
            self._is_fresh = True
        if self._wants_space and not self._at_start:
            self.output.append(" ")
        self._wants_space = False
        self.output.append(word)
        self._is_fresh = self._is_fresh or (begins_loop and self._at_start)

    def _keep_tags(self, data: str) -> None:
        """Keep the tags of what is not seen, for what comes after them may need them."""
        for found in self.draft.word.finditer(data):
            if not self.marks[int(found[1])].is_output:
                self.output.append(found[0])

    def _end_line(self, *, even_if_empty: bool = False) -> None:
        self._wants_space = False
        if not self._at_start or (even_if_empty and not self._is_fresh):
            self.output.append("\n")
        self._at_start = True

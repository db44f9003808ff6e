"""Reading MJML before mrml does: names, nesting and Liquid in wrong places, each with its line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from keepwarm.engine.templates.balance import BLOCK_TAGS
from keepwarm.engine.templates.drafts import Draft, comment_spans
from keepwarm.engine.templates.marks import Mark
from keepwarm.engine.templates.mjml_elements import (
    HOLDING,
    KNOWN,
    MAKING_TAGS,
    OPEN_TO_TAGS,
    VOID,
    WORDED,
)
from keepwarm.schema.problems import Problem
from keepwarm.schema.suggestions import closest

_ELEMENT = re.compile(
    r"<(?P<close>/?)(?P<name>[A-Za-z][\w:.-]*)"
    r"""(?P<attributes>(?:"[^"]*+"|'[^']*+'|[^"'<>])*+)>""",
)
_ATTRIBUTES = re.compile(
    r"""(?:\s+[\w:.-]+(?:\s*=\s*(?:"[^"]*+"|'[^']*+'))?+)*+\s*/?""",
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_VALUE = re.compile(r"""=\s*(?:"([^"]*+)"|'([^']*+)')""")
#: Problems beyond these follow from them.
_MOST_PROBLEMS = 20


class _Lost(Exception):  # noqa: N818  it reads as what happened
    """The text cannot be read any further."""


@dataclass(slots=True)
class MjmlReading:
    """One reading of a draft of MJML: what is wrong, what to wrap and what to leave out."""

    draft: Draft
    problems: list[Problem] = field(default_factory=list)
    #: Stretches that hold a tag between elements.
    wraps: list[tuple[int, int]] = field(default_factory=list)
    #: Stretches that are comments.
    cuts: list[tuple[int, int]] = field(default_factory=list)
    #: Where `<mjml` begins; what stands before it goes before the HTML.
    begin: int = 0
    _open: list[re.Match[str]] = field(default_factory=list)
    _ended: bool = False

    def read(self) -> None:
        """Read the whole draft."""
        if control := _CONTROL.search(self.draft.text):
            self._fault(control.start(), 1, "a control character stands here", "take it out")
            return
        try:
            self._read()
        except _Lost:
            return
        if self._open:
            name = self._open[-1]["name"]
            self._refuse(self._open[-1], f"<{name}> is never closed", f"close it with </{name}>")
        elif not self._ended:
            self._fault(0, 1, "this is no MJML", "begin with <mjml> and end with </mjml>")

    def _read(self) -> None:
        text, at = self.draft.text, 0
        while (opened := text.find("<", at)) >= 0:
            self._between(at, opened)
            at = self._markup(opened)
        self._between(at, len(text))

    def _fault(self, index: int, length: int, message: str, hint: str | None = None) -> None:
        self.problems.append(self.draft.problem(index, length, message, hint))
        if len(self.problems) >= _MOST_PROBLEMS:
            raise _Lost

    def _refuse(self, found: re.Match[str], message: str, hint: str | None = None) -> None:
        self._fault(found.start(), len(found["name"]) + 1, message, hint)

    # ── Markup ───────────────────────────────────────────────────────────────────────────────

    def _markup(self, opened: int) -> int:
        """Read what begins with `<`, and give where it ends."""
        text = self.draft.text
        if text.startswith("<!--", opened):
            return self._comment(opened)
        found = _ELEMENT.match(text, opened)
        if found is None:
            self._fault(opened, 1, "this tag is not well formed", "look at its quotes and its >")
            raise _Lost
        name = found["name"]
        if found["close"]:
            self._quotes(found)
            self._close(found)
        elif self._knows(found):
            if not self._open:
                self.begin = opened
            self._quotes(found)
            self._attributes(found)
            if found["attributes"].endswith("/"):
                self._ended = self._ended or name == "mjml"
            elif name in WORDED:
                return self._words(found)
            else:
                self._open.append(found)
        return found.end()

    def _comment(self, opened: int) -> int:
        end = self.draft.text.find("-->", opened)
        if end < 0:
            self._fault(opened, 4, "this comment is never closed", "close it with -->")
            raise _Lost
        if not self.draft.text.startswith("<!--[if", opened):
            self.cuts.append((opened, end + 3))
        return end + 3

    def _close(self, found: re.Match[str]) -> None:
        name = found["name"]
        if self._open and self._open[-1]["name"] == name:
            self._open.pop()
            self._ended = self._ended or not self._open
            return
        if self._open:
            wanted = self._open[-1]["name"]
            self._refuse(found, f"</{name}> closes <{wanted}>", f"close <{wanted}> first")
        else:
            self._refuse(found, f"</{name}> closes nothing", "take it out")
        raise _Lost

    def _knows(self, found: re.Match[str]) -> bool:
        """Tell whether the element may stand here."""
        name = found["name"]
        if name == "mj-include":
            self._refuse(found, "mj-include reads another file", "write the words here")
        elif name not in KNOWN:
            near = closest(name, KNOWN) if name.startswith("mj") else None
            hint = f"did you mean <{near}>?" if near else "put HTML inside <mj-text> or <mj-raw>"
            self._refuse(found, f"<{name}> is no element of MJML", hint)
            raise _Lost
        elif self._ended or (name == "mjml") is bool(self._open):
            self._refuse(found, f"<{name}> stands in the wrong place", "put all inside one <mjml>")
            raise _Lost
        return name != "mj-include"

    def _quotes(self, found: re.Match[str]) -> None:
        """Check that a tag is well formed, and that no value lets mrml out of its quotes."""
        bare = _VALUE.sub("", found["attributes"])
        if "=" in bare:
            hint = 'write the value in "quotes"'
            self._refuse(found, f"a value in <{found['name']}> has no quotes", hint)
            raise _Lost
        is_whole = (
            not found["attributes"].strip()
            if found["close"]
            else (_ATTRIBUTES.fullmatch(found["attributes"]) is not None)
        )
        if not is_whole:
            self._refuse(found, f"<{found['name']}> is not well formed", "look at its quotes")
            raise _Lost
        if any('"' in (value[2] or "") for value in _VALUE.finditer(found["attributes"])):
            hint = "write &quot; for the sign"
            self._refuse(found, f"a value in <{found['name']}> holds a quote", hint)

    def _attributes(self, found: re.Match[str]) -> None:
        """Check the Liquid in an element's attributes: whole in its value, and making nothing."""
        text, start = found["attributes"], found.start("attributes")
        for value in _VALUE.finditer(text):
            inner = value[1] or value[2] or ""
            for mark in self.draft.marks_in(inner):
                if mark.tag in MAKING_TAGS:
                    hint = "put it before <mjml>"
                    self._fault(start, 1, f"{{% {mark.tag} %}} cannot stand in an attribute", hint)
            self._balanced(inner, start + value.start(), "this attribute")
        if self.draft.word.search(_VALUE.sub("", text)):
            hint = 'Liquid may stand in a value: href="{{ … }}"'
            self._refuse(found, f"Liquid stands loose in <{found['name']}>", hint)

    def _balanced(self, text: str, start: int, what: str) -> None:
        open_tags: list[str] = []
        for begin, end in reversed(comment_spans(text)):
            text = text[:begin] + text[end:]
        for mark in self.draft.marks_in(text):
            if mark.tag in BLOCK_TAGS:
                open_tags.append(mark.tag)
                continue
            if not mark.tag.startswith("end"):
                continue
            if not open_tags or open_tags.pop() != mark.tag.removeprefix("end"):
                hint = f"open it in {what}, too"
                self._fault(start, 1, f"{{% {mark.tag} %}} closes nothing in {what}", hint)
                return
        if open_tags:
            hint = f"close it in {what}, or put the whole element inside it"
            self._fault(start, 1, f"{{% {open_tags[-1]} %}} is not closed in {what}", hint)

    # ── Words ────────────────────────────────────────────────────────────────────────────────

    def _words(self, found: re.Match[str]) -> int:
        """Read the HTML inside an element that holds words, and give where the element ends."""
        name, begin = found["name"], found.end()
        closing = re.compile(rf"</{name}\s*>").search(self.draft.text, begin)
        if closing is None:
            self._refuse(found, f"<{name}> is never closed", f"close it with </{name}>")
            raise _Lost
        end = closing.start()
        if name != "mj-style":
            self._html(begin, end)
        if name != "mj-raw":
            self._balanced(self.draft.text[begin:end], begin, f"<{name}>")
        return closing.end()

    def _html(self, begin: int, end: int) -> None:
        """Check that HTML is well formed, as mrml demands without saying where."""
        text, at, opened = self.draft.text, begin, list[re.Match[str]]()
        while (sign := text.find("<", at, end)) >= 0:
            if text.startswith("<!--", sign):
                at = min(self._comment(sign), end)
                continue
            found = _ELEMENT.match(text, sign, end)
            if found is None:
                self._fault(sign, 1, "this < begins no tag", "write &lt; for the sign")
                raise _Lost
            at, name = found.end(), found["name"].lower()
            if self.draft.word.search(found["name"]):
                self._fault(sign, 1, "Liquid stands where the name of a tag is", "write the name")
                raise _Lost
            self._quotes(found)
            if found["close"]:
                if not opened or opened.pop()["name"].lower() != name:
                    self._refuse(found, f"</{name}> closes nothing here", "close tags in order")
                    raise _Lost
            elif not found["close"] and name not in VOID and not found["attributes"].endswith("/"):
                opened.append(found)
        if opened:
            name = opened[-1]["name"]
            self._refuse(opened[-1], f"<{name}> is never closed", f"close it with </{name}>")
            raise _Lost

    def _between(self, start: int, end: int) -> None:
        """Check what stands between elements: white space, or Liquid where it may."""
        text = self.draft.text[start:end]
        if not text.strip():
            return
        if not self._open and not self._ended:
            return  # before <mjml>: it is checked once that is found
        inside = self._open[-1]["name"] if self._open else ""
        words = self.draft.word.sub(lambda word: " " * len(word[0]), text)
        if words.strip():
            index = start + len(words) - len(words.lstrip())
            self._fault(index, 1, "words stand between elements", "put them inside <mj-text>")
        for word in self.draft.word.finditer(text):
            self._loose(self.draft.marks[int(word[1])], start + word.start(), inside)
            self.wraps.append((start + word.start(), start + word.end()))

    def _loose(self, mark: Mark, index: int, inside: str) -> None:
        """Check a mark that stands between elements."""
        if inside in OPEN_TO_TAGS or (inside == "mj-head" and mark.tag == "assign"):
            return
        where = f"directly inside <{inside}>" if inside in HOLDING else "here"
        hint = "put it around the whole element, or into the words of one"
        self._fault(index, 1, f"{mark.text[:40]} cannot stand {where}", hint)

    # ── What mrml is given ───────────────────────────────────────────────────────────────────

    def wrapped(self) -> str:
        """Give the draft with its comments left out and its loose tags inside `mj-raw`."""
        edits = [(start, end, "") for start, end in self.cuts]
        edits += [(s, e, f"<mj-raw>{self.draft.text[s:e]}</mj-raw>") for s, e in self.wraps]
        parts, at = list[str](), self.begin
        for start, end, text in sorted(edits):
            if start >= at:
                parts += [self.draft.text[at:start], text]
                at = end
        return "".join([*parts, self.draft.text[at:]])

    def leading(self) -> str:
        """Give the tags that stand before `<mjml>`, such as `assign`."""
        return self.draft.text[: self.begin].strip()

    def check_nothing_lost(self, html: str) -> None:
        """Find the marks that mrml dropped or moved."""
        cut = {i for s, e in self.cuts for i in map(id, self.draft.marks_in(self.draft.text[s:e]))}
        kept = self.draft.marks_in(html)
        ids = set(map(id, kept))
        for number, mark in enumerate(self.draft.marks):
            if id(mark) not in ids and id(mark) not in cut:
                index = max(self.draft.text.find(self.draft.word_of(number)), 0)
                hint = "MJML drops it: put it elsewhere"
                self._fault(index, 1, f"{mark.text[:40]} has no effect here", hint)
        self._check_order(kept)

    def _check_order(self, kept: Sequence[Mark]) -> None:
        loose = {id(self.draft.marks_in(self.draft.text[s:e])[0]) for s, e in self.wraps}
        order = [id(mark) for mark in kept if id(mark) in loose]
        wanted = [id(mark) for mark in self.draft.marks if id(mark) in loose]
        if order != wanted:
            self._fault(
                0, 1, "MJML moves the tags of this mail", "use fewer of them between elements"
            )

"""Reading MJML before mrml does: names, nesting and Liquid in wrong places, each with its line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from keepwarm.engine.templates.balance import BLOCK_TAGS
from keepwarm.engine.templates.drafts import Draft, comment_spans
from keepwarm.engine.templates.marks import Mark
from keepwarm.engine.templates.markup import ELEMENT, TAG_NAME, VALUE, Enough, Markup
from keepwarm.engine.templates.mjml_elements import (
    CHILDREN,
    HOLDING,
    KNOWN,
    LONELY,
    MAKING_TAGS,
    OPEN_TO_TAGS,
    WORDED,
)
from keepwarm.schema.problems import Problem
from keepwarm.schema.suggestions import closest

#: Where words of an element end at the latest: at the next tag of MJML that is in no comment.
_NEXT_MJML = re.compile(r"<!--.*?-->|<(?P<close>/?)(?P<name>mj[\w-]*)", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


@dataclass(frozen=True, slots=True)
class _Opened:
    """An element that is open, by the name that it was meant to have."""

    name: str
    tag: re.Match[str]


@dataclass(slots=True)
class MjmlReading:
    """One reading of a draft of MJML: what is wrong, what to wrap and what to leave out."""

    draft: Draft
    #: Stretches that hold a tag between elements.
    wraps: list[tuple[int, int]] = field(default_factory=list)
    #: Where `<mjml` begins; what stands before it goes before the HTML.
    begin: int = 0
    _open: list[_Opened] = field(default_factory=list)
    _ended: bool = False
    #: How many elements stand around the outermost one that is in a wrong place.
    _misplaced_below: int | None = None
    markup: Markup = field(init=False)

    def __post_init__(self) -> None:
        self.markup = Markup(self.draft)

    @property
    def problems(self) -> Sequence[Problem]:
        """Everything that is wrong."""
        return self.markup.problems

    def read(self) -> None:
        """Read the whole draft."""
        if control := _CONTROL.search(self.draft.text):
            self.markup.fault(control.start(), 1, "a control character stands here", "take it out")
            return
        with suppress(Enough):
            self._read()

    def _read(self) -> None:
        """Read on behind every fault, so that all of them are told."""
        text, at = self.draft.text, 0
        while (opened := text.find("<", at)) >= 0:
            self._between(at, opened)
            at = self._tag(opened)
        self._between(at, len(text))
        if self._open:
            self.markup.never_closed(self._open[-1].tag)
        elif not self._ended and not self.markup.problems:
            self.markup.fault(0, 1, "this is no MJML", "begin with <mjml> and end with </mjml>")

    # ── Markup ───────────────────────────────────────────────────────────────────────────────

    def _tag(self, opened: int) -> int:
        """Read what begins with `<`, and give where it ends."""
        text = self.draft.text
        if text.startswith("<!--", opened):
            return self.markup.comment(opened)
        found = ELEMENT.match(text, opened)
        if found is None:
            return self._unreadable(opened)
        if found["close"]:
            self.markup.well_formed(found)
            self._close(found)
            return found.end()
        name = self._meant(found)
        return self._skipped(found) if name is None else self._element(found, name)

    def _unreadable(self, opened: int) -> int:
        """Tell of a tag that is not well formed, and give where to read on behind it."""
        self.markup.fault(opened, 1, "this tag is not well formed", "look at its quotes and its >")
        text, found = self.draft.text, TAG_NAME.match(self.draft.text, opened)
        end = text.find(">", opened) + 1 or len(text)
        if found is None:
            return end
        if found["close"]:
            self._open = self._open[:-1] if self._is_open(found["name"]) else self._open
        elif found["name"] in HOLDING:
            self._open.append(_Opened(found["name"], found))
        elif found["name"] not in LONELY:
            closing = text.find(f"</{found['name']}>", end)
            return end if closing < 0 else text.find(">", closing) + 1
        return end

    def _is_open(self, name: str) -> bool:
        return bool(self._open) and self._open[-1].name == name

    def _skipped(self, found: re.Match[str]) -> int:
        """Pass an element over that is none of MJML, with all that it holds."""
        if found["attributes"].endswith("/"):
            return found.end()
        closing = re.compile(rf"</{re.escape(found['name'])}\s*>")
        end = closing.search(self.draft.text, found.end())
        return end.end() if end else found.end()

    def _element(self, found: re.Match[str], name: str) -> int:
        """Read an element that is opened, and give where to read on."""
        if not self._open:
            self.begin = found.start()
        if self.markup.well_formed(found):
            self._attributes(found)
        if found["attributes"].endswith("/"):
            self._ended = self._ended or name == "mjml"
        elif name in WORDED:
            return self._words(found, name)
        else:
            self._open.append(_Opened(name, found))
        return found.end()

    def _close(self, found: re.Match[str]) -> None:
        name = found["name"]
        names = [name, closest(name, KNOWN) if name not in KNOWN else None]
        opened = [
            n for n, each in enumerate(self._open) if each.name in names or each.tag["name"] == name
        ]
        if not opened:
            self._closes_nothing(found)
            return
        inner = self._open[opened[-1] + 1 :]
        if inner:
            wanted = inner[-1].tag["name"]
            self.markup.refuse(found, f"</{name}> closes <{wanted}>", f"close <{wanted}> first")
        elif name not in KNOWN and self._open[-1].tag["name"] != name:
            hint = f"did you mean </{self._open[-1].name}>?"
            self.markup.refuse(found, f"</{name}> is no element of MJML", hint)
        del self._open[opened[-1] :]
        self._ended = self._ended or not self._open
        if self._misplaced_below is not None and len(self._open) <= self._misplaced_below:
            self._misplaced_below = None

    def _closes_nothing(self, found: re.Match[str]) -> None:
        here = " here" if self._open else ""
        self.markup.refuse(found, f"</{found['name']}> closes nothing{here}", "take it out")

    def _meant(self, found: re.Match[str]) -> str | None:
        """Give the element that is meant; None for one that is none of ours."""
        name: str = found["name"]
        if name == "mj-include":
            self.markup.refuse(found, "mj-include reads another file", "write the words here")
            return None
        if name not in KNOWN:
            near = closest(name, KNOWN) if name.startswith("mj") else None
            hint = f"did you mean <{near}>?" if near else "put HTML inside <mj-text> or <mj-raw>"
            self.markup.refuse(found, f"<{name}> is no element of MJML", hint)
            return near
        if self._ended or (name == "mjml") is bool(self._open):
            self.markup.refuse(
                found, f"<{name}> stands in the wrong place", "put all inside one <mjml>"
            )
            return None
        self._placed(found, name)
        return name

    def _placed(self, found: re.Match[str], name: str) -> None:
        """Check that an element may stand in what it stands in; of nested ones, the outermost."""
        inside = self._open[-1].name if self._open else ""
        allowed = CHILDREN.get(inside)
        if allowed is None or name in allowed or self._misplaced_below is not None:
            return
        homes = sorted(home for home, children in CHILDREN.items() if name in children)
        # One that stands between the two makes both right: a column, between section and text.
        between = [home for home in homes if home in allowed]
        hint = " or ".join(f"<{home}>" for home in between or homes)
        self.markup.refuse(
            found, f"<{name}> cannot stand directly in <{inside}>", f"put it inside {hint}"
        )
        self._misplaced_below = len(self._open)

    def _attributes(self, found: re.Match[str]) -> None:
        """Check the Liquid in an element's attributes: whole in its value, and making nothing."""
        text, start = found["attributes"], found.start("attributes")
        for value in VALUE.finditer(text):
            inner = value[1] or value[2] or ""
            for mark in self.draft.marks_in(inner):
                if mark.tag in MAKING_TAGS:
                    hint = "put it before <mjml>"
                    self.markup.fault(
                        start, 1, f"{{% {mark.tag} %}} cannot stand in an attribute", hint
                    )
            self._balanced(inner, start + value.start(), "this attribute")
        if self.draft.word.search(VALUE.sub("", text)):
            hint = 'Liquid may stand in a value: href="{{ … }}"'
            self.markup.refuse(found, f"Liquid stands loose in <{found['name']}>", hint)

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
                self.markup.fault(start, 1, f"{{% {mark.tag} %}} closes nothing in {what}", hint)
                return
        if open_tags:
            hint = f"close it in {what}, or put the whole element inside it"
            self.markup.fault(start, 1, f"{{% {open_tags[-1]} %}} is not closed in {what}", hint)

    # ── Words ────────────────────────────────────────────────────────────────────────────────

    def _words(self, found: re.Match[str], name: str) -> int:
        """Read the HTML inside an element that holds words, and give where the element ends."""
        begin, text = found.end(), self.draft.text
        marks = (each for each in _NEXT_MJML.finditer(text, begin) if each["name"])
        closing = next(marks, None)
        end = len(text) if closing is None else closing.start()
        if closing is None or not self._closes(closing, found, name):
            self.markup.never_closed(found)
            return end
        if name != "mj-style":
            self.markup.html(begin, end)
        if name != "mj-raw":
            self._balanced(text[begin:end], begin, f"<{name}>")
        return text.find(">", end) + 1 or len(text)

    def _closes(self, closing: re.Match[str], found: re.Match[str], name: str) -> bool:
        """Tell whether a tag closes an element of words, also by a name with a slip in it."""
        said = closing["name"]
        if not closing["close"]:
            return False
        if said in (found["name"], name):
            return True
        if said in KNOWN or closest(said, KNOWN) != name:
            return False
        self.markup.refuse(closing, f"</{said}> is no element of MJML", f"did you mean </{name}>?")
        return True

    def _between(self, start: int, end: int) -> None:
        """Check what stands between elements: white space, or Liquid where it may."""
        text = self.draft.text[start:end]
        if not text.strip():
            return
        if not self._open and not self._ended:
            return  # before <mjml>: it is checked once that is found
        inside = self._open[-1].name if self._open else ""
        words = self.draft.word.sub(lambda word: " " * len(word[0]), text)
        if words.strip():
            index = start + len(words) - len(words.lstrip())
            self.markup.fault(index, 1, "words stand between elements", "put them inside <mj-text>")
        for word in self.draft.word.finditer(text):
            self._loose(self.draft.marks[int(word[1])], start + word.start(), inside)
            self.wraps.append((start + word.start(), start + word.end()))

    def _loose(self, mark: Mark, index: int, inside: str) -> None:
        """Check a mark that stands between elements."""
        if inside in OPEN_TO_TAGS or (inside == "mj-head" and mark.tag == "assign"):
            return
        where = f"directly inside <{inside}>" if inside in HOLDING else "here"
        hint = "put it around the whole element, or into the words of one"
        self.markup.fault(index, 1, f"{mark.text[:40]} cannot stand {where}", hint)

    # ── What mrml is given ───────────────────────────────────────────────────────────────────

    def wrapped(self) -> str:
        """Give the draft with its comments left out and its loose tags inside `mj-raw`."""
        edits = [(start, end, "") for start, end in self.markup.cuts]
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
        with suppress(Enough):
            self._check_nothing_lost(html)

    def _check_nothing_lost(self, html: str) -> None:
        cut = {
            i
            for s, e in self.markup.cuts
            for i in map(id, self.draft.marks_in(self.draft.text[s:e]))
        }
        kept = self.draft.marks_in(html)
        ids = set(map(id, kept))
        for number, mark in enumerate(self.draft.marks):
            if id(mark) not in ids and id(mark) not in cut:
                index = max(self.draft.text.find(self.draft.word_of(number)), 0)
                hint = "MJML drops it: put it elsewhere"
                self.markup.fault(index, 1, f"{mark.text[:40]} has no effect here", hint)
        self._check_order(kept)

    def _check_order(self, kept: Sequence[Mark]) -> None:
        loose = {id(self.draft.marks_in(self.draft.text[s:e])[0]) for s, e in self.wraps}
        order = [id(mark) for mark in kept if id(mark) in loose]
        wanted = [id(mark) for mark in self.draft.marks if id(mark) in loose]
        if order != wanted:
            self.markup.fault(
                0, 1, "MJML moves the tags of this mail", "use fewer of them between elements"
            )

"""Tags as they are written, for MJML and the HTML in it: each fault with its place."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from keepwarm.engine.templates.bounds import MOST_FAULTS
from keepwarm.engine.templates.drafts import Draft
from keepwarm.engine.templates.mjml_elements import VOID
from keepwarm.schema.problems import Problem

#: A value with a < in it is no XML; mostly its quote was never closed.
ELEMENT = re.compile(
    r"<(?P<close>/?)(?P<name>[A-Za-z][\w:.-]*)"
    r"""(?P<attributes>(?:"[^"<]*+"|'[^'<]*+'|[^"'<>])*+)>""",
)
#: The name of a tag, also of one that is not well formed.
TAG_NAME = re.compile(r"<(?P<close>/?)(?P<name>[A-Za-z][\w:.-]*)")
_ATTRIBUTES = re.compile(
    r"""(?:\s+[\w:.-]+(?:\s*=\s*(?:"[^"]*+"|'[^']*+'))?+)*+\s*/?""",
)
VALUE = re.compile(r"""=\s*(?:"([^"]*+)"|'([^']*+)')""")


class Enough(Exception):  # noqa: N818  it reads as what happened
    """As many faults as anybody reads are told."""


@dataclass(slots=True)
class Markup:
    """The tags of a draft, and what is wrong with them."""

    draft: Draft
    problems: list[Problem] = field(default_factory=list)
    #: Stretches that are comments.
    cuts: list[tuple[int, int]] = field(default_factory=list)

    def fault(self, index: int, length: int, message: str, hint: str | None = None) -> None:
        """Tell of what is wrong at a stretch of the draft; raises Enough behind the last one."""
        self.problems.append(self.draft.problem(index, length, message, hint))
        if len(self.problems) >= MOST_FAULTS:
            raise Enough

    def refuse(self, found: re.Match[str], message: str, hint: str | None = None) -> None:
        """Tell of a tag."""
        self.fault(found.start(), len(found["name"]) + 1, message, hint)

    def never_closed(self, found: re.Match[str]) -> None:
        """Tell of an element that is opened, and never closed where it may be."""
        name = found["name"]
        self.refuse(found, f"<{name}> is never closed", f"close it with </{name}>")

    def comment(self, opened: int) -> int:
        """Leave out a comment, and give where it ends; one for Outlook is none."""
        end = self.draft.text.find("-->", opened)
        if end < 0:
            self.fault(opened, 4, "this comment is never closed", "close it with -->")
            raise Enough
        if not self.draft.text.startswith("<!--[if", opened):
            self.cuts.append((opened, end + 3))
        return end + 3

    def well_formed(self, found: re.Match[str]) -> bool:
        """Check that a tag is well formed, and that no value lets mrml out of its quotes."""
        bare = VALUE.sub("", found["attributes"])
        if "=" in bare:
            hint = 'write the value in "quotes"'
            self.refuse(found, f"a value in <{found['name']}> has no quotes", hint)
            return False
        is_whole = (
            not found["attributes"].strip()
            if found["close"]
            else (_ATTRIBUTES.fullmatch(found["attributes"]) is not None)
        )
        if not is_whole:
            self.refuse(found, f"<{found['name']}> is not well formed", "look at its quotes")
            return False
        if any('"' in (value[2] or "") for value in VALUE.finditer(found["attributes"])):
            hint = "write &quot; for the sign"
            self.refuse(found, f"a value in <{found['name']}> holds a quote", hint)
        return True

    def html(self, begin: int, end: int) -> None:
        """Check that HTML is well formed, as mrml demands without saying where."""
        text, at, opened = self.draft.text, begin, list[re.Match[str]]()
        while (sign := text.find("<", at, end)) >= 0:
            if text.startswith("<!--", sign):
                at = min(self.comment(sign), end)
                continue
            found = ELEMENT.match(text, sign, end)
            if found is None:
                at = self._no_tag(sign, end, opened)
                continue
            at, name = found.end(), found["name"].lower()
            if self.draft.word.search(found["name"]):
                self.fault(sign, 1, "Liquid stands where the name of a tag is", "write the name")
                # Whatever it would be called, the next tag that closes something closes it.
                closing = text.find("</", at, end)
                at = at if closing < 0 else text.find(">", closing) + 1
                continue
            self.well_formed(found)
            if found["close"]:
                self._close_html(found, opened, end)
            elif name not in VOID and not found["attributes"].endswith("/"):
                opened.append(found)
        if opened:
            self.never_closed(opened[-1])

    def _no_tag(self, sign: int, end: int, opened: list[re.Match[str]]) -> int:
        """Tell of a `<` that begins no tag that can be read, and give where to read on."""
        found = TAG_NAME.match(self.draft.text, sign, end)
        if found is None:
            self.fault(sign, 1, "this < begins no tag", "write &lt; for the sign")
            return sign + 1
        self.fault(sign, 1, "this tag is not well formed", "look at its quotes and its >")
        if not found["close"] and found["name"].lower() not in VOID:
            opened.append(found)
        return found.end()

    def _close_html(self, found: re.Match[str], opened: list[re.Match[str]], end: int) -> None:
        """Close a tag. Where another is open inside it, that is one fault and not one for each."""
        name = found["name"].lower()
        if opened and opened[-1]["name"].lower() == name:
            opened.pop()
            return
        places = [n for n, each in enumerate(opened) if each["name"].lower() == name]
        inner = opened[places[-1] + 1 :] if places else []
        if inner and not self._is_closed_later(inner[-1], found.end(), end):
            self.never_closed(inner[-1])
            del opened[places[-1] :]
        else:
            self.refuse(found, f"</{name}> closes nothing here", "close tags in order")
            del opened[slice(places[-1], places[-1] + 1) if places else slice(0)]

    def _is_closed_later(self, found: re.Match[str], begin: int, end: int) -> bool:
        closing = re.compile(rf"</{re.escape(found['name'])}\s*>", re.IGNORECASE)
        return closing.search(self.draft.text, begin, end) is not None

"""From bytes to the text of a file: its encoding, and the characters that nobody can see."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from keepwarm.schema.nodes import Span
from keepwarm.schema.problems import Problem

#: Bytes; the largest real playbook is a hundredth of it.
LARGEST_FILE = 1_000_000
#: A file with more characters that no text has is not a text.
MOST_STRANGE_CHARACTERS = 100
#: After these many the point is made.
_MOST_REPORTED = 10
#: What stands in for a character that is refused, so that the rest can still be read; where a space
#: changes nothing of that, it is a space.
_STAND_IN = "\ufffd"
_START = Span(1, 1, 1, 1)


@dataclass(frozen=True, slots=True)
class Decoded:
    r"""The text of a file, its lines ended by "\\n" alone; None where there is no telling it."""

    text: str | None
    problems: tuple[Problem, ...] = ()


def decoded(written: str | bytes, file: str) -> Decoded:
    """Give the text of a file, with a problem for each thing in it that is no text."""
    if _is_too_big(written):
        return Decoded(None, (_too_big(file),))
    text, problems = (written, ()) if isinstance(written, str) else _from_bytes(written, file)
    if text is None:
        return Decoded(None, problems)
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if "\r" in text.strip() and "\n" not in text:
        return Decoded(None, (*problems, _old_line_ends(file)))
    strange = _strange_characters(text)
    if len(strange) > MOST_STRANGE_CHARACTERS:
        return Decoded(None, (*problems, _no_text(file)))
    problems += tuple(_strange(text, at, file) for at in strange[:_MOST_REPORTED])
    return Decoded(_STRANGE.sub(_stand_in, text) if strange else text, problems)


def _is_too_big(written: str | bytes) -> bool:
    if len(written) > LARGEST_FILE or isinstance(written, bytes):
        return len(written) > LARGEST_FILE
    return not written.isascii() and len(written.encode(errors="surrogatepass")) > LARGEST_FILE


def _from_bytes(raw: bytes, file: str) -> tuple[str | None, tuple[Problem, ...]]:
    if name := _other_encoding(raw):
        problem = Problem(
            "encoding", file, _START, f"this file is in {name}", 'save it as "UTF-8" in your editor'
        )
        return None, (problem,)
    try:
        return raw.decode("utf-8"), ()
    except UnicodeDecodeError as error:
        line, column = _place(raw[: error.start].decode("utf-8"), error.start)
        problem = Problem(
            "encoding",
            file,
            Span(line, column, line, column + 1),
            f"this file is not in UTF-8: byte {raw[error.start]:#04x} is no character here",
            'save it as "UTF-8" in your editor; Excel and old programs save other encodings',
        )
        text = raw.decode("utf-8", errors="replace")
        is_text = text.count(_STAND_IN) <= MOST_STRANGE_CHARACTERS
        return text if is_text else None, (problem,)


def _other_encoding(raw: bytes) -> str | None:
    """Name the encoding of a file that is Unicode in units of two or four bytes."""
    if raw.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        return "UTF-32"
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "UTF-16"
    head = raw[:64]
    for nulls, letters in ((head[::2], head[1::2]), (head[1::2], head[::2])):
        if letters and nulls and not any(nulls) and all(letters):
            return "UTF-16"
    return None


def _strange_characters(text: str) -> list[int]:
    found = []
    for match in _STRANGE.finditer(text):
        found.append(match.start())
        if len(found) > MOST_STRANGE_CHARACTERS:
            break
    return found


def _strange(text: str, at: int, file: str) -> Problem:
    character = text[at]
    line, column = _place(text, at)
    what = f"U+{ord(character):04X} {unicodedata.name(character, 'a control character')}".rstrip()
    return Problem(
        "control-character",
        file,
        Span(line, column, line, column + 1),
        f"a character that cannot be seen stands here ({what})",
        "delete it; such a character makes a file read differently from what it does",
        "",
    )


def _stand_in(match: re.Match[str]) -> str:
    """Give a space beside a space or a sign of YAML, if the line has begun or holds nothing else.

    In front of a line a space would move it, inside a word it would part it, and a comma may not
    stand after nothing.
    """
    text, at = match.string, match.start()
    line = text[text.rfind("\n", 0, at) + 1 : at], text[at + 1 :].partition("\n")[0]
    before, behind = (_STRANGE.sub("", part) for part in line)
    is_beside = before[-1:] in _BESIDE or behind[:1] in _BESIDE
    is_all = before.rstrip()[-1:] in (",", "[", "{") and behind.lstrip()[:1] == ","
    if not before.strip(" -") or not is_beside or is_all or behind.startswith("#"):
        return _STAND_IN if behind.strip() else " "
    return _STAND_IN if before.endswith(":") and behind[:1].strip() else " "


def _place(text: str, at: int) -> tuple[int, int]:
    """Give line and column, from 1, of a place in the text."""
    return text.count("\n", 0, at) + 1, min(at, len(text)) - (text.rfind("\n", 0, at) + 1) + 1


def _too_big(file: str) -> Problem:
    return Problem(
        "too-big",
        file,
        _START,
        f"this file is larger than {LARGEST_FILE // 1_000_000} MB",
        "a playbook is a page or two; put each into a file of its own",
    )


def _old_line_ends(file: str) -> Problem:
    return Problem(
        "encoding",
        file,
        _START,
        "the lines of this file end as on computers of long ago, and look like one line",
        'save it with line ends of the kind "LF" in your editor',
    )


def _no_text(file: str) -> Problem:
    return Problem(
        "control-character",
        file,
        _START,
        "this is not a text file: it is full of characters that no text has",
        'save it as plain text, encoding "UTF-8"',
    )


#: A space, the end of a line and signs of YAML: what a space beside them parts is parted already.
_BESIDE = ("", " ", ",", ":", "[", "]", "{", "}")
#: What is no text: control characters, line ends that editors do not show as such, characters
#: that turn the reading direction ("Trojan Source", CVE-2021-42574), halves of characters.
_STRANGE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff"
    "\ud800-\udfff]"
)

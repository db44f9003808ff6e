"""Faults inside a value: signs that YAML takes for itself, quotes, brackets, a second colon."""

from __future__ import annotations

from keepwarm.schema.suggestions import quoted
from keepwarm.schema.yaml_reading.page import Mask, Stretch
from keepwarm.schema.yaml_reading.scene import Fault, Scene, first_colon, indentation, value_start
from keepwarm.schema.yaml_reading.signs import in_quotes, in_words

#: Signs with which YAML lets no plain text begin.
_RESERVED = ">|@`%*&!"
_LONGEST_REPLACED = 300


def braces(scene: Scene) -> Fault | None:
    """`{{ customer.name }}` without quotes, which YAML takes for a mapping in a mapping."""
    for line, column in (scene.at, scene.within):
        text = scene.page.shown[line]
        text = text[: scene.page.comment_on(line)]
        start = text.find("{{")
        while 0 <= start <= column + 1:
            if text[:start].rstrip()[-1:] in ("", ":", "-", "[", ",", "{"):
                return _braces_at(scene, line, start)
            start = text.find("{{", start + 2)
    return None


def _braces_at(scene: Scene, line: int, start: int) -> Fault:
    text = scene.page.shown[line]
    in_flow = text[:start].rstrip()[-1:] in ("[", ",", "{")
    closing = text.find("}}", start)
    if in_flow and closing >= 0:
        stretch = line, start, closing + 2
    else:
        stretch = line, start, scene.value(line, value_start(text))[2]
    written = scene.written(stretch)
    return _value_fault(
        scene,
        "braces",
        stretch,
        "YAML takes {{ … }} for a mapping",
        None,
        in_quotes(written),
    )


def sign(scene: Scene) -> Fault | None:
    """A value that begins with a sign of YAML: `> 50`, `@acme`, `*`, `&`, `%`, a backtick."""
    if "cannot start any token" in scene.problem:
        line, column = scene.at
    elif scene.context.removeprefix("while scanning ") in _SCANNED:
        line, column = scene.within
    elif "could not find expected ':'" in scene.problem:
        line = scene.within[0]
        above = scene.line_before(line)
        if above is not None and not scene.page.shown[line].lstrip().startswith(("!", "&")):
            line = above
        column = indentation(scene.page.shown[line])
    else:
        return None
    text = scene.page.shown[line]
    first = text[column : column + 1]
    if first not in _RESERVED or not first:
        return None
    if column == indentation(text) and (colon := first_colon(text, column)) is not None:
        stretch, what = (line, column, colon), "name"
    else:
        stretch, what = (line, column, scene.value(line, column)[2]), "value"
    written = scene.written(stretch)
    words = in_words(written)
    hint: str | None
    if words:
        hint = "comparisons are written in words"
    elif first in ">|":
        hint = f'a longer text may begin on the line below "{first}"'
    else:
        hint = None
    return _value_fault(
        scene,
        "symbol",
        stretch,
        f'a {what} cannot begin with "{first}"',
        hint,
        words or in_quotes(written),
    )


def second_colon(scene: Scene) -> Fault | None:
    """`title: Win back: you`, of which YAML would make a mapping if it could."""
    line, column = scene.at
    in_flow = scene.context.startswith("while parsing a flow") and scene.line[column:][:1] == ":"
    if not in_flow and "mapping values are not allowed" not in scene.problem:
        return None
    stretch = scene.value(line, column)
    start = value_start(scene.line)
    if in_flow:
        start = scene.value(line, max(scene.line.rfind(": ", 0, column), 0))[1]
        stretch = line, start, stretch[2]
    if not 0 < start <= column or (not in_flow and first_colon(scene.line, 0) == column):
        return None
    return _value_fault(
        scene,
        "second-colon",
        stretch,
        'a second ": " stands on this line',
        "if it is a setting within a setting, begin it on a line of its own",
        in_quotes(scene.written(stretch)),
    )


def list_on_the_line(scene: Scene) -> Fault | None:
    """`steps: - email: x`: a list that begins on the line of its name."""
    if "block sequence entries are not allowed" not in scene.problem:
        return None
    return _value_fault(
        scene,
        "list-on-the-line",
        scene.value(*scene.at),
        "a list begins on the line below its name",
        'write each entry on a line of its own, with "- " before it; if it is a text, put it '
        "in quotes",
    )


def open_quote(scene: Scene) -> Fault | None:
    """A text in quotes whose closing quote is missing."""
    if scene.context != "while scanning a quoted scalar" or "space" in scene.problem:
        return None
    line, column = scene.within
    return _unclosed(
        scene,
        "open-quote",
        (line, column),
        "the quotes that open here are never closed",
        f"write the closing {scene.page.shown[line][column : column + 1]} at the end of the text",
    )


def escape(scene: Scene) -> Fault | None:
    """A backslash in double quotes that means nothing there."""
    if scene.context != "while parsing a quoted scalar":
        return None
    line, column = scene.at
    written = scene.page.lines[line][column : column + 2]
    problem = scene.page.problem(
        "escape",
        (line, column, column + len(written)),
        f"{quoted(written)} means nothing in double quotes",
        "put the text in single quotes, in which a backslash is a backslash",
    )
    first, start = scene.within
    return Fault(problem, (Mask((first, start, len(scene.page.shown[first]))),))


def after_the_end(scene: Scene) -> Fault | None:
    """Text behind a closing quote or bracket."""
    line, column = scene.at
    if "did not find expected" not in scene.problem or column <= indentation(scene.line):
        return None
    last = scene.state.last_scalar
    if last and last.quoted and last.span.line < last.span.end_line == line + 1:
        return _unclosed(
            scene,
            "open-quote",
            (last.span.line - 1, last.span.column - 1),
            f"the quotes that open here close on line {line + 1}, amid other text",
            "a closing quote is missing on this line",
        )
    start = value_start(scene.line)
    first = scene.line[start : start + 1]
    stretch = line, start, len(scene.line.rstrip())
    written = scene.written(stretch)
    if first in ('"', "'") and start < column:
        whole = written[1:-1] if written.endswith(first) and len(written) > 1 else written
        return _value_fault(
            scene,
            "after-quote",
            stretch,
            "more text follows the closing quote",
            None,
            in_quotes(whole),
        )
    if first in ("[", "{") and start < column and _left_open(scene.line) is None:
        return _value_fault(
            scene,
            "after-bracket",
            (line, column, stretch[2]),
            "more text follows the closing bracket",
            "delete it; if all of it is a text, put it in quotes",
            mask=stretch,
        )
    return None


def stray_mark(scene: Scene) -> Fault | None:
    """A bracket that closes nothing, or a comma with nothing before it."""
    line, column = scene.at
    mark = scene.line[column : column + 1]
    if "expected node content" not in scene.problem or mark not in ("]", "}", ","):
        return None
    what = "stands after nothing" if mark == "," else "closes nothing"
    problem = scene.page.problem(
        "stray-mark",
        (line, column, column + 1),
        f'this "{mark}" {what}',
        "delete it; if it is part of a text, put the text in quotes",
    )
    return Fault(problem, (Mask((line, column, column + 1)),))


def open_bracket(scene: Scene) -> Fault | None:
    """`[a, b` without its end, or two entries without a comma between them."""
    if not scene.context.startswith("while parsing a flow") or "expected" not in scene.problem:
        return None
    line, column = scene.within
    opening = scene.page.shown[line][column : column + 1]
    if opening not in ("[", "{"):
        return None
    closing = "]" if opening == "[" else "}"
    if scene.at[0] == line and scene.at[1] < len(scene.line.rstrip()):
        problem = scene.page.problem(
            "open-bracket",
            (line, scene.at[1], scene.at[1] + 1),
            f'a "," or a "{closing}" is missing before this',
            "separate entries with commas; put a text with commas or brackets in quotes",
        )
        return Fault(problem, (Mask((line, column, len(scene.line))),))
    comment = scene.page.shown[line].find(" #", column)
    if comment >= 0:
        return _unclosed(
            scene,
            "open-bracket",
            (line, column),
            f'this "{opening}" is never closed: what follows "#" is taken as a comment',
            'put a text with "#" in quotes',
        )
    return _unclosed(
        scene,
        "open-bracket",
        (line, column),
        f'this "{opening}" is never closed',
        f'write the closing "{closing}"',
    )


def bracket_above(scene: Scene) -> Fault | None:
    """A bracket on a line above that still waits for its end."""
    if "could not find expected ':'" in scene.problem:
        last = scene.within[0]
    elif "mapping values are not allowed" in scene.problem:
        last = scene.at[0]
    else:
        return None
    for line in range(last, max(-1, last - _LINES_LOOKED_BACK), -1):
        text = scene.page.shown[line]
        column = _left_open(text)
        if column is not None:
            closing = "]" if text[column] == "[" else "}"
            message, hint = (
                f'this "{text[column]}" is never closed',
                f'write the closing "{closing}"',
            )
            return _unclosed(scene, "open-bracket", (line, column), message, hint)
    return None


def _left_open(text: str) -> int | None:
    """Give the column of the first bracket that a line opens as a value and does not close."""
    open_at: list[int] = []
    before = ":"
    for column, character in enumerate(text[:_LONGEST_LOOKED_AT]):
        if character in "[{" and before in ":-,[{":
            open_at.append(column)
        elif character in "]}" and open_at:
            open_at.pop()
        before = before if character.isspace() else character
    return open_at[0] if open_at else None


_LINES_LOOKED_BACK, _LONGEST_LOOKED_AT = 50, 2_000
_SCANNED = frozenset({"a block scalar", "an alias", "an anchor", "a tag"})


def _unclosed(scene: Scene, rule: str, at: tuple[int, int], message: str, hint: str) -> Fault:
    """Refuse what opens and does not close; go on below only where a new setting begins there."""
    line, column = at
    problem = scene.page.problem(rule, (line, column, column + 1), message, hint)
    below = scene.line_after(line)
    text = "" if below is None else scene.page.shown[below]
    if below is not None and value_start(text) == indentation(text):
        return Fault(problem)
    return Fault(problem, (Mask((line, column, len(scene.page.shown[line]))),))


def _value_fault(
    scene: Scene,
    rule: str,
    stretch: Stretch,
    message: str,
    hint: str | None,
    replacement: str | None = None,
    mask: Stretch | None = None,
) -> Fault:
    if replacement and len(replacement) > _LONGEST_REPLACED:
        replacement, hint = None, hint or "if it is a text, put it in quotes"
    problem = scene.page.problem(rule, stretch, message, hint, replacement)
    return Fault(problem, (Mask(mask or stretch),))

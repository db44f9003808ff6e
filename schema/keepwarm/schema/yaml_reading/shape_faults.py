"""Faults in the shape of a file: tabs, indentation, names without a colon."""

from __future__ import annotations

import re

from keepwarm.schema.suggestions import listed, quoted
from keepwarm.schema.yaml_reading.page import Mask
from keepwarm.schema.yaml_reading.scene import (
    Fault,
    Scene,
    first_colon,
    indentation,
    says_something,
)

#: YAML looks no further for the colon behind a name.
LONGEST_NAME = 1_024
_BRACKET_IN_NAME = re.compile(r"(?P<name>[\w-]+)(?P<colon>:)?\s*[\[{]")
#: What stands for a colon in other languages, and in other alphabets.
_OTHER_COLON = re.compile(
    r"^(?P<name>(?:- )?[A-Za-z_]+)\s*(?:=|=>|:=|\uff1a|\ufe55|\u2236)\s*(?=\S)"
)
_TABBED = re.compile(r"^ *\t", re.MULTILINE)
#: A file with more is not read on as if they were spaces.
_MOST_TABBED = 1_000


def tab(scene: Scene) -> Fault | None:
    """A tab among the spaces with which a line begins."""
    line, column = scene.at
    before = scene.line[: column + 1]
    if "\t" not in before or before.strip():
        return None
    page = scene.page
    count = len(_TABBED.findall(page.text))
    others = f", and on {count - 1} other lines" if count > 1 else ""
    problem = page.problem(
        "tab",
        (line, before.index("\t"), indentation(scene.line)),
        f"a tab stands here where only spaces may{others}",
        "indent with two spaces for each step to the right; editors can replace all tabs",
    )
    if count > _MOST_TABBED:
        return Fault(problem)
    lines = [n for n, text in enumerate(page.shown) if _TABBED.match(text)]
    return Fault(problem, tuple(Mask((n, 0, indentation(page.shown[n])), " ") for n in lines))


def missing_space(scene: Scene) -> Fault | None:
    """`key:value`, which is one text and not a setting."""
    for line in _suspects(scene):
        text = scene.page.shown[line]
        start = indentation(text)
        while text.startswith("- ", start):
            start += 2
        end = len(text[: scene.page.comment_on(line)].rstrip())
        name, colon, value = text[start:end].partition(":")
        is_setting = colon and value and name.replace("_", "").replace("-", "").isalnum()
        if not is_setting or value[0] in " \t/" or first_colon(text, start) is not None:
            continue
        stretch = line, start, end
        problem = scene.page.problem(
            "missing-space",
            stretch,
            'a space is missing after ":"',
            "without it this is one text, not a setting",
            scene.written(stretch).replace(":", ": ", 1),
        )
        return Fault(problem, scene.without_block(line))
    return None


def missing_space_after_dash(scene: Scene) -> Fault | None:
    """`-email: x`, which is a setting named "-email"."""
    for line in (scene.at[0], scene.line_before(scene.at[0])):
        if line is None:
            continue
        text = scene.page.shown[line].lstrip()
        if text[:1] == "-" and text[1:2].isalpha():
            stretch = scene.name_on(line)
            problem = scene.page.problem(
                "missing-space",
                stretch,
                'a space is missing after "-"',
                replacement=f"- {scene.written(stretch)[1:]}",
            )
            return Fault(problem, scene.without_block(line))
    return None


def missing_before_bracket(scene: Scene) -> Fault | None:
    """`goal:{event: x}` and `goal {event: x}`, whose braces YAML takes for a part of the name."""
    line = scene.at[0]
    _, start, end = scene.name_on(line)
    name = scene.line[start:end].removeprefix("- ")
    match = _BRACKET_IN_NAME.match(name[:LONGEST_NAME])
    if "mapping values are not allowed" not in scene.problem or match is None:
        return None
    rule, what = ("missing-space", "space") if match["colon"] else ("missing-colon", "colon")
    begin = end - len(name)
    problem = scene.page.problem(
        rule,
        (line, begin, begin + match.end() - 1),
        f'a {what} is missing before "{name[match.end() - 1]}"',
        f'write "{match["name"]}: {name[match.end() - 1]}…"',
    )
    return Fault(problem, scene.without_block(line))


def missing_colon(scene: Scene) -> Fault | None:
    """A name that no colon follows."""
    for line in _suspects(scene):
        stretch = scene.name_on(line)
        text = scene.page.shown[line]
        if first_colon(text, stretch[1]) is not None or not says_something(text):
            continue
        written = scene.written(stretch)
        meant = _OTHER_COLON.sub(r"\g<name>: ", written)
        problem = scene.page.problem(
            "missing-colon",
            stretch,
            f'{quoted(written.removeprefix("- "))} has no ":" and no value',
            'a setting is written "name: value"',
            None if meant == written else meant,
        )
        return Fault(problem, scene.without_block(line))
    return None


def _suspects(scene: Scene) -> list[int]:
    """Give the lines that may lack a colon: the one named, and the one above a stray value."""
    if "could not find expected ':'" in scene.problem:
        return [scene.within[0]]
    if "mapping values are not allowed" in scene.problem:
        above = scene.line_before(scene.at[0])
        return [] if above is None else [above]
    return []


def too_far_right(scene: Scene) -> Fault | None:
    """A setting indented below one that already has a value."""
    if "mapping values are not allowed" not in scene.problem:
        return None
    line = scene.at[0]
    above = scene.line_before(line)
    if above is None:
        return None
    column = scene.name_on(above)[1] + 1
    problem = scene.page.problem(
        "indentation",
        scene.name_on(line),
        f"this line stands below line {above + 1}, which already has a value",
        f"if the two belong side by side, let both begin at the same column ({column})",
    )
    return Fault(problem, scene.without_block(line))


def long_name(scene: Scene) -> Fault | None:
    """A name so long that YAML does not take it for one."""
    for line in {scene.at[0], scene.within[0]}:
        stretch = scene.name_on(line)
        if stretch[2] - stretch[1] > LONGEST_NAME:
            problem = scene.page.problem(
                "long-name",
                stretch,
                f"a name of more than {LONGEST_NAME:,} characters stands here",
                "a name is a word or two; the text goes behind the colon",
            )
            return Fault(problem, scene.without_block(line))
    return None


def nameless(scene: Scene) -> Fault | None:
    """A line that begins with a colon."""
    line, column = scene.at
    if not scene.line[column:].startswith(":") or column > indentation(scene.line):
        return None
    problem = scene.page.problem(
        "empty-key",
        (line, column, column + 1),
        'there is no name before this ":"',
        'write "name: value"',
    )
    return Fault(problem, scene.without_block(line))


def second_document(scene: Scene) -> Fault | None:
    """Something after "...", which ends a document."""
    above = scene.line_before(scene.at[0])
    if above is None or scene.page.shown[above].rstrip() != "...":
        return None
    problem = scene.page.problem(
        "several-documents",
        (above, 0, 3),
        'the file ends at this "...", and something follows it',
        'delete the "..."; a file holds one document',
    )
    return Fault(problem, (Mask((above, 0, 3), " "),))


def indented_nowhere(scene: Scene) -> Fault | None:
    """A line that begins where no line above it does, or that has another shape than they."""
    line, column = scene.at
    if "did not find expected" not in scene.problem or column > indentation(scene.line):
        return None
    open_columns = {block.column for block in scene.state.open if not block.is_flow}
    columns = sorted({at + 1 for at in open_columns | set(scene.state.just_closed)})
    begins_entry = scene.line[column:].startswith("-")
    if "'-' indicator" in scene.problem and column + 1 in columns:
        message = 'this line stands in a list, but does not begin with "- "'
        hint = "write the dash, or indent it below the entry that it belongs to"
    elif begins_entry and column + 1 in columns:
        message = "this entry of a list stands among settings"
        hint = "write before it the name of the list that it belongs to"
    elif columns:
        message = f"this line begins at column {column + 1}, where no line above it begins"
        hint = f"let it begin at column {listed(map(str, columns))}, under what it belongs to"
    else:
        message = "this line begins further left than the first line of the file"
        hint = "let the first name of the file and this one begin at the same column"
    problem = scene.page.problem("indentation", scene.name_on(line), message, hint)
    return Fault(problem, scene.without_block(line))


def anything_else(scene: Scene) -> Fault:
    """What no explanation knows; the parser's own words are better than none."""
    line, column = scene.at
    within = f" ({scene.context})" if scene.context else ""
    problem = scene.page.problem(
        "yaml",
        (line, column, column + 1),
        f"this cannot be read as YAML: {scene.problem}{within}",
        "if it is a text, put it in quotes; else compare its indentation with the lines above",
    )
    return Fault(problem, scene.without_block(line))

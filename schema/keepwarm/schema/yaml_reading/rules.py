"""The rules that loading holds a file to, with the help that a report gives for each."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

#: Rule -> what it is about, in a sentence or two.
LOADING_RULES: Mapping[str, str] = MappingProxyType(
    {
        "after-bracket": "Nothing but a comment follows a closing bracket or brace.",
        "after-quote": "Nothing but a comment follows a closing quote; quotes hold a whole text.",
        "alias": "An alias (*name) repeats what stands elsewhere. A reader would have to look for "
        "it, and a few lines of aliases can unfold to gigabytes; write the value out.",
        "anchor": "An anchor (&name) names a value for aliases, which are not read.",
        "braces": "A text that begins with {{ must be in quotes: YAML takes braces for a mapping.",
        "control-character": "A character that cannot be seen makes a file read differently from "
        "what it does.",
        "cut-text": 'YAML takes a "#" behind a space for the start of a comment, so the rest of '
        "the text would be lost. Put a text that holds one in quotes, and a space after the "
        '"#" of a comment.',
        "directive": "A line that begins with % gives YAML an instruction; none is followed.",
        "duplicate-key": "A name stands once in a mapping; YAML would keep the last in silence.",
        "empty-key": "A name stands before each colon.",
        "encoding": "A file is saved in UTF-8.",
        "escape": "In double quotes a backslash begins an escape, such as \\n; in single quotes it "
        "is a backslash.",
        "indentation": "What belongs together begins at the same column, and what belongs to "
        "another stands to the right of it.",
        "key-not-text": "A name is a text, never a list or a mapping.",
        "list-sign": 'An entry of a list begins with "-", not with a longer dash or a dot.',
        "list-on-the-line": "A list begins on the line below its name.",
        "long-name": "YAML takes no text of more than 1,024 characters for a name.",
        "merge-key": "A merge key (<<) copies another mapping in. Write the settings out.",
        "missing-colon": "A colon and a space follow a name.",
        "missing-space": "A space follows the colon behind a name; without it both are one text.",
        "odd-space": "A text begins and ends with a letter or an ordinary space, not with one of "
        "those that come along when text is copied from a web page.",
        "open-bracket": "A bracket or brace that opens also closes.",
        "open-quote": "Quotes that open also close.",
        "second-colon": 'A text that holds ": " must be in quotes: YAML takes what stands before '
        "it for a name.",
        "several-documents": "A file holds one document.",
        "stray-mark": "A bracket, brace or comma stands where a list or mapping is open.",
        "symbol": "A value does not begin with a sign that YAML takes for itself. Comparisons are "
        'written in words ("more than 50"); a text with such a sign is put in quotes.',
        "tab": "A line is indented with spaces; YAML refuses tabs.",
        "tag": "A tag (!name) gives a value a type; here the catalog does that.",
        "too-big": "A file is at most 1 MB.",
        "too-deep": "Lists and settings lie at most 50 deep in one another.",
        "too-many-nodes": "A file holds at most 15,000 names, values and lists.",
        "too-many-problems": "After 200 problems a file is better written anew than mended.",
        "yaml": "The file is YAML.",
    }
)

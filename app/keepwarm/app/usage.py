"""How the command line was used wrongly, said so that it can be mended."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from shutil import get_terminal_size
from textwrap import fill
from typing import Final, NoReturn

from keepwarm.schema.suggestions import closest, listed

#: The exit code of every command that was used wrongly.
USAGE: Final = 2

#: What argparse says of a word that is none of those that may stand there; it gives no other way
#: to learn of it. The words are in quotes up to Python 3.11.
_NO_CHOICE: Final = re.compile(
    r"argument (?P<of>[^:]+): invalid choice: '(?P<said>.*)' \(choose from (?P<choices>.*)\)"
)
_MISSING: Final = re.compile(r"the following arguments are required: (?P<names>.+)")
_ONE_OF: Final = re.compile(r"one of the arguments (?P<names>.+) is required")
_NO_NUMBER: Final = re.compile(r"argument (?P<of>[^:]+): invalid int value: '(?P<said>.*)'")
_NOTHING_BEHIND: Final = re.compile(r"argument (?P<of>[^:]+): expected (one|at least one) argument")


class Parser(argparse.ArgumentParser):
    """A parser whose complaints say what may be written instead."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and how to mend it, and end with the code of wrong use."""
        sys.stderr.write(f"keepwarm: {_in_words(message)}\nSee `{self.prog} --help`.\n")
        raise SystemExit(USAGE)


class Help(argparse.RawDescriptionHelpFormatter):
    """Help that keeps its examples a line each, and fits the rest into the terminal."""

    def __init__(self, prog: str, max_help_position: int = 24) -> None:
        width = min(_WIDEST, get_terminal_size((_WIDEST, 24)).columns)
        super().__init__(prog, max_help_position=max_help_position, width=width)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        paragraphs = text.strip().split("\n\n")
        return "\n\n".join(_fitted(each, width, indent) for each in paragraphs)


class HelpOfAll(Help):
    """Help of all commands: there is room for what each does behind its name."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=18)


def _fitted(paragraph: str, width: int, indent: str) -> str:
    lines = paragraph.split("\n")
    if all(len(line) <= width for line in lines):
        return "\n".join(indent + line for line in lines)
    if paragraph.startswith("  "):
        return "\n".join(_example(indent + line, width) for line in lines)
    return fill(" ".join(lines), width, initial_indent=indent, subsequent_indent=indent)


def _example(line: str, width: int) -> str:
    """Give a command and what it does, the latter on a line of its own."""
    parts = _COMMAND_AND_USE.fullmatch(line)
    if parts is None:
        return line
    use = fill(parts["use"], width, initial_indent=" " * 6, subsequent_indent=" " * 6)
    return f"{parts['command']}\n{use}"


_WIDEST: Final = 100
_COMMAND_AND_USE: Final = re.compile(r"(?P<command> *\S.*?)  +(?P<use>\S.*)")


def refuse_command(word: str, commands: Sequence[str]) -> NoReturn:
    """Say that there is no such command, and which was meant."""
    near = closest(word, commands)
    hint = f"Did you mean `keepwarm {near}`?" if near else f"There are {listed(commands, 'and')}."
    sys.stderr.write(f'keepwarm: There is no command "{word}". {hint}\n')
    sys.stderr.write("See `keepwarm --help`.\n")
    raise SystemExit(USAGE)


def refuse_words(words: Sequence[str], parser: argparse.ArgumentParser) -> NoReturn:
    """Say of words that a command does not take which were meant."""
    word = words[0].partition("=")[0]
    if not word.startswith("-"):
        parser.error(f'"{word}" is one word more than this command takes.')
    options = _options_of(parser)
    # Of a single letter, the word that begins with it is meant.
    near = next((each for each in options if each.startswith(f"-{word}")), closest(word, options))
    hint = f"Did you mean {near}?" if near else ""
    parser.error(f"There is no option {word}. {hint}".rstrip())


def _options_of(parser: argparse.ArgumentParser) -> list[str]:
    return re.findall(r"(?<![\w-])--?[a-z][\w-]*", parser.format_help())


def _in_words(message: str) -> str:
    if match := _NO_CHOICE.fullmatch(message):
        choices = match["choices"].replace("'", "").split(", ")
        near = closest(match["said"], choices)
        hint = f' Did you mean "{near}"?' if near else ""
        return f'{match["of"]}: "{match["said"]}" is none of {listed(choices)}.{hint}'
    if match := _MISSING.fullmatch(message):
        return f"{listed(match['names'].split(', '), 'and')} must be said too."
    if match := _ONE_OF.fullmatch(message):
        return f"{listed(match['names'].split(), 'or')} must be said too."
    if match := _NO_NUMBER.fullmatch(message):
        return f'{match["of"]} is a whole number, not "{match["said"]}".'
    if match := _NOTHING_BEHIND.fullmatch(message):
        return f"{match['of']} needs a word behind it."
    return message.removeprefix("argument ")

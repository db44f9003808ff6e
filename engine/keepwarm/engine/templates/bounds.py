"""How much a template may ask for, so that no template can hang a worker or fill its memory."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from keepwarm.engine.templates.faults import TooMuch
from keepwarm.schema.words import Channel

#: Characters of a template's body, as written.
LONGEST_BODY = 256_000
#: Marks of Liquid in one body.
MOST_MARKS = 1_000
#: Faults of one sort that are told of a template; nobody reads more.
MOST_FAULTS = 20
#: Characters of one `{{ … }}` or `{% … %}`, and of white space inside it.
LONGEST_MARK = 2_000
LONGEST_SPACE = 100
#: Characters of a text that a filter or a variable may hold.
LONGEST_TEXT = 100_000
#: Things in a list that a filter may hold.
LONGEST_LIST = 1_000
#: A number beyond it is no number of a business.
LARGEST_NUMBER = 10**30
#: Names that `assign` and `capture` may make.
MOST_NAMES = 200
#: Steps of work in one text of one message; a step takes about a microsecond.
MOST_WORK = 100_000
#: Characters and things that are quickly done with, so that nobody counts the work.
SHORT_TEXT = 2_000
SHORT_LIST = 100
#: Characters of all texts of a message together.
LONGEST_MESSAGE: Mapping[Channel, int] = MappingProxyType(
    {
        Channel.EMAIL: 400_000,
        #: Twilio refuses more (error 21617).
        Channel.SMS: 1_600,
        Channel.PUSH: 4_000,
        Channel.CHAT: 40_000,
        Channel.WEBHOOK: 64_000,
    }
)


def within_bounds(
    value: object, longest_text: int = LONGEST_TEXT, longest_list: int = LONGEST_LIST
) -> object:
    """Give the value back, or raise TooMuch when it is too long or too large."""
    if isinstance(value, str):
        if len(value) > longest_text:
            raise TooMuch(f"a text grows beyond {longest_text:,} characters")
        return value
    match value:
        case list() | tuple():
            if len(value) > longest_list:
                raise TooMuch(f"a list grows beyond {longest_list:,} things")
        case range():
            if value.stop - value.start > longest_list:
                raise TooMuch(f"a range has more than {longest_list:,} numbers")
        case int():
            if not -LARGEST_NUMBER < value < LARGEST_NUMBER:
                raise TooMuch("a number grows beyond all measure")
        case _:
            pass
    return value


def work_in(name: str, value: object) -> int:
    """Give the steps of work that a filter spends on a value."""
    if isinstance(value, str):
        return 5 + len(value) // 50
    if isinstance(value, list | tuple | range):
        length = len(value)
        return 5 + (length * length // 50 if name == "uniq" else length)
    return 5


#: Filters whose result may be much longer than all that they are given.
GROWING = frozenset({"join", "replace"})


def refuse_long_results(name: str, left: object, arguments: tuple[object, ...]) -> None:
    """Raise TooMuch for a filter whose result alone would fill the memory.

    All other filters make at most the sum of what they are given.
    """
    if name == "replace" and arguments:
        text, old = _text(left), _text(arguments[0])
        new = _text(arguments[1]) if len(arguments) > 1 else ""
        if len(text) + text.count(old) * len(new) > LONGEST_TEXT:
            raise TooMuch(f"a text grows beyond {LONGEST_TEXT:,} characters")
    if name == "join" and isinstance(left, list | tuple):
        separator = len(_text(arguments[0])) if arguments else 1
        if sum(len(_text(each)) + separator for each in left) > LONGEST_TEXT:
            raise TooMuch(f"a text grows beyond {LONGEST_TEXT:,} characters")


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)

"""What stops a message: a fault of its template, an unfit value, the author's own word."""

from __future__ import annotations

from liquid.exceptions import LiquidError, LiquidSyntaxError
from liquid.token import Token
from liquid.undefined import Undefined


class Unfit(LiquidSyntaxError):  # noqa: N818  it reads as what is wrong
    """What a template asks for cannot be done with what it was given.

    The sentence names words of the template only, never a customer's value.
    """

    def __init__(
        self, sentence: str, *, mend: str | None = None, token: Token | None = None
    ) -> None:
        super().__init__(sentence, token=token)
        self.sentence = sentence
        self.mend = mend


class TooMuch(Unfit):
    """A template wants more work, loops or words than a message can need."""


class NotToBeSent(LiquidError):  # noqa: N818  it reads as what happened
    """The template says that this customer shall not get the message."""

    def __init__(self, reason: str, token: Token | None = None) -> None:
        super().__init__(reason, token=token)
        self.reason = reason


def is_missing(value: object) -> bool:
    """Tell whether a value is one that python-liquid did not find.

    Such a value lets no other question pass, not even `isinstance`.
    """
    return issubclass(type(value), Undefined)

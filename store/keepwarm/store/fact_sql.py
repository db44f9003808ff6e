"""What is known of a customer or an event, as SQL: one expression a fact, the same everywhere.

An index on `fact_expression` serves the conditions, because they use the very same expression.
Whether it holds a value of the right kind is a second expression (`is_value`), which is asked of
the rows that the first one found.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, assert_never

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Double,
    ScalarSelect,
    Select,
    Text,
    and_,
    case,
    cast,
    collate,
    func,
    literal,
    literal_column,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB, JSONPATH, array

from keepwarm.engine.values import LARGEST_AMOUNT, PARTS
from keepwarm.engine.windows import SHAPES
from keepwarm.schema.conditions import End, FactKind
from keepwarm.schema.reading import NAME
from keepwarm.store.bulk import table_of
from keepwarm.store.database import Dialect
from keepwarm.store.tables import CustomerRow, ScoreRow

CUSTOMER: Final = table_of(CustomerRow)
SCORE: Final = table_of(ScoreRow)

#: Attributes that are columns of their own rather than members of `attributes`.
COLUMNS: Final = frozenset({"email", "phone", "timezone", "language"})

#: A customer who may enter and is counted: neither erased nor merged into another.
IS_PRESENT: Final = and_(CUSTOMER.c.erased_at.is_(None), CUSTOMER.c.merged_into.is_(None))

_NAME: Final = re.compile(NAME)


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact as SQL: the expression of its value, and whether that is a value of its kind.

    Both may be NULL where there is none. `is_value` None means that whatever is not NULL is one.
    """

    value: ColumnElement[Any]
    is_value: ColumnElement[bool] | None

    @property
    def is_known(self) -> ColumnElement[bool]:
        """Whether there is a value; NULL may stand for no."""
        return self.value.is_not(None) if self.is_value is None else self.is_value


def fact_expression(name: str, kind: FactKind, dialect: Dialect) -> ColumnElement[Any]:
    """Give the expression of an attribute over `customer`, to be compared and to be indexed."""
    return attribute_fact(name, kind, dialect).value


def attribute_fact(name: str, kind: FactKind, dialect: Dialect) -> Fact:
    """Give an attribute of `customer`."""
    if name in COLUMNS:
        value = in_byte_order(CUSTOMER.c[name], dialect)
        return Fact(value, CUSTOMER.c[name] != "")
    return member_fact(CUSTOMER.c.attributes, name, kind, dialect)


def score_fact(kind: FactKind, dialect: Dialect) -> Fact:
    """Give a score over the rows of `score` that have its name."""
    if kind is FactKind.NUMBER:
        return Fact(SCORE.c.number, None)
    return Fact(in_byte_order(SCORE.c.word, dialect), SCORE.c.word != "")


def member_fact(within: ColumnElement[Any], name: str, kind: FactKind, dialect: Dialect) -> Fact:
    """Give a member of a JSON object.

    Raises ValueError for a name that the catalog would not take.
    """
    match dialect:
        case Dialect.SQLITE:
            return _sqlite_member(within, name, kind)
        case Dialect.POSTGRESQL:
            return _postgresql_member(within, name, kind)
        case _:
            assert_never(dialect)


def in_byte_order(text: ColumnElement[Any], dialect: Dialect) -> ColumnElement[Any]:
    """Give a text that compares by its bytes, as in SQLite, whatever the server's locale."""
    return collate(text, "C") if dialect is Dialect.POSTGRESQL else text


def number_or_null(fact: Fact) -> ColumnElement[Any]:
    """Give a number, NULL where there is none."""
    return fact.value if fact.is_value is None else case((fact.is_value, fact.value))


def in_parts(number: ColumnElement[Any], dialect: Dialect) -> ColumnElement[Any]:
    """Give an amount in whole ten-thousandths, 0 for NULL (`values.ten_thousandths`)."""
    parts = number * float(PARTS) + case((number < 0, literal(-0.5)), else_=literal(0.5))
    usable = number.between(-LARGEST_AMOUNT, LARGEST_AMOUNT)
    match dialect:
        case Dialect.SQLITE:
            return case((usable, cast(parts, BigInteger)), else_=literal(0))
        case Dialect.POSTGRESQL:
            return case((usable, func.trunc(parts)), else_=literal(0.0))
        case _:
            assert_never(dialect)


def truth_value(wanted: bool, dialect: Dialect) -> ColumnElement[Any]:  # noqa: FBT001 - it is a value
    """Give the value of a fact that is yes or no, as `Fact.value` has it."""
    word = "true" if wanted else "false"
    match dialect:
        case Dialect.SQLITE:
            return _word(word)
        case Dialect.POSTGRESQL:
            return literal_column(f"'{word}'::jsonb", JSONB)
        case _:
            assert_never(dialect)


def threshold(
    name: str, end: End, share: Decimal, *, is_score: bool, dialect: Dialect
) -> ScalarSelect[Any]:
    """Give the value at the rank that a share of all customers with a value ends at.

    The rank is the share rounded up, so that there is always somebody at the top.
    """
    if is_score:
        fact, whose = score_fact(FactKind.NUMBER, dialect), SCORE.c.name == name
    else:
        fact, whose = attribute_fact(name, FactKind.NUMBER, dialect), IS_PRESENT
    numerator, denominator = share.as_integer_ratio()
    among = and_(whose, fact.is_known)
    table = SCORE if is_score else CUSTOMER
    count = select(func.count()).select_from(table).where(among).correlate(None)
    order = fact.value.desc() if end is End.TOP else fact.value.asc()
    return (
        select(fact.value)
        .where(among)
        .order_by(order)
        .limit(1)
        .offset((count.scalar_subquery() * numerator - 1) // denominator)
        .correlate(None)
        .scalar_subquery()
    )


def _sqlite_member(within: ColumnElement[Any], name: str, kind: FactKind) -> Fact:
    path = _sqlite_path(name)
    type_ = func.json_type(within, path, type_=Text)
    value = within.op("->>", return_type=Text())(path)
    match kind:
        case FactKind.NUMBER:
            return Fact(cast(value, Double), type_.in_((_word("integer"), _word("real"))))
        case FactKind.TEXT | FactKind.CHOICE:
            return Fact(value, and_(type_ == _word("text"), value != _word("")))
        case FactKind.TRUTH:
            return Fact(type_, type_.in_((_word("true"), _word("false"))))
        case FactKind.DATE | FactKind.MOMENT:
            shape = SHAPES[kind].replace("0", "[0-9]")
            return Fact(value, value.op("GLOB", is_comparison=True)(_word(shape)))
        case FactKind.TAGS:
            return Fact(value, _sqlite_has(within, path, None))
        case FactKind.EVENT | FactKind.METRIC | FactKind.SEGMENT | FactKind.STEP:
            raise ValueError(f"{name} is no attribute")
        case _:
            assert_never(kind)


def _postgresql_member(within: ColumnElement[Any], name: str, kind: FactKind) -> Fact:
    key = _quoted(name)
    member = within.op("->", return_type=JSONB())(key)
    text = collate(within.op("->>", return_type=Text())(key), "C")
    type_ = func.jsonb_typeof(member, type_=Text)
    match kind:
        case FactKind.NUMBER:
            return Fact(case((type_ == _word("number"), cast(member, Double))), None)
        case FactKind.TEXT | FactKind.CHOICE:
            return Fact(text, and_(type_ == _word("string"), text != _word("")))
        case FactKind.TRUTH:
            return Fact(member, type_ == _word("boolean"))
        case FactKind.DATE | FactKind.MOMENT:
            return Fact(text, _shape_of(text) == _word(SHAPES[kind]))
        case FactKind.TAGS:
            return Fact(member, _postgresql_has(member, None))
        case FactKind.EVENT | FactKind.METRIC | FactKind.SEGMENT | FactKind.STEP:
            raise ValueError(f"{name} is no attribute")
        case _:
            assert_never(kind)


def has_tag(
    within: ColumnElement[Any] | None, name: str, tags: tuple[str, ...], dialect: Dialect
) -> ColumnElement[bool]:
    """Give whether tags hold one of these: a member of a JSON object, or the customer's own.

    NULL may stand for no.
    """
    if within is None:
        within = CUSTOMER.c.attributes
    match dialect:
        case Dialect.SQLITE:
            return _sqlite_has(within, _sqlite_path(name), tags)
        case Dialect.POSTGRESQL:
            return _postgresql_has(within.op("->", return_type=JSONB())(_quoted(name)), tags)
        case _:
            assert_never(dialect)


def _sqlite_has(
    within: ColumnElement[Any], path: ColumnElement[str], tags: tuple[str, ...] | None
) -> ColumnElement[bool]:
    """Whether a list of texts holds one of these, or any at all where none is named."""
    each = func.json_each(within, path).table_valued("value", "type")
    found: Select[Any] = (
        select(literal_column("1")).select_from(each).where(each.c.type == _word("text"))
    )
    if tags is not None:
        found = found.where(each.c.value.in_(tags))
    return and_(func.json_type(within, path) == _word("array"), found.exists())


def _postgresql_has(
    member: ColumnElement[Any], tags: tuple[str, ...] | None
) -> ColumnElement[bool]:
    if tags is None:
        # Strict, or else a list in the list would be opened too; silent where it is no list.
        any_text = literal_column("""'strict $[*] ? (@.type() == "string")'""", JSONPATH)
        found: ColumnElement[bool] = func.jsonb_path_exists(
            member, any_text, literal_column("'{}'::jsonb", JSONB), true()
        )
    else:
        found = member.op("?|", is_comparison=True)(array(tags, type_=Text))
    return and_(func.jsonb_typeof(member, type_=Text) == _word("array"), found)


def _shape_of(text: ColumnElement[str]) -> ColumnElement[str]:
    """A date's text with every digit as 0."""
    return func.translate(text, _word("123456789"), _word("000000000"), type_=Text)


def _sqlite_path(name: str) -> ColumnElement[str]:
    return literal_column(f"'$.\"{_checked(name)}\"'", Text)


def _quoted(name: str) -> ColumnElement[str]:
    return _word(_checked(name))


def _word(text: str) -> ColumnElement[str]:
    """Give one of our own words written out: an index cannot match what is bound."""
    return literal_column(f"'{text}'", Text)


def _checked(name: str) -> str:
    """Give the name, which becomes part of the SQL, so that an index can match it."""
    if _NAME.fullmatch(name) is None:
        raise ValueError(f"{name!r} is not a name of the catalog")
    return name

"""What rows are made of.

Moments are whole microseconds since 1970 in UTC (`Moment`): integers sort, index and compare
alike in both databases.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, Dialect, Integer, MetaData, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from keepwarm.store.moments import from_micros, to_micros


class Moment(TypeDecorator[datetime]):
    """An aware UTC moment, kept as microseconds since 1970."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Turn a moment into its row value."""
        del dialect
        return None if value is None else to_micros(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Turn a row value into a moment."""
        del dialect
        return None if value is None else from_micros(value)


#: 64 bits everywhere, yet SQLite's own row number where it is a key.
BigKey = BigInteger().with_variant(Integer(), "sqlite")
#: Indexable in PostgreSQL, plain text in SQLite.
Json = JSON().with_variant(JSONB(), "postgresql")


class Row(SQLModel):
    """What all tables share."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        },
    )


def key_column() -> Any:  # noqa: ANN401 - SQLModel's Field is typed so
    """Give a column that numbers its rows."""
    return Field(default=None, sa_column=Column(BigKey, primary_key=True))


def moment_column(*, nullable: bool = False, index: bool = False) -> Any:  # noqa: ANN401
    """Give a column that holds a moment."""
    return Field(
        default=None if nullable else ...,
        sa_column=Column(Moment(), nullable=nullable, index=index),
    )


def json_column() -> Any:  # noqa: ANN401
    """Give a column that holds a JSON object."""
    return Field(default_factory=dict, sa_column=Column(Json, nullable=False))


def id_column(*, nullable: bool = False, index: bool = False) -> Any:  # noqa: ANN401
    """Give a column that holds another row's number."""
    return Field(
        default=None if nullable else ...,
        sa_column=Column(BigInteger, nullable=nullable, index=index),
    )

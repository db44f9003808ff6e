"""Moments as rows hold them: whole microseconds since 1970, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_micros(moment: datetime) -> int:
    """Give the moment as rows hold it; the moment must be aware."""
    return (moment - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """Read a row's moment."""
    return _EPOCH + micros * _MICROSECOND


def from_micros_or_none(micros: int | None) -> datetime | None:
    """Read a row's moment; None where the row has none."""
    return None if micros is None else from_micros(micros)

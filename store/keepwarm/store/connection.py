"""The connection that every query takes: other rooms hold one and hand it back, no more."""

from sqlalchemy import Connection

__all__ = ["Connection"]

"""Moments as people say them, on pages and in the terminal alike."""

from __future__ import annotations

from datetime import datetime

from keepwarm.engine.timing import zone_named


def said(at: datetime, zone: str | None) -> str:
    """Give a moment as people say it: `21 Nov 2026, 09:30 CET`; in UTC where no zone is known."""
    local = at.astimezone(zone_named(zone or "UTC"))
    return f"{local.day} {local:%b %Y, %H:%M %Z}"

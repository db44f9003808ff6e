"""Lines of the audit log, as people read them."""

from __future__ import annotations

from keepwarm.store.audit import Noted


def detail_of(noted: Noted) -> str:
    """Give what more is known of a deed: `playbook failed-payment, reason a bad link`."""
    return ", ".join(
        f"{name.replace('_', ' ')} {_said(value)}"
        for name, value in noted.detail.items()
        if value not in ("", None, [], {})
    )


def _said(value: object) -> str:
    match value:
        case list():
            return " and ".join(_said(each) for each in value)
        case dict():
            return ", ".join(f"{name} {_said(each)}" for name, each in value.items())
        case _:
            return str(value)

"""What all pages share: the frame, the style, and pages that say one thing."""

from __future__ import annotations

from importlib.resources import files
from typing import Final

from fastapi.responses import HTMLResponse

from keepwarm.app.web.markup import Child, Html, tag
from keepwarm.app.web.preview_style import PREVIEW_STYLE
from keepwarm.engine.charts.style import CHART_STYLE

_OWN: Final = (files("keepwarm.app.web") / "style.css").read_text(encoding="utf-8")
STYLE: Final = _OWN + CHART_STYLE + PREVIEW_STYLE


def page(title: str, *content: Child, here: str = "", status: int = 200) -> HTMLResponse:
    """Give a page of the operator's: with the way to the other pages."""
    ways = (
        ("/outbox", "Outbox"),
        ("/tasks", "Tasks"),
        ("/customers", "Customers"),
        ("/playbooks", "Playbooks"),
        ("/explain", "Why?"),
        ("/audit", "Audit"),
        ("/account", "Account"),
    )
    links = [
        tag("a", name, href=path, aria_current="page" if path == here else None)
        for path, name in ways
    ]
    header = tag(
        "header",
        tag("a", "Keepwarm", href="/outbox", class_="brand"),
        tag("nav", links, aria_label="Pages"),
        class_="top",
    )
    return _document(title, header, tag("main", *content), status=status)


def card(title: str, *content: Child, status: int = 200, language: str = "en") -> HTMLResponse:
    """Give a page for customers: one card, and nothing of ours around it."""
    inner = tag("div", tag("h1", title), *content, class_="card")
    return _document(title, tag("main", inner, class_="alone"), status=status, language=language)


def _document(title: str, *body: Html, status: int, language: str = "en") -> HTMLResponse:
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="robots", content="noindex"),
        tag("title", title),
        tag("link", rel="stylesheet", href="/style.css"),
        tag("link", rel="icon", href="data:,"),
    )
    html = tag("html", head, tag("body", *body), lang=language)
    return HTMLResponse(f"<!doctype html>{html}", status_code=status)

"""What tools say of a task in plain words."""

from __future__ import annotations

from datetime import UTC, datetime

from keepwarm.connectors.task_tools.contract import Card


def in_words(card: Card) -> str:
    """Give a task as a few lines of text."""
    lines = [
        *([card.details, ""] if card.details else []),
        f"Customer: {card.customer}",
        f"For: {card.assignee}",
        *([f"Due: {moment_in_words(card.due_at)}"] if card.due_at else []),
        f"Playbook: {card.playbook}",
        "",
        f"When it is done, say what came of it ({', '.join(map(spoken, card.outcomes))}):",
        card.page,
    ]
    return "\n".join(lines)


def standing_in_words(card: Card) -> str:
    """Give who has an open task, and when it is due and seen again, in a sentence."""
    due = f", due {moment_in_words(card.due_at)}" if card.due_at else ""
    later = f", put off until {moment_in_words(card.snoozed_until)}" if card.snoozed_until else ""
    return f"This is for {card.assignee} now{due}{later}."


def ending_in_words(card: Card) -> str:
    """Give what came of a task and who said so, in a sentence; empty while it is open."""
    if card.ending is None:
        return ""
    note = f" {card.ending.note}" if card.ending.note else ""
    if card.ending.outcome == "withdrawn":
        return f"Nobody needs to do this any more.{note}"
    return f"{spoken(card.ending.outcome).capitalize()}, says {card.ending.by}.{note}"


def spoken(outcome: str) -> str:
    """Give an outcome as people say it."""
    return outcome.replace("_", " ")


def moment_in_words(moment: datetime) -> str:
    """Give a moment for text that no program turns into the reader's own time."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"

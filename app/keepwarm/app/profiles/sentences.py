"""What happened with a customer, each thing as a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keepwarm.schema.words import IN_SHORT, Channel
from keepwarm.store.outbox import Shown
from keepwarm.store.people import ALL
from keepwarm.store.timelines import Happened


def sentence_of(happened: Happened, became: Mapping[int, Shown]) -> str:
    """Say what happened; `became` has what became of the messages, by key."""
    told = happened.told
    match happened.what:
        case "event":
            values = _listed(told["values"])
            return f"{told['name']}{f': {values}' if values else ''} (told by {told['source']})"
        case "consent":
            return _consent(told)
        case "change":
            by = f" by {told['playbook']}" if told["playbook"] else ""
            return f"changed{by}; until then {_listed(told['values'])}"
        case "message":
            standing = _standing(became[happened.key]) if happened.key in became else ""
            return f"{_message(told)} from {told['playbook']}{standing}"
        case "reaction":
            return f"{_message(told)}: {told['signal']}"
        case "run":
            held = "" if told["mode"] == "live" else f" ({told['mode']})"
            return f"entered {told['playbook']}{held}"
        case "ended":
            return f"left {told['playbook']}: {told['status']}"
        case "task":
            return f"task for {told['assignee']}: {told['title']} ({told['playbook']})"
        case "done":
            note = f". {told['note']}" if told["note"] else ""
            ended = f"{told['title']}, {told['outcome']}{note}"
            return f"task done by {told['done_by'] or 'nobody'}: {ended}"
        case "offer":
            return f"was promised {told['offer']} ({told['playbook']})"
        case _:
            return f"became known as {told['kind']} {told['value']}"


def _message(told: Mapping[str, Any]) -> str:
    return f"{IN_SHORT[Channel(told['channel'])]} {told['template'] or ''}".strip()


def _standing(shown: Shown) -> str:
    reason = shown.history[-1].reason if shown.history else None
    return f": {shown.status}{f', {reason}' if reason else ''}"


def _consent(told: Mapping[str, Any]) -> str:
    of = [told["channel"]] if told["channel"] != ALL else []
    of += [f"the topic {told['topic']}"] if told["topic"] != ALL else []
    verb = "agreed to" if told["allowed"] else "said no to"
    words = f' "{told["wording"]}"' if told["wording"] else ""
    source = f" ({told['source']})" if told["source"] else ""
    return f"{verb} {', '.join(of) or 'everything'}{words}{source}"


def _listed(values: Mapping[str, Any]) -> str:
    shown = {None: "nothing", True: "yes", False: "no"}
    return ", ".join(
        f"{name} {shown[value] if value is None or isinstance(value, bool) else value}"
        for name, value in values.items()
    )

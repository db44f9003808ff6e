"""The sentences of a proposal that all its forms share: text, Markdown and JSON say the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from keepwarm.engine.proposing.approving import Needed
from keepwarm.engine.proposing.changes import Fate, PlaybookChange
from keepwarm.engine.proposing.comparing import LineChange
from keepwarm.engine.proposing.proposal import Proposal
from keepwarm.schema.conditions import ALWAYS
from keepwarm.schema.suggestions import listed
from keepwarm.schema.words import InFlight, PlaybookStatus

#: What stands before a playbook or a line that comes, changes or goes.
MARKS = {Fate.ADDED: "+", Fate.CHANGED: "~", Fate.REMOVED: "-"}


def summary(proposal: Proposal) -> str:
    """Say in one line how many playbooks come, change and go."""
    if not proposal.is_change:
        return "No changes: what the folder says is live already."
    added, changed, removed = (len(proposal.of(fate)) for fate in Fate)
    count = len(proposal.unbound)
    lines = f"{count} line{'' if count == 1 else 's'} of the catalog and the policies"
    if count and not proposal.changes:
        said = f"No playbook changes; {lines} {'does' if count == 1 else 'do'}."
    else:
        said = f"{added} to add, {changed} to change, {removed} to remove."
        said += f" {lines} {'changes' if count == 1 else 'change'} too." if count else ""
    return f"{said} Who must approve changes too." if proposal.approvers_change else said


def base_said(proposal: Proposal) -> str:
    """Say what is compared with what."""
    release = proposal.basis.release
    base = "nothing is live yet" if release is None else f"release {release} is live"
    commit = f" at {proposal.commit}" if proposal.commit else ""
    return f"the folder{commit}; {base}; data as of {moment_said(proposal.as_of)}"


def moment_said(moment: datetime) -> str:
    """Say a moment in UTC, to the minute."""
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def change_mark(change: LineChange) -> str:
    """Give the sign of a line that comes, changes or goes."""
    if change.old is None:
        return "+"
    return "-" if change.new is None else "~"


def change_said(change: LineChange) -> str:
    """Say what a line was and what it will be: `wait: 3 days -> 2 days`."""
    within = change.within
    if change.is_shared and not change.section.startswith(("templates/", "policies", "catalog")):
        within = change.section
    said = _said(change)
    return f"{within}, {said}" if within and within != said else said


def _said(change: LineChange) -> str:
    if change.old is None or change.new is None:
        return change.line.says
    was, will = change.old.says, change.new.says
    key = f"{change.new.key}: "
    if will.startswith(key) and was.startswith(key):
        return f"{was} -> {will.removeprefix(key)}"
    return f"{was} -> {will}"


def shared_by(proposal: Proposal) -> dict[LineChange, list[str]]:
    """Give the changes that several playbooks have in common, each with their names."""
    found: dict[LineChange, list[str]] = {}
    for change in proposal.changes:
        for line in change.lines:
            if line.is_shared:
                found.setdefault(line, []).append(change.playbook)
    return {line: names for line, names in found.items() if len(names) > 1}


#: Stands above the changes that no playbook has in its own form.
UNBOUND_HEAD = "In the catalog and the policies, besides what playbooks use of them:"


def own_changes(
    change: PlaybookChange, shared: Mapping[LineChange, list[str]]
) -> tuple[list[LineChange], str]:
    """Give the changes that only this playbook has, and a word on those told above."""
    own = [each for each in change.lines if each not in shared]
    above = len(change.lines) - len(own)
    if not above:
        return own, ""
    also = "And also what" if own else "What"
    return own, f"{also} is said above of several playbooks."


def needs_words(change: PlaybookChange, shared: Mapping[LineChange, list[str]]) -> bool:
    """Tell whether there is more to say of a playbook than what is said of several."""
    own, _ = own_changes(change, shared)
    return bool(own) or change.fate is not Fate.CHANGED or change.how_many_inside > 0


def place_said(change: LineChange) -> str:
    """Say where a line stands; of one that goes, where it stood."""
    place = change.line.place
    return change.section if place is None else str(place)


def head_said(change: PlaybookChange) -> str:
    """Say what becomes of a playbook."""
    match change.fate:
        case Fate.ADDED:
            status = "" if change.status is PlaybookStatus.LIVE else f", {change.status}"
            return f"comes{status}; customers enter {change.entry}"
        case Fate.CHANGED:
            return f"changes; version {change.number} is live"
        case Fate.REMOVED:
            return f"goes; version {change.number} is live"


def name_said(change: PlaybookChange) -> str:
    """Say what another name for a playbook means; nothing where it has none."""
    if change.steps_of is None:
        return ""
    return (
        f"Its steps are those of {change.steps_of}, which goes. By another name it is another "
        "playbook: whoever was in that one may enter this one."
    )


def inside_said(change: PlaybookChange) -> str:
    """Say how many are inside and what becomes of them."""
    count = change.how_many_inside
    if not count:
        return "Nobody is inside."
    if change.fate is Fate.REMOVED:
        return f"Inside now: {count:,}. They finish; nobody else enters."
    if not change.touches_customers:
        return f"Inside now: {count:,}. They go on as they are; no customer can tell."
    match change.in_flight:
        case InFlight.FINISH:
            became = "They finish on the version they entered"
        case InFlight.MOVE:
            ending = sum(each.count for each in change.inside if each.ends)
            became = f"{count - ending:,} go on in the new version"
            became += f", and for {ending:,} no step is left" if ending else ""
            became += _but_for_those_stopped(change)
        case InFlight.RESTART:
            asks = change.plan is not None and change.plan.only_if != ALWAYS
            who = "those for whom its only_if holds" if asks else "they"
            became = f"Their runs end, and {who} begin the new version"
        case InFlight.STOP:
            became = "Their runs end here"
    return f"Inside now: {count:,}. {became} (in_flight: {change.in_flight})."


def _but_for_those_stopped(change: PlaybookChange) -> str:
    """Say whom a version that stops others than before stops among those inside."""
    if not change.stops_some_inside:
        return ""
    ended = change.stopped
    if ended is None:
        return "; its stop_if_any ends the runs of those for whom it holds"
    if not ended.count:
        return "; its stop_if_any ends none of their runs"
    others = ended.count - len(ended.customers)
    names = [*ended.customers, f"{others:,} more"] if others else ended.customers
    return f"; its stop_if_any ends {ended.count:,} of their runs ({listed(names, 'and')})"


def standing_said(change: PlaybookChange) -> Iterator[str]:
    """Say where those inside stand, and for a move where they go on."""
    for each in change.inside:
        where = f" ({each.place})" if each.place else ""
        then = ""
        if each.ends:
            then = " -> the end"
        elif each.goes_on and each.goes_on != each.step:
            then = f" -> {each.goes_on}"
        yield f"{each.count:,} at: {each.step}{where}, version {each.number}{then}"


def worst_way_said(change: PlaybookChange) -> str:
    """Say how many messages the worst way may bring in a week; nothing where that stays so."""
    if change.worst == change.worst_before or change.fate is Fate.REMOVED:
        return ""
    live = "" if change.fate is Fate.ADDED else f"; live: {change.worst_before}"
    many = f"{change.worst} message{'' if change.worst == 1 else 's'}"
    return f"At worst, one run brings {many} within seven days{live}."


def approval_said(needed: Needed) -> str:
    """Say who must approve what."""
    who = " or ".join(sorted(needed.by)) if needed.by else "anybody, by name"
    return f"{needed.approval}: {who}"


def apply_said(proposal: Proposal) -> str:
    """Say what to type to apply it."""
    names = [min(each.by) if each.by else "NAME" for each in proposal.approvals]
    given = "".join(f" --approved-by {name}" for name in dict.fromkeys(names))
    return f"keepwarm apply {proposal.id}{given}"


def cut(lines: Sequence[str], most: int, what: str) -> list[str]:
    """Give the first lines, and of the rest how many there are."""
    if len(lines) <= most:
        return list(lines)
    return [*lines[: most - 1], f"… and {len(lines) - most + 1:,} more {what}"]

"""A proposal as a comment on a pull request: what matters first, and never over its budget."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from keepwarm.engine.proposing.changes import Fate, PlaybookChange
from keepwarm.engine.proposing.comparing import LineChange
from keepwarm.engine.proposing.effect_sentences import (
    LIMITS,
    also_touched,
    at_lines,
    at_shared_lines,
    collisions,
    example_said,
    in_playbook,
    replayed_said,
    volumes,
    worst_said,
)
from keepwarm.engine.proposing.effects import Effects
from keepwarm.engine.proposing.picture import picture
from keepwarm.engine.proposing.proposal import Proposal
from keepwarm.engine.proposing.sentences import (
    MARKS,
    UNBOUND_HEAD,
    apply_said,
    approval_said,
    base_said,
    change_mark,
    change_said,
    cut,
    head_said,
    inside_said,
    name_said,
    needs_words,
    own_changes,
    place_said,
    shared_by,
    standing_said,
    summary,
    worst_way_said,
)

#: In bytes. GitHub refuses comments over 65,536 characters; nobody reads one of them.
BUDGET: Final = 20_000
#: By this line a workflow finds its own comment, to change it instead of adding one.
MARKER: Final = "<!-- keepwarm plan -->"

_MOST_ROWS: Final = 25
#: A longer change is shown on two lines, the old above the new.
_LONGEST: Final = 90
_LONGEST_CODE: Final = 200
_LEFT_OUT: Final = "\n_Some of it is left out here; `keepwarm plan` shows all._\n"


@dataclass(frozen=True, slots=True)
class _Block:
    """A part of the comment; the higher its rank, the sooner it is left out."""

    rank: int
    text: str


def as_markdown(proposal: Proposal) -> str:
    """Give a proposal as Markdown of at most `BUDGET` bytes."""
    blocks = list(_blocks(proposal))
    whole = "\n".join(block.text for block in blocks)
    while len(whole.encode()) > BUDGET - len(_LEFT_OUT) and len(blocks) > 1:
        heaviest = max(blocks, key=lambda block: (block.rank, len(block.text)))
        blocks.remove(heaviest)
        whole = "\n".join(block.text for block in blocks) + _LEFT_OUT
    return whole


def _blocks(proposal: Proposal) -> Iterator[_Block]:
    yield _Block(0, "\n".join(_head(proposal)))
    effects = proposal.effects
    if effects is not None and proposal.is_felt:
        yield _Block(1, _in_all(proposal, effects))
    shared = shared_by(proposal)
    if shared:
        yield _Block(1, "\n#### What several playbooks use")
        yield _Block(2, _table(list(shared), shared, _at_shared(proposal, shared)))
    if proposal.unbound:
        yield _Block(1, f"\n#### {UNBOUND_HEAD.removesuffix(':')}")
        yield _Block(2, _table(proposal.unbound, {}, {}))
    for change in proposal.changes:
        if needs_words(change, shared):
            yield from _playbook(change, shared, effects)
    if effects is not None and proposal.changes:
        yield _Block(2, f"\n_{LIMITS}_")


def _playbook(
    change: PlaybookChange, shared: Mapping[LineChange, list[str]], effects: Effects | None
) -> Iterator[_Block]:
    yield _Block(1, f"\n#### {_title(change)}\n\n{_sentence(head_said(change))}")
    if another := name_said(change):
        yield _Block(1, f"\n{_plain(another)}")
    own, above = own_changes(change, shared)
    if own:
        touched = {} if effects is None else at_lines(effects, change)
        yield _Block(2, _table(own, {}, touched))
    if above:
        yield _Block(2, f"\n{above}")
    if worst := worst_way_said(change):
        yield _Block(1, f"\n{worst}")
    if effects is not None:
        yield _Block(1, f"\n{_plain(in_playbook(effects, change.playbook))}")
        yield _Block(3, _examples(effects, change.playbook))
    if change.fate is not Fate.ADDED:
        yield _Block(2, f"\n{_plain(inside_said(change))}")
        yield _Block(4, _folded("Where they stand", list(standing_said(change))))
    if drawn := picture(change, effects):
        inside = f"```mermaid\n{drawn}\n```"
        yield _Block(4, f"\n<details><summary>Picture</summary>\n\n{inside}\n\n</details>")


def _head(proposal: Proposal) -> Iterator[str]:
    yield MARKER
    yield f"### Plan `{proposal.id}`: {_plain(summary(proposal))}"
    yield ""
    yield f"Compared: {_plain(base_said(proposal))}."
    if proposal.approvals:
        yield ""
        yield "**It needs a name** for " + "; ".join(
            _plain(approval_said(each)) for each in proposal.approvals
        )
        reasons = [why for each in proposal.approvals for why in each.because]
        yield ""
        yield from (f"- {_code(why)}" for why in cut(reasons, 8, "reasons"))
    if proposal.is_change:
        yield ""
        yield f"Apply with `{apply_said(proposal)}`"


def _title(change: PlaybookChange) -> str:
    return f"`{MARKS[change.fate]}` {_plain(change.playbook)}: {_plain(change.title)}"


def _table(
    changes: Sequence[LineChange],
    used_by: Mapping[LineChange, list[str]],
    touched: Mapping[LineChange, str],
) -> str:
    rows = [f"{_row(each, used_by)} {touched.get(each, '')} |" for each in changes]
    shown = rows[:_MOST_ROWS]
    more = len(rows) - len(shown)
    if more:
        shown.append(f"| | … and {more:,} more lines | | |")
    head = ["", "| where | what | class | customers |", "|---|---|---|---|"]
    return "\n".join([*head, *shown])


def _row(change: LineChange, used_by: Mapping[LineChange, list[str]]) -> str:
    said = _code(f"{change_mark(change)} {change_said(change)}")
    if len(change_said(change)) > _LONGEST and change.old and change.new:
        said = f"{_code('- ' + change.old.says)}<br>{_code('+ ' + change.new.says)}"
    if names := used_by.get(change):
        said += "<br>for " + ", ".join(map(_plain, names))
    return f"| {_code(place_said(change))} | {said} | {change.aspect} |"


def _examples(effects: Effects, playbook: str) -> str:
    found = [example_said(each) for each in effects.examples_of(playbook)]
    if not found:
        return ""
    head = ["", "| for example | live | new |", "|---|---|---|"]
    rows = [f"| {_plain(who)} | {_plain(live)} | {_plain(new)} |" for who, live, new in found]
    return "\n".join([*head, *rows])


def _in_all(proposal: Proposal, effects: Effects) -> str:
    lines = ["", f"**{_plain(replayed_said(effects))}**", ""]
    if found := volumes(effects, proposal.prices_before, proposal.prices):
        lines += ["| | live | new |", "|---|---|---|"]
        lines += [f"| {each.what} | {each.live} | {each.new} |" for each in found]
        lines.append("")
    told = [*also_touched(effects, proposal.changes), *collisions(effects), worst_said(effects)]
    return "\n".join([*lines, *(f"- {_plain(each)}" for each in told)])


def _folded(head: str, lines: list[str]) -> str:
    if not lines:
        return ""
    listed = "\n".join(f"- {_plain(line)}" for line in lines)
    return f"\n<details><summary>{head}</summary>\n\n{listed}\n\n</details>"


def _code(text: str) -> str:
    """Give a text as it is, in a cell of a table too."""
    plain = " ".join(text.split())
    if len(plain) > _LONGEST_CODE:
        plain = plain[: _LONGEST_CODE - 1] + "…"
    fence = "`" * (1 + max((len(run) for run in _runs_of_ticks(plain)), default=0))
    space = " " if "`" in plain else ""
    return f"{fence}{space}{plain}{space}{fence}".replace("|", "\\|")


def _runs_of_ticks(text: str) -> list[str]:
    return ["".join(run) for run in "".join(c if c == "`" else " " for c in text).split()]


def _sentence(text: str) -> str:
    return f"{_plain(text[:1].upper() + text[1:])}."


def _plain(text: str) -> str:
    """Give a text that is no markup, calls nobody by name and opens no element."""
    return text.translate(_ESCAPED)


#: As numbers, which no sign of Markdown is left in.
_ESCAPED: Final = {ord(sign): f"&#{ord(sign)};" for sign in "&<>@\\`*_[]|~#"}


def _at_shared(proposal: Proposal, shared: Mapping[LineChange, list[str]]) -> dict[LineChange, str]:
    if proposal.effects is None:
        return {}
    return at_shared_lines(proposal.effects, proposal.changes, shared)

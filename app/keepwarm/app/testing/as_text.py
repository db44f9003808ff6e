"""How stories went, for a terminal: what did happen beside what was expected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from keepwarm.app.explaining.explanation import Written
from keepwarm.app.explaining.text import tests_said
from keepwarm.app.paint import Paint
from keepwarm.app.testing.results import Tested
from keepwarm.engine.story_verdicts import Missed, Row, Verdict, story_time, told
from keepwarm.schema.stories import Expectation

#: So wide that both sides of most stories stand beside each other on a screen.
_WIDEST: Final = 60


def as_text(tested: Tested, sources: Mapping[str, str], paint: Paint, *, show: bool) -> str:
    """Give how the stories of one playbook went; `show` tells all of those that passed too."""
    file = tested.stories.file
    lines = [paint.strong(file)]
    for verdict in tested.verdicts:
        mark = paint.good("ok  ") if verdict.passed else paint.bad("FAIL")
        lines.append(f"  {mark}  {verdict.story.name}")
        for missed in verdict.missed:
            lines += [f"        {line}" for line in said_of(file, missed)]
        lines += [f"        {line}" for line in why_nobody(tested, verdict, paint)]
        if not verdict.passed:
            lines += [f"        {line}" for line in _beside(verdict, paint)]
        elif show:
            lines += [f"        {line}" for line in verdict.timeline() or ("nothing at all",)]
    lines += [f"  {line}" for line in _coverage(tested, sources, paint)]
    return "\n".join(lines) + "\n"


def summary(all_tested: Sequence[Tested], paint: Paint) -> str:
    """Give the last line: "13 passed, 1 failed; 20 of 22 branches taken"."""
    failed = sum(tested.failed for tested in all_tested)
    passed = sum(len(tested.verdicts) for tested in all_tested) - failed
    counts = f"{passed} passed, {failed} failed"
    return (paint.bad if failed else paint.good)(counts)


# ── Why nobody came in ───────────────────────────────────────────────────────────────────────


def why_nobody(tested: Tested, verdict: Verdict, paint: Paint) -> Iterator[str]:
    """Say why nobody entered in a story that failed; nothing where somebody did."""
    stayed_out = verdict.played.stayed_out
    if verdict.passed or stayed_out is None:
        return
    because = f" {stayed_out.because}" if stayed_out.because else ""
    unmet = [each for each in stayed_out.asked if each.met is False]
    when = "" if stayed_out.at is None else f" at {story_time(stayed_out.at, verdict.played)}"
    yield f"Nobody entered{when}.{because}" + (" This kept the customer out:" if unmet else "")
    written = Written(tested.plan.place.file)
    yield from (f"    {line}" for line in tests_said(unmet, written, "was", paint))


# ── What was missed ──────────────────────────────────────────────────────────────────────────


def said_of(file: str, missed: Missed) -> Iterator[str]:
    """Give what was missed, in lines to read, with the line of the file."""
    expected = missed.expected
    where = f"{file}:{missed.line}:"
    if expected is None:
        yield f"{where} nothing else was expected, but there was"
    elif expected.never:
        yield f"{where} {_said(expected)} should never happen, but it did"
    elif missed.instead:
        yield f"{where} expected {_when(expected)}{_said(expected)}, and got it otherwise"
    else:
        yield f"{where} expected {_when(expected)}{_said(expected)}, and it never happened"
    for line in missed.instead:
        yield f"    {line}"


def _when(expected: Expectation) -> str:
    return f"at {expected.at}: " if expected.at is not None else ""


def _said(expected: Expectation) -> str:
    thing = expected.thing
    if expected.values:
        thing = ", ".join(f"{name}={text}" for name, text in expected.values.items())
    for_whom = f", for {expected.assignee}" if expected.assignee else ""
    why = f" because {expected.because}" if expected.because else ""
    return f"{expected.what} {thing}{for_whom}{why}".rstrip()


def _beside(verdict: Verdict, paint: Paint) -> Iterator[str]:
    """Give two columns: what was expected, and what did happen."""
    if not verdict.rows:
        yield "nothing at all did happen"
        return
    left = [_left(row) for row in verdict.rows]
    width = min(max(map(len, [*left, "expected"])), _WIDEST)
    yield paint.faint(f"  {'expected':<{width}}  what did happen")
    for row, expected in zip(verdict.rows, left, strict=True):
        happened = told(row.happened, verdict.played) if row.happened else "nothing of the kind"
        line = f"{expected:<{width}}  {happened}".rstrip()
        yield f"  {line}" if row.is_right else paint.bad(f"✗ {line}")


def _left(row: Row) -> str:
    expected = row.expected
    if expected is None:
        return "" if row.is_right else "nothing else"
    never = "never: " if expected.never else ""
    when = f"{expected.at}  " if expected.at is not None else ""
    return f"{never}{when}{_said(expected)}"


# ── What no story tried ──────────────────────────────────────────────────────────────────────


def _coverage(tested: Tested, sources: Mapping[str, str], paint: Paint) -> Iterator[str]:
    """Say how many of the playbook's ways the stories took, and show those that none did."""
    if not tested.ways or not tested.is_whole:
        return
    missing = tested.ways_not_taken
    count = f"{len(tested.ways) - len(missing)} of {len(tested.ways)}"
    yield f"branches taken by stories: {paint.warning(count) if missing else count}"
    file = tested.plan.place.file
    lines = sources.get(file, "").split("\n")
    for way in missing:
        yield f"  not taken: {file}:{way.line}, {way.said}"
        if way.line <= len(lines) and lines[way.line - 1].strip():
            yield paint.faint(f"    {way.line} | {lines[way.line - 1].strip()}")

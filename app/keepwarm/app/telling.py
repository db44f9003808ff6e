"""Telling how stories went: what did happen beside what was expected, and what no story tried."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from keepwarm.app.paint import Paint
from keepwarm.engine.plan import Branch, Plan, Split
from keepwarm.engine.story_verdicts import Missed, Verdict
from keepwarm.schema.conditions import ALWAYS
from keepwarm.schema.stories import Expectation, Stories


def tell_playbook(
    stories: Stories, plan: Plan, verdicts: Sequence[Verdict], paint: Paint, *, show: bool
) -> str:
    """Give how the stories of one playbook went."""
    lines = [stories.file]
    for verdict in verdicts:
        mark = paint.good("ok  ") if verdict.passed else paint.bad("FAIL")
        lines.append(f"  {mark}  {verdict.story.name}")
        for missed in verdict.missed:
            lines += [f"        {line}" for line in _missed(stories.file, missed)]
        if show or not verdict.passed:
            lines.append("        this is what did happen:")
            lines += [f"          {line}" for line in verdict.timeline() or ("nothing at all",)]
    lines += [f"  {line}" for line in _coverage(plan, verdicts)]
    return "\n".join(lines) + "\n"


def _missed(file: str, missed: Missed) -> Iterator[str]:
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


def _coverage(plan: Plan, verdicts: Sequence[Verdict]) -> Iterator[str]:
    """Say how many of the plan's branches the stories took, and which they did not."""
    ways = list(dict.fromkeys(_ways(plan)))
    if not ways:
        return
    taken = {way for verdict in verdicts for way in verdict.played.ways}
    missing = [way for way in ways if way not in taken]
    yield f"branches taken by stories: {len(ways) - len(missing)} of {len(ways)}"
    for line, way in missing:
        yield f"  not taken: {plan.place.file}:{line} ({way})"


def _ways(plan: Plan) -> Iterator[tuple[int, str]]:
    """Give every way that a story may take: (line of the step, which way)."""
    for step in plan.steps:
        line = step.at.place.span.line
        if isinstance(step, Branch):
            for _, label, _ in step.arms:
                yield line, label
            if step.arms[-1][0] is not None:
                yield line, "none"
        elif isinstance(step, Split):
            for _, label, _ in step.arms:
                yield line, label
        if step.at.only_if != ALWAYS:
            yield line, "taken"
            yield line, "skipped"

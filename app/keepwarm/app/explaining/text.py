"""An explanation as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from keepwarm.app.explaining.explanation import (
    Entry,
    Explanation,
    NeverEntered,
    RunExplained,
    Written,
)
from keepwarm.app.moments import said
from keepwarm.app.paint import Paint
from keepwarm.engine.run import Mode
from keepwarm.engine.weighing import Looked, Weighed


def as_text(explanation: Explanation, paint: Paint) -> str:
    """Write it, with times in the customer's zone and each line's place in the playbook."""
    zone = explanation.zone
    lines = [
        f"Customer {explanation.customer}; times are {zone} ({explanation.zone_source}).",
        *as_of_said(explanation),
    ]
    if explanation.left_out:
        runs = "run is" if explanation.left_out == 1 else "runs are"
        lines.append(f"{explanation.left_out:,} older {runs} left out (--runs).")
    for run in explanation.runs:
        lines += ["", *_run(run, zone, paint, is_past=explanation.at is not None)]
    for never in explanation.never_entered:
        lines += ["", *_never(never, paint, is_past=explanation.at is not None)]
    return "\n".join(lines) + "\n"


def _run(run: RunExplained, zone: str, paint: Paint, *, is_past: bool) -> Iterator[str]:
    mode = "" if run.mode == Mode.LIVE else f", {run.mode}"
    yield paint.strong(f"{run.playbook}, version {run.number}: {run.status}{mode}")
    told = ""
    for entry in run.entries:
        moment = said(entry.at, zone)
        if moment != told:
            yield f"  {moment}"
            told = moment
        yield f"    {_said(entry)}"
        yield from (
            f"      {line}" for line in tests_said(entry.tests, entry.written, "was", paint)
        )
    if run.paused is not None:
        yield f"  {run.paused}"
        yield f"  {stands_still(is_past=is_past)}"


def stands_still(*, is_past: bool) -> str:
    """Give what follows for a run from a pause."""
    if is_past:
        return "Nothing was decided or sent until somebody resumed it."
    return "Nothing is decided or sent until somebody resumes it (keepwarm resume)."


def as_of_said(explanation: Explanation) -> Iterator[str]:
    """Say as of which moment of the past it is told; nothing for now."""
    if explanation.at is not None:
        moment = said(explanation.at, explanation.zone)
        yield f"As of {moment}: what came later is left out."
    if explanation.first_heard_of is not None:
        moment = said(explanation.first_heard_of, explanation.zone)
        yield f"They were not known yet then; they were first heard of at {moment}."


def _said(entry: Entry) -> str:
    return entry.said if entry.line is None else f"{entry.said} ({entry.written.place(entry.line)})"


def _never(never: NeverEntered, paint: Paint, *, is_past: bool) -> Iterator[str]:
    verb = "was" if is_past else "is"
    yield f"{paint.strong(never.playbook)}: never entered. Customers enter {never.enters}."
    yield from (f"  {sentence}" for sentence in never.because)
    if never.keeps_out is not None:
        yield f"  {heading_of_reason(is_past=is_past)}:"
        keeps_out = tests_said((never.keeps_out,), never.written, verb, paint)
        yield from (f"    {line}" for line in keeps_out)
    if never.rest:
        yield f"  {heading_of_rest(never, is_past=is_past)}:"
        yield from (f"    {line}" for line in tests_said(never.rest, never.written, verb, paint))


def heading_of_reason(*, is_past: bool) -> str:
    """Give what stands above the condition that keeps the customer out."""
    return "This kept them out then" if is_past else "This keeps them out now"


def heading_of_rest(never: NeverEntered, *, is_past: bool) -> str:
    """Give what stands above the conditions that do not keep the customer out by themselves."""
    if never.keeps_out is not None:
        return "The rest"
    return "All that is asked held then" if is_past else "All that is asked holds now"


def tests_said(
    tests: Sequence[Weighed], written: Written, verb: str, paint: Paint
) -> Iterator[str]:
    """Say what was wanted and what it saw, a line a test, those that stand together set in."""
    for test in tests:
        mark = mark_of(test.met, paint)
        if isinstance(test, Looked):
            yield f"{mark} {wanted(test)} — {saw(test, verb)} ({written.place(test.line)})"
        else:
            yield f"{mark} {'any' if test.is_any else 'all'} of these:"
            yield from (f"    {line}" for line in tests_said(test.of, written, verb, paint))


def mark_of(met: bool | None, paint: Paint) -> str:  # noqa: FBT001 - what it is the mark of
    """Give the mark of a test that was met, was not, or of which that is not known."""
    if met is None:
        return "·"
    return paint.good("✓") if met else paint.bad("✗")


def wanted(test: Looked) -> str:
    """Give what a test wanted, as the playbook says it."""
    return f"{'not ' if test.negated else ''}{test.fact}: {test.wanted}"


def saw(test: Looked, verb: str) -> str:
    """Give what a test saw; `verb` is `was` for what was decided, `is` for what holds now."""
    if not test.kept:
        return "what it was then is not kept"
    return f"it {verb} {'unknown' if test.seen is None else test.seen}"

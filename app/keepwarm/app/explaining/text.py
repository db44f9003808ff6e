"""An explanation as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from keepwarm.app.explaining.explanation import Entry, Explanation, NeverEntered, RunExplained
from keepwarm.app.moments import said
from keepwarm.app.paint import Paint
from keepwarm.engine.run import Mode
from keepwarm.engine.weighing import Looked, Weighed


def as_text(explanation: Explanation, paint: Paint) -> str:
    """Write it, with times in the customer's zone and each line's place in the playbook."""
    zone = explanation.zone
    lines = [
        f"Customer {explanation.customer}; times are {zone} ({explanation.zone_source}).",
    ]
    if explanation.left_out:
        runs = "run is" if explanation.left_out == 1 else "runs are"
        lines.append(f"{explanation.left_out:,} older {runs} left out (--runs).")
    for run in explanation.runs:
        lines += ["", *_run(run, zone, paint)]
    for never in explanation.never_entered:
        lines += ["", *_never(never, paint)]
    return "\n".join(lines) + "\n"


def _run(run: RunExplained, zone: str, paint: Paint) -> Iterator[str]:
    mode = "" if run.mode == Mode.LIVE else f", {run.mode}"
    yield paint.strong(f"{run.playbook}, version {run.number}: {run.status}{mode}")
    told = ""
    for entry in run.entries:
        moment = said(entry.at, zone)
        if moment != told:
            yield f"  {moment}"
            told = moment
        yield f"    {_said(entry, run.file)}"
        yield from (f"      {line}" for line in _tests(entry.tests, run.file, "was", paint))


def _said(entry: Entry, file: str) -> str:
    return entry.said if entry.line is None else f"{entry.said} ({file}:{entry.line})"


def _never(never: NeverEntered, paint: Paint) -> Iterator[str]:
    yield f"{paint.strong(never.playbook)}: never entered. Customers enter {never.enters}."
    yield from (f"  {sentence}" for sentence in never.because)
    if never.keeps_out is not None:
        yield "  This keeps them out now:"
        yield from (f"    {x}" for x in _tests((never.keeps_out,), never.file, "is", paint))
    if never.rest:
        yield f"  {heading_of_rest(never)}:"
        yield from (f"    {line}" for line in _tests(never.rest, never.file, "is", paint))


def heading_of_rest(never: NeverEntered) -> str:
    """Give what stands above the conditions that do not keep the customer out by themselves."""
    return "The rest" if never.keeps_out is not None else "All that is asked holds now"


def _tests(tests: Sequence[Weighed], file: str, verb: str, paint: Paint) -> Iterator[str]:
    for test in tests:
        mark = mark_of(test.met, paint)
        if isinstance(test, Looked):
            yield f"{mark} {wanted(test)} — {saw(test, verb)} ({file}:{test.line})"
        else:
            yield f"{mark} {'any' if test.is_any else 'all'} of these:"
            yield from (f"    {line}" for line in _tests(test.of, file, verb, paint))


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

"""`keepwarm check --fix`: what can be mended in one way only is mended, and nothing else.

Each correction replaces the very stretch that a problem marks, and is taken back if the problem
does not go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from keepwarm.schema.corrections import correction
from keepwarm.schema.edits import Edit, edited, stretch_of
from keepwarm.schema.problems import Problem

#: Finds what is wrong in a folder.
Checker = Callable[[Mapping[str, bytes]], Iterable[Problem]]


@dataclass(frozen=True, slots=True)
class Fix:
    """One correction that was made."""

    file: str
    line: int
    before: str
    after: str

    def __str__(self) -> str:
        """Say it on one line, as editors and terminals link it."""
        return f"{self.file}:{self.line}: {self.before} -> {self.after or 'nothing'}"


@dataclass(frozen=True, slots=True)
class Fixed:
    """What a folder becomes, and what was corrected for it."""

    files: Mapping[str, bytes]
    fixes: tuple[Fix, ...]


def fixed(files: Mapping[str, bytes], problems_in: Checker) -> Fixed:
    """Correct all that has one correction; done again, it finds nothing more to correct."""
    done: list[Fix] = []
    tried: set[Problem] = set()
    while True:
        found = [p for p in problems_in(files) if p not in tried and _edit(p, files) is not None]
        tried.update(found)
        if not found:
            return Fixed(files, tuple(done))
        files, fixes = _corrected(files, found, problems_in)
        done += fixes


def _corrected(
    files: Mapping[str, bytes], wanted: list[Problem], problems_in: Checker
) -> tuple[Mapping[str, bytes], list[Fix]]:
    """Correct these problems, but for those that a correction does not make go."""
    while wanted:
        better = _with_edits(files, wanted)
        left = {_sameness(problem) for problem in problems_in(better)}
        stubborn = [problem for problem in wanted if _sameness(problem) in left]
        if not stubborn:
            return better, [_fix(problem, files) for problem in wanted]
        wanted = [problem for problem in wanted if problem not in stubborn]
    return files, []


def _sameness(problem: Problem) -> tuple[str, str, int, str]:
    """Tell a problem from others, wherever on its line it has moved."""
    return problem.file, problem.rule, problem.span.line, problem.message


def _with_edits(files: Mapping[str, bytes], wanted: list[Problem]) -> Mapping[str, bytes]:
    edits: dict[str, list[Edit]] = {}
    for problem in wanted:
        if (edit := _edit(problem, files)) is not None:
            edits.setdefault(problem.file, []).append(edit)
    return {
        **files,
        **{
            file: edited(_text(files, file), edits[file]).encode(errors="surrogateescape")
            for file in edits
        },
    }


def _fix(problem: Problem, files: Mapping[str, bytes]) -> Fix:
    before = stretch_of(_text(files, problem.file), problem.span)
    edit = _edit(problem, files)
    return Fix(problem.file, problem.span.line, before, edit.text if edit else before)


def _edit(problem: Problem, files: Mapping[str, bytes]) -> Edit | None:
    return correction(problem, _text(files, problem.file)) if problem.file in files else None


def _text(files: Mapping[str, bytes], file: str) -> str:
    return files[file].decode(errors="surrogateescape")

"""What a rule is: a name, a sentence, and a function that finds where it is broken."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from keepwarm.schema.catalog import Place
from keepwarm.schema.problems import Problem
from keepwarm.schema.workspace import Workspace

#: Tells of a problem of reading whether it puts a finding in doubt.
Doubt: TypeAlias = Callable[[Problem], bool]


def anything(problem: Problem) -> bool:
    """Doubt a finding for every problem: it rests on the whole file."""
    del problem
    return True


def nothing(problem: Problem) -> bool:
    """Doubt a finding for no problem: what it rests on was read, whatever else was not."""
    del problem
    return False


def on_lines(first: int, last: int) -> Doubt:
    """Doubt a finding that rests on these lines, both included, for problems on them."""
    return lambda problem: problem.span.line <= last and problem.span.end_line >= first


#: Problems inside a step that is read all the same.
_BESIDE_THE_POINT = frozenset(
    {"misplaced-key", "not-a-choice", "no-topic", "step-name", "or-else", "delivery", "address"}
)
#: Problems for which a step is left out that takes no time and asks nothing.
_OF_DEEDS = frozenset(
    {
        "no-template",
        "no-offer",
        "no-team",
        "no-channel",
        "no-survey",
        "no-webhook",
        "no-playbook",
        "cannot-write",
    }
)


def hidden_time(first: int, last: int) -> Doubt:
    """Doubt a finding that rests on there being no wait on these lines but those read."""
    harmless = _BESIDE_THE_POINT | _OF_DEEDS | {"condition", "unknown-property"}
    return _on_lines_but_for(harmless, first, last)


def hidden_condition(first: int, last: int) -> Doubt:
    """Doubt a finding that rests on there being no condition on these lines but those read."""
    return _on_lines_but_for(_BESIDE_THE_POINT | _OF_DEEDS, first, last)


def _on_lines_but_for(harmless: frozenset[str], first: int, last: int) -> Doubt:
    is_there = on_lines(first, last)
    return lambda problem: problem.rule not in harmless and is_there(problem)


def about(*names: str) -> Doubt:
    """Doubt a finding for problems whose sentence or replacement has one of these names."""
    shown = {f'"{name}"' for name in names}
    return lambda problem: (
        problem.replacement in names or any(name in problem.message for name in shown)
    )


@dataclass(frozen=True, slots=True)
class Finding:
    """A place where a rule is broken, in the words of a `Problem`."""

    place: Place
    message: str
    hint: str | None = None
    replacement: str | None = None
    #: Which problems of reading put it in doubt, so that it is not told.
    doubted_by: Doubt = anything
    #: The files beside its own whose problems may.
    rests_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. It speaks only of what is certain: a finding refuses the file.

    It is also asked of playbooks of which a part could not be read. What follows from the missing
    part is not told, so that no problem is a consequence of another.
    """

    name: str
    #: One sentence that says what is refused.
    about: str
    find: Callable[[Workspace], Iterator[Finding]]
    #: Whether a file may allow it in place, with a reason.
    may_be_allowed: bool = True

    def problems(
        self, workspace: Workspace, unread: Mapping[str, Iterable[Problem]]
    ) -> Iterator[Problem]:
        """Give a problem for every place where the rule is broken.

        `unread` has the problems of reading by file.
        """
        for finding in self.find(workspace):
            place = finding.place
            doubts = (
                problem
                for file in (place.file, *finding.rests_on)
                for problem in unread.get(file, ())
            )
            if not any(finding.doubted_by(problem) for problem in doubts):
                yield Problem(
                    self.name,
                    place.file,
                    place.span,
                    finding.message,
                    finding.hint,
                    finding.replacement,
                )

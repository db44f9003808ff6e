"""What a rule is: a name, a sentence, and a function that finds where it is broken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from keepwarm.schema.catalog import Place
from keepwarm.schema.problems import Problem
from keepwarm.schema.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Finding:
    """A place where a rule is broken, in the words of a `Problem`."""

    place: Place
    message: str
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. It speaks only of what is certain: a finding refuses the file.

    It is asked of playbooks that could be read whole, since of the rest a part is missing.
    """

    name: str
    #: One sentence that says what is refused.
    about: str
    find: Callable[[Workspace], Iterator[Finding]]

    def problems(self, workspace: Workspace) -> Iterator[Problem]:
        """Give a problem for every place where the rule is broken."""
        for finding in self.find(workspace):
            file, span = finding.place.file, finding.place.span
            yield Problem(self.name, file, span, finding.message, finding.hint)

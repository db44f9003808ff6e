"""What a file allows in place: `# keepwarm: allow said-twice because both teams read it`.

Such a comment stands on the line that a rule refuses, or right above it. It needs a reason, and it
goes when it allows nothing any more. Only rules may be allowed: what cannot be read, cannot run.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from keepwarm.schema.nodes import Span
from keepwarm.schema.problems import Problem
from keepwarm.schema.suggestions import closest, quoted

RULE = "allowance"


@dataclass(frozen=True, slots=True)
class Allowance:
    """A comment that allows a rule; `reason` is empty where none is given."""

    file: str
    span: Span
    rule: str
    #: Where the name of the rule stands.
    rule_span: Span
    reason: str
    #: The last line that it reaches: its own, or the first below that is no such comment.
    last_line: int

    def allows(self, problem: Problem) -> bool:
        """Tell whether a problem is the one that is meant."""
        is_here = problem.file == self.file and problem.rule == self.rule
        return is_here and self.span.line <= problem.span.line <= self.last_line


def with_allowances(
    found: Iterable[Problem],
    sources: Mapping[str, str],
    rules: Mapping[str, bool],
    doubtful: Collection[str],
) -> Iterator[Problem]:
    """Give the problems that nothing allows, and what is wrong with the allowances themselves.

    `rules` has the name of every rule, and whether it may be allowed. Of a file in `doubtful` it
    is not known what else may be wrong in it, so no allowance is called needless there.
    """
    allowances = [each for file, text in sources.items() for each in _allowances(file, text)]
    used: set[Allowance] = set()
    for problem in found:
        by = [each for each in allowances if each.allows(problem) and rules[each.rule]]
        used.update(by)
        if not by:
            yield problem
    for each in allowances:
        yield from _faults(each, rules, is_used=each in used or each.file in doubtful)


def _allowances(file: str, text: str) -> Iterator[Allowance]:
    if "keepwarm:" not in text:
        return
    lines = text.split("\n")
    for number, line in enumerate(lines, start=1):
        for match in _COMMENT.finditer(line):
            yield Allowance(
                file,
                Span(number, match.start() + 1, number, match.end("said") + 1),
                match["rule"],
                Span(number, match.start("rule") + 1, number, match.end("rule") + 1),
                match["reason"] or "",
                _last_line(lines, number),
            )


def _last_line(lines: list[str], number: int) -> int:
    """Give the last line that a comment speaks of: below it, past others, where it stands alone."""
    if not _ALONE.fullmatch(lines[number - 1]):
        return number
    below = number
    while below < len(lines) and _ALONE.fullmatch(lines[below]):
        below += 1
    return below + 1


def _faults(each: Allowance, rules: Mapping[str, bool], *, is_used: bool) -> Iterator[Problem]:
    if each.rule not in rules:
        near = closest(each.rule, rules)
        hint = (
            None if near else "the rules are listed in docs/rules.md; nothing else can be allowed"
        )
        message = f"no rule is called {quoted(each.rule)}"
        yield Problem(RULE, each.file, each.rule_span, message, hint, near)
    elif not rules[each.rule]:
        message = f"{each.rule} cannot be allowed: what cannot be read cannot be sent"
        yield Problem(RULE, each.file, each.rule_span, message, "mend it, and delete this comment")
    elif not each.reason:
        message = f"this allows {each.rule} and does not say why"
        hint = f"for example:  keepwarm: allow {each.rule} because legal asked for it"
        yield Problem(RULE, each.file, each.span, message, hint)
    elif not is_used:
        message = f"this allows {each.rule}, and nothing here breaks that rule"
        yield Problem(RULE, each.file, each.span, message, "delete the comment")


_ALLOW = r"keepwarm:\s*allow\s+(?P<rule>[\w-]+)(?:[:,]?\s+because\s+(?P<reason>\S.*?))?"
_OPENING = r"(?:#|<!--|\{%-?\s*comment\s*-?%\}|\{%-?\s*#)"
_CLOSING = r"\s*(?:-->|-?%\}|\{%-?\s*endcomment\s*-?%\}|$)"
_COMMENT = re.compile(rf"{_OPENING}\s*(?P<said>{_ALLOW}){_CLOSING}")
#: A line that holds nothing but a comment.
_ALONE = re.compile(rf"\s*{_OPENING}.*")

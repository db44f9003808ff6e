"""What is wrong in a file: the fault, where it stands, how to mend it."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import quote

from keepwarm.schema.nodes import Span
from keepwarm.schema.typesetting import excerpt, printable

__all__ = [
    "PlaybookRefused",
    "Problem",
    "Span",
    "as_github",
    "as_json",
    "as_sarif",
    "as_text",
    "in_order",
    "summary",
    "workflow_command",
]


@dataclass(frozen=True, slots=True)
class Problem:
    """A fault at a place, in a sentence.

    `hint` says how to mend it, in words. `replacement` is the one text that would mend the span:
    it is shown as "did you mean" and used by `--fix`.
    """

    rule: str
    file: str
    span: Span
    message: str
    hint: str | None = None
    replacement: str | None = None

    @property
    def sentence(self) -> str:
        """Give the message with its "did you mean", which a message need not say itself."""
        if not self.replacement or "did you mean" in self.message.lower():
            return self.message
        if self.replacement[0] in "\"'":
            return f"{self.message.rstrip('.')}; put it in quotes: {self.replacement}"
        return f'{self.message.rstrip(".")}; did you mean "{self.replacement}"?'

    def __str__(self) -> str:
        """Give the problem on one line, as editors and terminals link it."""
        return f"{self.file}:{self.span.line}:{self.span.column}: {self.sentence} [{self.rule}]"


class PlaybookRefused(Exception):
    """The playbook is refused; `problems` holds every fault that was found, in order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = in_order(problems)
        # An exception pickles by its arguments, and Prefect pickles what crosses it.
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join([*(str(problem) for problem in self.problems), summary(self.problems)])


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Give the problems by file and place, each once.

    Problems that say the same of the same place are one, whatever their hints.
    """
    first: dict[tuple[str, Span, str, str], Problem] = {}
    for problem in problems:
        first.setdefault((problem.file, problem.span, problem.rule, problem.message), problem)
    return tuple(first[key] for key in sorted(first))


def summary(problems: Iterable[Problem]) -> str:
    """Give the last line of a report: "3 problems in 2 files", or "no problems"."""
    found = list(problems)
    files = len({problem.file for problem in found})
    if not found:
        return "no problems"
    return f"{_counted(len(found), 'problem')} in {_counted(files, 'file')}"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


# ── Reports ──────────────────────────────────────────────────────────────────────────────────


def as_text(
    problems: Iterable[Problem], sources: Mapping[str, str], *, colour: bool = False
) -> str:
    """Give the report for a terminal: each problem with its line and carets, then the summary.

    `sources` holds the text of each file by the name that its problems carry; a problem whose
    file is not among them is told without its line.
    """
    found = in_order(problems)
    paint = _COLOURS if colour else _NO_COLOURS
    lines = {file: sources[file].split("\n") for file in {p.file for p in found} & sources.keys()}
    told = [_told(problem, lines.get(problem.file, []), paint) for problem in found]
    return "\n\n".join([*told, summary(found)]) + "\n"


@dataclass(frozen=True, slots=True)
class _Paint:
    """The codes that a terminal understands as colours, or nothing."""

    place: str = ""
    faint: str = ""
    fault: str = ""
    off: str = ""


_NO_COLOURS = _Paint()
_COLOURS = _Paint("\x1b[1m", "\x1b[2m", "\x1b[1;31m", "\x1b[0m")


def _told(problem: Problem, lines: list[str], paint: _Paint) -> str:
    span = problem.span
    place = printable(f"{problem.file}:{span.line}:{span.column}:")
    head = f"{paint.place}{place}{paint.off} {printable(problem.sentence)}"
    head += f" {paint.faint}[{printable(problem.rule)}]{paint.off}"
    hint = printable(problem.hint or "")
    if not 1 <= span.line <= len(lines):
        return f"{head}\n  {hint}" if hint else head
    line = lines[span.line - 1].rstrip("\r")
    end = span.end_column - 1 if span.end_line == span.line else len(line.rstrip())
    shown = excerpt(line, span.column - 1, end)
    number = str(span.line)
    carets = f"{' ' * shown.before}{paint.fault}{'^' * shown.width}{paint.off}"
    under = f"{carets}  {hint}" if hint else carets
    bar, room = f"{paint.faint}|{paint.off}", " " * len(number)
    source = f"{paint.faint}{number}{paint.off} {bar} {shown.text}".rstrip()
    return f"{head}\n{room} {bar}\n{source}\n{room} {bar} {under}"


def as_json(problems: Iterable[Problem]) -> str:
    """Give the report for programs; lines and columns count from 1, columns in code points."""
    found = in_order(problems)
    report = {
        "problems": [
            {
                "rule": problem.rule,
                "file": problem.file,
                "line": problem.span.line,
                "column": problem.span.column,
                "end_line": problem.span.end_line,
                "end_column": problem.span.end_column,
                "message": problem.sentence,
                "hint": problem.hint,
                "replacement": problem.replacement,
            }
            for problem in found
        ],
        "summary": summary(found),
    }
    return json.dumps(report, indent=2) + "\n"


def as_github(problems: Iterable[Problem]) -> str:
    """Give the report as GitHub's workflow commands, which become annotations on the change.

    Source: docs.github.com, "Workflow commands for GitHub Actions"; escapes as in @actions/core.
    """
    return "".join(f"{_command(problem)}\n" for problem in in_order(problems))


def _command(problem: Problem) -> str:
    span = problem.span
    properties = {"file": problem.file, "line": str(span.line), "endLine": str(span.end_line)}
    if span.end_line == span.line:  # GitHub refuses columns over several lines; its end is the last
        properties["col"] = str(span.column)
        properties["endColumn"] = str(max(span.column, span.end_column - 1))
    properties["title"] = problem.rule
    said = f"{problem.sentence}\n{problem.hint}" if problem.hint else problem.sentence
    return workflow_command("error", properties, said)


def workflow_command(level: str, properties: Mapping[str, str], message: str) -> str:
    """Give one of GitHub's workflow commands: `error`, `warning` or `notice`."""
    told = ",".join(f"{name}={_in_property(value)}" for name, value in properties.items())
    return f"::{level} {told}::{_in_message(message)}"


def _in_message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _in_property(text: str) -> str:
    return _in_message(text).replace(":", "%3A").replace(",", "%2C")


def as_sarif(
    problems: Iterable[Problem],
    rules: Mapping[str, str],
    version: str = "0",
    pages: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Give the report as SARIF 2.1.0, which code scanning reads.

    `rules` says in a sentence what each rule refuses; `version` is that of Keepwarm; `pages` show
    an example of each, as Markdown.
    Source: docs.github.com, "SARIF support for code scanning".
    """
    found = in_order(problems)
    names = sorted({*rules, *(problem.rule for problem in found)})
    driver = {
        "name": "keepwarm",
        "version": version,
        "semanticVersion": version,
        "rules": [_rule(name, rules.get(name), pages.get(name)) for name in names],
    }
    known = _fingerprints(found)
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": "keepwarm check/"},
        "columnKind": "unicodeCodePoints",
        "results": [
            _result(problem, names.index(problem.rule), fingerprint)
            for problem, fingerprint in zip(found, known, strict=True)
        ],
    }
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    return json.dumps({"$schema": schema, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(name: str, about: str | None, page: str | None) -> dict[str, Any]:
    says = about or _CANNOT_BE_READ
    return {
        "id": name,
        "name": "".join(word.title() for word in name.split("-")),
        "shortDescription": {"text": says},
        "fullDescription": {"text": says},
        "help": {"text": says, "markdown": page or says},
        "defaultConfiguration": {"level": "error"},
        "properties": {"tags": ["playbooks"]},
    }


_CANNOT_BE_READ: Final = "What is written cannot be read; the message says why, and how to mend it."


def _fingerprints(problems: Iterable[Problem]) -> Iterator[str]:
    """Give what a problem is known by, also when lines above it come or go; no two are alike."""
    seen: Counter[tuple[str, str, str]] = Counter()
    for problem in problems:
        said = problem.rule, problem.file, problem.sentence
        seen[said] += 1
        yield hashlib.sha256("\n".join([*said, str(seen[said])]).encode()).hexdigest()[:32]


def _result(problem: Problem, rule_index: int, fingerprint: str) -> dict[str, Any]:
    span = problem.span
    artifact = {"uri": quote(problem.file.replace("\\", "/"), errors="replace")}
    region = {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }
    said = f"{problem.sentence}. {problem.hint}" if problem.hint else problem.sentence
    result: dict[str, Any] = {
        "ruleId": problem.rule,
        "ruleIndex": rule_index,
        "level": "error",
        "message": {"text": said},
        "partialFingerprints": {"keepwarmProblem/v1": fingerprint},
        "locations": [{"physicalLocation": {"artifactLocation": artifact, "region": region}}],
    }
    if problem.replacement is not None:
        mend = {"deletedRegion": region, "insertedContent": {"text": problem.replacement}}
        change = {"artifactLocation": artifact, "replacements": [mend]}
        result["fixes"] = [{"description": {"text": "Mend it"}, "artifactChanges": [change]}]
    return result

"""Templates as written: `templates/<name>.mjml|.txt`, a YAML head and the words below it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from keepwarm.schema.addresses import is_address, is_sender
from keepwarm.schema.faults import Faults
from keepwarm.schema.loading import load
from keepwarm.schema.mapping_reading import Fields, read_mapping
from keepwarm.schema.nodes import Mapping, Node, Scalar, Span
from keepwarm.schema.playbook import TemplateFile
from keepwarm.schema.problems import Problem
from keepwarm.schema.suggestions import closest, quoted
from keepwarm.schema.values import LANGUAGE, text
from keepwarm.schema.written_form import FORMS
from keepwarm.schema.yaml_reading.decoding import decoded

#: The endings of template files: `.mjml` for e-mail, `.txt` for everything else.
EMAIL, TEXT = "mjml", "txt"

_FOLDER = "templates/"
_HEAD_LINE = "---"
_START = Span(1, 1, 1, 1)
_PART_OF_A_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")
#: Head keys that only one form has a use for.
_ONLY_IN = {"subject": EMAIL, "preheader": EMAIL, "sender": EMAIL, "reply_to": EMAIL, "title": TEXT}
_CALLED = {EMAIL: "an e-mail (.mjml)", TEXT: "a text (.txt)"}


def read_template(written: str | bytes, faults: Faults) -> TemplateFile | None:
    """Read a template; `faults.file` is its path in the playbooks folder.

    Gives None where the file is no text or its name cannot be a template's.
    """
    named = _named(faults)
    source = decoded(written, faults.file)
    faults.problems.extend(source.problems)
    if named is None or source.text is None:
        return None
    parts = _parted(source.text, faults)
    places: list[tuple[str, int, int]] = []
    head = _read_head(parts.head, named.form, places, faults)
    _refuse_without_body(parts, faults)
    return TemplateFile(
        name=named.name,
        form=named.form,
        language=named.language,
        body=parts.body,
        body_line=parts.body_line,
        file=faults.file,
        subject=head.get("subject"),
        preheader=head.get("preheader"),
        sender=head.get("sender"),
        reply_to=head.get("reply_to"),
        title=head.get("title"),
        head_places=tuple(places),
    )


def missing_originals(templates: Iterable[TemplateFile]) -> Iterator[Problem]:
    """Give a problem for each translation of a template that is not there."""
    found = tuple(templates)
    originals = {(each.name, each.form) for each in found if each.language is None}
    for each in found:
        if each.language is None or (each.name, each.form) in originals:
            continue
        near = closest(each.name, (name for name, form in originals if form == each.form))
        yield Problem(
            "translation",
            each.file,
            _START,
            f'this translates "{each.name}" into "{each.language}", and there is no '
            f"{_FOLDER}{each.name}.{each.form}" + (f'; did you mean "{near}"?' if near else ""),
            hint="customers of other languages get the original, so it must be there",
        )


# ── The name of the file ─────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Named:
    name: str
    form: str
    language: str | None


def _named(faults: Faults) -> _Named | None:
    """Give what the path says: name, form and language."""
    path = PurePosixPath(faults.file.removeprefix(_FOLDER))
    form = path.suffix.removeprefix(".")
    if form not in _CALLED:
        faults.add(
            "template-name",
            _START,
            f"{quoted(path.name)} does not end as templates do",
            hint='a template is an e-mail ("name.mjml") or a text ("name.txt")',
        )
        return None
    stem, _, language = path.stem.partition(".")
    if language and not LANGUAGE.fullmatch(language):
        faults.add(
            "template-name",
            _START,
            f'"{language}" is not how a language is written',
            hint=f'for example "{stem}.nl.{form}" or "{stem}.pt-BR.{form}"',
        )
        return None
    wrong = [part for part in (*path.parts[:-1], stem) if not _PART_OF_A_NAME.fullmatch(part)]
    if wrong:
        faults.add(
            "template-name",
            _START,
            f"{quoted(wrong[0])} cannot be part of a name",
            hint="a name has letters, digits, hyphens and underscores",
        )
        return None
    return _Named(str(path.with_name(stem)), form, language or None)


# ── Head and body ────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Parts:
    #: As YAML on the lines on which it stands in the file; None where there is no head.
    head: str | None
    body: str
    #: From 1.
    body_line: int


def _parted(written: str, faults: Faults) -> _Parts:
    """Part the file at the lines of dashes."""
    lines = written.split("\n")
    if lines[0].rstrip() != _HEAD_LINE:
        return _Parts(None, written, 1)
    ends = (at for at, line in enumerate(lines) if at and line.rstrip() == _HEAD_LINE)
    end = next(ends, None)
    if end is None:
        faults.add(
            "template-head",
            Span(1, 1, 1, 4),
            "the head of this template has no end",
            hint='write "---" on a line of its own between head and words',
        )
        return _Parts(None, "", len(lines))
    body = "\n".join(lines[end + 1 :])
    return _Parts("\n".join(["", *lines[1:end]]), body, end + 2)


def _read_head(
    head: str | None, form: str, places: list[tuple[str, int, int]], faults: Faults
) -> dict[str, str]:
    """Read the head, and give its texts by key; note where each stands."""
    if head is None:
        if form == EMAIL and "template-head" not in {problem.rule for problem in faults.problems}:
            _refuse_without_subject(_START, faults)
        return {}
    loaded = load(head, faults.file)
    faults.problems.extend(loaded.problems)
    faults.is_whole = faults.is_whole and loaded.is_whole
    node = loaded.node or Mapping((), Span(1, 1, 1, 4))
    fields = read_mapping(node, FORMS["template head"], faults)
    if fields is None:
        return {}
    if form == EMAIL and fields.node.entry("subject") is None and _may_lack(fields, faults):
        _refuse_without_subject(Span(1, 1, 1, 4), faults)
    lines = head.split("\n")
    places += [_place(name, node, lines) for name, node in fields.values.items()]
    read = {name: _line(fields, name, form, faults) for name in fields.values}
    return {name: line for name, line in read.items() if line is not None}


def _place(name: str, node: Node, lines: list[str]) -> tuple[str, int, int]:
    span = node.span
    written = lines[span.line - 1][span.column - 1 :] if span.line == span.end_line else ""
    is_quoted = written[:1] in ("'", '"')
    is_as_written = isinstance(node, Scalar) and written[is_quoted:].startswith(node.text.strip())
    return name, span.line, span.column + is_quoted if is_as_written else 0


def _may_lack(fields: Fields, faults: Faults) -> bool:
    """Tell whether the subject is missing for good, not only misspelt or unreadable."""
    unknown = (name for name in fields.node.names() if fields.form.key(name) is None)
    return faults.is_whole and not any(closest(name, ["subject"]) for name in unknown)


def _line(fields: Fields, name: str, form: str, faults: Faults) -> str | None:
    """Give the text of a head key, which is one line."""
    said = text(fields, name, faults)
    if said is None:
        return None
    node = fields.values[name]
    if _ONLY_IN[name] != form:
        entry = fields.node.entry(name)
        faults.add(
            "misplaced-key",
            entry.key if entry else node,
            f'"{name}" belongs to {_CALLED[_ONLY_IN[name]]}, not to {_CALLED[form]}',
            hint="delete the line",
        )
        return None
    said = said.strip()
    if re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", said):
        faults.add(
            "one-line",
            node,
            f'"{name}" must be one line',
            hint="a line break in the head of an e-mail would begin another head",
        )
        return None
    return said if _is_right(name, said, fields, faults) else None


def _is_right(name: str, said: str, fields: Fields, faults: Faults) -> bool:
    """Tell whether a text may stand behind its key, and refuse it if not."""
    if name == "sender" and not is_sender(said):
        faults.add(
            "address",
            fields.values[name],
            f"{quoted(said)} is not a sender",
            hint='for example "Ann at Acme <ann@acme.example>"',
        )
        return False
    if name == "reply_to" and not is_address(said):
        faults.add(
            "address",
            fields.values[name],
            f"{quoted(said)} is not an e-mail address",
            hint='for example "ann@acme.example"',
        )
        return False
    return True


def _refuse_without_subject(where: Span, faults: Faults) -> None:
    faults.add(
        "missing",
        where,
        'an e-mail needs "subject"',
        hint="write a head above the words:  ---, subject: Welcome, ---",
    )


def _refuse_without_body(parts: _Parts, faults: Faults) -> None:
    if parts.body.strip() or any(problem.rule == "template-head" for problem in faults.problems):
        return
    line = parts.body_line
    faults.add(
        "empty",
        Span(line, 1, line, 1),
        "this template has no words",
        hint="write them below the head, or delete the file",
    )

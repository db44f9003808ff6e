"""A translation into a language that no customer can have."""

from __future__ import annotations

from collections.abc import Iterator

from keepwarm.schema.catalog import Place
from keepwarm.schema.nodes import Span
from keepwarm.schema.playbook import TemplateFile
from keepwarm.schema.rules.rule import Finding, Rule, about
from keepwarm.schema.workspace import Workspace

_LANGUAGE = "language"


def _find(workspace: Workspace) -> Iterator[Finding]:
    languages = workspace.catalog.attributes.get(_LANGUAGE)
    if languages is None or not languages.choices:
        return
    for file in workspace.templates.values():
        if file.language is not None and not _is_read(file.language, languages.choices):
            yield _finding(file, languages.choices, languages.place)


def _is_read(written: str, choices: tuple[str, ...]) -> bool:
    """Tell whether a customer may have a language: who has `pt-BR` also reads `pt`."""
    return any(each == written or each.startswith(f"{written}-") for each in choices)


def _finding(file: TemplateFile, choices: tuple[str, ...], declared: Place | None) -> Finding:
    where = f" ({declared})" if declared is not None else ""
    return Finding(
        Place(file.file, Span(1, 1, 1, 1)),
        f'nobody gets this: no customer can have the language "{file.language}"',
        f'the catalog says that "{_LANGUAGE}" is one of {", ".join(choices)}{where}; '
        "let it say this one too, or name the file by one of those",
        doubted_by=about(_LANGUAGE),
        rests_on=() if declared is None else (declared.file,),
    )


UNREAD_LANGUAGE = Rule(
    "unread-language",
    "A template is a translation into a language that the catalog gives to no customer.",
    _find,
)

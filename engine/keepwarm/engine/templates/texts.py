"""One text of a message: its writing parsed and taken apart into blocks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import parseaddr

from keepwarm.engine.templates import finishes, tidying
from keepwarm.engine.templates.blocks import Surroundings, block_of
from keepwarm.engine.templates.dialect import PLAIN, Dialect
from keepwarm.engine.templates.fills import Finish
from keepwarm.engine.templates.marks import Piece, Source, Writing, pieces_of
from keepwarm.engine.templates.parsing import parse
from keepwarm.engine.templates.wordings import Text, Tidy
from keepwarm.schema.playbook import Policies, TemplateFile
from keepwarm.schema.problems import PlaybookRefused
from keepwarm.schema.words import Kind


@dataclass(frozen=True, slots=True)
class Setting:
    """One file of a template, and what its texts have in common."""

    file: TemplateFile
    policies: Policies
    kind: Kind
    #: What the file is written in.
    language: str
    timezone: str | None = None

    def body(self) -> Writing:
        """Give the body as written."""
        return Writing(self.file.body, self.file.file, self.file.body_line)

    def head(self, name: str, text: str | None) -> Text | None:
        """Give a line of the head as a text; None where the head does not have it."""
        if not text:
            return None
        writing = Writing.of_head(self.file, name, text)
        return compile_text(
            name,
            pieces_of(writing),
            writing,
            self,
            finish=finishes.on_one_line,
            tidy=tidying.without_ends,
        )

    def constants(self) -> Mapping[str, str]:
        """Give what the template may name that is no customer's."""
        sender = self.file.sender or self.policies.sender
        known = {"sender": sender and display_name(sender)}
        known["postal_address"] = self.policies.postal_address
        return {name: value for name, value in known.items() if value}


def compile_text(
    name: str,
    pieces: Sequence[Piece],
    writing: Writing,
    setting: Setting,
    *,
    dialect: Dialect = PLAIN,
    finish: Finish = finishes.as_it_is,
    tidy: Tidy = tidying.left_alone,
) -> Text:
    """Compile one text of a message; raises PlaybookRefused."""
    source = Source.of(pieces, writing)
    try:
        template = parse(source, dialect, language=setting.language, timezone=setting.timezone)
        around = Surroundings(template, setting.constants(), finish)
        block, is_settled = block_of(around)
    except RecursionError:
        problem = writing.problem(0, 1, "this template is nested too deeply", "make it simpler")
        raise PlaybookRefused([problem]) from None
    return Text(name, source, around, block, is_settled, tidy)


def display_name(sender: str) -> str:
    """Give what a sender is called: the name of `Name <address>`, else the address."""
    name, address = parseaddr(sender)
    return name or address or sender

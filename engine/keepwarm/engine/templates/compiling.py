"""A template's files become a compiled template: once, when the playbook is applied."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from keepwarm.engine.message import Content, Wording
from keepwarm.engine.templates import finishes, tidying
from keepwarm.engine.templates.audience import Variables
from keepwarm.engine.templates.mail import mail_texts
from keepwarm.engine.templates.marks import Writing, pieces_of
from keepwarm.engine.templates.results import Broken, Outcome, Rendered
from keepwarm.engine.templates.texts import Setting, compile_text
from keepwarm.engine.templates.wordings import Text, Wordings
from keepwarm.schema.playbook import Policies, TemplateFile
from keepwarm.schema.problems import PlaybookRefused, Problem
from keepwarm.schema.words import Channel, Kind

#: The channels of each form of template.
CHANNELS: Mapping[str, tuple[Channel, ...]] = MappingProxyType(
    {
        "mjml": (Channel.EMAIL,),
        "html": (Channel.EMAIL,),
        "txt": (Channel.SMS, Channel.PUSH, Channel.CHAT),
    },
)
#: What is remembered of languages; customers may write anything there.
_MOST_LANGUAGES: Final = 1_000


@dataclass(frozen=True, slots=True)
class CompiledTemplate:
    """A template ready to be rendered, in all its languages."""

    name: str
    channels: tuple[Channel, ...]
    #: Language as written in the file's name, lower case; "" for the original.
    by_language: Mapping[str, Mapping[Channel, Wordings]]
    file: str
    _chosen: dict[str, Mapping[Channel, Wordings]] = field(default_factory=dict, repr=False)

    def render(self, variables: Variables, channel: Channel) -> Outcome:
        """Give the message for a customer's variables, in the customer's language."""
        try:
            language = variables["customer"]["language"]
        except (KeyError, TypeError):
            language = None
        wordings = self.wordings(language, channel)
        return wordings if isinstance(wordings, Broken) else wordings.render(variables)

    def wordings(self, language: object, channel: Channel) -> Wordings | Broken:
        """Give the wordings for customers of a language, who may have none."""
        wordings = self._in_language(language if isinstance(language, str) else "").get(channel)
        if wordings is not None:
            return wordings
        way = " or ".join(self.channels)
        return Broken(f"{self.name} is for {way}, not for {channel}", self.file, 1, 1)

    def _in_language(self, language: str) -> Mapping[Channel, Wordings]:
        """Choose the language: the customer's own (`pt-BR`), its base (`pt`), the original."""
        chosen = self._chosen.get(language)
        if chosen is None:
            tag = language.strip().replace("_", "-").lower()
            tags = (tag, tag.split("-")[0], "")
            chosen = next(self.by_language[each] for each in tags if each in self.by_language)
            if len(self._chosen) >= _MOST_LANGUAGES:
                self._chosen.clear()
            self._chosen[language] = chosen
        return chosen


def compile_template(
    files: Iterable[TemplateFile],
    policies: Policies,
    *,
    kind: Kind = Kind.MARKETING,
    original_language: str = "en",
    timezone: str | None = None,
) -> CompiledTemplate:
    """Compile the files of one template, the original and its translations.

    `kind` decides whether a mail is given a footer. `original_language` is what the file without
    a language is written in; `timezone` is the project's. Raises PlaybookRefused with everything
    that is wrong in any of them.
    """
    problems: list[Problem] = []
    by_language: dict[str, Mapping[Channel, Wordings]] = {}
    files = list(files)
    for file in files:
        tag = (file.language or "").replace("_", "-").lower()
        setting = Setting(file, policies, kind, file.language or original_language, timezone)
        try:
            by_language[tag] = dict(_wordings(setting))
        except PlaybookRefused as refused:
            problems += refused.problems
    if problems:
        raise PlaybookRefused(problems)
    original = next((file for file in files if not file.language), None)
    if original is None:
        raise ValueError("a template needs its original: a file without a language")
    return CompiledTemplate(original.name, CHANNELS[original.form], by_language, original.file)


def _wordings(setting: Setting) -> Iterator[tuple[Channel, Wordings]]:
    file = setting.file
    sender = file.sender or setting.policies.sender
    for channel in CHANNELS[file.form]:
        match channel:
            case Channel.EMAIL:
                texts = mail_texts(setting)
            case Channel.PUSH:
                texts = _push_texts(setting)
            case _:
                texts = [_body(setting)]
        yield (
            channel,
            Wordings(
                channel,
                texts,
                sender=sender if channel is Channel.EMAIL else None,
                reply_to=file.reply_to,
                language=file.language,
            ),
        )


def _push_texts(setting: Setting) -> list[Text]:
    title = setting.head("title", setting.file.title)
    return [title, _body(setting)] if title else [_body(setting)]


def _body(setting: Setting) -> Text:
    writing = setting.body()
    finish = finishes.without_controls
    return compile_text(
        "text", pieces_of(writing), writing, setting, finish=finish, tidy=tidying.without_ends
    )


# ── Webhooks ─────────────────────────────────────────────────────────────────────────────────


def compile_fields(
    fields: Mapping[str, str], file: str, line: int = 1, *, timezone: str | None = None
) -> Callable[[Variables], Outcome]:
    """Compile what a webhook is told, each field a line of Liquid; every value is sent as text.

    The file and line are those of the step, for faults. Raises PlaybookRefused.
    """
    owner = TemplateFile("", "txt", "", line, file)
    setting = Setting(owner, Policies(), Kind.TRANSACTIONAL, "en", timezone)
    texts: list[Text] = []
    for name, text in fields.items():
        writing = Writing(text, file, line, part=f"field {name}")
        compiled = compile_text(
            "body", pieces_of(writing), writing, setting, finish=finishes.inside_json
        )
        opening = f'{"," if texts else "{"}{json.dumps(name, ensure_ascii=False)}:"'
        texts.append(replace(compiled, before=opening, after='"'))
    if not texts:
        texts = [compile_text("body", ["{"], Writing("", file, line), setting)]
    texts[-1] = replace(texts[-1], after=texts[-1].after + "}")
    return Wordings(Channel.WEBHOOK, texts).render


# ── Tasks ────────────────────────────────────────────────────────────────────────────────────


def compile_details(
    text: str, file: str, line: int = 1, *, timezone: str | None = None
) -> Callable[[Variables], Outcome]:
    """Compile the details of a task, a stretch of Liquid in a playbook.

    The file and line are those of the step, for faults. Raises PlaybookRefused.
    """
    owner = TemplateFile("", "txt", "", line, file)
    setting = Setting(owner, Policies(), Kind.TRANSACTIONAL, "en", timezone)
    writing = Writing(text, file, line, part="details")
    compiled = compile_text(
        "text",
        pieces_of(writing),
        writing,
        setting,
        finish=finishes.without_controls,
        tidy=tidying.without_ends,
    )
    return Wordings(Channel.CHAT, [compiled]).render


# ── Notices without a template ───────────────────────────────────────────────────────────────


def plain_notice(title: str, words: str, customer_id: str | None) -> Rendered:
    """Give a line for a team's chat where the playbook names no template."""
    content = _notice(title, words, with_customer=customer_id is not None)
    return Rendered(content, () if customer_id is None else (customer_id,))


@lru_cache(maxsize=1024)
def _notice(title: str, words: str, *, with_customer: bool) -> Content:
    line = finishes.on_one_line(f"{title}: {words}")
    parts: Sequence[str | int] = (f"{line} (customer ", 0, ")") if with_customer else (line,)
    return Content(Channel.CHAT, {"text": Wording(tuple(parts))})

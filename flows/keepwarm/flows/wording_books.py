"""The words of one version: its templates, compiled when first used and kept."""

from __future__ import annotations

import contextlib
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable

from keepwarm.engine.plan import CallWebhook, OpenTask, Plan, Send
from keepwarm.engine.templates.audience import Variables
from keepwarm.engine.templates.compiling import (
    CompiledTemplate,
    compile_details,
    compile_fields,
    compile_template,
)
from keepwarm.engine.templates.results import Outcome
from keepwarm.schema.catalog import Catalog
from keepwarm.schema.playbook import Policies, TemplateFile
from keepwarm.schema.problems import PlaybookRefused
from keepwarm.schema.words import Channel, Kind


class WordBook:
    """The templates of one version by name, in all their languages. Threads may share it."""

    def __init__(self, files: Iterable[TemplateFile], policies: Policies, catalog: Catalog) -> None:
        self._policies = policies
        self._catalog = catalog
        self._files: dict[tuple[str, bool], list[TemplateFile]] = defaultdict(list)
        for file in files:
            self._files[file.name, file.form == "txt"].append(file)
        self._compiled: dict[tuple[str, bool, Kind], CompiledTemplate] = {}
        #: Who wants a template that another thread compiles just now waits for it.
        self._compiling = threading.Lock()
        #: Step -> what renders the words that it holds itself.
        self._own: dict[int, Callable[[Variables], Outcome]] = {}

    def template(self, name: str, channel: Channel, kind: Kind) -> CompiledTemplate:
        """Give a template ready to render.

        Raises:
            KeyError: the version has no such template.
            PlaybookRefused: its files cannot be compiled.
        """
        key = (name, channel is not Channel.EMAIL, kind)
        known = self._compiled.get(key)
        if known is None:
            with self._compiling:
                known = self._compiled.get(key) or self._compile(key)
                self._compiled[key] = known
        return known

    def get_ready(self, plan: Plan) -> None:
        """Compile all that the plan sends to customers, so that the first message finds it ready.

        What cannot be compiled is told of the message that needs it.
        """
        for step in plan.steps:
            for way in step.ways if isinstance(step, Send) else ():
                with contextlib.suppress(KeyError, PlaybookRefused):
                    self.template(way.template, way.channel, way.kind)

    def _compile(self, key: tuple[str, bool, Kind]) -> CompiledTemplate:
        name, is_text, kind = key
        files = self._files.get((name, is_text))
        if not files:
            raise KeyError(name)
        return compile_template(
            files,
            self._policies,
            kind=kind,
            original_language=self._catalog.language,
            timezone=self._catalog.timezone,
        )

    def languages(self, names: Iterable[str]) -> frozenset[str]:
        """Give the languages that somebody translated any of these templates into."""
        wanted = frozenset(names)
        return frozenset(
            file.language
            for (name, _), files in self._files.items()
            if name in wanted
            for file in files
            if file.language
        )

    def fields(self, plan: Plan, step: int) -> Callable[[Variables], Outcome]:
        """Give what renders the fields of a webhook step."""
        known = self._own.get(step)
        if known is None:
            call = plan.steps[step]
            if not isinstance(call, CallWebhook):
                raise TypeError(f"step {step} of {plan.playbook} calls no webhook")
            place = call.at.place
            known = self._own[step] = compile_fields(
                call.fields, place.file, place.span.line, timezone=self._catalog.timezone
            )
        return known

    def details(self, plan: Plan, step: int) -> Callable[[Variables], Outcome]:
        """Give what renders the details of a task."""
        known = self._own.get(step)
        if known is None:
            task = plan.steps[step]
            if not isinstance(task, OpenTask):
                raise TypeError(f"step {step} of {plan.playbook} opens no task")
            place = task.at.place
            known = self._own[step] = compile_details(
                task.details or "", place.file, place.span.line, timezone=self._catalog.timezone
            )
        return known

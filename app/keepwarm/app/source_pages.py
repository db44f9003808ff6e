"""The pages of `docs/sources`, made from what sources say of themselves.

    python -m keepwarm.app.source_pages docs/sources

writes them anew; a test holds them to it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Final

from keepwarm.connectors.pulls.registry import BUILT_IN as PULLS
from keepwarm.connectors.pulls.registry import puller_class
from keepwarm.connectors.sources.contract import AboutSource
from keepwarm.connectors.sources.registry import source_class
from keepwarm.schema.sources import SOURCES

#: What stands between these in the README is written anew; the rest of it by hand.
BEGIN: Final = "<!-- begin: written from the sources -->"
END: Final = "<!-- end -->"


def pages(folder: Path) -> Mapping[str, str]:
    """Give every page of the folder as it must read, by the name of its file."""
    made = {f"{name}.md": _page(name, source_class(name).about) for name in SOURCES}
    before, _, rest = (folder / "README.md").read_text(encoding="utf-8").partition(BEGIN)
    table = "\n".join(["| source | tells |", "|---|---|", *_rows()])
    made["README.md"] = f"{before}{BEGIN}\n\n{table}\n\n{END}{rest.partition(END)[2]}"
    return made


def _rows() -> Iterator[str]:
    for name, words in SOURCES.items():
        tells = ", ".join(f"`{word}`" for word in list(words.events)[:4])
        more = ", …" if len(words.events) > 4 else ""  # noqa: PLR2004 - enough for a glance
        yield f"| [{words.title}]({name}.md) | {tells + more if tells else 'what its users name'} |"


def _page(name: str, about: AboutSource) -> str:
    return "\n".join([*_head(name, about), *_words(name), *_notes(about), *_pull(name)]) + "\n"


def _head(name: str, about: AboutSource) -> Iterator[str]:
    yield f"# {about.title}\n"
    yield f"It posts to `/sources/{name}`.\n"
    yield from (f"{number}. {step}" for number, step in enumerate(about.steps, 1))
    yield "\n| setting | needed | means |\n|---|---|---|"
    for setting in (*about.secrets, *about.settings):
        needed = "yes" if setting.needed else "no"
        example = f" Such as `{setting.example}`." if setting.example else ""
        yield f"| `{setting.name}` | {needed} | {setting.meaning}{example} |"
    yield f"\n## In the catalog\n\n```yaml\n{about.example}```\n"


def _words(name: str) -> Iterator[str]:
    words = SOURCES[name]
    if words.is_open:
        yield "Its users name events and facts themselves, so any word may stand there.\n"
    if words.own:
        yield (
            f"Its users name events themselves by words that begin with `{words.own}`; with them"
            f" come {', '.join(words.with_own)}.\n"
        )
    if words.events:
        yield "| events | with them come |\n|---|---|"
        for fields, alike in groupby(words.events, key=words.events.__getitem__):
            said = ", ".join(f"`{each}`" for each in alike)
            yield f"| {said} | {', '.join(fields) or 'nothing but who it is about'} |"
        yield (
            "\nA property of the same name is filled from what comes with the event. Where yours"
            " is named otherwise, `called` says what it is called there, or at which place in the"
            " payload it stands (`line_items.0.vendor`).\n"
        )
    if words.facts:
        facts = ", ".join(f"`{name} {fact}`" for fact in words.facts)
        yield f"About a customer: {facts}.\n"


def _notes(about: AboutSource) -> Iterator[str]:
    if about.notes:
        yield "## What to know\n"
        yield from (f"- {note}" for note in about.notes)


def _pull(name: str) -> Iterator[str]:
    """Say how a provider is asked on a schedule, where it can be."""
    if name not in PULLS:
        return
    about = puller_class(name).about
    yield "\n## Asked on a schedule\n"
    yield (
        "With these settings it is asked every five minutes for what was modified, besides or in"
        " place of the webhook.\n"
    )
    yield from (f"{number}. {step}" for number, step in enumerate(about.steps, 1))
    yield "\n| setting | needed | means |\n|---|---|---|"
    for setting in about.settings:
        needed = "yes" if setting.needed else "no"
        example = f" Such as `{setting.example}`." if setting.example else ""
        yield f"| `{setting.name}` | {needed} | {setting.meaning}{example} |"
    yield ""
    yield from (f"- {note}" for note in about.notes)


if __name__ == "__main__":
    for file, text in pages(Path(sys.argv[1])).items():
        (Path(sys.argv[1]) / file).write_text(text, encoding="utf-8")

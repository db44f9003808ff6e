"""What the documents say about the connectors, written from the connectors themselves.

`python -m keepwarm.connectors.describing docs/connectors` writes it anew between the markers of
each page; a test holds that nothing else stands there.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from keepwarm.connectors.contract import Listens, Settles
from keepwarm.connectors.registry import BUILT_IN, find
from keepwarm.connectors.settings import ConnectorClass, Setting

BEGIN, END = "<!-- written by keepwarm.connectors.describing -->", "<!-- end -->"


def matrix() -> str:
    """Give the table of all built-in connectors: what each can do."""
    head = "| connector | channels | messages a call | settles unknown | calls back | leaves us |"
    rows = [_row(name, find(name)) for name in sorted(BUILT_IN)]
    return "\n".join([head, "|---|---|---|---|---|---|", *rows])


def page(name: str) -> str:
    """Give what a connector's page says of its settings and promises."""
    about = find(name).about
    settings = [_setting(setting) for setting in about.settings]
    table = ["| setting | needed | what it is |", "|---|---|---|", *settings]
    return "\n".join(
        [
            "## What it needs",
            "",
            *(table if settings else ["Nothing."]),
            "",
            "## What it promises",
            "",
            *[f"- {promise}" for promise in about.promises],
            "",
            "## How an unknown outcome is settled",
            "",
            about.unknown_settles_by,
        ]
    )


def written_anew(folder: Path) -> Mapping[Path, str]:
    """Give each page of the folder as it must read, by its path."""
    texts = {folder / "README.md": matrix()}
    texts |= {folder / f"{name}.md": page(name) for name in BUILT_IN}
    pages = {}
    for path, text in texts.items():
        before, _, rest = path.read_text(encoding="utf-8").partition(BEGIN)
        after = rest.partition(END)[2]
        pages[path] = f"{before}{BEGIN}\n\n{text}\n\n{END}{after}"
    return pages


def _row(name: str, found: type[ConnectorClass]) -> str:
    limits = found.limits
    channels = ", ".join(sorted(channel.value for channel in found.channels))
    if limits.transactional:
        settles = "never unknown"
    elif limits.idempotent:
        settles = "by calling again"
    elif issubclass(found, Settles):
        settles = "by looking up"
    else:
        settles = "by call-back" if issubclass(found, Listens) else "cannot"
    calls_back = "yes" if issubclass(found, Listens) else "no"
    leaves = "no" if limits.transactional or name == "memory" else "yes"
    link = f"[{name}]({name}.md)"
    return f"| {link} | {channels} | {limits.batch:,} | {settles} | {calls_back} | {leaves} |"


def _setting(setting: Setting) -> str:
    needed = "yes" if setting.needed else "no"
    example = f" Such as `{setting.example}`." if setting.example else ""
    secret = " Secret." if setting.secret else ""
    return f"| `{setting.name}` | {needed} | {setting.meaning}{example}{secret} |"


if __name__ == "__main__":
    for path, text in written_anew(Path(sys.argv[1])).items():
        path.write_text(text, encoding="utf-8")

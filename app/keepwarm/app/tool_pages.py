"""The part of `docs/tasks.md` that is made from what task tools say of themselves.

    python -m keepwarm.app.tool_pages docs/tasks.md

writes it anew; a test holds the page to it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from keepwarm.connectors.task_tools.contract import AboutTool, Hears, Signals
from keepwarm.connectors.task_tools.registry import BUILT_IN, tool_class

#: What stands between these is written anew; the rest of the page by hand.
BEGIN: Final = "<!-- begin: written from the tools -->"
END: Final = "<!-- end -->"


def page(path: Path) -> str:
    """Give the page as it must read."""
    before, _, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    told = "\n".join(line for name in sorted(BUILT_IN) for line in _tool(name))
    return f"{before}{BEGIN}\n\n{told}\n{END}{rest.partition(END)[2]}"


def _tool(name: str) -> Iterator[str]:
    tool = tool_class(name)
    about: AboutTool = tool.about
    yield f"## {about.title}\n"
    if issubclass(tool, (Hears, Signals)):
        yield f"It calls `<public URL>/callbacks/tasks/{name}`.\n"
    yield from (f"{number}. {step}" for number, step in enumerate(about.steps, 1))
    yield "\n| setting | needed | means |\n|---|---|---|"
    for setting in about.settings:
        needed = "yes" if setting.needed else "no"
        example = f" Such as `{setting.example}`." if setting.example else ""
        secret = " Secret." if setting.secret else ""
        yield f"| `{setting.name}` | {needed} | {setting.meaning}{example}{secret} |"
    yield f"\n- **Never twice.** {about.never_twice}"
    yield f"- **How it comes back.** {about.comes_back}\n"


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.write_text(page(target), encoding="utf-8")

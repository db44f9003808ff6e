"""The shop's workspace, and cases that are put into it."""

from __future__ import annotations

from pathlib import Path

from keepwarm.schema.workspace import Workspace, read_workspace

HERE = Path(__file__).parent


def folder(name: str) -> dict[str, bytes]:
    """Give the files of a folder beside this one, by path."""
    root = HERE / name
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def with_playbook(text: str, name: str = "case") -> Workspace:
    """Give the shop with one playbook more."""
    return read_workspace({**folder("shop"), f"{name}.yaml": text.encode()})


def with_catalog(text: str, name: str = "case") -> Workspace:
    """Give the shop with one catalog file more."""
    return read_workspace({**folder("shop"), f"catalog/{name}.yaml": text.encode()})


def report(workspace: Workspace) -> str:
    """Give every problem with its hint, as the command line does but for the line itself."""
    lines = []
    for problem in workspace.problems:
        lines.append(str(problem))
        if problem.hint:
            lines.append(f"    {problem.hint}")
    return "".join(f"{line}\n" for line in lines)

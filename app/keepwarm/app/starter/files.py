"""The files of a folder of playbooks that works, to begin with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from keepwarm.schema.json_schema.documents import publish
from keepwarm.schema.workspace import read_workspace

_FOLDER: Final = Path(__file__).with_name("folder")
#: Names that begin with a dot are hidden from git and from build tools; here they do not.
_DOT: Final = "dot-"
_PLAYBOOKS: Final = "playbooks/"


def starter_files() -> Mapping[str, bytes]:
    """Give every file by its path, the schemas for editors among them."""
    files = {_placed(path): path.read_bytes() for path in _FOLDER.rglob("*") if path.is_file()}
    workspace = read_workspace(
        {
            path.removeprefix(_PLAYBOOKS): text
            for path, text in files.items()
            if path.startswith(_PLAYBOOKS)
        }
    )
    schemas = publish(workspace.catalog, workspace.known)
    return dict(sorted((files | {f"schema/{n}": t.encode() for n, t in schemas.items()}).items()))


def _placed(path: Path) -> str:
    placed = path.relative_to(_FOLDER).as_posix()
    return f".{placed.removeprefix(_DOT)}" if placed.startswith(_DOT) else placed

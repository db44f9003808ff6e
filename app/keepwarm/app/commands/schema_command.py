"""Write the JSON Schemas that editors complete and explain playbooks with.

  keepwarm schema             into ../schema beside the playbooks
  keepwarm schema --check     only tell whether they are up to date (exit 1 when not)
  keepwarm schema --statistics    with how each fact stands among the customers there are

Statistics are counts, frequent choices and ranges; nothing personal is among them, and --check
does not mind them. They are made from the catalog: run it again when the catalog changes.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from keepwarm.app.folder import read_folder
from keepwarm.app.shown import add_playbooks
from keepwarm.schema.catalog import Catalog
from keepwarm.schema.json_schema.documents import publish, without_live


def options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    add_playbooks(parser)
    parser.add_argument(
        "--to", type=Path, metavar="DIR", help="where they go (default: schema beside playbooks)"
    )
    parser.add_argument(
        "--statistics", action="store_true", help="say of each fact how it stands at present"
    )
    parser.add_argument("--check", action="store_true", help="write nothing, only compare")


def run(given: argparse.Namespace) -> int:
    """Write or compare the schemas, and give the exit code."""
    folder: Path = given.playbooks
    target: Path = given.to or folder.absolute().parent / "schema"
    workspace = read_folder(folder)
    if given.check:
        wanted = publish(workspace.catalog, workspace.known)
        stale = [name for name, text in wanted.items() if _plain(target / name) != text]
        if stale:
            print(f"Not up to date: {', '.join(stale)}. Run `keepwarm schema`.")
        else:
            print(f"{len(wanted)} schemas in {target} are up to date.")
        return 1 if stale else 0
    live = _live(workspace.catalog) if given.statistics else {}
    wanted = publish(workspace.catalog, workspace.known, live)
    stale = [name for name, text in wanted.items() if _read(target / name) != text]
    target.mkdir(parents=True, exist_ok=True)
    for name in stale:
        (target / name).write_text(wanted[name], encoding="utf-8")
    print(f"{len(wanted)} schemas in {target}, {len(stale)} of them written anew.")
    return 0


def _live(catalog: Catalog) -> Mapping[str, str]:
    from keepwarm.app.live_facts import live_facts
    from keepwarm.app.settings import read_settings
    from keepwarm.app.wiring import clock, open_and_migrate

    with closing(open_and_migrate(read_settings())) as database, database.reading() as cx:
        return live_facts(cx, catalog, clock())


def _plain(path: Path) -> str | None:
    text = _read(path)
    try:
        return None if text is None else without_live(text)
    except ValueError:  # not JSON at all, and so not what it should be
        return text


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None

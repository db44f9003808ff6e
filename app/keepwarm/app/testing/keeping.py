"""Keeping a recorded story: in the file of its playbook's tests, in form, and only if it plays."""

from __future__ import annotations

from pathlib import Path

from keepwarm.app.folder import files_in
from keepwarm.app.testing.results import play_stories
from keepwarm.schema.checking import check
from keepwarm.schema.formatting import formatted
from keepwarm.schema.stories import Story
from keepwarm.schema.story_writing import new_file, written_story
from keepwarm.schema.workspace import Workspace


class KeepingRefused(Exception):
    """The story cannot be kept as it is; says why."""


def file_with(workspace: Workspace, folder: Path, playbook: str, story: Story) -> tuple[Path, str]:
    """Give the file of a playbook's tests with one story more, and where it stands.

    It is read, checked and played first, as `keepwarm test` would.
    """
    stories = workspace.stories.get(playbook)
    name = stories.file if stories else f"{playbook}.test.yaml"
    before = workspace.sources[name] if stories else new_file(playbook)
    files = dict(files_in(folder))
    files[name] = f"{before.rstrip()}\n{written_story(story)}".encode()
    files |= {
        path: text.encode() for path, text in formatted(files).changed.items() if path == name
    }
    checked = check(files)
    if checked.problems:
        told = "; ".join(f"line {p.span.line}: {p.sentence}" for p in checked.problems)
        raise KeepingRefused(f"The story cannot be told in {name}: {told}")
    tested = play_stories(checked.workspace, checked.workspace.stories[playbook], story.name)
    if tested.failed:
        raise KeepingRefused(f'"{story.name}" does not come true when it is played.')
    return folder / name, files[name].decode()

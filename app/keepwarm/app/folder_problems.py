"""The problems of a folder, each with its line, for a command that needs a folder without any."""

from __future__ import annotations

from pathlib import Path

from keepwarm.schema.problems import PlaybookRefused, as_text


def problems_said(refused: PlaybookRefused, folder: Path) -> str:
    """Give the problems with the lines they stand on."""
    sources = {
        problem.file: (folder / problem.file).read_text(errors="replace")
        for problem in refused.problems
        if (folder / problem.file).is_file()
    }
    return as_text(refused.problems, sources)

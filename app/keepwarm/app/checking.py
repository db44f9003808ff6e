"""Checking a folder on the disk, as things stand today."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path

from keepwarm.app.folder import files_in
from keepwarm.engine.rules.registry import all_rules
from keepwarm.schema.checking import Checked, check
from keepwarm.schema.rules.rule import Rule


def check_folder(folder: Path) -> Checked:
    """Read a folder and find everything that is wrong in it.

    Raises:
        FolderRefused: the folder cannot be read.
    """
    return check_files(files_in(folder))


def check_files(files: Mapping[str, bytes]) -> Checked:
    """Find everything that is wrong in the files of a folder; paths are relative to it."""
    return check(files, rules_on(datetime.now(UTC).date()))


def rules_on(today: date) -> tuple[Rule, ...]:
    """Give every rule, as it is asked on a day."""
    return all_rules(today)

"""The rooms and the modules in them, as they lie in this clone."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]

#: Top to bottom: each may import those after it.
ROOMS = ("app", "flows", "connectors", "store", "insight", "engine", "schema")


def path_of(room: str) -> Path:
    """Give the folder of a room's modules."""
    return ROOT / room / "keepwarm" / room


def modules_of(room: str) -> list[Path]:
    """Give every Python file of a room."""
    return sorted(path_of(room).rglob("*.py"))


def all_modules() -> list[Path]:
    """Give every Python file of every room."""
    return [module for room in ROOMS for module in modules_of(room)]


def dotted(module: Path) -> str:
    """Give the name a module is imported by: `keepwarm.engine.advance`."""
    parts = module.relative_to(ROOT).with_suffix("").parts[1:]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def project() -> dict[str, Any]:
    """Give pyproject.toml as read."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def contracts() -> dict[str, dict[str, Any]]:
    """Give the contracts on imports by their ids."""
    return {each["id"]: each for each in project()["tool"]["importlinter"]["contracts"]}

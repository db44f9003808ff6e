"""What makes seven folders one namespace, and keeps each to itself."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.house.rooms import ROOMS, ROOT, all_modules, contracts, modules_of, path_of, project


def test_the_namespace_has_no_init_anywhere() -> None:
    # One such file would hide every other room.
    assert list(ROOT.glob("*/keepwarm/__init__.py")) == []


def test_a_folder_that_holds_a_room_is_known_as_one() -> None:
    assert {folder.parent.name for folder in ROOT.glob("*/keepwarm")} == set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_the_outer_folder_holds_one_room_and_no_code_beside_it(room: str) -> None:
    assert [each.name for each in (ROOT / room / "keepwarm").iterdir() if each.is_dir()] == [room]
    assert list((ROOT / room).glob("*.py")) == []


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_says_what_it_is_and_that_it_is_typed(room: str) -> None:
    assert (path_of(room) / "py.typed").is_file()
    assert ast.get_docstring(ast.parse((path_of(room) / "__init__.py").read_text(encoding="utf-8")))


@pytest.mark.parametrize("room", ROOMS)
def test_every_folder_of_modules_is_a_package(room: str) -> None:
    # A folder without __init__.py is invisible to import-linter, and so would be its breaches.
    folders = {module.parent for module in modules_of(room)}
    assert [str(each) for each in folders if not (each / "__init__.py").is_file()] == []


def test_every_tool_knows_every_room() -> None:
    written = project()
    tools = written["tool"]
    folders = set(ROOMS)
    names = {f"keepwarm.{room}" for room in ROOMS}
    layers = {name for layer in contracts()["rooms"]["layers"] for name in layer.split(" | ")}

    assert layers == names
    assert set(tools["importlinter"]["root_packages"]) == names
    assert set(contracts()["no-cycles"]["ancestors"]) == names
    assert set(tools["hatch"]["build"]["dev-mode-dirs"]) == folders
    wheel = tools["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert set(wheel) == {f"{room}/keepwarm" for room in ROOMS}
    assert set(tools["ruff"]["src"]) == folders
    assert set(tools["mypy"]["mypy_path"]) == folders
    assert set(tools["mypy"]["files"]) == {*folders, "tests"}
    assert set(tools["pytest"]["ini_options"]["pythonpath"]) == {*folders, "."}
    assert set(tools["coverage"]["run"]["source_dirs"]) == folders


#: Who may name the environment, each with its reason.
READERS = {
    "app/keepwarm/app/settings.py": "reads the settings, for everybody",
    "flows/keepwarm/flows/prefect/server.py": "hands it on to the process that it starts",
}


def test_only_the_settings_read_the_environment() -> None:
    readers = {str(each.relative_to(ROOT)) for each in all_modules() if _names_environment(each)}
    assert readers == set(READERS)


def test_nothing_but_the_outer_rooms_draws_at_random() -> None:
    # Ruff bans the call in the inner rooms; flows and the application are free of that ban for
    # the clock's sake. They may make tokens, not choices.
    choosers = [
        str(each) for room in ("flows", "app") for each in modules_of(room) if _chooses(each)
    ]
    assert choosers == []


def _names_environment(module: Path) -> bool:
    for node in ast.walk(_tree(module)):
        match node:
            case ast.Attribute(
                value=ast.Name(id="os"), attr="environ" | "environb" | "getenv" | "putenv"
            ):
                return True
            case ast.ImportFrom(module="os", names=names):
                if any(each.name in {"environ", "environb", "getenv", "putenv"} for each in names):
                    return True
            case _:
                pass
    return False


def _chooses(module: Path) -> bool:
    for node in ast.walk(_tree(module)):
        match node:
            case ast.Import(names=names):
                if any(each.name == "random" for each in names):
                    return True
            case ast.ImportFrom(module="random"):
                return True
            case _:
                pass
    return False


def _tree(module: Path) -> ast.Module:
    return ast.parse(module.read_text(encoding="utf-8"), str(module))

"""What is installed is exactly what was tested, and comes from wherever the reader's pip looks."""

from __future__ import annotations

import json
import re

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.rooms import ROOT, project

LOCKS = ("requirements.lock", "requirements-dev.lock")


def requirements_of(lock: str) -> list[str]:
    """Give each requirement of a lock with its hashes, on one line."""
    text = (ROOT / lock).read_text(encoding="utf-8").replace("\\\n", " ")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def pins_of(lock: str) -> dict[str, list[Requirement]]:
    """Give what a lock pins, by name: more than one where platforms differ."""
    pins: dict[str, list[Requirement]] = {}
    for line in requirements_of(lock):
        requirement = Requirement(line.partition("--hash")[0])
        pins.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    return pins


@pytest.mark.parametrize("lock", LOCKS)
def test_every_requirement_is_one_version_and_has_hashes(lock: str) -> None:
    form = re.compile(r"[a-z0-9-]+==\S+( ; [^#]+?)?\s+(--hash=sha256:[0-9a-f]{64}\s*)+")
    assert [line for line in requirements_of(lock) if not form.fullmatch(line)] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_index_and_no_path(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    options = r"--(?!hash=)\S+|(?m:^-\S+)"
    addresses = r"(?<!=sha256):\S+|\S*/\S*"
    assert re.findall(f"{options}|{addresses}", text) == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_says_how_it_is_remade(lock: str) -> None:
    assert "make lock" in (ROOT / lock).read_text(encoding="utf-8")[:300]


@pytest.mark.parametrize(
    ("lock", "extras"),
    [("requirements.lock", ["build"]), ("requirements-dev.lock", ["build", "dev"])],
)
def test_a_lock_satisfies_what_the_project_asks_for(lock: str, extras: list[str]) -> None:
    written = project()["project"]
    groups = [written["optional-dependencies"][extra] for extra in extras]
    asked = [Requirement(each) for each in sum(groups, written["dependencies"])]
    pins = pins_of(lock)

    unsatisfied = [
        str(each)
        for each in asked
        if not any(
            pin.version in each.specifier
            for requirement in pins.get(canonicalize_name(each.name), [])
            for pin in requirement.specifier
        )
    ]

    assert unsatisfied == []


def test_tests_run_on_the_versions_that_are_used() -> None:
    used, tested = pins_of("requirements.lock"), pins_of("requirements-dev.lock")
    assert {name for name in used if used[name] != tested.get(name)} == set()


def test_every_dependency_is_bounded() -> None:
    written = project()["project"]
    unbounded = [
        each
        for each in written["dependencies"]
        if not re.search(r"==|<", each) and not each.startswith("tzdata")  # versions are years
    ]
    assert unbounded == []


def test_the_language_server_of_the_editor_is_pinned_with_hashes_and_names_no_registry() -> None:
    lock = ROOT / "tests" / "editor" / "server" / "package-lock.json"
    packages = json.loads(lock.read_text(encoding="utf-8"))["packages"]
    installed = {name: package for name, package in packages.items() if name}
    assert installed
    assert all(package["integrity"].startswith("sha512-") for package in installed.values())
    assert "://" not in lock.read_text(encoding="utf-8")

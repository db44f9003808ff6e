"""The whole folder that ops staff own, read at once: a mapping of paths to bytes, and no disk.

One bad file does not keep the others from being read; a name that it declares is still known, so
that a fault is reported where it is and not wherever the name is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from keepwarm.schema.catalog import Catalog
from keepwarm.schema.catalog_reading import CatalogRead, read_catalog
from keepwarm.schema.faults import Faults, Respelling
from keepwarm.schema.loading import load
from keepwarm.schema.mapping_reading import start_of
from keepwarm.schema.nodes import Mapping as MappingNode
from keepwarm.schema.nodes import Node, Span
from keepwarm.schema.playbook import Playbook, Policies, TemplateFile
from keepwarm.schema.playbook_reading import Known, read_playbook
from keepwarm.schema.policies import read_policies
from keepwarm.schema.problems import Problem, in_order
from keepwarm.schema.stories import Stories
from keepwarm.schema.story_reading import read_stories
from keepwarm.schema.templates import EMAIL, TEXT, missing_originals, read_template
from keepwarm.schema.values import NAME_OF_A_THING
from keepwarm.schema.written_form import FORMS

_CATALOG, _TEMPLATES, _POLICIES = "catalog", "templates", "policies.yaml"
_TEST = ".test.yaml"
_TOP = Span(1, 1, 1, 1)


@dataclass(frozen=True, slots=True)
class Workspace:
    """Everything in the folder, typed, with every fault that was found."""

    catalog: Catalog
    #: Playbooks that mean all that they say, by name; none while a fact of the catalog is at fault.
    playbooks: Mapping[str, Playbook]
    #: Playbooks with a fault, as far as they could be read: good for asking what else is wrong.
    faulty: Mapping[str, Playbook]
    #: By path.
    templates: Mapping[str, TemplateFile]
    policies: Policies
    #: The tests of each playbook, by its name.
    stories: Mapping[str, Stories]
    problems: tuple[Problem, ...]
    #: Close spellings, which `fmt` rewrites.
    respellings: tuple[Respelling, ...]
    #: The text of every file that was read, by path: for showing a problem with its line.
    sources: Mapping[str, str]
    #: What playbooks may name, as their readers knew it.
    known: Known
    #: The YAML files that could be read from end to end, by path.
    nodes: Mapping[str, Node]

    def template(self, name: str, form: str, language: str | None = None) -> TemplateFile | None:
        """Give a template by name and form (`mjml` or `txt`): the original, or a translation."""
        wanted = (name, form, language)
        return next(
            (t for t in self.templates.values() if (t.name, t.form, t.language) == wanted), None
        )


@dataclass(slots=True)
class _Sorted:
    """The files by what they are, each group in the order of its paths."""

    catalog: list[str] = field(default_factory=list)
    templates: list[str] = field(default_factory=list)
    stories: list[str] = field(default_factory=list)
    #: By name.
    playbooks: dict[str, str] = field(default_factory=dict)
    policies: str | None = None
    problems: list[Problem] = field(default_factory=list)


@dataclass(slots=True)
class _Reader:
    """Reads files one by one, and keeps what was found in each."""

    files: Mapping[str, bytes]
    faults: list[Faults] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    #: Those read from end to end.
    nodes: dict[str, Node] = field(default_factory=dict)

    def node(self, path: str) -> tuple[Node | None, Faults]:
        """Give what a YAML file holds, and where to note its faults."""
        loaded = load(self.files[path], path)
        self.problems.extend(loaded.problems)
        if loaded.node is not None and loaded.is_whole:
            self.nodes[path] = loaded.node
        return loaded.node, self.desk(path, is_whole=loaded.is_whole)

    def desk(self, path: str, *, is_whole: bool = True) -> Faults:
        """Give where to note the faults of a file."""
        faults = Faults(path, is_whole)
        self.faults.append(faults)
        return faults

    def found(self) -> list[Problem]:
        """Give every problem, but not what a reader says of a value that YAML's rules refused."""
        refused: dict[str, list[Span]] = {}
        for problem in self.problems:
            refused.setdefault(problem.file, []).append(problem.span)
        noted = [
            problem
            for faults in self.faults
            for problem in faults.problems
            if not any(_is_of(problem.span, span) for span in refused.get(faults.file, ()))
        ]
        return [*self.problems, *noted]

    def files_with_a_fault(self) -> set[str]:
        """Give the paths of the files that had a problem so far."""
        noted = (problem for faults in self.faults for problem in faults.problems)
        return {problem.file for problem in (*self.problems, *noted)}


def read_version(files: Mapping[str, str]) -> Workspace:
    """Read the files that one version of a playbook was pinned with.

    The playbooks that it starts have versions of their own, and are not among them.
    """
    return _read({path: said.encode() for path, said in files.items()}, has_all_playbooks=False)


def read_workspace(files: Mapping[str, bytes]) -> Workspace:
    """Read a folder; paths are relative to it, with slashes."""
    return _read(files, has_all_playbooks=True)


def _read(files: Mapping[str, bytes], *, has_all_playbooks: bool) -> Workspace:
    paths = _sorted_by_place(files)
    reader = _Reader(files)
    catalog = read_catalog([reader.node(path) for path in paths.catalog])
    templates = _read_templates(paths.templates, reader)
    known = replace(_known(paths, templates, catalog), has_all_playbooks=has_all_playbooks)
    policies = Policies()
    if paths.policies is not None:
        policies = read_policies(*reader.node(paths.policies), catalog.catalog, known)
    playbooks = _read_playbooks(paths.playbooks, catalog.catalog, known, reader)
    whole = _without_fault(playbooks, catalog, reader)
    stories = _read_stories(paths.stories, whole, catalog.catalog, known, reader)
    found = [
        *paths.problems,
        *reader.found(),
        *missing_originals(templates.values()),
    ]
    return Workspace(
        catalog=catalog.catalog,
        playbooks=whole,
        faulty={p.name: p for p in playbooks if p.name not in whole},
        templates=templates,
        policies=policies,
        stories=stories,
        problems=in_order(found),
        respellings=tuple(r for faults in reader.faults for r in faults.respellings),
        sources={path: written.decode(errors="replace") for path, written in files.items()},
        known=known,
        nodes=reader.nodes,
    )


def _is_of(one: Span, other: Span) -> bool:
    """Tell whether a stretch of one line shares a place with another, or touches it."""
    return (
        one.line == one.end_line
        and (one.line, one.column) <= (other.end_line, other.end_column)
        and (other.line, other.column) <= (one.end_line, one.end_column)
    )


def _sorted_by_place(files: Mapping[str, bytes]) -> _Sorted:
    found = _Sorted()
    for path in sorted(files):
        parts = PurePosixPath(path).parts
        if any(part.startswith(".") for part in parts):
            continue  # .github and the like, where the folder is a repository of its own
        if path.endswith((".mjml", ".txt")) and parts[0] == _TEMPLATES:
            found.templates.append(path)
        elif parts[0] != _TEMPLATES and not path.endswith(".yaml") and _is_yaml(path):
            found.problems.append(_refused_ending(path, ".yaml"))
        elif parts[0] == _TEMPLATES and path.lower().endswith((".mjml", ".txt")):
            found.problems.append(_refused_ending(path, PurePosixPath(path).suffix.lower()))
        elif not path.endswith(".yaml") or parts[0] == _TEMPLATES:
            continue
        elif parts[0] == _CATALOG:
            found.catalog.append(path)
        elif path == f"{_CATALOG}.yaml" and b"playbook:" not in files[path]:
            found.catalog.append(path)
            message = f'a catalog is read from the folder "{_CATALOG}", and this file is beside it'
            hint = f"move it to {_CATALOG}/{path}"
            found.problems.append(Problem("file-name", path, _TOP, message, hint))
        elif path == _POLICIES:
            found.policies = path
        elif path.endswith(_TEST):
            found.stories.append(path)
        else:
            _note_playbook(path, found)
    return found


def _note_playbook(path: str, found: _Sorted) -> None:
    name = PurePosixPath(path).stem
    if first := found.playbooks.get(name):
        message = f'there are two playbooks called "{name}"; the other one is {first}'
        found.problems.append(Problem("file-name", path, _TOP, message, "rename one of them"))
    elif not NAME_OF_A_THING.fullmatch(name):
        message = f'"{name}" cannot be the name of a playbook'
        hint = "a name has letters, digits, hyphens and underscores; rename the file"
        found.problems.append(Problem("file-name", path, _TOP, message, hint))
    else:
        found.playbooks[name] = path


def _is_yaml(path: str) -> bool:
    return path.lower().endswith((".yaml", ".yml"))


def _refused_ending(path: str, ending: str) -> Problem:
    return Problem(
        "file-name",
        path,
        _TOP,
        f"files of the workspace end in {ending}, and this one is not read",
        f"rename it to {PurePosixPath(path).with_suffix(ending)}",
    )


def _read_templates(paths: list[str], reader: _Reader) -> dict[str, TemplateFile]:
    read = {path: read_template(reader.files[path], reader.desk(path)) for path in paths}
    return {path: template for path, template in read.items() if template is not None}


def _known(paths: _Sorted, templates: Mapping[str, TemplateFile], catalog: CatalogRead) -> Known:
    originals = [t for t in templates.values() if t.language is None]
    return Known(
        email_templates=frozenset(t.name for t in originals if t.form == EMAIL),
        text_templates=frozenset(t.name for t in originals if t.form == TEXT),
        playbooks=frozenset(paths.playbooks),
        broken=catalog.broken,
        catalog_is_whole=catalog.is_whole,
    )


def _read_playbooks(
    paths: Mapping[str, str], catalog: Catalog, known: Known, reader: _Reader
) -> list[Playbook]:
    playbooks = []
    for name, path in paths.items():
        node, faults = reader.node(path)
        if node is None:
            _refuse_empty(faults, f"a playbook begins with its name:  playbook: {name}")
            continue
        if (elsewhere := _belongs_elsewhere(node, name)) is not None:
            message, hint = elsewhere
            faults.add("file-name", start_of(node), message, hint=hint)
            continue
        playbook = read_playbook(node, catalog, known, faults, name=name)
        if playbook is not None:
            playbooks.append(playbook)
    return playbooks


def _belongs_elsewhere(node: Node, name: str) -> tuple[str, str] | None:
    """Tell of a file beside the playbooks that is none; None of one that may be."""
    names = set(node.names()) if isinstance(node, MappingNode) else set()
    if not names or "playbook" in names or "steps" in names:
        return None
    if names <= {key.name for key in FORMS["catalog"].keys}:
        return "this is a part of the catalog", f"put it into the folder {_CATALOG}"
    if names <= {key.name for key in FORMS["policies"].keys}:
        return "these are policies", f"the file with them is called {_POLICIES}"
    if "tests_for" in names:
        return "these are stories", f"name the file {name}{_TEST}"
    return None


def _without_fault(
    playbooks: list[Playbook], catalog: CatalogRead, reader: _Reader
) -> dict[str, Playbook]:
    """Give the playbooks that mean all that they say.

    Of a fact that the catalog declares with a fault nothing is said where it is used, so a
    condition on it is missing: while there is such a fact, no playbook is taken for whole.
    """
    if catalog.broken or not catalog.is_whole:
        return {}
    with_fault = reader.files_with_a_fault()
    return {p.name: p for p in playbooks if p.place.file not in with_fault}


def _read_stories(
    paths: list[str],
    playbooks: Mapping[str, Playbook],
    catalog: Catalog,
    known: Known,
    reader: _Reader,
) -> dict[str, Stories]:
    stories = {}
    for path in paths:
        node, faults = reader.node(path)
        name = PurePosixPath(path).name.removesuffix(_TEST)
        if node is None:
            _refuse_empty(faults, f"tests begin with their playbook:  tests_for: {name}")
            continue
        read = read_stories(node, catalog, known, playbooks.get(name), faults, name=name)
        if read is not None:
            stories[name] = read
    return stories


def _refuse_empty(faults: Faults, hint: str) -> None:
    """Refuse a file that holds nothing; one that cannot be read has said so already."""
    if faults.is_whole:
        faults.add("empty", _TOP, "this file is empty", hint=hint)

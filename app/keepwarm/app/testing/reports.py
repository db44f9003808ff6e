"""How stories went, for programs: JSON, JUnit's XML, and annotations on a pull request."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

from keepwarm.app.paint import Paint
from keepwarm.app.testing.as_text import said_of, why_nobody
from keepwarm.app.testing.results import Tested
from keepwarm.engine.story_verdicts import Missed, Verdict, story_time
from keepwarm.schema.problems import workflow_command


def as_json(all_tested: Sequence[Tested]) -> str:
    """Give everything, as one document."""
    report = {
        "playbooks": [_playbook(tested) for tested in all_tested],
        "passed": sum(len(tested.verdicts) - tested.failed for tested in all_tested),
        "failed": sum(tested.failed for tested in all_tested),
    }
    return json.dumps(report, indent=2, ensure_ascii=False)


def _playbook(tested: Tested) -> dict[str, object]:
    told: dict[str, object] = {
        "playbook": tested.plan.playbook,
        "file": tested.stories.file,
        "stories": [_story(tested, verdict) for verdict in tested.verdicts],
    }
    if tested.is_whole:
        told["branches"] = {
            "all": len(tested.ways),
            "not_taken": [
                {"file": tested.plan.place.file, "line": way.line, "says": way.said}
                for way in tested.ways_not_taken
            ],
        }
    return told


def _story(tested: Tested, verdict: Verdict) -> dict[str, object]:
    return {
        "name": verdict.story.name,
        "line": verdict.story.place.span.line,
        "passed": verdict.passed,
        "missed": [
            {"line": missed.line, "says": _sentence(tested, missed), "instead": missed.instead}
            for missed in verdict.missed
        ],
        "nobody_entered": [*why_nobody(tested, verdict, Paint(on=False))],
        "happened": [
            {
                "at": str(story_time(each.at, verdict.played)),
                "what": each.what,
                "names": each.names,
                "values": dict(each.values),
                "because": each.because,
                "refused": each.refused,
                "line": each.line,
            }
            for each in verdict.played.happened
        ],
    }


def _sentence(tested: Tested, missed: Missed) -> str:
    first = next(said_of(tested.stories.file, missed))
    return first.removeprefix(f"{tested.stories.file}:{missed.line}: ")


def as_junit(all_tested: Sequence[Tested], folder: Path) -> str:
    """Give the form that most build servers read: a suite for each playbook."""
    root = ET.Element("testsuites", name="keepwarm test")
    for tested in all_tested:
        file = (folder / tested.stories.file).as_posix()
        suite = ET.SubElement(root, "testsuite", name=tested.plan.playbook, file=file)
        suite.set("tests", str(len(tested.verdicts)))
        suite.set("failures", str(tested.failed))
        for verdict in tested.verdicts:
            case = ET.SubElement(suite, "testcase", classname=tested.plan.playbook, file=file)
            case.set("name", verdict.story.name)
            case.set("line", str(verdict.story.place.span.line))
            if not verdict.passed:
                message = _sentence(tested, verdict.missed[0])
                failure = ET.SubElement(case, "failure", message=message)
                failure.text = "\n".join(_told(tested, verdict))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True)


def as_github(all_tested: Sequence[Tested], folder: Path) -> str:
    """Give annotations: an error for each story that failed, a notice for each branch not taken."""
    return "\n".join(line for tested in all_tested for line in _annotations(tested, folder))


def _annotations(tested: Tested, folder: Path) -> Iterator[str]:
    for verdict in tested.verdicts:
        why = [*why_nobody(tested, verdict, Paint(on=False))]
        for missed in verdict.missed:
            yield workflow_command(
                "error",
                {
                    "file": (folder / tested.stories.file).as_posix(),
                    "line": str(missed.line),
                    "title": verdict.story.name,
                },
                "\n".join([_sentence(tested, missed), *missed.instead, *why]),
            )
    for way in tested.ways_not_taken:
        place = {"file": (folder / tested.plan.place.file).as_posix(), "line": str(way.line)}
        title = {"title": "No story takes this branch"}
        yield workflow_command("notice", place | title, way.said)


def _told(tested: Tested, verdict: Verdict) -> Iterator[str]:
    for missed in verdict.missed:
        yield from said_of(tested.stories.file, missed)
    yield from why_nobody(tested, verdict, Paint(on=False))
    yield "this is what did happen:"
    yield from (f"  {line}" for line in verdict.timeline())

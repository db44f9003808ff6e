"""What `keepwarm check --format sarif` writes is SARIF, by the schema of the standard itself."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from keepwarm.app.command_line import main
from tests.schema.test_rules import ALL_RULES

FAULTY = """\
playbook: typo
title: Win back: you
status: lvie
topic: ofers
start: {event: signed_up}
steps:
  - emial: welcome/hello
"""


def test_what_is_written_is_sarif(
    server: list[str], shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    packages = Path(server[1]).parents[2]
    schemas = packages / "@microsoft" / "jest-sarif" / "lib" / "schemas"
    schema = json.loads((schemas / "sarif-2.1.0-rtm.5.json").read_text(encoding="utf-8"))
    faulty = shop / "playbooks" / "typo.yaml"
    faulty.write_text(FAULTY, encoding="utf-8")
    try:
        for folder, count in ((shop / "playbooks", 5), (shop / "playbooks" / "templates", 0)):
            main(["check", "--playbooks", str(folder), "--format", "sarif"])
            report = json.loads(capsys.readouterr().out)
            jsonschema.Draft4Validator(schema).validate(report)
            assert len(report["runs"][0]["results"]) >= count
            shown = {
                each["id"]: each["help"] for each in report["runs"][0]["tool"]["driver"]["rules"]
            }
            assert "early-end.yaml" in shown["unreachable-step"]["markdown"]
            assert all("```text" in shown[rule.name]["markdown"] for rule in ALL_RULES)
    finally:
        faulty.unlink()

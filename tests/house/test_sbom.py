"""The bill of materials holds what the lock does, and an audit that asked nobody is no pass."""

from __future__ import annotations

import json
import re
import subprocess

import pytest

from tests.house.rooms import ROOT

pytestmark = pytest.mark.long  # they install the tools first


def test_every_package_of_the_lock_is_in_the_bill_with_its_hashes() -> None:
    subprocess.run(["make", "sbom"], cwd=ROOT, check=True, capture_output=True)
    bill = json.loads((ROOT / "sbom.json").read_text(encoding="utf-8"))
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    named = set(re.findall(r"^([\w.-]+)==([^\s;\\]+)", lock, flags=re.MULTILINE))
    assert {(each["name"], each["version"]) for each in bill["components"]} == named
    for each in bill["components"]:
        assert any(ref.get("hashes") for ref in each["externalReferences"]), each["name"]


def test_an_audit_that_cannot_ask_fails_and_says_so() -> None:
    closed = {"HTTPS_PROXY": "http://127.0.0.1:1", "PATH": "/usr/bin:/bin"}
    subprocess.run(["make", "sbom"], cwd=ROOT, check=True, capture_output=True)  # the tools
    asked = subprocess.run(
        ["make", "audit"], cwd=ROOT, env=closed, check=False, capture_output=True, text=True
    )
    assert asked.returncode != 0
    assert "then nothing was audited" in asked.stderr

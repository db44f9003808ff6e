"""Puts the plan into a merge request of GitLab: one comment, which each push brings up to date."""

from __future__ import annotations

import json
import os
import sys
import urllib.request
from pathlib import Path
from typing import Any

MARKER = "<!-- keepwarm plan -->"
PROJECT = f"{os.environ['CI_API_V4_URL']}/projects/{os.environ['CI_PROJECT_ID']}"
NOTES = f"{PROJECT}/merge_requests/{os.environ['CI_MERGE_REQUEST_IID']}/notes"


def main() -> None:
    """Change the comment that is there, or write the first."""
    text = Path(sys.argv[1]).read_text(encoding="utf-8")
    notes = ask("GET", f"{NOTES}?per_page=100&sort=asc")
    mine = [note["id"] for note in notes if note["body"].startswith(MARKER)]
    if mine:
        ask("PUT", f"{NOTES}/{mine[0]}", {"body": text})
    else:
        ask("POST", NOTES, {"body": text})


def ask(method: str, url: str, body: dict[str, str] | None = None) -> Any:  # noqa: ANN401 - JSON
    """Ask GitLab, and give its answer."""
    request = urllib.request.Request(
        url,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={
            "PRIVATE-TOKEN": os.environ["GITLAB_TOKEN"],
            "Content-Type": "application/json",
        },
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


if __name__ == "__main__":
    main()

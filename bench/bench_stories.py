"""A thousand stories: seconds that `keepwarm test` takes, the check before it included.

  python bench/bench_stories.py [stories]

The stories are those of the shipped playbooks, again and again.
"""

from __future__ import annotations

import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
SHIPPED = ROOT / "playbooks"
STORY = re.compile(r"^  - name: (.*)$", re.MULTILINE)


def main(words: list[str]) -> None:
    wanted = int(words[0]) if words else 1_000
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "playbooks"
        shutil.copytree(SHIPPED, folder)
        made = multiply(folder, wanted)
        command = [sys.executable, "-m", "keepwarm.app.command_line", "test", "--playbooks"]
        begun = time.perf_counter()
        ran = subprocess.run([*command, str(folder)], capture_output=True, text=True, check=True)
        seconds = time.perf_counter() - begun
        busy = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert f"{made} passed, 0 failed" in ran.stdout
        print(f"{made:,} stories: {seconds:.1f} s, {busy.ru_utime + busy.ru_stime:.1f} s of CPU")


def multiply(folder: Path, wanted: int) -> int:
    """Write the stories of each playbook so often that they are as many as wanted; count them."""
    files = sorted(folder.glob("*.test.yaml"))
    made = 0
    for file in files:
        head, tests = file.read_text(encoding="utf-8").split("\ntests:\n")
        own = len(STORY.findall(tests))
        copies = -(-wanted // (len(files) * own))
        made += own * copies
        told = "".join(STORY.sub(rf'  - name: "{n}: \1"', tests) for n in range(copies))
        file.write_text(f"{head}\ntests:\n{told}", encoding="utf-8")
    return made


if __name__ == "__main__":
    main(sys.argv[1:])

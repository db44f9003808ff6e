"""Run the stand-ins as a program: prints where they are as one line of JSON, then serves."""

from __future__ import annotations

import argparse
import asyncio
import json
from pathlib import Path

from tests.standins.town import Standins


async def serve(ledger: Path | None, port: int) -> None:
    """Serve until the process is ended."""
    async with Standins(ledger, port=port) as here:
        urls = {name: provider.url for name, provider in here.providers.items()}
        print(json.dumps({"url": here.url, **urls, "mail": here.mail.port}), flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ledger", type=Path, help="where to write what was taken")
    parser.add_argument("--port", type=int, default=0)
    chosen = parser.parse_args()
    asyncio.run(serve(chosen.ledger, chosen.port))

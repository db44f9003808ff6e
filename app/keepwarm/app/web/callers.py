"""The calls of providers, as those want them who check their signatures."""

from __future__ import annotations

from fastapi import Request

from keepwarm.connectors.sources.contract import Call


async def call_of(request: Request) -> Call:
    """Give a request as it came, at the public address by which the provider called it."""
    system = request.app.state.service.system
    query = f"?{request.url.query}" if request.url.query else ""
    return Call(
        url=f"{system.links.base_url}{request.url.path}{query}",
        headers={header.lower(): value for header, value in request.headers.items()},
        body=await request.body(),
        now=system.clock(),
    )

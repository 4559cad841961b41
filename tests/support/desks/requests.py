"""Requests to the desk API as they go on the wire, with nothing of the desk's client."""

from __future__ import annotations

import io

import aiohttp

from cases.wire import messages
from desks.harness import RunningDesks


async def raw(desks: RunningDesks, verb: str, body: bytes, headers: dict, *, host: str | None = None, method="POST"):
    """One request as it is given, with nothing of the desk's client."""
    connector = aiohttp.UnixConnector(path=str(desks.socket))
    async with aiohttp.ClientSession(connector=connector, skip_auto_headers={"User-Agent"}) as session:
        url = f"http://{host or desks.address + '.onion'}{messages.PATH}{verb}"
        async with session.request(method, url, data=io.BytesIO(body), headers=headers) as response:
            return response.status, await response.read(), dict(response.headers)


def signed(desks: RunningDesks, keys, verb: str, body: bytes, counter: int) -> dict:
    return messages.sign_request(keys, "POST", messages.PATH + verb, body, desks.roster.server_key, counter)

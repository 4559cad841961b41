"""Recordings and films through the jail, and how high the tone in a copy is."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence

from files.scrub_harness import clean, clean_all
from scrubbers.spawn import spawn_zygote
from trusted.jail.protocol import Role
from trusted.jail.sandbox import Sandbox
from trusted.jail.stages import Kind, Refused


def cleaned(*contents: bytes) -> list:
    """Return of each the kind of its copy, the copy, the preview and the report; raises Refused."""
    return asyncio.run(clean_all(list(contents), [Role.DOCUMENTS], [Kind.SOUND]))


def refusals(contents: list[bytes]) -> list[Refused | None]:
    """Return why each was refused, by one zygote after the other."""
    return asyncio.run(_refusals(contents))


async def _refusals(contents: list[bytes]) -> list[Refused | None]:
    process, channel = spawn_zygote(Role.DOCUMENTS, [Kind.SOUND])
    sandbox = Sandbox([channel])
    found: list[Refused | None] = []
    try:
        await sandbox.self_test([Role.DOCUMENTS])
        for content in contents:
            try:
                await clean(sandbox, content)
                found.append(None)
            except Refused as reason:
                found.append(reason)
    finally:
        sandbox.close()
        process.wait(10)
    return found


def hertz(values: Sequence[float], rate: int) -> float:
    """Return how often a second the sound goes up through zero, in its middle."""
    middle = values[len(values) // 4 : 3 * len(values) // 4]
    up = sum(before < 0 <= after for before, after in itertools.pairwise(middle))
    return up * rate / max(1, len(middle))

"""A step that is finished also when who asked for it has gone."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

_T = TypeVar("_T")


async def to_its_end(step: Coroutine[Any, Any, _T]) -> _T:
    """Await a step to its end also when the caller is cancelled meanwhile; then let the cancellation go on.

    The store finishes a filing once it has begun. A caller that was cancelled in it would take the report for one that
    was not filed, and delete its files.
    """
    task = asyncio.ensure_future(step)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait((task,))
        if not task.cancelled():
            # Retrieved, so that asyncio does not report it: the caller is not there to hear of it.
            task.exception()
        raise

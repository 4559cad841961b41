"""The files of one `kallskydd scrub`, side by side, and the answer for each in the order of the command line."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kallskydd.say import FINDINGS, MISSING, OK, USAGE, prose
from kallskydd.scrub.names import KeptNames, NamingRule, NeutralNames, keep_names_on_disk, repeated
from kallskydd.scrub.outcomes import OutcomePrinter
from kallskydd.scrub.pool import ScrubOutcome, Zygotes, pool
from kallskydd.scrub.zygotes import at_once
from trusted.jail.protocol import How
from trusted.jail.self_test import JailNotTight


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asked for."""

    renamed: bool
    as_json: bool
    cleaned: How


def clean_all(sources: Sequence[Path], folder: Path, zygotes: Zygotes | None, asked: Asked) -> int:
    """Clean the files and say what became of each; return the exit code. Without zygotes it is that of no jail."""
    names: NamingRule
    try:
        folder.mkdir(parents=True, exist_ok=True)
        names = NeutralNames(folder, len(sources)) if asked.renamed else KeptNames()
    except OSError:
        prose("The output folder cannot be made or read. Choose another one.")
        return USAGE
    printer = OutcomePrinter(len(sources), as_json=asked.as_json)
    with contextlib.closing(printer), contextlib.suppress(JailNotTight):
        if zygotes is not None:
            _heed_interrupts()
            return asyncio.run(_clean_all(sources, folder, names, zygotes, printer, how=asked.cleaned))
    prose("A process to clean in cannot be locked on this system. Linux 5.10 or newer with seccomp is needed.")
    return MISSING


async def _clean_all(
    sources: Sequence[Path],
    folder: Path,
    names: NamingRule,
    zygotes: Zygotes,
    printer: OutcomePrinter,
    *,
    how: How,
) -> int:
    _end_in_order_when_told_to()
    async with contextlib.AsyncExitStack() as ending:
        cleaning = await ending.enter_async_context(pool(zygotes, at_once(sources), how))
        same_name = repeated(sources) if isinstance(names, KeptNames) else set()
        tasks = [
            asyncio.create_task(
                _refused(source) if place in same_name else cleaning.clean(place, source, folder, names)
            )
            for place, source in enumerate(sources)
        ]
        ending.push_async_callback(_cancel, tasks)
        outcomes: list[ScrubOutcome] = []
        for task in tasks:
            outcomes += await task
            printer.show(task.result())
    keep_names_on_disk(folder)
    printer.sum_up(outcomes, renamed=isinstance(names, NeutralNames))
    return FINDINGS if any(outcome.reason for outcome in outcomes) else OK


async def _cancel(tasks: Sequence[asyncio.Task[list[ScrubOutcome]]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _heed_interrupts() -> None:
    """End when told to also in the background of a shell, which ignores SIGINT there: a `kill` did nothing either."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _end_in_order_when_told_to() -> None:
    """Let a `kill` end the command as Ctrl-C does: nothing half-written, no process left behind, exit code 130."""
    with contextlib.suppress(ValueError, RuntimeError):
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, signal.raise_signal, signal.SIGINT)


async def _refused(source: Path) -> list[ScrubOutcome]:
    return [ScrubOutcome(source, None, None, "out.same_name", 0.0)]

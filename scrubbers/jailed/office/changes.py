"""Changes that were tracked in a document, by choice: what was inserted and deleted is shown as such, without names.

One process does one job, so the choice is the process's own: `begin` before the job.
"""

from dataclasses import replace
from typing import Final

from scrubbers.jailed.office import labels
from scrubbers.jailed.typeset.model import Block, Frame, Hue, Run

_ASKED_FOR: Final[list[bool]] = []
_INKS: Final = {labels.INSERTED: Hue.GREEN, labels.DELETED: Hue.RED}
_FRAMES: Final = {labels.INSERTED: labels.INSERTED_DRAWING, labels.DELETED: labels.DELETED_DRAWING}


def begin() -> None:
    """Ask for it, for the rest of this process's job."""
    _ASKED_FOR.append(True)


def are_shown() -> bool:
    """Return whether this job shows changes."""
    return bool(_ASKED_FOR)


def shown(run: Run, change: str) -> Run:
    """Return a run that was inserted or deleted as it is shown; one that was not as it is."""
    if not change:
        return run
    is_out = change == labels.DELETED
    paint = replace(run.paint, ink=_INKS[change], underlined=not is_out)
    return replace(run, struck=is_out, paint=paint, change=change)


def framed(blocks: list[Block], change: str) -> list[Block]:
    """Return a drawing that was inserted or deleted in a frame that says so; one that was not as it is."""
    return [Frame(_FRAMES[change], tuple(blocks))] if change and blocks else blocks

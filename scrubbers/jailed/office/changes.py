"""Changes that were tracked in a document, by choice: what was inserted and deleted is shown as such, without names.

One process does one job, so the choice is the process's own: `begin` before the job.
"""

from dataclasses import replace
from typing import Final

from scrubbers.jailed.office import labels
from scrubbers.jailed.typeset.model import Hue, Run

_ASKED_FOR: Final[list[bool]] = []
_INKS: Final = {labels.INSERTED: Hue.GREEN, labels.DELETED: Hue.RED}


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

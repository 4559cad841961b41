"""The band at the top of every page: whose channel it is, and who works here."""

from dataclasses import dataclass

from cases.roster.member import read_join
from desk.keep.keyfile import DeskHome
from trusted.case.errors import CaseError


@dataclass(frozen=True, slots=True)
class Band:
    """What the member has written into the public join file: it can be read while the desk is locked."""

    name: str = ""
    label: str = ""


def read_band(home: DeskHome) -> Band:
    """Return the member's name and label; empty before the desk has a key, or when the file does not read."""
    try:
        join = read_join(home.join.read_text("utf-8"))
    except (OSError, ValueError, CaseError):
        return Band()
    return Band(join.name, join.label)

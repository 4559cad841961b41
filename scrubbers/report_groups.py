"""The scrub report in the order in which a person asks: where, with what, who, when, …; pure, and outside the jail.

`grouped` keeps every finding, under one of nine headings; `grouped_names` does the same for what is stored, which has
kinds alone and may come from a newer scrubber: a kind that is not known here is "other", never left out.

`LEFT` is what no scrubbing removes; pages say so before a file is sent and again after.
"""

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from trusted.jail.stages import Removed, What, Where


class Group(enum.StrEnum):
    """The headings, in their order."""

    PLACE = "place"
    DEVICE = "device"
    PEOPLE = "people"
    DATES = "dates"
    SOFTWARE = "software"
    EARLIER_VERSIONS = "earlier versions"
    HIDDEN_TEXT = "hidden text"
    FILES_INSIDE = "files inside"
    OTHER = "other"


class Left(enum.StrEnum):
    """What stays in every clean copy."""

    VISIBLE = "visible content"
    SENSOR_NOISE = "sensor noise"
    PRINTER_DOTS = "printer dots"
    WORDING = "wording"


LEFT: Final = tuple(Left)

GROUP_OF: Final = {
    What.PLACE: Group.PLACE,
    # Servers and addresses tell of the office or the home that a message came from.
    What.ROUTE: Group.PLACE,
    What.ADDRESS: Group.PLACE,
    What.DEVICE: Group.DEVICE,
    What.SERIAL: Group.DEVICE,
    # It is named after the camera, the screen or the printer it was measured for.
    What.COLOUR_PROFILE: Group.DEVICE,
    What.PERSON: Group.PEOPLE,
    What.DATE: Group.DATES,
    What.SOFTWARE: Group.SOFTWARE,
    What.EARLIER_VERSION: Group.EARLIER_VERSIONS,
    # A preview is often older than the picture: it shows what was cropped or painted over since.
    What.THUMBNAIL: Group.EARLIER_VERSIONS,
    What.HIDDEN_TEXT: Group.HIDDEN_TEXT,
    # Text that was turned into outlines is one, too, and a signature.
    What.HIDDEN_DRAWING: Group.HIDDEN_TEXT,
    What.TITLE: Group.HIDDEN_TEXT,
    What.COMMENT: Group.HIDDEN_TEXT,
    What.ANNOTATION: Group.HIDDEN_TEXT,
    What.FORM_FIELD: Group.HIDDEN_TEXT,
    What.EMBEDDED_FILE: Group.FILES_INSIDE,
    What.HIDDEN_COLOUR: Group.OTHER,
    What.SCRIPT: Group.OTHER,
    What.LINK: Group.OTHER,
    What.IDENTIFIER: Group.OTHER,
    What.OTHER: Group.OTHER,
}


@dataclass(frozen=True, slots=True, repr=False)
class FindingLine:
    """One kind of finding at one place in the file, with the values found; they are for the reporter alone."""

    what: What
    where: Where
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True, repr=False)
class GroupFound:
    """One heading and the lines under it."""

    group: Group
    lines: tuple[FindingLine, ...]


def grouped(removed: Iterable[Removed]) -> tuple[GroupFound, ...]:
    """Return the findings under their headings; a heading under which nothing was found is left out."""
    examples: dict[tuple[What, Where], list[str]] = {}
    for found in removed:
        values = examples.setdefault((found.what, found.where), [])
        if found.example and found.example not in values:
            values.append(found.example)
    lines = [FindingLine(what, where, tuple(values)) for (what, where), values in examples.items()]
    under = ((group, tuple(line for line in lines if GROUP_OF[line.what] is group)) for group in Group)
    return tuple(GroupFound(group, found) for group, found in under if found)


def grouped_names(kinds: Iterable[str]) -> tuple[Group, ...]:
    """Return the headings for kinds as a stored report names them, each once and in order."""
    known = frozenset(What)
    seen = {GROUP_OF[What(kind)] if kind in known else Group.OTHER for kind in kinds}
    return tuple(group for group in Group if group in seen)

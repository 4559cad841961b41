"""The scrub report as a job sends it: the one structured thing that crosses back, so read strictly and with bounds.

A hostile file may control the job. What and where are closed lists; an example is text of bounded length that the
reporter's page shows escaped; an unknown field, a wrong type or a byte too many refuses the whole.
"""

from typing import Annotated, Final

import msgspec

from trusted.jail.protocol import EXAMPLE_CHARACTERS, REPORT_BYTES, REPORT_LINES
from trusted.jail.stages import JobDied, Lost, Removed, What, Where


class _Line(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    what: What
    where: Where
    example: Annotated[str, msgspec.Meta(max_length=EXAMPLE_CHARACTERS)] | None


class _Report(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    removed: Annotated[tuple[_Line, ...], msgspec.Meta(max_length=REPORT_LINES)]
    lost: Annotated[tuple[Lost, ...], msgspec.Meta(max_length=len(Lost))]


_DECODER: Final = msgspec.msgpack.Decoder(_Report)
_ENCODER: Final = msgspec.msgpack.Encoder()


def encode_report(removed: tuple[Removed, ...], lost: tuple[Lost, ...]) -> bytes:
    lines = tuple(_Line(found.what, found.where, found.example) for found in removed)
    return _ENCODER.encode(_Report(lines, lost))


def decode_report(untrusted: bytes) -> tuple[tuple[Removed, ...], tuple[Lost, ...]]:
    """Return what was removed and lost; raises JobDied for anything but a report."""
    if len(untrusted) > REPORT_BYTES:
        raise JobDied
    try:
        report = _DECODER.decode(untrusted)
    # For text that is not UTF-8, Python's own error is raised and not msgspec's.
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise JobDied from None
    removed = tuple(Removed(line.what, line.where, _printable(line.example)) for line in report.removed)
    return removed, tuple(dict.fromkeys(report.lost))


def _printable(untrusted_example: str | None) -> str | None:
    """Replace control and bidirectional characters: they could make a page say something else than it does."""
    if untrusted_example is None:
        return None
    return "".join(character if character.isprintable() else " " for character in untrusted_example)

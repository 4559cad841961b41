"""The sealed files of a case: which row belongs to an attachment, and its clean bytes."""

from collections.abc import Iterator

from cases.wire.messages import WireFile
from desk.errors import CaseBroken
from desk.work.case.opened import DeskCase
from trusted.case.entry import ItemKind
from trusted.case.errors import SealBroken
from trusted.crypto.seal import CaseKeys, open_file


def row_of(case: DeskCase, file_id: str, kind: ItemKind) -> WireFile:
    """Return the row of a file. Raises CaseBroken when there is none."""
    row = next((row for row in case.files if row.file_id.hex() == file_id and row.item_kind == kind), None)
    if row is None:
        raise CaseBroken
    return row


def opened_file(keys: CaseKeys, row: WireFile, sealed: bytes) -> Iterator[bytes]:
    """Yield the clean bytes, opened as they are drawn. Raises CaseBroken."""
    try:
        yield from open_file(keys, row.header, (sealed,), row.number, ItemKind(row.item_kind))
    except SealBroken as broken:
        raise CaseBroken from broken

"""Forms with a file: read in memory, up to a bound, and never written to the disk.

`request.post()` of the library spools a file to the disk, and `request.multipart()` knows no bound for the body. Here
every byte counts, those of part headers too, and what is over the bound is refused as soon as it is seen; where
somebody has written beside the file, it is let past instead, so that the words are not lost. What a file is called
where it came from is not read.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from desk.web.local.forms import FORM_BYTES_MAX, Form, FormUnreadable, read_form, remembered

FILE_FIELD: Final = "file"
_PARTS_MAX: Final = 50
# What a part costs beside its content: its headers, of which the library takes 8 KiB each, and the boundary.
_PART_BYTES: Final = 256


class FileTooLarge(FormUnreadable):
    """The form is larger than its page allows; nothing of it was kept."""


@dataclass(frozen=True, slots=True, repr=False)
class FormWithFile:
    """What was sent: the fields as in every form, and the content of the file; empty when none was chosen."""

    form: Form
    file: bytes


@dataclass(frozen=True, slots=True, repr=False)
class SentFile:
    """The file of a form in which somebody has written: its bytes, none for none, or that it is too large."""

    content: bytes = b""
    is_too_large: bool = False

    def __bool__(self) -> bool:
        return bool(self.content) or self.is_too_large


async def read_file_form(request: web.Request, limit: int) -> FormWithFile:
    """Return a form of at most `limit` bytes, with its one file. Raises FormUnreadable, FileTooLarge."""
    if request.content_type != "multipart/form-data":
        raise FormUnreadable
    fields: dict[str, tuple[str, ...]] = {}
    file, left = b"", limit
    try:
        async for name, part in _parts(request):
            content = await _read(part, left)
            left -= len(content) + _PART_BYTES
            if name == FILE_FIELD:
                file = content
            else:
                fields[name] = (*fields.get(name, ()), content.decode("utf-8"))
    except (ValueError, HttpProcessingError):
        # Of the library, for a body that is no form.
        raise FormUnreadable from None
    return FormWithFile(remembered(request, fields), file)


async def read_form_with_file(request: web.Request, file_limit: int) -> tuple[Form, SentFile]:
    """Return a form in which somebody has written, with or without a file. Raises FormUnreadable.

    Of a file that is too large nothing is kept, and the rest of it is let past.
    """
    if request.content_type != "multipart/form-data":
        return await read_form(request), SentFile()
    fields: dict[str, tuple[str, ...]] = {}
    file, left = SentFile(), FORM_BYTES_MAX
    try:
        async for name, part in _parts(request):
            if name == FILE_FIELD:
                file = await _read_or_let_past(part, file_limit)
                continue
            content = await _read(part, left)
            left -= len(content) + _PART_BYTES
            fields[name] = (*fields.get(name, ()), content.decode("utf-8"))
    except (ValueError, HttpProcessingError):
        raise FormUnreadable from None
    return remembered(request, fields), file


async def _parts(request: web.Request) -> AsyncIterator[tuple[str, BodyPartReader]]:
    reader = await request.multipart()
    for _ in range(_PARTS_MAX):
        part = await reader.next()
        if part is None:
            return
        if not isinstance(part, BodyPartReader) or part.name is None:
            raise FormUnreadable
        yield part.name, part
    raise FormUnreadable


async def _read_or_let_past(part: BodyPartReader, limit: int) -> SentFile:
    content, is_too_large = bytearray(), False
    while not part.at_eof():
        piece = await part.read_chunk()
        is_too_large = is_too_large or len(content) + len(piece) > limit
        if is_too_large:
            content.clear()
        else:
            content += piece
    return SentFile(bytes(content), is_too_large)


async def _read(part: BodyPartReader, limit: int) -> bytes:
    content = bytearray()
    while not part.at_eof():
        content += await part.read_chunk()
        if len(content) > limit:
            raise FileTooLarge
    return bytes(content)

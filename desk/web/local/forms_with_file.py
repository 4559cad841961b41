"""Forms with a file: read in memory, up to a bound, and never written to the disk.

`request.post()` of the library spools a file to the disk, and `request.multipart()` knows no bound for the body. Here
every byte counts, those of part headers too, and what is over the bound is refused as soon as it is seen. What a file
is called where it came from is not read.
"""

from dataclasses import dataclass
from typing import Final

from aiohttp import BodyPartReader, web
from aiohttp.http_exceptions import HttpProcessingError

from desk.web.local.forms import Form, FormUnreadable

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


async def read_file_form(request: web.Request, limit: int) -> FormWithFile:
    """Return a form of at most `limit` bytes, with its one file. Raises FormUnreadable, FileTooLarge."""
    if request.content_type != "multipart/form-data":
        raise FormUnreadable
    fields: dict[str, tuple[str, ...]] = {}
    file, left = b"", limit
    try:
        reader = await request.multipart()
        for _ in range(_PARTS_MAX):
            part = await reader.next()
            if part is None:
                return FormWithFile(Form(fields), file)
            if not isinstance(part, BodyPartReader) or part.name is None:
                raise FormUnreadable
            content = await _read(part, left)
            left -= len(content) + _PART_BYTES
            if part.name == FILE_FIELD:
                file = content
            else:
                fields[part.name] = (*fields.get(part.name, ()), content.decode("utf-8"))
    except (ValueError, HttpProcessingError):
        # Of the library, for a body that is no form.
        raise FormUnreadable from None
    raise FormUnreadable


async def _read(part: BodyPartReader, limit: int) -> bytes:
    content = bytearray()
    while not part.at_eof():
        content += await part.read_chunk()
        if len(content) > limit:
            raise FileTooLarge
    return bytes(content)

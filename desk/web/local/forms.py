"""Forms: each counts once, and nothing of one is written to the disk.

`request.post()` of the library spools what is large; here the body is read whole, in memory, up to a bound; one
with a file is read part by part, and the name of the file is thrown away. A form
holds a one-time token: a second press, or Reload, sends nothing twice. Tokens of a page that was never sent are
forgotten when there are many.
"""

import secrets
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl

from aiohttp import BodyPartReader, web

FILE_FIELD: Final = "file"
TOKEN_FIELD: Final = "token"  # noqa: S105 - the name of a field
# A text has 100,000 characters, of four bytes each, written as %XX.
FORM_BYTES_MAX: Final = 2 * 2**20
_FIELDS_MAX: Final = 200
_TOKENS_MAX: Final = 2000
_TOKEN_BYTES: Final = 12


class FormRefused(Exception):
    """The form is not carried out."""


class FormUnreadable(FormRefused):
    """The form is too large, or not one of ours."""


class SentTwice(FormRefused):
    """The form's one-time token was used before, or is none of this run."""


@dataclass(frozen=True, slots=True, repr=False)
class Form:
    """What was sent, each field as text; `token` is the form's one-time token."""

    fields: Mapping[str, tuple[str, ...]]

    @property
    def token(self) -> str:
        return self.one(TOKEN_FIELD)

    def one(self, name: str) -> str:
        """Return the first value of a field, with the line breaks of this system; nothing for one that is missing."""
        values = self.fields.get(name, ())
        return values[0].replace("\r\n", "\n").strip() if values else ""

    def all(self, name: str) -> tuple[str, ...]:
        """Return all values of a field."""
        return self.fields.get(name, ())

    def has(self, name: str) -> bool:
        """Whether a box was ticked."""
        return name in self.fields


@dataclass(slots=True, repr=False)
class FormTokens:
    """The tokens of the forms that were shown and not sent yet."""

    _open: "OrderedDict[str, None]" = field(default_factory=OrderedDict)

    def new(self) -> str:
        """Return the token of one more form."""
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        self._open[token] = None
        while len(self._open) > _TOKENS_MAX:
            self._open.popitem(last=False)
        return token

    def use(self, untrusted_token: str) -> bool:
        """Whether this form was shown and is sent for the first time."""
        return self._open.pop(untrusted_token, self) is None

    def clear(self) -> None:
        """Forget all: no page from before counts any more."""
        self._open.clear()


@dataclass(frozen=True, slots=True, repr=False)
class SentFile:
    """The one file of a form: its bytes, or that it is larger than may be; no bytes when none was chosen."""

    content: bytes = b""
    is_too_large: bool = False

    def __bool__(self) -> bool:
        return bool(self.content) or self.is_too_large


async def read_form_with_file(request: web.Request, file_bytes_max: int) -> tuple[Form, SentFile]:
    """Return the fields of a form that may carry a file, and the file. Raises FormUnreadable.

    Of a file that is too large the rest is let past, so that what was typed beside it is not lost.
    """
    if request.content_type != "multipart/form-data":
        return await read_form(request), SentFile()
    fields: dict[str, tuple[str, ...]] = {}
    file = SentFile()
    left = FORM_BYTES_MAX
    try:
        # Not request.post(), which writes what is large to the disk.
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader) or part.name is None or len(fields) >= _FIELDS_MAX:
                raise FormUnreadable
            if part.name == FILE_FIELD:
                file = await _read_file(part, file_bytes_max)
                continue
            untrusted_value = await _read_up_to(part, left)
            left -= len(untrusted_value)
            fields[part.name] = (*fields.get(part.name, ()), untrusted_value.decode("utf-8"))
    except (ValueError, web.HTTPException):
        raise FormUnreadable from None
    return Form(fields), file


async def _read_up_to(part: BodyPartReader, most: int) -> bytes:
    content = bytearray()
    while piece := await part.read_chunk():
        content += piece
        if len(content) > most:
            raise FormUnreadable
    return bytes(content)


async def _read_file(part: BodyPartReader, most: int) -> SentFile:
    content = bytearray()
    is_too_large = False
    while piece := await part.read_chunk():
        is_too_large = is_too_large or len(content) + len(piece) > most
        if is_too_large:
            content.clear()
        else:
            content += piece
    return SentFile(bytes(content), is_too_large)


async def read_form(request: web.Request) -> Form:
    """Return the fields of a form that was sent as the browser sends one without files. Raises FormUnreadable."""
    if request.content_type != "application/x-www-form-urlencoded":
        raise FormUnreadable
    try:
        untrusted_body = await request.content.read(FORM_BYTES_MAX + 1)
        while not request.content.at_eof():
            untrusted_body += await request.content.read(FORM_BYTES_MAX + 1)
            if len(untrusted_body) > FORM_BYTES_MAX:
                raise FormUnreadable
        pairs = parse_qsl(
            untrusted_body.decode("utf-8"), keep_blank_values=True, max_num_fields=_FIELDS_MAX, encoding="utf-8",
            errors="strict",
        )  # fmt: skip
    except ValueError:
        raise FormUnreadable from None
    fields: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        fields[name] = (*fields.get(name, ()), value)
    return Form(fields)

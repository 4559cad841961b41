"""Forms: each counts once, and nothing of one is written to the disk.

`request.post()` of the library spools what is large; here the body is read whole, in memory, up to a bound. A form
holds a one-time token: a second press, or Reload, sends nothing twice. Tokens of a page that was never sent are
forgotten when there are many.
"""

import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl

from aiohttp import web

TOKEN_FIELD: Final = "token"  # noqa: S105 - the name of a field
FORM_TYPE: Final = "application/x-www-form-urlencoded"
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

    @property
    def is_typed(self) -> bool:
        """Whether there is anything in it but the token."""
        return any(name != TOKEN_FIELD for name in self.fields)

    def has(self, name: str) -> bool:
        """Whether a box was ticked."""
        return name in self.fields

    @property
    def digest(self) -> bytes:
        """32 bytes that are the same for a form with the same fields."""
        return hashlib.sha256(repr(sorted(self.fields.items())).encode()).digest()


# Where a request keeps the form that was read from it.
SENT_FORM: Final = web.RequestKey("sent_form", Form)


@dataclass(slots=True, repr=False)
class FormTokens:
    """The tokens of the forms that were shown and not sent yet; of those that were sent, a hash of what was in them."""

    _open: "OrderedDict[str, None]" = field(default_factory=OrderedDict)
    _used: "OrderedDict[str, bytes]" = field(default_factory=OrderedDict)

    def new(self) -> str:
        """Return the token of one more form."""
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        self._open[token] = None
        while len(self._open) > _TOKENS_MAX:
            self._open.popitem(last=False)
        return token

    def use(self, untrusted: Form) -> bool:
        """Whether this form was shown and is sent for the first time."""
        if self._open.pop(untrusted.token, self) is not None:
            return False
        self._used[untrusted.token] = untrusted.digest
        while len(self._used) > _TOKENS_MAX:
            self._used.popitem(last=False)
        return True

    def is_changed(self, untrusted: Form) -> bool:
        """Whether a form that does not count any more has something in it that was not sent with its token."""
        return self._used.get(untrusted.token) != untrusted.digest

    def clear(self) -> None:
        """Forget all: no page from before counts any more."""
        self._open.clear()
        self._used.clear()


async def read_form(request: web.Request) -> Form:
    """Return the fields of a form that was sent as the browser sends one without files. Raises FormUnreadable."""
    if request.content_type != FORM_TYPE:
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
    return remembered(request, fields)


def remembered(request: web.Request, fields: Mapping[str, tuple[str, ...]]) -> Form:
    """Return the form of these fields, and let the request keep it: the lock can come while it is carried out."""
    request[SENT_FORM] = form = Form(fields)
    return form

"""Inline pictures (ISO 32000-1, 8.9.7): what the lexer read of one, as pypdf would have read an ordinary one."""

from pypdf.generic import (
    ArrayObject,
    BooleanObject,
    ByteStringObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    NullObject,
    NumberObject,
    PdfObject,
    StreamObject,
)

from scrubbers.jailed.pdf.syntax.lexer import LexedName, Number, Operand


def inline_stream(entries: dict[bytes, Operand], data: bytes) -> StreamObject:
    """Return the picture's stream, with the short names that its entries have."""
    made = StreamObject()
    made._data = data  # noqa: SLF001  a stream made here
    for key, value in entries.items():
        made[NameObject("/" + key.decode("latin-1"))] = _as_object(value)
    return made


def _as_object(value: Operand) -> PdfObject:
    """Return an inline picture's entry as pypdf would have read it."""
    if isinstance(value, Number):
        return FloatObject(value.decode()) if value.find(b".") >= 0 else NumberObject(int(value))
    if isinstance(value, LexedName):
        return NameObject("/" + value.decode("latin-1"))
    if isinstance(value, list):
        return ArrayObject(_as_object(item) for item in value)
    if isinstance(value, dict):
        named = {NameObject("/" + key.decode("latin-1")): _as_object(item) for key, item in value.items()}
        return DictionaryObject(named)
    if isinstance(value, bool):
        return BooleanObject(value)
    return ByteStringObject(value) if isinstance(value, bytes) else NullObject()

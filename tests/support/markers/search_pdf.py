"""Unpacks a PDF for the search, in more ways than one: by the file's own table and by looking for streams without it.

1 every stream that the keyword finds, after the filters its dictionary names: also of old revisions and orphans
2 every object that pypdf reaches, decrypted: streams after their filters, strings, names
3 the text that is shown: all strings of all contents through every font's map there is, and what PDFium reads
4 the pixels of pictures; the inside of Type 1 fonts
"""

from __future__ import annotations

import base64
import io
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress

import pypdf
import pypdfium2
from fontTools.agl import toUnicode
from fontTools.misc import eexec
from fontTools.ttLib import TTFont, TTLibError
from PIL import Image
from pypdf import filters
from pypdf.generic import (
    ArrayObject,
    ByteStringObject,
    DictionaryObject,
    NameObject,
    PdfObject,
    StreamObject,
    TextStringObject,
)

from markers.search_pixels import pixels

_STREAM = re.compile(rb"stream\r?\n")
_FILTERS = re.compile(rb"/(ASCIIHexDecode|ASCII85Decode|LZWDecode|RunLengthDecode|FlateDecode|AHx|A85|LZW|RL|Fl)\b")
_SHOWN = re.compile(
    rb"(?:\[(?P<many>(?:[^\[\]()<>]|\((?:\\.|[^\\()])*\)|<[0-9A-Fa-f\s]*>)*)\]|(?P<one>\((?:\\.|[^\\()])*\)|<[0-9A-Fa-f\s]*>))\s*(?:TJ|Tj|'|\")",
    re.DOTALL,
)
_STRING = re.compile(rb"\((?:\\.|[^\\()])*\)|<[0-9A-Fa-f\s]*>", re.DOTALL)
_ESCAPE = re.compile(rb"\\([0-7]{1,3}|\r?\n|.)", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_BFCHAR = re.compile(rb"<([0-9A-Fa-f\s]+)>\s*<([0-9A-Fa-f\s]*)>")
_BFRANGE = re.compile(rb"<([0-9A-Fa-f\s]+)>\s*<([0-9A-Fa-f\s]+)>\s*(?:<([0-9A-Fa-f\s]*)>|\[(.*?)\])", re.DOTALL)
_MOST_IN_RANGE = 2**16
_READ_ERRORS = (
    pypdf.errors.PyPdfError,
    pypdf.errors.DependencyError,
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    IndexError,
    OSError,
    RecursionError,
)

# What a code of so many bytes means.
FontMap = tuple[int, dict[int, str]]


def pdf_layers(content: bytes) -> Iterator[bytes]:
    """Everything of the document that can be unpacked, as bytes to be searched."""
    streams = list(_streams_by_keyword(content))
    maps: list[FontMap] = []
    for found in _objects(content):
        with suppress(*_READ_ERRORS):
            streams.extend(_of_object(found))
            maps.extend(_font_maps(found))
    yield from streams
    for stream in streams:
        yield from _shown(stream, maps)
        yield from _decrypted(stream)
    yield from _read_by_pdfium(content)
    yield from _pictures(content)


def _streams_by_keyword(content: bytes) -> Iterator[bytes]:
    """Streams as they stand in the file, unpacked as the dictionary before them says."""
    for start in _STREAM.finditer(content):
        end = content.find(b"endstream", start.end())
        dictionary = content[max(0, content.rfind(b"obj", 0, start.start())) : start.start()]
        data = content[start.end() : end if end >= 0 else len(content)]
        yield from unfiltered(data, [found[1] for found in _FILTERS.finditer(dictionary)])


def unfiltered(data: bytes, names: list[bytes]) -> Iterator[bytes]:
    """The data after each of the filters; stops at the first that it cannot undo."""
    for name in names:
        with suppress(*_READ_ERRORS, zlib.error):
            data = _UNDO[name](data)
            yield data
            continue
        return


def _ascii85(data: bytes) -> bytes:
    return base64.a85decode(data.partition(b"~>")[0].removeprefix(b"<~"))


def _ascii_hex(data: bytes) -> bytes:
    digits = re.sub(rb"[^0-9A-Fa-f]", b"", data.partition(b">")[0])
    return bytes.fromhex((digits + b"0" * (len(digits) % 2)).decode())


def _run_length(data: bytes) -> bytes:
    output, at = b"", 0
    while at < len(data) and data[at] != 128:
        if data[at] < 128:
            output += data[at + 1 : at + 2 + data[at]]
            at += 2 + data[at]
        else:
            output += data[at + 1 : at + 2] * (257 - data[at])
            at += 2
    return output


_UNDO: dict[bytes, Callable[[bytes], bytes]] = {
    b"ASCIIHexDecode": _ascii_hex,
    b"AHx": _ascii_hex,
    b"ASCII85Decode": _ascii85,
    b"A85": _ascii85,
    b"LZWDecode": filters.LZWDecode.decode,
    b"LZW": filters.LZWDecode.decode,
    b"RunLengthDecode": _run_length,
    b"RL": _run_length,
    b"FlateDecode": lambda data: zlib.decompressobj().decompress(data),
    b"Fl": lambda data: zlib.decompressobj().decompress(data),
}


def _objects(content: bytes) -> Iterator[PdfObject]:
    """Every object that pypdf can read by the file's table, also such as nothing refers to."""
    with suppress(*_READ_ERRORS):
        reader = pypdf.PdfReader(io.BytesIO(content), strict=False)
        if reader.is_encrypted:
            reader.decrypt("")
        numbers = {(number, generation) for generation, table in reader.xref.items() for number in table}
        numbers |= {(number, 0) for number in reader.xref_objStm}
        for number, generation in sorted(numbers):
            with suppress(*_READ_ERRORS):
                found = pypdf.generic.IndirectObject(number, generation, reader).get_object()
                if found is not None:
                    yield found
        yield reader.trailer


def _of_object(found: PdfObject, depth: int = 0) -> Iterator[bytes]:
    """The strings, the names and the stream's data in an object, not following references."""
    if isinstance(found, TextStringObject):
        yield found.original_bytes
        yield str(found).encode("utf-16-be", "surrogatepass")
    elif isinstance(found, ByteStringObject):
        yield bytes(found)
    elif isinstance(found, NameObject):
        yield str(found).encode("utf-8", "surrogateescape")
    elif isinstance(found, DictionaryObject):
        for key, value in found.items():
            yield from _of_object(key, depth + 1)
            if depth < 50:
                yield from _of_object(value, depth + 1)
        if isinstance(found, StreamObject):
            with suppress(*_READ_ERRORS):
                yield found.get_data()
    elif isinstance(found, ArrayObject) and depth < 50:
        for value in found:
            yield from _of_object(value, depth + 1)


def _font_maps(found: PdfObject) -> Iterator[FontMap]:
    """What the codes of a font mean: by its ToUnicode, its list of differences, and the font file's own table."""
    if not isinstance(found, DictionaryObject):
        return
    unicode = found.get("/ToUnicode")
    if unicode is not None:
        with suppress(*_READ_ERRORS):
            yield _to_unicode(unicode.get_object().get_data())
    encoding = found.get("/Encoding")
    encoding = encoding.get_object() if encoding is not None else None
    if isinstance(encoding, DictionaryObject) and "/Differences" in encoding:
        yield 1, _differences(encoding["/Differences"])
    if "/FontFile2" in found or "/FontFile3" in found:
        with suppress(*_READ_ERRORS, TTLibError, AssertionError):
            program = found["/FontFile2" if "/FontFile2" in found else "/FontFile3"].get_object().get_data()
            font = TTFont(io.BytesIO(program), lazy=True)
            numbers = {name: number for number, name in enumerate(font.getGlyphOrder())}
            yield 2, {numbers[name]: chr(code) for code, name in (font.getBestCmap() or {}).items()}


def _to_unicode(cmap: bytes) -> FontMap:
    meanings: dict[int, str] = {}
    width = 1
    for block in re.finditer(rb"beginbfchar(.*?)endbfchar", cmap, re.DOTALL):
        for code, text in _BFCHAR.findall(block[1]):
            width = len(_ascii_hex(code))
            meanings[int.from_bytes(_ascii_hex(code), "big")] = _utf16(text)
    for block in re.finditer(rb"beginbfrange(.*?)endbfrange", cmap, re.DOTALL):
        for first, last, text, texts in _BFRANGE.findall(block[1]):
            width = len(_ascii_hex(first))
            begin, end = (int.from_bytes(_ascii_hex(code), "big") for code in (first, last))
            for number, code in enumerate(range(begin, min(end, begin + _MOST_IN_RANGE) + 1)):
                if texts:
                    each = re.findall(rb"<([0-9A-Fa-f\s]*)>", texts)
                    meanings[code] = _utf16(each[number]) if number < len(each) else ""
                else:
                    start = _utf16(text)
                    meanings[code] = start[:-1] + chr(min(0x10FFFF, ord(start[-1]) + number)) if start else ""
    return width, meanings


def _utf16(digits: bytes) -> str:
    return _ascii_hex(digits).decode("utf-16-be", "replace")


def _differences(listed: PdfObject) -> dict[int, str]:
    meanings, code = {}, 0
    for entry in listed.get_object():
        if isinstance(entry, NameObject):
            meanings[code] = toUnicode(str(entry)[1:])
            code += 1
        else:
            code = int(entry)
    return meanings


def _shown(stream: bytes, maps: list[FontMap]) -> Iterator[bytes]:
    """The strings of text operators, each and all together, as they are and through every map."""
    if not re.search(rb"(?:TJ|Tj|'|\")\s", stream + b" "):
        return
    pieces = [
        b"".join(_unescaped(string) for string in _STRING.findall(found["many"] or found["one"] or b""))
        for found in _SHOWN.finditer(stream)
    ]
    whole = b"".join(pieces)
    yield whole
    for width, meanings in maps:
        for piece in (*pieces, whole):
            codes = (int.from_bytes(piece[at : at + width], "big") for at in range(0, len(piece), width))
            yield "".join(meanings.get(code, "") for code in codes).encode("utf-8", "replace")


def _unescaped(string: bytes) -> bytes:
    if string.startswith(b"<"):
        return _ascii_hex(string[1:])
    return _ESCAPE.sub(_character, string[1:-1])


def _character(found: re.Match[bytes]) -> bytes:
    said = found[1]
    if said[:1].isdigit():
        return bytes([int(said, 8) & 0xFF])
    return b"" if said in {b"\n", b"\r\n"} else _ESCAPED.get(said, said)


def _decrypted(stream: bytes) -> Iterator[bytes]:
    """The part of a Type 1 font that its format hides."""
    at = stream.find(b"eexec")
    if at >= 0:
        hidden = stream[at + 5 :].lstrip(b" \t\r\n")
        yield eexec.decrypt(hidden, 55665)[0]
        with suppress(ValueError):
            yield eexec.decrypt(_ascii_hex(hidden), 55665)[0]


def _read_by_pdfium(content: bytes) -> Iterator[bytes]:
    """The text of each page as a viewer copies it, whether it can be seen or not."""
    with suppress(pypdfium2.PdfiumError):
        document = pypdfium2.PdfDocument(content)
        for number in range(len(document)):
            with suppress(pypdfium2.PdfiumError):
                yield document[number].get_textpage().get_text_range().encode("utf-8", "replace")
        document.close()


def _pictures(content: bytes) -> Iterator[bytes]:
    """What the pixels of the pictures say."""
    for found in _objects(content):
        if isinstance(found, StreamObject) and found.get("/Subtype") == "/Image":
            picture = None
            with suppress(*_READ_ERRORS, zlib.error):
                picture = decoded_picture(found)
            if picture is not None:
                yield from pixels(picture)


def decoded_picture(found: StreamObject) -> Image.Image | None:
    """The picture as it is stored, without its colour space: that would only move the values."""
    names = found.get("/Filter", [])
    names = [names] if isinstance(names, NameObject) else list(names.get_object() if names else [])
    if names and names[-1] in {"/DCTDecode", "/JPXDecode", "/DCT"}:
        data = found._data
        for layer in unfiltered(data, [str(name)[1:].encode() for name in names[:-1]]):
            data = layer
        with Image.open(io.BytesIO(data)) as opened:
            opened.load()
            return opened.convert("RGB") if opened.mode not in {"L", "RGB"} else opened.copy()
    width, height, bits = int(found["/Width"]), int(found["/Height"]), int(found.get("/BitsPerComponent", 1))
    data = found.get_data()
    if bits == 1:
        return Image.frombytes("1", (width, height), data) if len(data) >= (width + 7) // 8 * height else None
    if bits == 8:
        for mode, channels in (("CMYK", 4), ("RGB", 3), ("L", 1)):
            if len(data) >= width * height * channels:
                return Image.frombytes(mode, (width, height), data[: width * height * channels])
    if bits == 4 and len(data) >= (width + 1) // 2 * height:
        shades = bytes(value for byte in data for value in ((byte >> 4) * 17, (byte & 15) * 17))
        return Image.frombytes("L", ((width + 1) // 2 * 2, height), shades[: (width + 1) // 2 * 2 * height])
    return None

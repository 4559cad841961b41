"""Markers: texts and addresses that occur nowhere else, and every form in which one could turn up where it must not.

For each marker these forms are searched for:

1. its bytes as they are, in capitals, backwards, in UTF-16 either way round;
2. in hexadecimal, and in base64 whatever comes before it (three phases, both alphabets);
3. the common digests of it, of the whole header or field that carried it and, for an address, of its packed bytes: as
   bytes, in hexadecimal and in base64, also when cut to eight bytes;
4. for an address also packed, packed backwards, as one number, with its numbers backwards, and its network;
5. all of that inside zlib, gzip, bzip2 and xz, from wherever one begins.

Not found are digests with a key or a salt, encryption, zstd and lz4; the canary's other rules do not depend on forms.
"""

from __future__ import annotations

import base64
import bz2
import hashlib
import ipaddress
import lzma
import re
import secrets
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

_DIGESTS = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3_256", "blake2b", "blake2s")
_CUT_BYTES = 8  # of a digest: 64 bits do not occur by chance
_BASE64_CUT = 10  # characters of base64 that eight bytes decide
_TEXTUAL = re.compile(rb"[A-Za-z0-9+/_-]{10,}")
_PRINTABLE = re.compile(rb"[ -~\r\n]*")
# The longest form that is no text has 50 bytes, and so may reach as far into one.
_EDGE = 64
_LONG_TEXT = re.compile(rb"[ -~\r\n]{192,}")
_PACKED = re.compile(rb"\x78[\x01\x5e\x9c\xda]|\x1f\x8b\x08|BZh[1-9]1AY|\xfd7zXZ\x00")
_MOST_UNPACKED = 8 * 2**20
_PIECE = 4096
# Sixteen, without a vowel. In a row of digits the form can see a telephone number, and sends the report back.
_LETTERS = "bcdfghjklmnprstx"
# No word of the list of case codes begins within two letters of this, so one that is typed as a code is near to none:
# with one letter before the others, one in twenty was near, and one run's answer had a suggestion that no other had.
BEGINNING, _LENGTH = "qxq", 24
_BASE64_PHASES = (0, 1, 2)
PACKED_V4 = "packed"  # four bytes occur by chance: once in two thousand runs, in ciphertext


@dataclass(frozen=True, slots=True)
class MarkerForm:
    """One way in which a marker may stand in bytes."""

    name: str
    pattern: bytes


@dataclass(frozen=True, slots=True)
class Marker:
    """One planted value. `kind` says where it was planted, `carriers` are the whole fields that it stood in."""

    kind: str
    text: str
    carriers: tuple[str, ...] = ()
    raw: tuple[MarkerForm, ...] = field(default=(), repr=False)
    textual: tuple[MarkerForm, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Hit:
    """A marker that was found, where, and in which form."""

    marker: Marker
    form: str
    offset: int


def new_text(kind: str, carrier: str = "{}") -> Marker:
    """Return a marker of 24 letters; `carrier` is the field it will stand in, with braces for the marker."""
    middle = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH - len(BEGINNING) - 1))
    text = f"{BEGINNING}{middle}z"
    return planted(kind, text, (carrier.format(text),))


def new_address(kind: str, carrier: str = "{}", *, version: int = 4) -> Marker:
    """Return an address of the ranges reserved for tests and documentation."""
    if version == 6:  # noqa: PLR2004 - the version of the protocol
        address = str(ipaddress.IPv6Address((0x20010DB8 << 96) | secrets.randbits(96)))
    else:
        address = str(ipaddress.IPv4Address((198 << 24) | (18 << 16) | (256 + secrets.randbelow(130_000))))
    return planted(kind, address, (carrier.format(address),))


def planted(kind: str, text: str, carriers: tuple[str, ...] = ()) -> Marker:
    """Return the marker with all its forms."""
    raw = [*_plain_forms(text)]
    textual = [*_encoded_forms(text.encode())]
    sources = {text.encode(), *(one.encode() for one in carriers)}
    packed = _packed(text)
    if packed is not None:
        raw += _address_forms(text, packed)
        sources.add(packed)
        textual += [MarkerForm("hex of the packed address", one) for one in _both_cases(packed) if len(packed) > 4]  # noqa: PLR2004
    for source in sorted(sources):
        for name in _DIGESTS:
            _add_digest(name, hashlib.new(name, source).digest(), raw, textual)
        for size in (16, 32):
            _add_digest(f"blake2b-{size * 8}", hashlib.blake2b(source, digest_size=size).digest(), raw, textual)
    return Marker(kind, text, carriers, tuple(raw), tuple(textual))


def search(markers: Iterable[Marker], content: bytes) -> list[Hit]:
    """Every marker that stands in the bytes in any form, the first form and place of each."""
    places = [("", 0, content), *((f"{kind}: ", offset, inside) for kind, offset, inside in unpacked(content))]
    found: dict[str, Hit] = {}
    for prefix, offset, bytes_here in places:
        words = b"\n".join(dict.fromkeys(_TEXTUAL.findall(bytes_here)))
        # A digest as bytes is no text, and a page is nothing else.
        signs = _LONG_TEXT.sub(lambda text: text[0][:_EDGE] + b"\n" + text[0][-_EDGE:], bytes_here)
        for marker in markers:
            if marker.text in found:
                continue
            hit = _first(marker, bytes_here, signs, words)
            if hit is not None:
                where = offset if prefix else max(bytes_here.find(hit[1]), 0)
                found[marker.text] = Hit(marker, prefix + hit[0], where)
    return list(found.values())


def stands_plainly(marker: Marker, content: bytes) -> bool:
    """Whether the marker stands in the bytes as it is."""
    return marker.text.encode() in content


def unpacked(content: bytes) -> Iterator[tuple[str, int, bytes]]:
    """(kind, where it began, what was inside) of everything that unpacks to something, however it ends."""
    for match in _PACKED.finditer(content):
        start, magic = match.start(), match[0]
        if magic[:1] == b"\x78":
            kind, inside = "zlib", _inflate(content[start:], zlib.MAX_WBITS)
        elif magic[:1] == b"\x1f":
            kind, inside = "gzip", _inflate(content[start:], zlib.MAX_WBITS | 16)
        elif magic[:1] == b"B":
            kind, inside = "bzip2", _decompress(bz2.BZ2Decompressor(), content[start:])
        else:
            kind, inside = "xz", _decompress(lzma.LZMADecompressor(), content[start:])
        if inside:
            yield kind, start, inside


def _inflate(packed: bytes, bits: int) -> bytes:
    """Inflate a stream as far as it goes, to its end or to where it is damaged or cut off."""
    stream, inside = zlib.decompressobj(bits), b""
    for start in range(0, len(packed), _PIECE):
        piece, before = packed[start : start + _PIECE], stream.copy()
        try:
            inside += stream.decompress(piece, _MOST_UNPACKED)
        except zlib.error:
            return inside + _byte_by_byte(before, piece)
        if stream.eof or len(inside) > _MOST_UNPACKED:
            break
    return inside


def _byte_by_byte(stream: zlib._Decompress, piece: bytes) -> bytes:
    inside = b""
    with suppress(zlib.error):
        for one in piece:
            inside += stream.decompress(bytes([one]), _MOST_UNPACKED)
    return inside


def _decompress(stream: bz2.BZ2Decompressor | lzma.LZMADecompressor, packed: bytes) -> bytes:
    try:
        return stream.decompress(packed, _MOST_UNPACKED)
    except (OSError, EOFError, lzma.LZMAError, ValueError):
        return b""


def _first(marker: Marker, content: bytes, signs: bytes, words: bytes) -> tuple[str, bytes] | None:
    for form in marker.raw:
        if form.pattern in (content if _PRINTABLE.fullmatch(form.pattern) else signs):
            return form.name, form.pattern
    for form in marker.textual:
        if form.pattern in words:
            return form.name, form.pattern
    return None


def _plain_forms(text: str) -> Iterator[MarkerForm]:
    yield MarkerForm("as it is", text.encode())
    if text.upper() != text:
        yield MarkerForm("in capitals", text.upper().encode())
    yield MarkerForm("backwards", text[::-1].encode())
    yield MarkerForm("UTF-16", text.encode("utf-16-le"))
    yield MarkerForm("UTF-16 big-endian", text.encode("utf-16-be"))


def _encoded_forms(raw: bytes) -> Iterator[MarkerForm]:
    for one in _both_cases(raw):
        yield MarkerForm("hexadecimal", one)
    for phase in _BASE64_PHASES:
        encoded = base64.b64encode(bytes(phase) + raw + bytes(-(len(raw) + phase) % 3))
        # The characters at both ends depend on the neighbours.
        inner = encoded[4 if phase else 0 : len(encoded) - 4]
        yield MarkerForm("base64", inner)
        if set(inner) & set(b"+/"):
            yield MarkerForm("base64 for URLs", inner.replace(b"+", b"-").replace(b"/", b"_"))


def _both_cases(raw: bytes) -> tuple[bytes, bytes]:
    return raw.hex().encode(), raw.hex().upper().encode()


def _packed(text: str) -> bytes | None:
    try:
        return ipaddress.ip_address(text).packed
    except ValueError:
        return None


def _address_forms(text: str, packed: bytes) -> Iterator[MarkerForm]:
    yield MarkerForm(PACKED_V4 if len(packed) == 4 else "packed address", packed)  # noqa: PLR2004 - bytes of the old kind
    yield MarkerForm(PACKED_V4 if len(packed) == 4 else "packed address backwards", packed[::-1])  # noqa: PLR2004
    yield MarkerForm("as one number", str(int.from_bytes(packed, "big")).encode())
    if "." in text:
        numbers = text.split(".")
        yield MarkerForm("numbers backwards", ".".join(reversed(numbers)).encode())
        yield MarkerForm("its network", f"{'.'.join(numbers[:3])}.0".encode())
    else:
        yield MarkerForm("written out", ipaddress.ip_address(text).exploded.encode())
        yield MarkerForm("its network", ":".join(text.split(":")[:4]).encode())


def _add_digest(name: str, digest: bytes, raw: list[MarkerForm], textual: list[MarkerForm]) -> None:
    cut = digest[:_CUT_BYTES]
    raw.append(MarkerForm(f"{name} digest", cut))
    textual += [MarkerForm(f"{name} digest in hexadecimal", one) for one in _both_cases(cut)]
    textual.append(MarkerForm(f"{name} digest in base64", base64.b64encode(digest)[:_BASE64_CUT]))
    textual.append(MarkerForm(f"{name} digest in base64", base64.urlsafe_b64encode(digest)[:_BASE64_CUT]))

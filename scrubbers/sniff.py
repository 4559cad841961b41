"""Tells a file's kind by its first bytes, in pure Python; never by its name or the type that a browser claims.

A file of a kind we can clean becomes `Sniffed`; every other file is refused, with advice that depends on what it looks
like. This reader gives an attacker little to work with: it compares bytes and follows no structure. In the jail
libmagic and then the decoder itself judge the kind again, and all three must agree.
"""

import re
from collections import Counter
from typing import Final

from scrubbers.message_head import COMPOUND, begins_as_message, is_message, is_outlook, is_page, looks_like_one
from trusted.jail.memory_file import MemoryFile
from trusted.jail.protocol import HEAD_BYTES
from trusted.jail.stages import (
    Archive,
    CameraRaw,
    DrawnPicture,
    Email,
    Empty,
    Kind,
    KindsDisagree,
    NotCleanable,
    OfficeDocument,
    Sniffed,
    SoundOrFilm,
    UncommonPicture,
    UnknownKind,
)

PDF_WITHIN: Final = 1024  # ISO 32000-1, annex H.3, note 13
# ZIP-based office files begin with an entry of one of these names; in the jail their parts tell which they are.
_OFFICE_FIRST_ENTRIES: Final = (
    b"[Content_Types].xml", b"_rels/", b"word/", b"xl/", b"ppt/", b"docProps/", b"customXml/",
    b"mimetypeapplication/vnd.oasis.opendocument.", b"Configurations2/",
)  # fmt: skip
_OTHER_OFFICE_FIRST_ENTRIES: Final = (b"mimetypeapplication/epub", b"Index/Document.iwa")
ZIP: Final = b"PK\x03\x04"
_ZIP_NAME_OFFSET: Final = 30
_ZIP_NAME_LENGTH: Final = slice(26, 28)
# Of OpenDocument, where what it says is deflated, or stands behind more about the entry.
_MIMETYPE: Final = b"mimetype"
_TAR_MAGIC: Final = slice(257, 262)
# A film as it is broadcast (.ts): packets of 188 bytes.
_PACKET, _NEXT_PACKETS = b"G", slice(188, 377, 188)
_ISO_BOX_TYPE: Final = slice(4, 8)
_RIFF_FORM: Final = slice(8, 12)
_RIFF_KINDS: Final = {b"WEBP": Kind.WEBP, b"WAVE": Kind.SOUND}
# In front of them stands a length; in a text with such a word, letters. Without brands: QuickTime of old cameras.
_ISO_FIRST_BOXES: Final = {b"ftyp", b"moov", b"wide"}
# An ISO media file begins with its major brand, and a list of the brands that it is compatible with.
_MOST_BRANDS: Final = 64
_HEIC_BRANDS: Final = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
_AVIF_BRANDS: Final = {b"avif", b"avis"}
# A picture or an image sequence whose brand names no codec: another brand of the list does.
_BARE_PICTURE_BRANDS: Final = {b"mif1", b"mif2", b"msf1", b"miaf"}
_CAMERA_BRANDS: Final = {b"crx "}
_UNCOMMON_BRANDS: Final = {b"jxl ", b"jp2 ", b"jpx ", b"vvic", b"evbi", b"j2ki", b"jpeg", b"jpgs"}
# Sizes that the header of a Windows bitmap may have.
_BITMAP_HEADERS: Final = (12, 40, 52, 56, 64, 108, 124)
_UTF8_BOM: Final = b"\xef\xbb\xbf"
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
_UTF16_MARKS: Final = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
# A table has at least so many whole rows; two commas in each of two lines may still be prose, two semicolons hardly.
_ROWS: Final = 2
_SEPARATORS: Final = {";": 1, "\t": 1, ",": 2}
# Headings stand above some tables, and a cell with a line end in it makes two lines of one row.
_ALIKE: Final = 0.8

_CLEANABLE: Final = (
    (b"\xff\xd8\xff", Kind.JPEG),
    (b"\x89PNG\r\n\x1a\n", Kind.PNG),
    (b"GIF87a", Kind.GIF),
    (b"GIF89a", Kind.GIF),
    (b"II*\x00", Kind.TIFF),
    (b"MM\x00*", Kind.TIFF),
    (b"%PDF-", Kind.PDF),
    (b"{\\rtf", Kind.OFFICE),
    (b"ID3", Kind.SOUND),
    (b"\xff\xfb", Kind.SOUND),  # MP3 without tags: MPEG 1, 2 and 2.5
    (b"\xff\xfa", Kind.SOUND),
    (b"\xff\xf3", Kind.SOUND),
    (b"\xff\xf2", Kind.SOUND),
    (b"\xff\xe3", Kind.SOUND),
    (b"\xff\xe2", Kind.SOUND),
    (b"\xff\xf1", Kind.SOUND),  # AAC without a container
    (b"\xff\xf9", Kind.SOUND),
    (b"OggS", Kind.SOUND),
    (b"fLaC", Kind.SOUND),
    (b"#!AMR", Kind.SOUND),
    (b"caff", Kind.SOUND),
    (b"\x1aE\xdf\xa3", Kind.SOUND),  # Matroska, WebM: the jail tells a film from a sound
)
_REFUSED: Final[tuple[tuple[bytes, type[NotCleanable]], ...]] = (
    (COMPOUND, OfficeDocument),  # Office before 2007; Outlook's messages are told apart below
    (b"MThd", SoundOrFilm),
    (b"FORM\x00", SoundOrFilm),  # AIFF, with its size, which here begins so
    (b"FORM\x01", SoundOrFilm),
    (b"FLV\x01", SoundOrFilm),
    (b"0&\xb2u\x8ef\xcf\x11", SoundOrFilm),  # Windows Media
    (b"\x00\x00\x01\xba", SoundOrFilm),  # MPEG
    (b"\x00\x00\x01\xb3", SoundOrFilm),
    (b"RIFF", SoundOrFilm),  # AVI; WAVE and WebP were recognised before
    (b"PK\x05\x06", Archive),
    (b"PK\x07\x08", Archive),
    (b"Rar!\x1a\x07", Archive),
    (b"7z\xbc\xaf\x27\x1c", Archive),
    (b"\x1f\x8b", Archive),  # gzip
    (b"BZh", Archive),
    (b"\xfd7zXZ\x00", Archive),
    (b"\x28\xb5\x2f\xfd", Archive),  # zstd
    (b"MSCF", Archive),
    (b"\xff\x0a", UncommonPicture),  # JPEG XL
    (b"\x00\x00\x00\x0cJXL ", UncommonPicture),
    (b"\x00\x00\x00\x0cjP  ", UncommonPicture),  # JPEG 2000
    (b"\xff\x4f\xff\x51", UncommonPicture),
    (b"8BPS", UncommonPicture),  # Photoshop
    (b"II\x1a\x00\x00\x00HEAPCCDR", CameraRaw),
    (b"FUJIFILMCCD-RAW", CameraRaw),
    (b"IIRO", CameraRaw),
    (b"IIU\x00", CameraRaw),
)


def sniff(untrusted: MemoryFile) -> Sniffed:
    """Return the file with its kind; raises NotCleanable, and then the caller still has to close the file."""
    return Sniffed(sniff_kind(untrusted.read(HEAD_BYTES)), untrusted)


def may_come_apart(untrusted_bytes: bytes) -> bool:
    """Return whether a file may hold others, by its first few bytes."""
    return untrusted_bytes.startswith(ZIP) or begins_as_message(untrusted_bytes)


def first_inside(untrusted_head: bytes) -> int | None:
    """Return what the first file in this one is counted as; None where it does not come apart.

    An e-mail is its own first file, and counts as that which was chosen. Whether a compound file is one its job tells,
    and refuses it as the document it is otherwise.
    """
    if is_message(untrusted_head, HEAD_BYTES) or untrusted_head.startswith(COMPOUND):
        return 0
    return 1 if is_archive(untrusted_head) else None


def is_archive(untrusted_head: bytes) -> bool:
    """Return whether a file that begins like this is a ZIP file that is no document: `sniff_kind` refuses it."""
    return (
        untrusted_head.startswith(ZIP)
        and not _is_office(untrusted_head)
        and isinstance(_refusal(untrusted_head), Archive)
    )


def _is_office(untrusted_head: bytes) -> bool:
    """Return whether a ZIP file begins as a document does that is read."""
    name = untrusted_head[_ZIP_NAME_OFFSET:]
    if not untrusted_head.startswith(ZIP) or name.startswith(_OTHER_OFFICE_FIRST_ENTRIES):
        return False
    is_mimetype = int.from_bytes(untrusted_head[_ZIP_NAME_LENGTH], "little") == len(_MIMETYPE)
    return name.startswith(_OFFICE_FIRST_ENTRIES) or (is_mimetype and name.startswith(_MIMETYPE))


def sniff_kind(untrusted_head: bytes) -> Kind:
    """Return the kind of a file that begins like this; raises NotCleanable."""
    if not untrusted_head:
        raise Empty
    if untrusted_head.startswith((b"II*\x00\x10\x00\x00\x00CR", b"II*\x00\x08\x00\x00\x00CR")):
        raise CameraRaw
    for signature, kind in _CLEANABLE:
        if untrusted_head.startswith(signature):
            return kind
    if untrusted_head.startswith(b"BM") and int.from_bytes(untrusted_head[14:18], "little") in _BITMAP_HEADERS:
        return Kind.BMP
    if untrusted_head.startswith(b"RIFF") and untrusted_head[_RIFF_FORM] in _RIFF_KINDS:
        return _RIFF_KINDS[untrusted_head[_RIFF_FORM]]
    if untrusted_head.startswith(b"\0") and untrusted_head[_ISO_BOX_TYPE] in _ISO_FIRST_BOXES:
        return _kind_by_brands(untrusted_head)
    # Some programs put a byte order mark, empty lines, an HTTP header or printer commands before a PDF's first line;
    # PDF readers skip up to so many bytes.
    if untrusted_head.removeprefix(_UTF8_BOM).lstrip().startswith(b"%PDF-"):
        return Kind.PDF
    return _kind_without_signature(untrusted_head)


def _kind_without_signature(untrusted_head: bytes) -> Kind:
    """Return OFFICE for its archive, EMAIL, PDF for one that begins later, or a kind of text; raises NotCleanable."""
    if _is_office(untrusted_head):
        return Kind.OFFICE
    refusal = _refusal(untrusted_head)
    if not isinstance(refusal, UnknownKind):
        raise refusal
    if is_message(untrusted_head, HEAD_BYTES) or is_page(untrusted_head):
        if b"%PDF-" in untrusted_head[:PDF_WITHIN]:
            raise KindsDisagree
        return Kind.EMAIL
    if b"%PDF-" in untrusted_head[:PDF_WITHIN]:
        return Kind.PDF
    if isinstance(refusal, Email):
        raise refusal
    return _kind_of_text(untrusted_head)


def _kind_by_brands(untrusted_head: bytes) -> Kind:
    """Return HEIC or AVIF by the file's first brand, or by the others if that names no codec; raises NotCleanable.

    What is no picture is SOUND: the jail tells a film from a sound.
    """
    length = min(int.from_bytes(untrusted_head[:4], "big"), 16 + 4 * _MOST_BRANDS)
    first = untrusted_head[8:12]
    others = {untrusted_head[at : at + 4] for at in range(16, length, 4)}
    if first in _CAMERA_BRANDS:
        raise CameraRaw
    if first in _UNCOMMON_BRANDS:
        raise UncommonPicture
    deciding = {first} if first not in _BARE_PICTURE_BRANDS else others
    heic, avif = bool(deciding & _HEIC_BRANDS), bool(deciding & _AVIF_BRANDS)
    if heic and avif:
        raise KindsDisagree
    if heic or avif:
        return Kind.HEIC if heic else Kind.AVIF
    if first in _BARE_PICTURE_BRANDS:
        raise UncommonPicture
    return Kind.SOUND


def _refusal(untrusted_head: bytes) -> NotCleanable:
    """Return the refusal that fits what the file looks like: it tells the reporter what to do instead."""
    if is_outlook(untrusted_head):
        return Email()
    for signature, refusal in _REFUSED:
        if untrusted_head.startswith(signature):
            return refusal()
    if untrusted_head[:1] == _PACKET and untrusted_head[_NEXT_PACKETS] == 2 * _PACKET:
        return SoundOrFilm()
    if untrusted_head.startswith(ZIP) or untrusted_head[_TAR_MAGIC] == b"ustar":
        is_office = untrusted_head[_ZIP_NAME_OFFSET:].startswith(_OTHER_OFFICE_FIRST_ENTRIES)
        return OfficeDocument() if is_office else Archive()
    text = untrusted_head.removeprefix(_UTF8_BOM).lstrip().lower()
    if text.startswith(b"<") and b"<svg" in text and not is_page(untrusted_head):
        return DrawnPicture()
    return Email() if looks_like_one(untrusted_head) else UnknownKind()


def _kind_of_text(untrusted_head: bytes) -> Kind:
    """Return CSV for what looks like rows of cells, else TEXT; raises UnknownKind for what is no text."""
    if encoding := _UTF16_MARKS.get(untrusted_head[:2]):
        text = untrusted_head[2:].decode(encoding, "ignore")
    else:
        # Only signs of ASCII are looked at, which all other encodings that are taken have in common.
        text = untrusted_head.removeprefix(_UTF8_BOM).decode("latin-1")
    # What is marked up and PostScript are text too, and what a reader sees of them is something else.
    if not text.strip() or text.lstrip().startswith(("<", "%!")) or _CONTROLS.search(text):
        raise UnknownKind
    lines = [line for line in text.replace("\r", "\n").split("\n") if line.strip()]
    if len(untrusted_head) >= HEAD_BYTES:
        lines = lines[:-1]  # it may be cut
    return Kind.CSV if len(lines) >= _ROWS and _are_rows(lines) else Kind.TEXT


def _are_rows(lines: list[str]) -> bool:
    """Return whether nearly all lines have as many separators as each other, and more than a sentence would."""
    for separator, fewest in _SEPARATORS.items():
        ((count, times),) = Counter(line.count(separator) for line in lines).most_common(1)
        if count >= fewest and times >= _ALIKE * len(lines):
            return True
    return False

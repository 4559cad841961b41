"""Writes files of every kind that carry a marker in each place where something can hide. A script to be read.

Each marker is a different short text, so that one found in a result tells its place. Nothing here is taken from the
product: blocks are put together byte by byte, after the formats' own descriptions.
"""

from __future__ import annotations

import io
import struct
import zlib
from contextlib import suppress
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
    """Every sample. The same each time."""
    makers = (
        jpeg_everything, jpeg_turned, png_everything, png_palette, png_hidden_colour, apng, webp_everything, webp_hidden_colour,
        tiff_everything, tiff_pages, gif_everything, bmp_everything, pdf_everything, pdf_revised, pdf_form,
    )  # fmt: skip
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
    """A picture whose top row cannot be seen and spells a marker in its colours."""
    made = picture((40, 30)).convert("RGBA")
    hidden = plant("colour under alpha 0").ljust(15, b"!")
    for column in range(5):
        made.putpixel((column, 0), (*hidden[3 * column : 3 * column + 3], 0))
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


class Pdf:
    """Just enough of a writer to put anything anywhere."""

    def __init__(self, head: bytes = b"%PDF-1.7\n") -> None:
        self.content = bytearray(head)
        self.offsets: dict[int, int] = {}

    def add(self, number: int, body: bytes) -> None:
        self.offsets[number] = len(self.content)
        self.content += b"%d 0 obj\n%s\nendobj\n" % (number, body)

    def stream(self, number: int, data: bytes, entries: bytes = b"", *, deflate: bool = True) -> None:
        if deflate:
            data, entries = zlib.compress(data), entries + b"/Filter/FlateDecode"
        self.add(number, b"<<%s/Length %d>>\nstream\n%s\nendstream" % (entries, len(data), data))

    def end(self, trailer: bytes, previous: int | None = None) -> int:
        """Writes the table; returns where it stands, for a later revision."""
        table = len(self.content)
        self.content += b"xref\n0 1\n0000000000 65535 f \n"
        for number in sorted(self.offsets):
            self.content += b"%d 1\n%010d 00000 n \n" % (number, self.offsets[number])
        size = max(self.offsets) + 1
        before = b"" if previous is None else b"/Prev %d" % previous
        self.content += b"trailer\n<</Size %d%s%s>>\nstartxref\n%d\n%%%%EOF\n" % (size, before, trailer, table)
        self.offsets = {}
        return table


def string(marker: bytes) -> bytes:
    return b"(" + marker + b")"


def pdf_everything(plant: Planter) -> bytes:
    """Two pages with text, a picture and every hiding place that a document has."""
    made = Pdf(b"%PDF-1.7\n%" + plant("comment line") + b"\n")
    s = lambda place: string(plant(place))  # noqa: E731
    made.add(1, b"<</Type/Catalog/Pages 2 0 R/Metadata 10 0 R/Lang%s/Names<</EmbeddedFiles<</Names[%s 11 0 R]>>/JavaScript"
             b"<</Names[%s 12 0 R]>>>>/OpenAction 12 0 R/AcroForm<</Fields[13 0 R]>>/Outlines 14 0 R/StructTreeRoot 16 0 R"
             b"/OCProperties<</OCGs[18 0 R]/D<</OFF[18 0 R]/Order[18 0 R]>>>>/PieceInfo<</App<</Private%s>>>>/URI<</Base%s>>"
             b"/PageLabels<</Nums[0<</P%s>>]>>/Priv%s/Dests<</%s[3 0 R/Fit]>>/ViewerPreferences<</X%s>>"
             b"/OutputIntents[<</S/GTS_PDFA1/Info%s/DestOutputProfile 19 0 R>>]>>"
             % (s("catalog Lang"), s("embedded file tree name"), s("JavaScript name"), s("catalog PieceInfo"), s("catalog URI Base"),
                s("PageLabels prefix"), s("private catalog key"), plant("named destination"), s("ViewerPreferences"),
                s("OutputIntent Info")))  # fmt: skip
    made.add(2, b"<</Type/Pages/Count 2/Kids[3 0 R 4 0 R]>>")
    resources = (
        b"/Resources<</Font<</F1 6 0 R>>/XObject<</Im0 7 0 R/Fm0 8 0 R>>/Properties<</P0 18 0 R/%s 18 0 R>>/ColorSpace"
        b"<</C0[/ICCBased 19 0 R]>>>>" % plant("Properties resource name")
    )
    made.add(3, b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 300]/CropBox[0 0 300 300]/Contents 5 0 R%s/Annots[20 0 R 21 0 R"
             b" 22 0 R 23 0 R 24 0 R 13 0 R]/PieceInfo<</App<</Private%s>>>>/Thumb 25 0 R/Metadata 26 0 R/ID%s/Priv%s"
             b"/AA<</O<</S/JavaScript/JS%s>>>>>>"
             % (resources, s("page PieceInfo"), s("page Web Capture ID"), s("private page key"), s("page AA script")))  # fmt: skip
    made.add(4, b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents 9 0 R%s>>" % resources)
    made.stream(
        5,
        b"%% %s\nq 0 0 1 rg 20 20 60 60 re f Q\nBT /F1 20 Tf 20 200 Td (Allt syns inte) Tj ET\n"
        b"/Span<</ActualText(%s)>>BDC BT /F1 12 Tf 20 180 Td (x) Tj ET EMC\n"
        b"BT /F1 12 Tf 3 Tr 20 160 Td (%s) Tj ET\nBT 0 Tr 1 1 1 rg /F1 12 Tf 20 140 Td (%s) Tj ET\n"
        b"BT /F1 12 Tf 0 g 320 140 Td (%s) Tj ET\nBT /F1 0.01 Tf 0 g 20 120 Td (%s) Tj ET\n"
        b"/OC/P0 BDC BT /F1 12 Tf 20 100 Td (%s) Tj ET EMC\n"
        b"BT 0 g /F1 12 Tf 20 60 Td (%s) Tj ET 0 g 10 55 200 20 re f\nq 50 0 0 40 200 20 cm /Im0 Do Q /Fm0 Do\n"
        % tuple(
            plant(place)
            for place in ("content comment", "BDC ActualText", "invisible text Tr 3", "white text", "text outside the CropBox",
                          "tiny text", "text in an OFF layer", "text under a black box")
        ),
    )  # fmt: skip
    made.add(
        6,
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/FontDescriptor<</Type/FontDescriptor/FontName/%s>>>>"
        % plant("FontName"),
    )
    photo = with_segments(
        encoded(picture(), "JPEG"), [(0xE1, b"Exif\0\0" + exif_block(plant)), (0xFE, plant("DCT COM"))]
    )
    made.stream(
        7,
        photo + plant("DCT behind the end"),
        b"/Type/XObject/Subtype/Image/Width 96/Height 64/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/DCTDecode/Name/%s"
        b"/Metadata 26 0 R/PieceInfo<</App<</Private%s>>>>" % (plant("image Name"), s("image PieceInfo")),
        deflate=False,
    )
    made.stream(
        8,
        b"0 1 0 rg 150 20 20 20 re f",
        b"/Type/XObject/Subtype/Form/BBox[0 0 300 300]/PieceInfo<</A%s>>" % s("form PieceInfo"),
    )
    made.stream(9, b"BT /F1 30 Tf 20 200 Td (Sida 2) Tj ET")
    made.stream(10, xmp_block(plant), b"/Type/Metadata/Subtype/XML", deflate=False)
    made.add(
        11,
        b"<</Type/Filespec/F%s/UF%s/Desc%s/EF<</F 27 0 R>>>>"
        % (s("embedded file F"), s("embedded file UF"), s("embedded file Desc")),
    )
    made.add(12, b"<</S/JavaScript/JS%s>>" % s("JavaScript code"))
    made.add(13, b"<</Type/Annot/Subtype/Widget/FT/Tx/T%s/TU%s/V%s/DV%s/Rect[0 0 1 1]>>"
             % (s("field T"), s("field TU"), s("field V"), s("field DV")))  # fmt: skip
    made.add(14, b"<</First 15 0 R/Last 15 0 R/Count 1>>")
    made.add(15, b"<</Title%s/Parent 14 0 R/Dest[3 0 R/Fit]>>" % s("outline Title"))
    made.add(16, b"<</Type/StructTreeRoot/K 17 0 R/RoleMap<</%s/P>>>>" % plant("RoleMap"))
    made.add(
        17,
        b"<</Type/StructElem/S/P/P 16 0 R/Alt%s/T%s/E%s/ID%s>>"
        % (s("Struct Alt"), s("Struct T"), s("Struct E"), s("Struct ID")),
    )
    made.add(
        18, b"<</Type/OCG/Name%s/Usage<</CreatorInfo<</Creator%s>>>>>>" % (s("layer Name"), s("layer CreatorInfo"))
    )
    made.stream(19, icc_profile(plant), b"/N 3")
    made.add(20, b"<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<</S/URI/URI%s>>>>" % s("link URI"))
    made.add(21, b"<</Type/Annot/Subtype/Text/Rect[500 500 510 510]/T%s/Contents%s/Subj%s/NM%s/RC%s>>"
             % (s("annotation author"), s("annotation Contents"), s("annotation Subj"), s("annotation NM"), s("annotation RC")))  # fmt: skip
    made.add(22, b"<</Type/Annot/Subtype/FileAttachment/Rect[500 0 509 9]/T%s/FS 11 0 R>>" % s("FileAttachment T"))
    made.add(23, b"<</Type/Annot/Subtype/Sound/Rect[500 0 509 9]/T%s/Sound 28 0 R>>" % s("Sound T"))
    made.add(24, b"<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<</S/Launch/F%s>>>>" % s("Launch file"))
    made.stream(25, with_segments(encoded(picture((8, 8)), "JPEG"), [(0xFE, plant("page thumbnail COM"))]),
                b"/Width 8/Height 8/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/DCTDecode", deflate=False)  # fmt: skip
    made.stream(26, xmp_block(plant, "page XMP"), b"/Type/Metadata/Subtype/XML")
    made.stream(27, plant("embedded file contents"), b"/Type/EmbeddedFile")
    made.stream(28, plant("Sound stream"), b"/R 8000")
    made.stream(29, plant("orphan stream"))
    made.content += b"%" + plant("comment between objects") + b"\n"
    made.add(30, b"<</Title%s/Author%s/Subject%s/Keywords%s/Creator%s/Producer%s/Company%s/CreationDate(D:20260314150926)>>"
             % tuple(s(f"Info {key}") for key in ("Title", "Author", "Subject", "Keywords", "Creator", "Producer", "Company")))  # fmt: skip
    made.add(31, s("orphan object"))
    made.end(
        b"/Root 1 0 R/Info 30 0 R/ID[%s%s]/Priv%s" % (s("trailer ID"), s("trailer ID second"), s("private trailer key"))
    )
    return bytes(made.content) + plant("behind the end")


def pdf_revised(plant: Planter) -> bytes:
    """A document that was saved twice: what the first version said is still in the file."""
    made = Pdf()
    made.add(1, b"<</Type/Catalog/Pages 2 0 R>>")
    made.add(2, b"<</Type/Pages/Count 1/Kids[3 0 R]>>")
    made.add(3, b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>")
    made.stream(4, b"BT /F 12 Tf 20 100 Td (%s) Tj ET" % plant("text of the earlier version"))
    made.add(5, b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>")
    made.add(6, b"<</Author(%s)>>" % plant("Author of the earlier version"))
    table = made.end(b"/Root 1 0 R/Info 6 0 R")
    made.stream(4, b"BT /F 12 Tf 20 100 Td (ny text) Tj ET")
    made.add(6, b"<</Author()>>")
    made.end(b"/Root 1 0 R/Info 6 0 R", table)
    return bytes(made.content)


def pdf_form(plant: Planter) -> bytes:
    """A filled form whose fields have a look of their own, and whose private values do not show."""
    made = Pdf()
    made.add(1, b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]/XFA[(datasets) 6 0 R]>>>>")
    made.add(2, b"<</Type/Pages/Count 1/Kids[3 0 R]>>")
    made.add(3, b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Annots[4 0 R]>>")
    made.add(4, b"<</Type/Annot/Subtype/Widget/F 4/FT/Tx/T(%s)/V(%s)/Rect[20 20 180 60]/AP<</N 5 0 R>>>>"
             % (plant("form field name"), plant("form field value")))  # fmt: skip
    made.stream(5, b"0 0 0 rg 0 0 160 40 re f", b"/Type/XObject/Subtype/Form/BBox[0 0 160 40]")
    made.stream(6, b"<xfa>%s</xfa>" % plant("XFA datasets"))
    made.end(b"/Root 1 0 R")
    return bytes(made.content)


def leftovers(content: bytes, markers: dict[bytes, str]) -> list[str]:
    """The places whose marker is in the bytes, as they are or inflated, as text of one or two bytes a letter or as hex."""
    found = []
    for layer in layers(content):
        for marker, place in markers.items():
            text = marker.decode()
            shapes = (marker, marker[:12], text.encode("utf-16-le"), text.encode("utf-16-be"), marker.hex().encode())
            if any(shape in layer for shape in shapes):
                found.append(place)
    return found


def layers(content: bytes) -> list[bytes]:
    """The bytes themselves, everything in them that inflates, and the pixels if it is a picture."""
    seen = [content]
    at = content.find(b"\x78")
    while at >= 0:
        if int.from_bytes(content[at : at + 2], "big") % 31 == 0:
            with suppress(zlib.error):
                seen.append(zlib.decompressobj().decompress(content[at:], 2**24))
        at = content.find(b"\x78", at + 1)
    if not content.startswith(b"%PDF"):
        with Image.open(io.BytesIO(content)) as decoded:
            for number in range(getattr(decoded, "n_frames", 1)):
                decoded.seek(number)
                seen.append(decoded.tobytes())
                if "A" in decoded.getbands():
                    seen.append(decoded.convert("RGBA").convert("RGB").tobytes())
    return seen

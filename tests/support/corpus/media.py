"""HEIC and AVIF files put together box by box, with a marker in each place where something can hide.

The pixels are coded by libheif and libavif; everything around them is written here, so that a file can say what no
encoder would: turned and mirrored by its boxes, by its EXIF block, or by both.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass, field

import pillow_heif
from markers.search_pixels import as_cells
from PIL import Image, features

from corpus.index import (
    Planter,
    Sample,
    encoded,
    exif_block,
    exif_with_thumbnail,
    icc_profile,
    picture,
    planted,
    xmp_block,
)

assert features.check("avif")
# Without heeding these a reader would show another picture; a bit says so.
ESSENTIAL = {b"hvcC", b"av1C", b"irot", b"imir", b"clap"}
CODING = {"heic": (b"hvcC", b"hvc1"), "avif": (b"av1C", b"av01")}


def media_corpus() -> list[Sample]:
    """Every sample. The same each time."""
    return planted((heic_everything, avif_everything, heic_second_picture, avif_moving, heic_described, avif_described))


def box(name: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I", 8 + len(body)) + name + body


def full(name: bytes, *content: bytes, version: int = 0, flags: int = 0) -> bytes:
    return box(name, struct.pack(">I", version << 24 | flags), *content)


@dataclass
class Item:
    """One thing in the file: a picture, a block of metadata. Associated with properties by their number from 1."""

    kind: bytes
    data: bytes
    name: bytes = b""
    more: bytes = b""
    properties: tuple[int, ...] = ()
    hidden: bool = False


@dataclass
class Media:
    """What goes into one file; `write` puts it together."""

    kind: str
    items: list[Item] = field(default_factory=list)
    properties: list[bytes] = field(default_factory=list)
    references: list[bytes] = field(default_factory=list)
    handler: bytes = b""
    in_meta: bytes = b""
    before: bytes = b""
    after: bytes = b""
    brands: bytes = b""

    def add_property(self, content: bytes) -> int:
        self.properties.append(content)
        return len(self.properties)

    def add(self, item: Item) -> int:
        self.items.append(item)
        return len(self.items)

    def add_picture(self, made: Image.Image, *more: int, hidden: bool = False, quality: int = 90) -> int:
        configuration, data = coded(self.kind, made, quality)
        size = full(b"ispe", struct.pack(">II", *made.size))
        depth = full(b"pixi", b"\x03\x08\x08\x08")
        numbers = tuple(self.add_property(content) for content in (configuration, size, depth))
        return self.add(Item(CODING[self.kind][1], data, properties=(*numbers, *more), hidden=hidden))

    def refer(self, name: bytes, source: int, target: int) -> None:
        self.references.append(box(name, struct.pack(">HHH", source, 1, target)))

    def write(self) -> bytes:
        brand = self.kind.encode()
        start = box(b"ftyp", brand, bytes(4), self.brands or b"mif1" + brand + b"miaf") + self.before
        # The places of the data are known once the length of what stands before is.
        length = len(self._meta(0))
        return b"".join(
            (start, self._meta(len(start) + length + 8), box(b"mdat", *(item.data for item in self.items)), self.after)
        )

    def _must_be_heeded(self, number: int) -> int:
        return 0x80 if self.properties[number - 1][4:8] in ESSENTIAL else 0

    def _meta(self, data_start: int) -> bytes:
        entries, places, associations = [], [], []
        for number, item in enumerate(self.items, 1):
            entry = struct.pack(">HH", number, 0) + item.kind + item.name + b"\0" + item.more
            entries.append(full(b"infe", entry, version=2, flags=int(item.hidden)))
            places.append(struct.pack(">HHHII", number, 0, 1, data_start, len(item.data)))
            if item.properties:
                numbers = bytes(number | self._must_be_heeded(number) for number in item.properties)
                associations.append(struct.pack(">HB", number, len(numbers)) + numbers)
            data_start += len(item.data)
        return full(
            b"meta",
            full(b"hdlr", bytes(4), b"pict", bytes(12), self.handler + b"\0"),
            full(b"pitm", struct.pack(">H", 1)),
            full(b"iloc", struct.pack(">HH", 0x4400, len(places)), *places),
            full(b"iinf", struct.pack(">H", len(entries)), *entries),
            full(b"iref", *self.references) if self.references else b"",
            box(
                b"iprp",
                box(b"ipco", *self.properties),
                full(b"ipma", struct.pack(">I", len(associations)), *associations),
            ),
            self.in_meta,
        )


def coded(kind: str, made: Image.Image, quality: int = 90) -> tuple[bytes, bytes]:
    """The decoder's configuration, as a box, and the coded pixels, as an encoder writes them for a bare picture."""
    if kind == "avif":
        content = encoded(made, "AVIF", quality=quality, subsampling="4:4:4")
    else:
        output = io.BytesIO()
        pillow_heif.from_pillow(made).save(output, quality=quality, chroma=444)
        content = output.getvalue()
    name = CODING[kind][0]
    at = content.index(name) - 4
    configuration = content[at : at + int.from_bytes(content[at : at + 4], "big")]
    data = content.index(b"mdat") + 4
    return configuration, content[data:]


def profile_property(profile: bytes) -> bytes:
    return box(b"colr", b"prof", profile)


def everything(kind: str, plant: Planter) -> bytes:
    """One picture with all that a phone, a program or a person may put around it."""
    made = Media(
        kind, handler=plant("handler name"), brands=b"mif1" + kind.encode() + b"miaf" + plant("brands").ljust(16)
    )
    profile = made.add_property(profile_property(icc_profile(plant)))
    private = made.add_property(box(b"uuid", bytes(range(16)), plant("property uuid")))
    first = made.add_picture(picture(), profile)
    made.items[0].name = plant("item name")
    made.items[0].properties += (private,)
    exif = made.add(Item(b"Exif", struct.pack(">I", 6) + b"Exif\0\0" + exif_block(plant)))
    second_exif = made.add(Item(b"Exif", struct.pack(">I", 6) + b"Exif\0\0" + exif_with_thumbnail(plant)))
    xmp = made.add(Item(b"mime", xmp_block(plant), more=b"application/rdf+xml\0"))
    plain = b"text/plain\0" + plant("content encoding") + b"\0"
    other = made.add(Item(b"mime", plant("private item"), more=plain))
    manifest = made.add(Item(b"uri ", plant("uri item"), more=b"urn:" + plant("uri of an item") + b"\0"))
    for block in (exif, second_exif, xmp, other, manifest):
        made.refer(b"cdsc", block, first)
    thumbnail = made.add_picture(picture((32, 24)), hidden=True)
    made.items[-1].data += plant("behind the thumbnail's pixels")
    made.refer(b"thmb", thumbnail, first)
    depth_map = made.add_property(
        full(b"auxC", b"urn:mpeg:mpegB:cicp:systems:auxiliary:depth\0", plant("depth subtype"))
    )
    made.refer(b"auxl", made.add_picture(picture(mode="L").convert("RGB"), depth_map, hidden=True), first)
    made.in_meta = box(b"free", plant("free in meta")) + box(b"uuid", bytes(16), plant("uuid in meta"))
    made.before = box(b"free", plant("free")) + box(b"uuid", bytes(range(16)), plant("uuid"))
    film = box(b"ftyp", b"mp42", bytes(4)) + box(b"udta", plant("motion photo film"))
    made.after = (
        box(b"skip", plant("skip")) + box(b"mpvd", film) + box(b"sefd", plant("vendor block")) + plant("behind the end")
    )
    return made.write()


def heic_everything(plant: Planter) -> bytes:
    return everything("heic", plant)


def avif_everything(plant: Planter) -> bytes:
    return everything("avif", plant)


def heic_second_picture(plant: Planter) -> bytes:
    """A burst: two pictures side by side, the second of which spells a marker."""
    made = Media("heic")
    made.add_picture(picture((128, 64)))
    made.add_picture(as_cells(plant("second picture"), height=64).convert("RGB"), quality=95)
    return made.write()


def avif_moving(plant: Planter) -> bytes:
    """Two frames, the second of which spells a marker."""
    second = as_cells(plant("second frame"), height=64).convert("RGB")
    first = picture(second.size)
    return encoded(first, "AVIF", save_all=True, append_images=[second], quality=95, duration=100)


def _described(plant: Planter, kind: str) -> bytes:
    """Wide colours by numbers, with a marker behind them, and numbers of no colours beside."""
    made = Media(kind)
    numbers = made.add_property(box(b"colr", b"nclx", struct.pack(">HHHB", 12, 13, 6, 0x80), plant("nclx tail")))
    other = made.add_property(box(b"colr", b"nclx", struct.pack(">HHHB", 300, 400, 6, 0), plant("other nclx tail")))
    made.add_picture(picture(), numbers)
    made.refer(b"thmb", made.add_picture(picture((64, 64)), other, hidden=True), 1)
    return made.write()


def heic_described(plant: Planter) -> bytes:
    return _described(plant, "heic")


def avif_described(plant: Planter) -> bytes:
    return _described(plant, "avif")

"""Pictures of a PDF from their pixels, whatever they were stored as.

A JPEG in grey or RGB is decoded by Pillow, like a photograph that comes alone. Everything else (JPEG 2000, JBIG2, fax,
palettes, CMYK, masks of all kinds) is drawn by PDFium: the picture alone, in a document of one page that has a point
for each pixel, on nothing. What comes out is pixels and their alpha, and from these the new picture is made:

1 refuse too many pixels before decoding anything        2 decode
3 alpha becomes a soft mask; colour that cannot be seen under it is blackened
4 as few channels and bits as show it all                5 encode with constant settings

Lossy ones stay lossy (JPEG), the others stay as they are, bit for bit.
"""

import hashlib
import io
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageChops, ImageFilter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, StreamObject

from scrubbers.jailed.pdf.bitmap import OPAQUE, SEEN_FROM
from scrubbers.jailed.pdf.content.colour_space import profile_transform
from scrubbers.jailed.pdf.syntax import access, source_copy
from scrubbers.jailed.pdf.syntax.writer import DEFLATE_LEVEL, Name, Node, NotRebuildable, Stream, Value
from scrubbers.jailed.pictures import scrub
from scrubbers.jailed.pictures.decoders import PIXELS
from trusted.jail.stages import TooManyPixels

_LOSSY: Final = {"/DCTDecode", "/DCT", "/JPXDecode"}
_JPEG: Final = {"/DCTDecode", "/DCT"}
_MODES: Final = {1: "L", 3: "RGB"}
_DEVICES: Final = {"/DeviceGray": 1, "/G": 1, "/CalGray": 1, "/DeviceRGB": 3, "/RGB": 3, "/CalRGB": 3}
_DIGEST: Final = 16  # bytes
# At the first a grey scan of quality 75 becomes 1.05 times as large, at 90 1.44 times.
_SCAN_QUALITY: Final = 80
_LIGHT: Final = 192  # of 255: paper, as scanners see it
_PAPER: Final = 0.6  # of the pixels
_MASKS: Final = {"/SMask", "/Mask", "/SMaskInData"}
# How many times as long as those of a grey JPEG the pixels of others take to be rebuilt. Measured: 7 ms a megapixel and
# what its bytes take, 13 in colour, 60 to 100 for what PDFium decodes (fax, JPEG 2000, stencils).
_COLOURED: Final = 2
_BY_PDFIUM: Final = 14  # the same, for what PDFium decodes
# A logo's smoothed edge and what JPEG does to it are not hidden: so many levels of brightness, such a part.
_LIKE: Final = 32
_SAME: Final = 3  # levels, of a picture without loss
_FEW: Final = 0.02  # of the hidden pixels
# Coarse before fine: the nearest mean is the last that is put down.
_BLOCKS: Final = (64, 16, 4)


@dataclass(slots=True)
class Picture:
    """A picture as the new document has it. Its pixels are decoded again when it is drawn much smaller."""

    node: Node
    size: tuple[int, int]
    weight: int  # of its pixels, those of a grey JPEG having 1: how long it took to be rebuilt
    hides_colour: bool = False  # whether a mask of its own hid something
    even: tuple[int, ...] | None = None  # its one colour; empty: all of a stencil is painted
    _whole: Stream | None = None

    @property
    def stored_bytes(self) -> int:
        """How much of it is held."""
        return sum(len(stream.data) for stream in self._streams())

    def digest(self) -> bytes:
        """Return what is the same for pictures that are the same."""
        mixed = hashlib.blake2b(digest_size=_DIGEST)
        for stream in self._streams():
            plain = {key: value for key, value in stream.entries.items() if key != b"SMask"}
            mixed.update(repr((plain, len(stream.data))).encode() + stream.data)
        return mixed.digest()

    def _streams(self) -> Iterator[Stream]:
        """Yield the picture and its soft mask, as they are stored."""
        stream: object = self.node.value
        while isinstance(stream, Stream):
            yield stream
            mask = stream.entries.get(b"SMask")
            stream = mask.value if isinstance(mask, Node) else None

    @property
    def is_opaque(self) -> bool:
        """Whether every pixel has a colour of its own, and nothing of the page shows through."""
        value = self.node.value
        return isinstance(value, Stream) and not {b"ImageMask", b"SMask"} & value.entries.keys()

    @property
    def is_stencil(self) -> bool:
        """Whether it is painted in the colour of areas."""
        value = self.node.value
        return isinstance(value, Stream) and b"ImageMask" in value.entries

    @property
    def is_shrunk(self) -> bool:
        return self._whole is not None

    def shrink(self, size: tuple[int, int]) -> None:
        """Scale it to this size; its own gives the whole back."""
        whole = self._whole or self.node.value
        if not isinstance(whole, Stream):
            raise NotRebuildable
        if size != self.size:
            self._whole = whole
            self.node.value = _shrunk(whole, size)
        elif self._whole is not None:
            self.node.value, self._whole = self._whole, None


def picture(source: StreamObject, resources: DictionaryObject) -> Picture:
    """One picture of the source, rebuilt; raises NotRebuildable, TooManyPixels, or what a decoder raises."""
    width = access.whole(_entry(source, "/Width", "/W"), 1, PIXELS)
    height = access.whole(_entry(source, "/Height", "/H"), 1, PIXELS)
    if width * height > PIXELS:
        raise TooManyPixels
    filters = _filters(source)
    lossy = bool(filters) and filters[-1] in _LOSSY
    if access.is_true(_entry(source, "/ImageMask", "/IM")):
        painted = _drawn_alone(source, (width, height), resources).getchannel("A")
        made = Picture(Node(_stencil(painted), kept=True), painted.size, _BY_PDFIUM)
        made.even = () if painted.getextrema() == (OPAQUE, OPAQUE) else None
        return made
    photograph = pixels = _decoded_jpeg(source, filters, (width, height), resources)
    if pixels is not None:
        mask = source.get("/SMask")
        alpha = None if mask is None else _soft_mask(access.stream(mask))
    else:
        drawn = _drawn_alone(source, _finest(source, width, height), resources)
        pixels, alpha = drawn.convert("RGB"), drawn.getchannel("A")
    pixels = in_few_channels(pixels)
    if alpha is not None and alpha.getextrema() == (OPAQUE, OPAQUE):
        alpha = None
    hides_colour, even = False, _even(pixels) if alpha is None else None
    if alpha is not None:
        hides_colour = _hides_colour(source, photograph, alpha, resources, like=_LIKE if lossy else _SAME)
        pixels = _without_unseen(pixels, alpha)
    stored = _stored(pixels, lossy=lossy)
    if alpha is not None:
        soft = Node(_stored(alpha, lossy=False), kept=True)
        stored = Stream({**stored.entries, b"SMask": soft}, stored.data)
    weight = _BY_PDFIUM if photograph is None else 1 if photograph.mode == "L" else _COLOURED
    return Picture(Node(stored, kept=True), pixels.size, weight, hides_colour, even)


def _hides_colour(
    source: StreamObject, pixels: Image.Image | None, alpha: Image.Image, resources: DictionaryObject, *, like: int
) -> bool:
    """Whether there is more than one colour under what alpha hides, for the report. `pixels`: without any mask.

    Colours whose brightness differs by no more than `like` are one.
    """
    hidden = alpha.point([0 if value >= SEEN_FROM else OPAQUE for value in range(256)])
    if hidden.getbbox() is None:
        return False
    if pixels is None:
        bare = StreamObject()
        bare._data = source._data  # noqa: SLF001  the bytes as they are stored
        for key in source:
            if key not in _MASKS:
                bare[NameObject(key)] = source.raw_get(key)
        pixels = _drawn_alone(bare, alpha.size, resources)
    hidden = hidden.resize(pixels.size, Image.Resampling.NEAREST)
    shades = pixels.convert("L").histogram(hidden)
    commonest = shades.index(max(shades))
    others = sum(shades) - sum(shades[max(0, commonest - like) : commonest + like + 1])
    return others > _FEW * sum(shades)


def _shrunk(whole: Stream, size: tuple[int, int]) -> Stream:
    """Return the stream with fewer pixels, and those of its mask."""
    pixels = _resized(whole, size)
    if b"ImageMask" in whole.entries:
        return _stencil(pixels)
    downscaled = _stored(pixels, lossy=whole.entries[b"Filter"] == b"DCTDecode")
    mask = whole.entries.get(b"SMask")
    if not isinstance(mask, Node) or not isinstance(mask.value, Stream):
        return downscaled
    alpha = Node(_stored(_resized(mask.value, size), lossy=False), kept=True)
    return Stream({**downscaled.entries, b"SMask": alpha}, downscaled.data)


def _resized(stored: Stream, size: tuple[int, int]) -> Image.Image:
    width, height = stored.entries[b"Width"], stored.entries[b"Height"]
    if not isinstance(width, int) or not isinstance(height, int):
        raise NotRebuildable
    return _pixels_of(stored, (width, height)).resize(size, Image.Resampling.BOX)


def _pixels_of(stored: Stream, size: tuple[int, int]) -> Image.Image:
    """Return the pixels of a stream made here; of a stencil what it paints."""
    if stored.entries[b"Filter"] == b"DCTDecode":
        with Image.open(io.BytesIO(stored.data), formats=["JPEG"]) as opened:
            return opened.copy()
    data = zlib.decompress(stored.data)
    if stored.entries[b"BitsPerComponent"] == 1:
        bits = Image.frombytes("1", size, data).convert("L")
        return ImageChops.invert(bits) if b"ImageMask" in stored.entries else bits
    return Image.frombytes("L" if stored.entries[b"ColorSpace"] == b"DeviceGray" else "RGB", size, data)


def _without_unseen(pixels: Image.Image, alpha: Image.Image) -> Image.Image:
    """Return the pixels without colour that alpha lets nobody see: less of it than makes a text seen."""
    seen = alpha.point([OPAQUE if value >= SEEN_FROM else 0 for value in range(256)]).resize(
        pixels.size, Image.Resampling.NEAREST
    )
    if alpha.size != pixels.size:
        # Where one pixel of colour stands under several of alpha, any of them may show it.
        seen = seen.filter(ImageFilter.MaxFilter(3))
    return only_seen(pixels, seen)


def only_seen(pixels: Image.Image, seen: Image.Image, blocks: Sequence[int] = _BLOCKS, away: int = 0) -> Image.Image:
    """Return the pixels that can be seen, and around them their own mean colours; `away` (black) further away.

    `seen` has 255 or 0 for each pixel. Each size of `blocks` holds the next a whole number of times.
    Programs that draw a picture smaller mix its pixels before they look at alpha: next to black the edge would be dark.
    """
    in_all = seen if pixels.mode == "L" else seen.convert(pixels.mode)
    kept = ImageChops.darker(pixels, in_all)
    finest = blocks[-1]
    means = Image.new(
        pixels.mode, (-(-pixels.width // finest), -(-pixels.height // finest)), (away,) * len(kept.getbands())
    )
    for block in blocks:
        mean, near = _means(kept, seen, block)
        size = mean.width * (block // finest), mean.height * (block // finest)
        corner = (0, 0, *means.size)
        grown = mean.resize(size, Image.Resampling.NEAREST).crop(corner)
        means.paste(grown, mask=near.resize(size, Image.Resampling.NEAREST).crop(corner))
    size = means.width * finest, means.height * finest
    around = means.resize(size, Image.Resampling.NEAREST).crop((0, 0, *pixels.size))
    return ImageChops.lighter(kept, ImageChops.darker(around, ImageChops.invert(in_all)))


def _means(kept: Image.Image, seen: Image.Image, block: int) -> tuple[Image.Image, Image.Image]:
    """Return the mean of each block's pixels that are seen, and 255 for each block that has some."""
    part = seen.reduce(block)
    # Multiplied by alpha the mean is that of the seen pixels alone.
    bands = kept.reduce(block).split()
    mean = Image.merge("RGBa", (*(bands if len(bands) > 1 else bands * 3), part)).convert("RGBA")
    return mean.convert(kept.mode) if len(bands) > 1 else mean.getchannel("R"), part.point([0] + [OPAQUE] * OPAQUE)


def _decoded_jpeg(
    source: StreamObject, filters: list[str], size: tuple[int, int], resources: DictionaryObject
) -> Image.Image | None:
    """Return a JPEG's pixels, if it is of the ordinary sort; None when PDFium must draw it."""
    if not filters or filters[-1] not in _JPEG or len(filters) > 1 or "/Decode" in source or "/D" in source:
        return None
    if "/Mask" in source or "/Matte" in access.dictionary_in(source, "/SMask"):
        return None
    components, profile = _space(_entry(source, "/ColorSpace", "/CS"), resources)
    with Image.open(io.BytesIO(source._data), formats=["JPEG"]) as opened:  # noqa: SLF001  the bytes as they are stored
        if opened.mode != _MODES.get(components) or opened.size != size:
            return None
        opened.load()
        pixels: Image.Image = opened._new(opened.im)  # noqa: SLF001  as in image.py: the public ways all copy
    pixels.info = {}
    transform = profile_transform(profile, pixels.mode) if profile and components == 3 else None  # noqa: PLR2004  RGB
    if transform is not None:
        transform.apply_in_place(pixels)
    return pixels


def _space(untrusted: object, resources: DictionaryObject) -> tuple[int, bytes | None]:
    """How many components a picture's space has, and its profile; 0 for spaces that PDFium is left to understand."""
    found = access.resolved(untrusted)
    if isinstance(found, NameObject):
        if found in _DEVICES:
            return _DEVICES[str(found)], None
        named = access.dictionary_in(resources, "/ColorSpace")
        return _space(named.raw_get(found), DictionaryObject()) if found in named else (0, None)
    if isinstance(found, ArrayObject) and len(found) > 1 and access.name_of(found[0]) == "/ICCBased":
        profile = access.stream(found[1])
        return access.whole(access.entry(profile, "/N"), 1, 4), profile.get_data()
    return 0, None


def _soft_mask(source: StreamObject) -> Image.Image:
    width = access.whole(access.entry(source, "/Width"), 1, PIXELS)
    height = access.whole(access.entry(source, "/Height"), 1, PIXELS)
    if width * height > PIXELS:
        raise TooManyPixels
    return _drawn_alone(source, (width, height), DictionaryObject()).getchannel("R")


def _finest(source: StreamObject, width: int, height: int) -> tuple[int, int]:
    """Return the size that shows both the picture and its mask, pixel for pixel."""
    for key in ("/SMask", "/Mask"):
        mask = access.resolved(source.get(key))
        if isinstance(mask, StreamObject):
            width = max(width, access.whole(access.entry(mask, "/Width"), 1, PIXELS))
            height = max(height, access.whole(access.entry(mask, "/Height"), 1, PIXELS))
    if width * height > PIXELS:
        raise TooManyPixels
    return width, height


def _drawn_alone(source: StreamObject, size: tuple[int, int], resources: DictionaryObject) -> Image.Image:
    """Return the picture as PDFium draws it on nothing ("RGBA")."""
    drawn = source_copy.drawn_on_nothing(source_copy.document_of(source, size, resources))
    if drawn.size != size:
        raise NotRebuildable
    return drawn


def in_few_channels(pixels: Image.Image) -> Image.Image:
    """Return the pixels in grey when there is no colour in them, else themselves."""
    if pixels.mode != "RGB":
        return pixels
    red, green, blue = pixels.split()
    if ImageChops.difference(red, green).getbbox() or ImageChops.difference(green, blue).getbbox():
        return pixels
    return red


def _even(pixels: Image.Image) -> tuple[int, ...] | None:
    """Return the colour of all pixels; None if there are several."""
    lows, highs = zip(*(band.getextrema() for band in pixels.split()), strict=True)
    return tuple(lows) if lows == highs else None


def _stored(pixels: Image.Image, *, lossy: bool) -> Stream:
    space = Name(b"DeviceGray" if pixels.mode == "L" else b"DeviceRGB")
    bits, filter_name = 8, Name(b"FlateDecode")
    if lossy:
        data, filter_name = jpeg(pixels), Name(b"DCTDecode")
    elif pixels.mode == "L" and _is_black_and_white(pixels):
        bits, data = 1, zlib.compress(pixels.convert("1", dither=Image.Dither.NONE).tobytes(), DEFLATE_LEVEL)
    else:
        data = zlib.compress(pixels.tobytes(), DEFLATE_LEVEL)
    coding: dict[bytes, Value] = {b"ColorSpace": space, b"BitsPerComponent": bits, b"Filter": filter_name}
    return Stream(size_entries(pixels) | coding, data)


def jpeg(pixels: Image.Image) -> bytes:
    """Return the pixels as JPEG; those of a scanned page as scanners store them, for its noise would be most of it."""
    encoded = io.BytesIO()
    pixels.info = {}
    is_scan = sum(pixels.convert("L").histogram()[_LIGHT:]) >= _PAPER * pixels.width * pixels.height
    settings = {**scrub.JPEG_SETTINGS, "quality": _SCAN_QUALITY} if is_scan else scrub.JPEG_SETTINGS
    pixels.save(encoded, "JPEG", **settings)
    return encoded.getvalue()


def _stencil(painted: Image.Image) -> Stream:
    """Return a stencil: a zero bit is painted."""
    bits = ImageChops.invert(painted).convert("1", dither=Image.Dither.NONE)
    entries: dict[bytes, Value] = {
        **size_entries(painted), b"ImageMask": True, b"BitsPerComponent": 1, b"Decode": [0, 1],
        b"Filter": Name(b"FlateDecode"),
    }  # fmt: skip
    return Stream(entries, zlib.compress(bits.tobytes(), DEFLATE_LEVEL))


def size_entries(pixels: Image.Image) -> dict[bytes, Value]:
    """Return what the dictionary of a picture begins with."""
    return {
        b"Type": Name(b"XObject"), b"Subtype": Name(b"Image"), b"Width": pixels.width, b"Height": pixels.height,
    }  # fmt: skip


def _is_black_and_white(pixels: Image.Image) -> bool:
    shades = pixels.histogram()
    return shades[0] + shades[-1] == pixels.width * pixels.height


def _filters(source: DictionaryObject) -> list[str]:
    found = access.resolved(_entry(source, "/Filter", "/F"))
    if found is None:
        return []
    if isinstance(found, NameObject):
        return [str(found)]
    names = [access.name_of(item) for item in access.array(found)]
    return [str(each) for each in names]


def _entry(source: DictionaryObject, key: str, short: str) -> object:
    """Return a value under its key or, as inline pictures have it, under the short one."""
    return source.raw_get(key) if key in source else source.raw_get(short) if short in source else None

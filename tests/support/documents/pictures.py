"""Pictures with known pixels: photographs of nothing, profiles of other colour spaces, and files no library writes."""

from __future__ import annotations

import io
import math
import random
import struct
import zlib
from functools import reduce

import pillow_heif
from corpus.index import chunk, encoded, with_segments
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageStat

pillow_heif.register_heif_opener()

# Red, green and blue of a colour space as CIE x, y; its white; its gamma.
D65 = (0.3127, 0.3290)
DISPLAY_P3 = ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)), 2.2
ADOBE_RGB = ((0.640, 0.330), (0.210, 0.710), (0.150, 0.060)), 563 / 256


def photograph(seed: int, size: tuple[int, int] = (640, 480)) -> Image.Image:
    """Slopes, surfaces, grain and edges, blurred as a lens does; the same for the same seed."""
    chance = random.Random(seed)

    def grain(coarseness: int, contrast: float) -> Image.Image:
        small = max(2, size[0] // coarseness), max(2, size[1] // coarseness)
        noise = Image.frombytes("L", small, chance.randbytes(small[0] * small[1]))
        return noise.resize(size, Image.Resampling.BICUBIC).point(lambda value: 128 + (value - 128) * contrast)

    shared = [grain(chance.choice((12, 20, 30)), 0.5), grain(3, 0.22), grain(1, chance.choice((0.02, 0.04, 0.06)))]
    slopes = grain(chance.choice((60, 90, 130)), 1.2)
    bands = [
        reduce(
            lambda one, other: ImageChops.add(one, other, 1, -128), shared, Image.blend(slopes, grain(100, 1.0), 0.5)
        )
        for _ in "RGB"
    ]
    made = Image.merge("RGB", bands)
    draw = ImageDraw.Draw(made)
    for _ in range(25):
        x, y = chance.randrange(size[0]), chance.randrange(size[1])
        corners = [(x + chance.randrange(-90, 90), y + chance.randrange(-90, 90)) for _ in range(4)]
        draw.polygon(corners, fill=tuple(chance.randrange(256) for _ in "RGB"))
    return made.filter(ImageFilter.GaussianBlur(chance.choice((0.5, 0.7, 1.0))))


def psnr(one: Image.Image, other: Image.Image) -> float:
    """Decibels between two pictures, over all channels."""
    squares = ImageStat.Stat(ImageChops.difference(one.convert("RGB"), other.convert("RGB"))).sum2
    mean = sum(squares) / (3 * one.width * one.height)
    return math.inf if mean == 0 else 10 * math.log10(255 * 255 / mean)


def furthest(one: Image.Image, other: Image.Image) -> int:
    """The largest difference of any channel of any pixel."""
    return max(high for _, high in ImageChops.difference(one.convert("RGB"), other.convert("RGB")).getextrema())


def patches(colours: int = 6) -> Image.Image:
    """Even squares of colours from all over the cube: what lossy coding leaves nearly as they are."""
    steps = [round(255 * step / (colours - 1)) for step in range(colours)]
    made = Image.new("RGB", (colours * colours, colours))
    made.putdata([(red, green, blue) for red in steps for green in steps for blue in steps])
    return made.resize((colours * colours * 16, colours * 16), Image.Resampling.NEAREST)


def matrix_profile(
    space: tuple[tuple[tuple[float, float], ...], float], name: str = "Test space", curve: bytes = b""
) -> bytes:
    """An ICC profile of three primaries and a gamma, after ICC.1:2001, with what a reader needs and no more.

    The gamma is left aside for a `curve` that is given.
    """
    primaries, gamma = space
    columns = _adapted(primaries)
    text = name.encode()
    described = b"desc\0\0\0\0" + struct.pack(">I", len(text) + 1) + text + b"\0" + bytes(4 + 4 + 2 + 1 + 67)
    curve = curve or b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)
    tags = [(b"desc", described), (b"wtpt", _xyz((0.9642, 1.0, 0.8249))), (b"cprt", b"text\0\0\0\0none\0")]
    tags += [(name, _xyz(column)) for name, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), columns, strict=True)]
    tags += [(name, curve) for name in (b"rTRC", b"gTRC", b"bTRC")]
    return icc(b"RGB ", b"XYZ ", b"mntr", tags)


def ink_profile() -> bytes:
    """A printer's profile of two points for each ink: paper is white, each ink darkens and colours."""
    corners = bytearray()
    for number in range(16):
        cyan, magenta, yellow, black = (number >> bit & 1 for bit in (3, 2, 1, 0))
        light = 255 * 0.25**black * (1 - 0.45 * cyan) * (1 - 0.5 * magenta) * (1 - 0.1 * yellow)
        corners += bytes([round(light), 128 + 70 * magenta - 40 * cyan, 128 + 80 * yellow - 45 * cyan])
    straight = bytes(range(256))
    table = (
        b"mft1\0\0\0\0\x04\x03\x02\0" + struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 65536)
        + straight * 4 + bytes(corners) + straight * 3
    )  # fmt: skip
    described = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"Inks\0" + bytes(4 + 4 + 2 + 1 + 67)
    tags = [
        (b"desc", described),
        (b"wtpt", _xyz((0.9642, 1.0, 0.8249))),
        (b"cprt", b"text\0\0\0\0none\0"),
        (b"A2B0", table),
    ]
    return icc(b"CMYK", b"Lab ", b"prtr", tags)


def icc(space: bytes, connection: bytes, device: bytes, tags: list[tuple[bytes, bytes]]) -> bytes:
    start = 128 + 4 + 12 * len(tags)
    listed, data = b"", b""
    for name, body in tags:
        listed += name + struct.pack(">II", start + len(data), len(body))
        data += body + bytes(-len(body) % 4)
    head = bytearray(128)
    head[8:12], head[12:16], head[16:20], head[20:24] = b"\x02\x40\0\0", device, space, connection
    head[36:40], head[68:80] = b"acsp", struct.pack(">3I", 0xF6D6, 0x10000, 0xD32D)
    head[0:4] = struct.pack(">I", start + len(data))
    return bytes(head) + struct.pack(">I", len(tags)) + listed + data


def _xyz(values: tuple[float, ...]) -> bytes:
    return b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def _adapted(primaries: tuple[tuple[float, float], ...]) -> list[tuple[float, ...]]:
    """The primaries as XYZ under the profile's white (D50), scaled so that together they are white (Bradford)."""

    def as_xyz(x: float, y: float) -> tuple[float, float, float]:
        return x / y, 1.0, (1 - x - y) / y

    bradford = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))
    white = as_xyz(*D65)
    columns = [as_xyz(*primary) for primary in primaries]
    shares = _solve([[column[row] for column in columns] for row in range(3)], white)
    scaled = [tuple(share * value for value in column) for share, column in zip(shares, columns, strict=True)]
    cone = [sum(bradford[row][i] * white[i] for i in range(3)) for row in range(3)]
    target = [sum(bradford[row][i] * (0.9642, 1.0, 0.8249)[i] for i in range(3)) for row in range(3)]
    turned = []
    for column in scaled:
        cones = [sum(bradford[row][i] * column[i] for i in range(3)) * target[row] / cone[row] for row in range(3)]
        turned.append(tuple(_solve([list(row) for row in bradford], cones)))
    return turned


def _solve(matrix: list[list[float]], wanted: tuple[float, ...] | list[float]) -> list[float]:
    """Three equations by Cramer's rule."""

    def determinant(m: list[list[float]]) -> float:
        return sum(
            m[0][i] * (m[1][(i + 1) % 3] * m[2][(i + 2) % 3] - m[1][(i + 2) % 3] * m[2][(i + 1) % 3]) for i in range(3)
        )

    whole = determinant(matrix)
    return [
        determinant([[wanted[row] if i == column else matrix[row][i] for i in range(3)] for row in range(3)]) / whole
        for column in range(3)
    ]


def ycck_jpeg(inks: tuple[int, int, int, int], size: tuple[int, int] = (64, 64)) -> bytes:
    """Four inks as Adobe's programs store them: inverted, the colours among them as brightness and two differences.

    Pillow writes CMYK inverted and without the differences, so they are worked out here and passed off as inks.
    """
    red, green, blue = inks[:3]
    brightness = 0.299 * red + 0.587 * green + 0.114 * blue
    stored = (brightness, 128 + (blue - brightness) / 1.772, 128 + (red - brightness) / 1.402, 255 - inks[3])
    made = encoded(Image.new("CMYK", size, tuple(255 - round(value) for value in stored)), "JPEG", quality=98)
    at = made.index(b"Adobe")
    return made[: at + 11] + b"\x02" + made[at + 12 :]


def interlaced_png(made: Image.Image) -> bytes:
    """Seven passes, each a picture of some of the pixels."""
    passes = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
    rows = b""
    for left, top, right, down in passes:
        for y in range(top, made.height, down):
            row = b"".join(bytes(made.getpixel((x, y))) for x in range(left, made.width, right))
            rows += b"\0" + row if row else b""
    header = struct.pack(">IIBBBBB", made.width, made.height, 8, {"RGB": 2, "RGBA": 6}[made.mode], 0, 0, 1)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def deep_png(values: list[int], colour: int, width: int, height: int, profile: bytes = b"") -> bytes:
    """Sixteen bits a channel, which Pillow writes for grey alone."""
    channels = {0: 1, 2: 3, 4: 2, 6: 4}[colour]
    row = width * channels
    rows = b"".join(b"\0" + struct.pack(f">{row}H", *values[y * row : (y + 1) * row]) for y in range(height))
    extra = chunk(b"iCCP", b"x\0\0" + zlib.compress(profile)) if profile else b""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + extra + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def corners() -> Image.Image:
    """A different colour in each corner, and no symmetry."""
    made = Image.new("RGB", (96, 64), "white")
    for corner, colour in (((0, 0, 48, 32), "red"), ((48, 0, 96, 32), "lime"), ((0, 32, 48, 64), "blue")):
        made.paste(colour, corner)
    return made


def turned_file(format_name: str, orientation: int, upright: Image.Image) -> bytes:
    """A file whose pixels lie as the orientation says, so that turned by it they stand upright."""
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # Image.Transpose that undoes each
    stored = upright.transpose(Image.Transpose(undo[orientation])) if orientation in undo else upright
    tags = Image.Exif()
    tags[0x112] = orientation
    if format_name == "TIFF":
        return encoded(stored, "TIFF", tiffinfo={0x112: orientation})
    if format_name == "JPEG":
        return with_segments(encoded(stored, "JPEG", quality=95, subsampling="4:4:4"), [(0xE1, tags.tobytes())])
    extra = {"lossless": True} if format_name == "WEBP" else {}
    return encoded(stored, format_name, exif=tags.tobytes(), **extra)


def as_picture(content: bytes) -> Image.Image:
    """Decoded, first frame."""
    with Image.open(io.BytesIO(content)) as opened:
        opened.load()
        return opened.copy()

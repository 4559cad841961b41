"""The largest files that are taken, and what all processes of the service hold together while they are cleaned.

The bound is three times the file: for scans, for drawings, and for photographs and PNGs, which are decoded and encoded
strip by strip (`scrubbers/jailed/pictures/streaming/jpeg.py`, `png.py`). Other pictures are decoded whole; if that would take
more than the bound it is refused before it is decoded (`scrubbers/jailed/pictures/memory_limits.py`), and here too memory stays below.
Counted from outside, as often as reading it allows (some 10 ms): the proportional memory of every process of the service
without shared memory, and every memory-backed file that any of them holds, once.
"""

from __future__ import annotations

import asyncio
import io
import os
import random
import re
import shutil
import struct
import tempfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from corpus.index import chunk
from networks.conftest_tor import SHORT_FOLDER_PREFIX
from PIL import ExifTags, Image
from pillow_heif import register_heif_opener
from processes.service import Service, kallskydd, offline_network
from visitors.intake_harness import Browser, file_report, log_in

register_heif_opener()
MIB = 2**20
LARGEST = 50 * MIB
HELD_WHOLE = "Bilden är sparad på ett sätt som kräver för mycket minne att rensa."


def held_bytes(pids: list[int]) -> int:
    """Private memory of all, and each memory-backed file once."""
    total, files = 0, {}
    for pid in pids:
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
            numbers = os.listdir(f"/proc/{pid}/fd")
        except OSError:
            continue
        pss = re.search(r"^Pss:\s+(\d+)", rollup, re.MULTILINE)
        shared = re.search(r"^Pss_Shmem:\s+(\d+)", rollup, re.MULTILINE)
        if pss is None or shared is None:
            continue  # it ended while it was read
        total += (int(pss[1]) - int(shared[1])) * 1024
        for number in numbers:
            link = f"/proc/{pid}/fd/{number}"
            try:
                if os.readlink(link).startswith("/memfd:"):
                    state = os.stat(link)
                    files[state.st_ino] = state.st_blocks * 512
            except OSError:
                continue
    return total + sum(files.values())


class Watch:
    def __init__(self, service: Service) -> None:
        self.service = service
        self.most = 0

    async def run(self) -> None:
        while True:
            self.most = max(self.most, await asyncio.to_thread(lambda: held_bytes(self.service.tree())))
            await asyncio.sleep(0.002)


def noise(width: int, height: int, *, coloured: bool = False) -> Image.Image:
    """A picture of noise, which no encoder can make small. One tile many times: making noise takes long."""
    bands = [Image.effect_noise((512, 512), 60) for _ in range(3 if coloured else 1)]
    tile = Image.merge("RGB", bands) if coloured else bands[0].convert("RGB")
    made = Image.new("RGB", (width, height))
    for x in range(0, width, 512):
        for y in range(0, height, 512):
            made.paste(tile, (x, y))
    return made


def encoded(made: Image.Image, kind: str, **settings: object) -> bytes:
    target = io.BytesIO()
    made.save(target, kind, **settings)
    return target.getvalue()


def scans() -> bytes:
    """A PDF of scanned pages: each one JPEG of noise over a whole page, as many as fit."""
    jpeg = encoded(noise(1240, 1754, coloured=True), "JPEG", quality=92)
    pages = (LARGEST - 4096) // (len(jpeg) + 1024)
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b""]
    kids = []
    for _ in range(pages):
        first = len(objects) + 1
        kids.append(b"%d 0 R" % first)
        draw = b"q 595 0 0 842 0 0 cm /I Do Q"
        objects += [
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R "
            b"/Resources << /XObject << /I %d 0 R >> >> >>" % (first + 1, first + 2),
            b"<< /Length %d >>\nstream\n%s\nendstream" % (len(draw), draw),
            b"<< /Type /XObject /Subtype /Image /Width 1240 /Height 1754 /ColorSpace /DeviceRGB /BitsPerComponent 8 "
            b"/Filter /DCTDecode /Length %d >>\nstream\n%s\nendstream" % (len(jpeg), jpeg),
        ]
    objects[1] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b" ".join(kids), pages)
    out, offsets = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(out)


def drawing() -> bytes:
    """A BMP: three bytes a pixel."""
    side = int(((LARGEST - 200) / 3) ** 0.5) // 4 * 4
    return encoded(noise(side, side, coloured=True), "BMP")


PHOTOGRAPH_SIZE = 8900, 6600  # at quality 92 just below 50 MiB, as was tried out
PROGRESSIVE_QUALITY = 93  # smaller at the same quality, for its tables are made for it


def photograph(orientation: int) -> bytes:
    """A JPEG as a camera of 59 megapixels writes it, held upright or not."""
    tags = Image.Exif()
    tags[ExifTags.Base.Orientation] = orientation
    made = noise(*PHOTOGRAPH_SIZE, coloured=True)
    return encoded(made, "JPEG", quality=92, subsampling="4:2:0", exif=tags)


def png(channels: int, passes: tuple[tuple[int, int, int, int], ...]) -> bytes:
    """A PNG of nothing but noise, as large as its pixels; each pass has those from a corner on, at these distances."""
    side = int(((LARGEST - MIB) / channels) ** 0.5)
    noisy, made = random.Random(1), zlib.compressobj(0)
    rows = []
    for left, top, right, down in passes:
        row_bytes = channels * len(range(left, side, right))
        rows += [made.compress(b"\0" + noisy.randbytes(row_bytes)) for _ in range(top, side, down)]
    header = struct.pack(">IIBBBBB", side, side, 8, {3: 2, 4: 6}[channels], 0, 0, int(len(passes) > 1))
    pixels = b"".join([*rows, made.flush()])
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def interlaced() -> bytes:
    return png(3, ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)))


def progressive() -> bytes:
    """The photograph in several scans."""
    return encoded(noise(*PHOTOGRAPH_SIZE, coloured=True), "JPEG", quality=PROGRESSIVE_QUALITY, progressive=True)


# With much behind them that is no picture: to make 50 MiB of pixels takes these encoders a minute.
SMALL_SIZE = 2000, 1500


def webp() -> bytes:
    content = encoded(Image.linear_gradient("L").resize(SMALL_SIZE).convert("RGB"), "WEBP", method=0)
    rest = LARGEST - len(content) - 8
    content += b"JUNK" + struct.pack("<I", rest) + bytes(rest)
    return content[:4] + struct.pack("<I", len(content) - 8) + content[8:]


def heic() -> bytes:
    content = encoded(Image.linear_gradient("L").resize(SMALL_SIZE).convert("RGB"), "HEIF")
    rest = LARGEST - len(content)
    return content + struct.pack(">I4s", rest, b"free") + bytes(rest - 8)


@dataclass
class Warm:
    """One service for all files, and what it held before the first of them."""

    service: Service
    browser: Browser
    before: int


@pytest.fixture(scope="module")
def warm() -> Iterator[Warm]:
    folder = Path(tempfile.mkdtemp(prefix=SHORT_FOLDER_PREFIX))
    kallskydd("init", "--home", folder / "home", "--trial")
    with Service(folder / "home", offline_network(folder / "net")) as service:
        browser = Browser(service.public_socket, f"{service.public_address}.onion")
        asyncio.run(file_report(browser, "Warm."))
        yield Warm(service, browser, held_bytes(service.tree()))
    shutil.rmtree(folder)


async def sent(warm: Warm, content: bytes) -> tuple[int, str | None]:
    """Files a report with this attachment: by how many bytes all processes rose since the start, and the page if it was refused.

    Since the start, and not since the file before: what a file left behind in memory counts for the next ones too.
    """
    assert 0.9 * LARGEST < len(content) <= LARGEST
    watch = Watch(warm.service)
    watching = asyncio.create_task(watch.run())
    page = await asyncio.wait_for(file_report(warm.browser, "Large.", [content]), 120)
    watching.cancel()
    was_refused = 'class="code"' not in page.text
    found = page if was_refused else await log_in(warm.browser, page.receipt)
    rose = watch.most - warm.before
    print(f"{len(content) / MIB:.1f} MiB sent, {rose / MIB:.1f} MiB more, {rose / len(content):.2f} times")
    return rose, None if 'action="/inbox/file"' in found.text else page.plain


async def rise(warm: Warm, content: bytes) -> int:
    """The same for a file that must be taken."""
    rose, refused = await sent(warm, content)
    assert refused is None, "the file must have been taken, or nothing was measured"
    return rose


async def test_a_pdf_of_scans_raises_memory_by_no_more_than_four_times_the_file(warm):
    """PDFium reads all of it before it rewrites any of it (decision 0048), and it stays for the second witness (0075)."""
    content = scans()

    rose = await rise(warm, content)

    assert rose <= 4 * len(content)


async def test_a_drawing_raises_memory_by_no_more_than_three_times_the_file(warm):
    content = drawing()

    rose = await rise(warm, content)

    assert rose <= 3 * len(content)


@pytest.mark.parametrize("orientation", [1, 6], ids=["upright", "on its side"])
async def test_a_photograph_raises_memory_by_no_more_than_three_times_the_file(warm, orientation):
    content = photograph(orientation)

    rose = await rise(warm, content)

    assert rose <= 3 * len(content)


@pytest.mark.parametrize("channels", [3, 4], ids=["colours", "colours and alpha"])
async def test_a_png_raises_memory_by_no_more_than_three_times_the_file(warm, channels):
    content = png(channels, ((0, 0, 1, 1),))

    rose = await rise(warm, content)

    assert rose <= 3 * len(content)


@pytest.mark.parametrize("make", [progressive, webp, heic, interlaced])
async def test_what_must_be_held_whole_is_cleaned_or_refused_within_three_times_the_file(
    warm, make: Callable[[], bytes]
):
    content = make()

    rose, refused = await sent(warm, content)

    assert rose <= 3 * len(content)
    assert refused is None or HELD_WHOLE in refused

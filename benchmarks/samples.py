"""The files that are measured, made here so that everybody measures the same ones: nothing of unknown origin.

Every maker gives the same bytes each time. Pictures compress about as photographs and screens do; the report has real
sentences in embedded subset fonts; the scan is text drawn at 300 dpi, a little turned, with the noise of paper.
"""

from __future__ import annotations

import io
import random
import struct
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import fpdf
import pillow_heif
import reportlab
from PIL import Image, ImageChops, ImageCms, ImageDraw, ImageFont

FONTS = Path(reportlab.__file__).parent / "fonts"
SIZES = {"tiny": (16, 16), "640x480": (640, 480), "3 MP": (2000, 1500), "8 MP": (3264, 2448), "12 MP": (4000, 3000)}
REPORT_PAGES, SCAN_PAGES, TIFF_PAGES = 60, 3, 6

# Subject, verb, object, place or time: 12 x 12 x 12 x 12 sentences, none about a real person.
WHO = (
    "Enhetschefen", "En medarbetare på kontoret", "Konsulten", "Upphandlaren", "Nämndens ordförande", "Driftledaren",
    "Den som ansvarade för attesten", "Leverantören", "En granskare utifrån", "Bolagets ekonom", "Projektledaren",
    "Ingen",
)  # fmt: skip
DID = (
    "godkände", "hade redan betalat", "ifrågasatte", "kunde inte förklara", "lämnade över", "räknade om", "försenade",
    "antecknade", "begärde att få se", "delade upp", "undertecknade utan att läsa", "hänvisade till",
)  # fmt: skip
WHAT = (
    "fakturan från underentreprenören", "avtalet om snöröjning", "protokollet", "en beställning på 480 000 kronor",
    "anbudet som kom för sent", "underlaget till beslutet", "tre tidrapporter", "besiktningen av sporthallen",
    "uppgifterna om jäv", "kostnaden för bryggan", "den andra versionen av kalkylen", "listan över inköp",
)  # fmt: skip
WHERE = (
    "i början av april.", "utan att det diariefördes.", "samma vecka som revisionen.", "på ett möte i Ludvika.",
    "trots att gränsen för direktupphandling var passerad.", "enligt delegationsordningen.", "under semestern.",
    "efter ett telefonsamtal.", "vilket framgår av bilaga 3.", "som om ingenting hade hänt.", "för andra gången.",
    "innan nämnden hade fattat sitt beslut.",
)  # fmt: skip


def sentences(chance: random.Random, count: int) -> str:
    return " ".join(" ".join(chance.choice(part) for part in (WHO, DID, WHAT, WHERE)) for _ in range(count))


def photograph(size: tuple[int, int], seed: int = 1) -> Image.Image:
    """Draw gradients, soft shapes and sensor noise: as many bytes as a phone writes, 2.7 MB for 8 megapixels."""
    chance = random.Random(seed)
    small = max(1, size[0] // 2), max(1, size[1] // 2)
    picture = Image.new("RGB", (48, 36))
    picture.putdata([tuple(chance.randrange(256) for _ in range(3)) for _ in range(48 * 36)])
    picture = picture.resize(size, Image.Resampling.BICUBIC)
    noise = Image.frombytes("L", small, chance.randbytes(small[0] * small[1])).resize(size, Image.Resampling.BICUBIC)
    return Image.blend(picture, Image.merge("RGB", (noise, noise, noise)), 0.25)


def encoded(picture: Image.Image, format_name: str, **settings: object) -> bytes:
    made = io.BytesIO()
    picture.save(made, format_name, **settings)
    return made.getvalue()


def display_p3() -> bytes:
    """A profile with the primaries of newer phones and screens: the built-in sRGB one with other columns and name."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    columns = {
        b"rXYZ": (0.51512, 0.24120, -0.00105),
        b"gXYZ": (0.29198, 0.69225, 0.04189),
        b"bXYZ": (0.15710, 0.06657, 0.78407),
    }
    for entry in range(132, 132 + 12 * int.from_bytes(profile[128:132], "big"), 12):
        name, offset, _ = struct.unpack(">4sII", profile[entry : entry + 12])
        if name in columns:
            profile[offset + 8 : offset + 20] = struct.pack(">3i", *(round(65536 * value) for value in columns[name]))
    for old, new in (("sRGB built-in", "Display P3   "), ("sRGB", "P3  ")):
        for coding in ("utf-16-be", "ascii"):
            while (at := profile.find(old.encode(coding))) >= 0:
                profile[at : at + len(new.encode(coding))] = new.encode(coding)
    return bytes(profile)


def screenshot() -> bytes:
    """A 4K screen with windows full of text."""
    chance = random.Random(2)
    screen = Image.linear_gradient("L").resize((3840, 2160)).convert("RGB")
    draw = ImageDraw.Draw(screen)
    font = ImageFont.truetype(FONTS / "Vera.ttf", 22)
    for left, top in ((120, 90), (1500, 300), (2300, 900), (400, 1100)):
        draw.rectangle((left, top, left + 1300, top + 950), (250, 250, 252), (90, 90, 96))
        for row in range(30):
            draw.text((left + 20, top + 20 + 30 * row), sentences(chance, 1), (30, 30, 34), font)
    return encoded(screen, "PNG")


def heic() -> bytes:
    made = io.BytesIO()
    pillow_heif.from_pillow(photograph(SIZES["12 MP"], 3)).save(made, quality=80)
    return made.getvalue()


def tiff() -> bytes:
    """Write pages as an office scanner stores them: fax, grey and colour."""
    pages = [
        scanned_page(number, 150).convert(mode) for number, mode in enumerate(("1", "L", "RGB") * (TIFF_PAGES // 3))
    ]
    return encoded(pages[0], "TIFF", save_all=True, append_images=pages[1:], compression="tiff_lzw")


def scanned_page(number: int, dpi: int) -> Image.Image:
    """An A4 page of text, slightly turned, on paper that is not quite white."""
    chance = random.Random(100 + number)
    width, height = round(8.27 * dpi), round(11.69 * dpi)
    page = Image.new("L", (width, height), 244)
    draw = ImageDraw.Draw(page)
    font = ImageFont.truetype(FONTS / "Vera.ttf", dpi * 11 // 72)
    for row in range(int(height * 0.85 / (dpi * 15 / 72))):
        draw.text((width // 10, height // 14 + row * dpi * 15 // 72), sentences(chance, 1)[:78], 40, font)
    page = page.rotate(0.4, Image.Resampling.BICUBIC, fillcolor=244)
    grain = Image.frombytes("L", page.size, chance.randbytes(width * height)).point(
        [value // 16 for value in range(256)]
    )
    return ImageChops.subtract(page, grain)


def report() -> bytes:
    """60 pages of text with headings and page numbers, three embedded subset fonts, about a quarter of a megabyte."""
    chance = random.Random(4)
    document = fpdf.FPDF()
    for style, name in (("", "Vera.ttf"), ("B", "VeraBd.ttf"), ("I", "VeraIt.ttf")):
        document.add_font("Vera", style, FONTS / name)
    document.set_creation_date(datetime(2026, 1, 1, tzinfo=UTC))
    for number in range(1, REPORT_PAGES + 1):
        document.add_page()
        document.set_font("Vera", "B", 14)
        document.cell(0, 10, f"{number}. Granskning av inköp, del {number}", new_x="LMARGIN", new_y="NEXT")
        document.set_font("Vera", "", 10)
        for _ in range(8):
            document.multi_cell(0, 5, sentences(chance, 6), new_x="LMARGIN", new_y="NEXT")
            document.ln(2)
        document.set_font("Vera", "I", 8)
        document.cell(0, 5, f"Ludvika kommun, sida {number} av {REPORT_PAGES}", align="C")
    return bytes(document.output())


def scan() -> bytes:
    """Three pages of grey JPEG, 300 dpi, as a copying machine sends them by mail."""
    document = fpdf.FPDF()
    document.set_creation_date(datetime(2026, 1, 1, tzinfo=UTC))
    for number in range(SCAN_PAGES):
        document.add_page()
        document.image(io.BytesIO(encoded(scanned_page(number, 300), "JPEG", quality=75)), 0, 0, 210, 297)
    return bytes(document.output())


def all_samples() -> dict[str, tuple[str, Callable[[], bytes]]]:
    """Name of the row: ending, and what makes the content."""
    made: dict[str, tuple[str, Callable[[], bytes]]] = {
        f"JPEG {name}": (".jpg", partial(jpeg, size)) for name, size in SIZES.items()
    }
    made["JPEG 8 MP, Display P3"] = (".jpg", lambda: jpeg(SIZES["8 MP"], icc_profile=display_p3()))
    made["PNG 4K screenshot"] = (".png", screenshot)
    made["HEIC 12 MP"] = (".heic", heic)
    made[f"TIFF {TIFF_PAGES} pages"] = (".tiff", tiff)
    made[f"PDF report, {REPORT_PAGES} pages"] = (".pdf", report)
    made[f"PDF scan, {SCAN_PAGES} pages"] = (".pdf", scan)
    return made


def jpeg(size: tuple[int, int], **settings: object) -> bytes:
    return encoded(photograph(size), "JPEG", quality=90, **settings)

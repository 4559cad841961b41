"""One version, one result: what fonts a machine has changes nothing.

PDFium looks for fonts in /usr/share/fonts, two folders of X11's and /usr/local/share/fonts. Here it gets a folder of the test in their place, as a machine with more
fonts has it, before the scrubber is there.
"""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest
from documents.font_documents import composite, not_embedded, shows
from documents.font_programs import Markers
from documents.pdf_fonts_by_hand import one_page
from fontTools.ttLib import TTFont

from scrubbers.jailed.pdf.fonts.shipped import REGULAR, content
from scrubbers.jailed.pdf.syntax.writer import Hex, Name, Node

SUPPORT = Path(__file__).parents[2] / "support"
SCRIPT = """
import ctypes, pathlib, sys
import pypdfium2
import pypdfium2.raw as pdfium
folder, look = sys.argv[1:]
if folder:
    pdfium.FPDF_DestroyLibrary()
    place = ctypes.create_string_buffer(folder.encode())
    folders = (ctypes.POINTER(ctypes.c_char) * 2)(ctypes.cast(place, ctypes.POINTER(ctypes.c_char)), None)
    pdfium.FPDF_InitLibraryWithConfig(pdfium.FPDF_LIBRARY_CONFIG(version=2, m_pUserFontPaths=folders))
source = sys.stdin.buffer.read()
if look == "outside":
    sys.stdout.buffer.write(pypdfium2.PdfDocument(source)[0].render(scale=2).to_pil().tobytes())
    sys.exit()
from documents.pdf_fonts_by_hand import cleaned
from scrubbers.jailed.pdf.scrub import warm_up, warm_up_fork
from trusted.jail.stages import Refused
warm_up()
warm_up_fork()
try:
    sys.stdout.buffer.write(cleaned(source).content)
except Refused as reason:
    print(type(reason).__name__)
"""
JAPANESE = 17  # the bit of OS/2 that says so


def face(family: str, pages: int) -> bytes:
    """Our face under another name, as one for these code pages, where A is the first letter of each language."""
    font = TTFont(io.BytesIO(content(REGULAR)))
    for number, said in ((1, family), (4, family), (6, family.replace(" ", ""))):
        for platform in ((3, 1, 0x409), (1, 0, 0)):
            font["name"].setName(said, number, *platform)
    font["OS/2"].ulCodePageRange1 |= pages
    for table in font["cmap"].tables:
        if table.isUnicode():
            table.cmap[0x65E5] = table.cmap[0x672C] = table.cmap[0x41]
    made = io.BytesIO()
    font.save(made)
    return made.getvalue()


@pytest.fixture(scope="module")
def fonts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fonts")
    (folder / "gill.ttf").write_bytes(face("Gill", 1))
    (folder / "gothic.ttf").write_bytes(face("TakaoPGothic", 1 << JAPANESE))
    return folder


def in_gill() -> bytes:
    described = Node({
        b"Type": Name(b"FontDescriptor"), b"FontName": Name(b"Gill"), b"Flags": 32, b"StemV": 80, b"ItalicAngle": 0,
    })  # fmt: skip
    return not_embedded(b"Gill", FontDescriptor=described, Encoding=Name(b"WinAnsiEncoding"))


def in_japanese() -> bytes:
    font = composite(Markers(), b"CIDFontType0", {}, Name(b"UniJIS-UCS2-H"))
    descendant = font[b"DescendantFonts"][0].value
    descendant[b"CIDSystemInfo"] = {b"Registry": Hex(b"Adobe"), b"Ordering": Hex(b"Japan1"), b"Supplement": 2}
    return one_page(font, shows(bytes.fromhex("65e5672c")))


def made_with(folder: Path | str, source: bytes, look: str = "scrubbed") -> bytes:
    command = [sys.executable, "-c", SCRIPT, str(folder), look]
    made = subprocess.run(command, input=source, stdout=subprocess.PIPE, check=True, timeout=120, env=ENVIRONMENT)
    return made.stdout


ENVIRONMENT = {"PYTHONPATH": f"{SUPPORT}:{SUPPORT.parents[1]}", "PATH": "/usr/bin:/bin"}


@pytest.mark.parametrize("source", [in_gill(), in_japanese()], ids=["one of its own", "Japanese"])
def test_a_machine_with_more_fonts_makes_the_same_copy(source, fonts):
    bare, with_fonts = made_with("", source), made_with(fonts, source)

    assert with_fonts == bare
    assert bare.startswith((b"%PDF", b"LettersMissing"))


@pytest.mark.parametrize("source", [in_gill(), in_japanese()], ids=["one of its own", "Japanese"])
def test_pdfium_alone_would_draw_with_them(source, fonts):
    assert made_with(fonts, source, "outside") != made_with("", source, "outside")

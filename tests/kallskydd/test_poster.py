"""`kallskydd poster`, judged from outside: by a reader of codes, by pypdf and PDFium and by ExifTool."""

from __future__ import annotations

import argparse
import json
import re
import shutil
import struct
import subprocess
import time
from datetime import UTC, datetime
from importlib.resources import files
from io import BytesIO
from pathlib import Path

import pypdf
import pypdfium2
import pytest
import segno
import zxingcpp
from babel.messages.pofile import read_po
from documents.poster_samples import COMPLETE, LANGUAGES_OF_THE_HOME, MIRROR, MIRROR_ADDRESS, Made, read_codes
from fontTools.ttLib import TTFont
from PIL import Image

from cases.languages import LANGUAGES
from intake.views.languages import read_texts
from kallskydd.commands import poster as poster_command
from kallskydd.poster import texts as poster_texts

POINTS_PER_CM = 72 / 2.54
NEUTRAL_TIME = 946_728_000  # noon of 1 January 2000
PLACEHOLDER = re.compile(r"%\(\w+\)s")
WHAT_EXIFTOOL_MAY_SAY = {
    # Of the disk, and of the program itself.
    "SourceFile", "ExifToolVersion", "FileName", "Directory", "FileSize", "FileModifyDate", "FileAccessDate",
    "FileInodeChangeDate", "FilePermissions", "FileType", "FileTypeExtension", "MIMEType", "Warning",
    # Of the PDF.
    "PDFVersion", "Linearized", "PageCount", "TaggedPDF", "Title", "Language",
    # Of the picture.
    "ImageWidth", "ImageHeight", "BitDepth", "ColorType", "Compression", "Filter", "Interlace", "ImageSize",
    "Megapixels", "PixelsPerUnitX", "PixelsPerUnitY", "PixelUnits",
}  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Made:
    """Posters in all complete languages, with a mirror."""
    made = Made(tmp_path_factory.mktemp("poster"), LANGUAGES_OF_THE_HOME + MIRROR)
    made.make()
    return made


def chunks(png: bytes) -> list[bytes]:
    names, place = [], 8
    while place < len(png):
        length, name = struct.unpack(">I4s", png[place : place + 8])
        names.append(name)
        place += 12 + length
    return names


def elements(reader: pypdf.PdfReader) -> list[pypdf.generic.DictionaryObject]:
    """All elements of the structure tree in reading order."""
    found = []

    def walk(node) -> None:
        node = node.get_object()
        if not isinstance(node, pypdf.generic.DictionaryObject):
            return
        if "/S" in node:
            found.append(node)
        kids = node.get("/K", [])
        for kid in kids if isinstance(kids, list) else [kids]:
            walk(kid)

    walk(reader.trailer["/Root"]["/StructTreeRoot"])
    return found


def catalogue(language: str):
    path = Path(poster_texts.__file__).parents[1] / "locale" / language / "poster.po"
    return [message for message in read_po(BytesIO(path.read_bytes()), locale=language) if message.id]


def test_every_complete_language_of_the_home_has_a_poster_and_no_other(made):
    names = {path.name for path in made.out.glob("poster-*")}

    assert names == {f"poster-{code}.{kind}" for code in COMPLETE for kind in ("pdf", "png")}
    assert {code for code, info in LANGUAGES.items() if info.complete} == set(COMPLETE)


@pytest.mark.parametrize("code", COMPLETE)
def test_the_codes_lead_to_exactly_the_two_addresses_with_the_mirror_first(made, code):
    with Image.open(made.out / f"poster-{code}.png") as picture:
        found = read_codes(picture)

    assert found == [MIRROR_ADDRESS, made.onion]


def test_codes_are_at_least_three_and_a_half_centimetres_and_a_quarter_of_each_may_be_lost(made):
    figures = [one for one in elements(made.pdf("sv")) if one["/S"] == "/Figure"]
    boxes = [[float(side) for side in one["/A"]["/BBox"]] for one in figures]
    with Image.open(made.out / "poster-sv.png") as picture:
        levels = [one.ec_level for one in zxingcpp.read_barcodes(picture)]

    assert [right - left >= 3.5 * POINTS_PER_CM for left, _bottom, right, _top in boxes] == [True, True]
    assert [top - bottom >= 3.5 * POINTS_PER_CM for _left, bottom, _right, top in boxes] == [True, True]
    assert levels == ["Q", "Q"]


def test_around_each_code_the_page_is_white_for_four_of_its_modules(made):
    figures = [one for one in elements(made.pdf("sv")) if one["/S"] == "/Figure"]
    page = pypdfium2.PdfDocument(made.out / "poster-sv.pdf")[0]
    scale = 4
    picture = page.render(scale=scale).to_pil().convert("L")

    for figure, address in zip(figures, (MIRROR_ADDRESS, made.onion), strict=True):
        left, bottom, right, top = (float(side) for side in figure["/A"]["/BBox"])
        quiet = 4 * (right - left) / len(segno.make(address, error="q", boost_error=False).matrix)
        height = picture.height / scale
        outer = [scale * side for side in (left - quiet, height - top - quiet, right + quiet, height - bottom + quiet)]
        frame = picture.crop([round(side) for side in outer])
        edge = round(scale * quiet) - 2
        frame.paste(255, (edge, edge, frame.width - edge, frame.height - edge))

        assert frame.getextrema() == (255, 255)


@pytest.mark.parametrize("code", COMPLETE)
def test_copying_gives_each_address_whole_and_the_phone_number(made, code):
    by_pypdf = made.pdf(code).pages[0].extract_text()
    by_pdfium = pypdfium2.PdfDocument(made.out / f"poster-{code}.pdf")[0].get_textpage().get_text_range()

    for text in (by_pypdf, by_pdfium):
        assert made.onion in text.split()
        assert MIRROR_ADDRESS in text.split()
        assert "020-899 433" in text
        assert text.count(".onion") == 1


def test_what_is_seen_of_the_onion_address_has_gaps_after_each_four_letters(made):
    page = pypdfium2.PdfDocument(made.out / "poster-sv.pdf")[0]
    text = page.get_textpage()
    _left, bottom, _right, top = text.get_charbox(text.get_text_range().index(made.onion), loose=True)
    scale = 4
    picture = page.render(scale=scale).to_pil().convert("L")
    lines = picture.crop(
        (0, picture.height - round(scale * top), picture.width, picture.height - round(scale * bottom))
    )
    first = lines.crop((0, 0, lines.width, lines.height // 2))
    dark = [first.crop((x, 0, x + 1, first.height)).getextrema()[0] < 128 for x in range(first.width)]
    # Four dots of the picture to a point, letters of 20 points: two letters of one group are at most 0.35 of that apart.
    groups = re.split(r"\.{33,}", "".join("#" if one else "." for one in dark).strip("."))

    # http:// and seven groups of four
    assert len(groups) == 8
    assert max(map(len, groups[1:])) < 1.2 * min(map(len, groups[1:]))


def test_pages_are_a4_and_the_picture_is_the_same_page_at_200_dots_an_inch(made):
    box = made.pdf("sv").pages[0].mediabox
    with Image.open(made.out / "poster-sv.png") as picture:
        size, dots = picture.size, picture.info["dpi"]

    assert (round(float(box.width) / 72 * 25.4), round(float(box.height) / 72 * 25.4)) == (210, 297)
    assert size == (1654, 2339)
    assert [round(one) for one in dots] == [200, 200]


@pytest.mark.parametrize("code", COMPLETE)
def test_the_document_is_tagged_and_says_its_title_and_language(made, code):
    reader = made.pdf(code)
    root = reader.trailer["/Root"]
    kinds = [one["/S"] for one in elements(reader)]

    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == code
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert "Ludvika kommun" in reader.metadata.title
    assert reader.xmp_metadata.dc_title["x-default"] == reader.metadata.title
    assert kinds[0] == "/Document"
    assert kinds.count("/H1") == 1
    assert kinds.count("/H2") == 4
    assert kinds.count("/L") == 1
    assert kinds.count("/LI") == kinds.count("/LBody") == 3


@pytest.mark.parametrize("code", COMPLETE)
def test_a_reader_that_follows_the_tags_hears_everything_once_and_the_pictures_in_words(made, code):
    reader = made.pdf(code)
    steps = reader.pages[0].get_contents().get_data().decode()
    marks = [int(one) for one in re.findall(r"/MCID (\d+)", steps)]
    kept = [kid for one in elements(reader) for kid in one["/K"] if isinstance(kid, int)]
    alts = [one["/Alt"] for one in elements(reader) if one["/S"] == "/Figure"]
    parents = reader.trailer["/Root"]["/StructTreeRoot"]["/ParentTree"]["/Nums"][1]
    outside = re.sub(r"(?s)(/\w+ <</MCID \d+>> BDC|/Artifact BMC).*?EMC", "", steps)

    assert marks == kept == list(range(len(marks)))
    assert len(parents) == len(marks)
    assert [made.onion in alts[1], MIRROR_ADDRESS in alts[0], len(alts)] == [True, True, 2]
    assert outside.strip() == ""


def test_every_font_is_embedded_and_says_which_letters_it_shows(made):
    fonts = made.pdf("sv").pages[0]["/Resources"]["/Font"]

    assert len(fonts) == 3
    for font in fonts.values():
        descendant = font["/DescendantFonts"][0].get_object()
        program = descendant["/FontDescriptor"]["/FontFile2"].get_data()
        assert TTFont(BytesIO(program))["name"].getDebugName(6) == font["/BaseFont"].removeprefix("/")
        assert font["/ToUnicode"].get_data()


def test_exiftool_finds_no_author_no_program_and_no_day(made):
    files = sorted(made.out.iterdir())
    done = subprocess.run(
        ["exiftool", "-json", "-ee", "-u", *map(str, files)], capture_output=True, text=True, check=False, timeout=60
    )
    said = json.loads(done.stdout)

    assert len(said) == 2 * len(COMPLETE)
    assert {key for one in said for key in one} <= WHAT_EXIFTOOL_MAY_SAY


def test_the_document_holds_its_title_and_nothing_else_about_itself(made):
    for code in COMPLETE:
        reader = made.pdf(code)
        xmp = reader.trailer["/Root"]["/Metadata"].get_data().decode()

        assert set(reader.trailer) == {"/Size", "/Root", "/Info"}
        assert set(reader.trailer["/Info"]) == {"/Title"}
        assert set(re.findall(r"<(\w+:\w+)", xmp)) == {
            "x:xmpmeta", "rdf:RDF", "rdf:Description", "rdf:Alt", "rdf:Bag", "rdf:li", "dc:title", "dc:language",
        }  # fmt: skip
        assert "xmptk" not in xmp


def test_the_picture_has_four_kinds_of_chunks(made):
    for path in made.out.glob("*.png"):
        assert chunks(path.read_bytes()) == [b"IHDR", b"pHYs", b"IDAT", b"IEND"]


def test_the_same_home_gives_the_same_bytes_on_another_day_and_no_file_has_a_time_of_its_own(
    made, tmp_path, monkeypatch
):
    later = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)
    monkeypatch.setattr(poster_command, "utc_now", lambda: later)
    monkeypatch.setattr(time, "time", later.timestamp)
    words = {"home": made.home, "out": tmp_path, "language": None, "web": False, "force": False, "json": True}

    code = poster_command.run(argparse.Namespace(**words))

    assert code == 0
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        path.name: path.read_bytes() for path in made.out.iterdir()
    }
    assert {path.stat().st_mtime for path in (*tmp_path.iterdir(), *made.out.iterdir())} == {NEUTRAL_TIME}


def test_without_a_mirror_and_a_phone_only_the_onion_is_shown(tmp_path):
    made = Made(tmp_path, "")
    made.change('phone = "020-899 433"\n', "")

    done = made.make("--language", "sv", "--json")

    assert json.loads(done.stdout)["files"] == ["poster-sv.pdf", "poster-sv.png"]
    with Image.open(made.out / "poster-sv.png") as picture:
        assert read_codes(picture) == [made.onion]
    text = made.pdf("sv").pages[0].extract_text()
    assert "https://" not in text
    assert "telefon" not in text


def test_a_trial_says_so_in_large_letters_at_both_ends(tmp_path):
    made = Made(tmp_path, LANGUAGES_OF_THE_HOME + MIRROR, trial=True)

    done = made.make("--json")

    assert json.loads(done.stdout)["trial"] is True
    assert "TRIAL" in done.stderr
    for code, words in (("sv", "Prov. Anmäl inte här."), ("en", "Trial. Do not report here.")):
        text = made.pdf(code).pages[0].extract_text()
        assert text.startswith(words)
        assert text.rstrip().endswith(words)
    with Image.open(made.out / "poster-sv.png") as picture:
        ends = [picture.convert("RGB").getpixel((20, y)) for y in (20, picture.height - 20)]
    assert all(red > 150 and green < 60 and blue < 60 for red, green, blue in ends)


@pytest.mark.parametrize(("settings", "band"), [("", (15, 64, 84)), ('accent = "#7a1f3d"\n', (0x7A, 0x1F, 0x3D))])
def test_the_band_has_the_accent_of_the_home_or_the_petrol_of_the_pages(tmp_path, settings, band):
    made = Made(tmp_path, LANGUAGES_OF_THE_HOME + settings)

    made.make("--language", "sv")

    picture = Image.open(made.out / "poster-sv.png").convert("RGB")
    assert {picture.getpixel((place, 10)) for place in range(0, picture.width, 50)} == {band}


def test_nothing_is_overwritten_unless_it_is_asked_for(made, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "poster-en.png").write_text("mine")

    refused = made.make("--out", out, check=False)
    left = {path.name: path.read_text() for path in out.iterdir()}
    made.make("--out", out, "--force")

    assert refused.returncode == 3
    assert "poster-en.png" in refused.stderr
    assert left == {"poster-en.png": "mine"}
    assert (out / "poster-en.png").read_bytes() == (made.out / "poster-en.png").read_bytes()
    assert len(list(out.iterdir())) == 2 * len(COMPLETE)


@pytest.mark.parametrize("code", ["ar", "xx", "../sv"])
def test_a_language_without_a_poster_is_refused(made, code):
    refused = made.make("--language", code, check=False)

    assert refused.returncode == 2
    assert "sv, en, fi" in refused.stderr


@pytest.mark.parametrize(
    ("owner", "said"),
    [("Ludvika " + "mycket" * 20, "too long for one page"), ("Людвика", "no letter")],
)
def test_what_cannot_be_printed_is_refused_in_two_sentences_and_nothing_is_written(tmp_path, owner, said):
    made = Made(tmp_path, "")
    made.change('owner = "Ludvika kommun"', f'owner = "{owner}"')

    refused = made.make(check=False)

    assert refused.returncode == 3
    assert said in refused.stderr
    assert not made.out.exists()


def test_a_home_without_the_key_of_its_address_is_refused(tmp_path):
    made = Made(tmp_path, "")
    (made.home / "onion" / "public.key").unlink()

    refused = made.make(check=False)

    assert refused.returncode == 3
    assert "onion/public.key" in refused.stderr
    assert not made.out.exists()


@pytest.mark.parametrize(
    "host",
    [
        MIRROR_ADDRESS,
        "blankett.example/form",
        "Blankett.example",
        "localhost",
        "a" * 56 + ".onion",
        "a b.example",
    ],
)
def test_a_mirror_that_is_no_plain_host_is_refused(tmp_path, host):
    made = Made(tmp_path, MIRROR)
    made.change("blankett.example", host)

    refused = made.make(check=False)

    assert refused.returncode == 3
    assert "mirror" in refused.stderr


def test_long_names_make_the_print_smaller_and_the_page_stays_one(tmp_path):
    many = "".join(
        f'[[organisations]]\nkey = "o{one}"\nname = "Bolaget för vatten, avlopp och värme {one} AB"\n'
        for one in range(14)
    )
    made = Made(tmp_path, LANGUAGES_OF_THE_HOME + MIRROR)
    (made.home / "config.toml").write_text((made.home / "config.toml").read_text() + many)
    shutil.rmtree(made.home / "roster")
    (made.home / "roster").mkdir(mode=0o700)

    made.make("--language", "fi")

    reader = made.pdf("fi")
    assert len(reader.pages) == 1
    assert "värme 13 AB" in reader.pages[0].extract_text()
    with Image.open(made.out / "poster-fi.png") as picture:
        assert read_codes(picture) == [MIRROR_ADDRESS, made.onion]


@pytest.mark.parametrize("code", [one for one in COMPLETE if one != "en"])
def test_every_sentence_is_translated_with_its_placeholders_and_its_end(code):
    marked = set(re.findall(r'N_\(\s*"(.*?)"\s*\)', Path(poster_texts.__file__).read_text()))
    in_page = set(re.findall(r'\b_\("(.*?)"', Path(poster_texts.__file__).with_name("page.html").read_text()))
    messages = catalogue(code)

    # What the service's pages say too is translated there.
    assert marked <= {message.id for message in messages} <= marked | in_page
    assert len(marked) > 15
    assert len(in_page) > 60
    assert in_page <= {message.id for message in messages} | set(read_texts(files("intake") / "locale", code))
    for message in messages:
        assert message.string
        assert not message.fuzzy
        assert set(PLACEHOLDER.findall(message.id)) == set(PLACEHOLDER.findall(message.string))
        assert message.id.endswith(".") == message.string.endswith(".")

"""Letters of other scripts: drawn as they join and in their direction, and read again by others in their order."""

from __future__ import annotations

import ctypes
import hashlib
import io
import re
import subprocess
import unicodedata
from importlib.resources import files

import pypdfium2
import pytest
from files.office_jail import FOOT, cleaned, text_of
from files.office_samples import paragraph, run, word
from hypothesis import given, settings
from hypothesis import strategies as st

from scrubbers.jailed.typeset import bidi
from scrubbers.jailed.typeset.faces import can_draw, name_for
from scrubbers.jailed.typeset.layout import laid_out
from scrubbers.jailed.typeset.model import Align, Cell, Paragraph, Run, Table
from scrubbers.jailed.typeset.shaping import shaped
from scrubbers.jailed.typeset.writer import Letters
from trusted.jail.stages import LettersMissing, What

# What other programs put into text that they read from right to left.
_DIRECTIONS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
WRITTEN = {
    "Arabic": "أُرسِلَت الفاتورة إلى البلدية، ولم يَرُدَّ أحد",
    "Persian": "گزارش را پیش از جلسه پاک کردند",
    "Kurdish": "ڕاپۆرتەکە پێش کۆبوونەوەکە سڕایەوە",
    "Urdu": "یہ رپورٹ کل لکھی گئی تھی",
    "Hebrew": "הַדּוּחַ נִמְחַק לִפְנֵי הַיְּשִׁיבָה",
    "Tigrinya": "እቲ ጸብጻብ ቅድሚ ኣኼባ ተደምሲሱ፧ እወ።",
    "Amharic": "ሪፖርቱ ከስብሰባው በፊት ተሰርዟል፤ ማን?",
}
# The files of the packages that NOTICE names, unchanged.
FACES = {
    "DejaVuSans-Bold.ttf": "7c7aef63328a765586cda41bf9d2c227ff1ad82816326dae4d7fe2fd1b7f613a",
    "DejaVuSans.ttf": "58568c88a01b80dfc056daca3eeafd434a0380df1a48dda53f0de0d716109bbd",
    "NotoSansArabic-Bold.ttf": "a86a704ff8b315082f4859b04c2f8f746f4cefb14553ef10505f143e0d4829d3",
    "NotoSansArabic-Regular.ttf": "252629ca0e87b6233851249b8cbf7b43445211a8caf199f1b306a19202251508",
    "NotoSansEthiopic-Bold.ttf": "b968f7d5c79d6caaff5e29031b1598555f4b154de7456dd51b7c866f90d37597",
    "NotoSansEthiopic-Regular.ttf": "321ff186e0f066a46257c3008e8a22070720350a9d17f8a32d0d3da53f52e7a2",
    "NotoSansHebrew-Bold.ttf": "8010b087f33f152e25aef020e68cb5568d6f8deebb6dde8f60d655196e59ebde",
    "NotoSansHebrew-Regular.ttf": "e0ee753f09733337b9236221018d4bf71fd6d06c87dd76bbc83120514bc55911",
}
MIXED = "Beloppet المبلغ 4500 kr betaldes till חברה (בע״מ) den 12 mars."


def test_the_faces_are_the_files_of_the_packages():
    folder = files("scrubbers").joinpath("fonts")

    found = {each.name: hashlib.sha256(each.read_bytes()).hexdigest() for each in folder.iterdir()}

    assert FACES.items() <= found.items()
    assert found.keys() - FACES.keys() == {"LICENSE.txt", "OFL.txt"}


def pdftotext(document: bytes) -> str:
    read = subprocess.run(["pdftotext", "-", "-"], input=document, capture_output=True, check=True, timeout=60)
    return unicodedata.normalize("NFC", _DIRECTIONS.sub(" ", FOOT.sub("", read.stdout.decode())))


def words(text: str) -> list[str]:
    """Return words without what stands between them: others put that in another place at the border of two directions."""
    return re.findall(r"[\w\u05b0-\u05c7\u064b-\u065f]+", re.sub(r"[()״]", "", text))


def test_text_of_each_script_is_drawn_and_read_in_its_order_by_an_outside_reader(jail):
    # Twice: poppler takes the direction in which most letters of a page go, those of the line at its foot too.
    clean, report = cleaned(jail, word("".join(paragraph(text) for text in (*2 * (*WRITTEN.values(),), MIXED))))
    read = pdftotext(clean)

    for script, text in WRITTEN.items():
        written = unicodedata.normalize("NFC", text)
        assert " ".join(words(written)) in " ".join(words(read)), script
        assert written in unicodedata.normalize("NFC", text_of(clean)), script
    assert set(words(MIXED)) <= set(words(read))
    assert What.HIDDEN_TEXT not in {removed.what for removed in report.removed}


def test_the_same_text_gives_the_same_bytes_in_one_run_or_in_many(jail):
    text = WRITTEN["Arabic"]
    whole = word(paragraph(text))
    parts = word("<w:p>" + "".join(run(text[at : at + 3]) for at in range(0, len(text), 3)) + "</w:p>")

    assert cleaned(jail, whole)[0] == cleaned(jail, parts)[0]


def test_letters_that_do_not_join_in_persian_do_not_and_nothing_unseen_is_kept(jail):
    apart, joined = "می\u200cخواهم", "میخواهم"

    (one, _), (other, _) = cleaned(jail, word(paragraph(apart))), cleaned(jail, word(paragraph(joined)))
    after_a_latin_letter, report = cleaned(jail, word(paragraph("a\u200cb")))

    assert pdftotext(one).strip() == pdftotext(other).strip() == joined
    assert drawn(one) != drawn(other)
    assert text_of(after_a_latin_letter).strip() == "ab"
    assert What.HIDDEN_TEXT in {removed.what for removed in report.removed}


def drawn(document: bytes) -> bytes:
    return pypdfium2.PdfDocument(document)[0].render(scale=1).to_pil().tobytes()


@pytest.mark.parametrize("text", ["漢字", "नमस्ते", "ܫܠܡܐ", "ߒߞߏ", "ދިވެހި"])
def test_letters_of_scripts_without_a_face_refuse_the_document(jail, text):
    with pytest.raises(LettersMissing):
        cleaned(jail, word(paragraph(text)))


def placed(*blocks: Paragraph | Table) -> list[Letters]:
    pages = laid_out(blocks)
    pages.write(io.BytesIO())
    return [each for page in pages._pages for _, each in page.drawn if isinstance(each, Letters)]


def test_what_is_written_from_right_to_left_begins_there_with_its_marker():
    words_ = (Run("نقطة"),)
    (right,) = placed(Paragraph(words_))
    (aligned,) = placed(Paragraph(words_, align=Align.RIGHT))
    (centred,) = placed(Paragraph(words_, align=Align.CENTRE))
    marker, item = placed(Paragraph(words_, marker="1.", level=1))
    (cell,) = placed(Table(((Cell((Paragraph(words_),)),),)))

    assert right.x > 450
    assert aligned.x == right.x
    assert 250 < centred.x < 300
    assert 450 < item.x < marker.x
    assert "".join(glyph.text for glyph in right.glyphs) == "ةطقن"
    assert cell.glyphs == right.glyphs


def test_a_word_with_a_sign_behind_it_in_another_face_stays_in_one_line():
    long = " ".join(["ሰላም።"] * 200)
    for margin in range(40):
        placed_there = placed(Paragraph((Run("i" * margin + " " + long.replace("።", "!")),)))
        begins = {}
        for each in placed_there:
            begins.setdefault(each.baseline, each)
        assert not any(line.text.startswith("!") for line in begins.values())


def test_every_letter_with_its_marks_is_one_glyph_each():
    def assigned(first: int, end: int, category: str) -> list[str]:
        return [one for code in range(first, end) if unicodedata.category(one := chr(code)) == category]

    arabic = [
        (letter, "\u0651" + mark) for letter in assigned(0x620, 0x64B, "Lo") for mark in "\u064e\u0650\u064d\u0670"
    ]
    hebrew = [
        (letter, "\u05bc" + mark) for letter in assigned(0x5D0, 0x5EB, "Lo") for mark in assigned(0x5B0, 0x5BC, "Mn")
    ]
    ethiopic = [(letter, "\u135f") for letter in assigned(0x1200, 0x135B, "Lo")]

    for letter, marks in (*arabic, *hebrew, *ethiopic):
        text = unicodedata.normalize("NFC", letter + marks + letter)
        found = shaped(name_for(letter, bold=False), text, right_to_left=unicodedata.bidirectional(letter) != "L")
        assert sorted(glyph.text for glyph in found.glyphs) == sorted(text)
        assert can_draw(letter)


_FRIBIDI = ctypes.CDLL("libfribidi.so.0")
_FRIBIDI_NEUTRAL = 0x40  # FRIBIDI_PAR_ON: the first letter with a direction says which is the paragraph's


def levels_of_fribidi(text: str) -> tuple[list[int], list[int]]:
    """Return levels and visual order as FriBidi finds them."""
    size = len(text)
    letters, kinds, brackets = (
        (ctypes.c_uint32 * size)(*map(ord, text)),
        (ctypes.c_uint32 * size)(),
        (ctypes.c_uint32 * size)(),
    )
    levels, order = (ctypes.c_int8 * size)(), (ctypes.c_int * size)(*range(size))
    base = ctypes.c_uint32(_FRIBIDI_NEUTRAL)
    _FRIBIDI.fribidi_get_bidi_types(letters, size, kinds)
    _FRIBIDI.fribidi_get_bracket_types(letters, size, kinds, brackets)
    assert _FRIBIDI.fribidi_get_par_embedding_levels_ex(kinds, brackets, size, ctypes.byref(base), levels)
    found = list(levels)
    assert _FRIBIDI.fribidi_reorder_line(0, kinds, size, 0, base, levels, None, order)
    return found, list(order)


@settings(max_examples=400, deadline=None)
@given(st.text("abאבعغ12٣٤+-#$%,:./ ()[]!&", min_size=1, max_size=24).map(lambda text: text.strip() + "x"))
def test_levels_and_order_are_those_that_fribidi_finds(text):
    levels, order = levels_of_fribidi(text)

    found = list(bidi.levels(text)) or [0] * len(text)

    assert found == levels
    assert bidi.in_order(range(len(text)), found) == order

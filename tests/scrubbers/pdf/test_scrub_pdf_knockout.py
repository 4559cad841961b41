"""Groups that knock out: those of office programs are drawn, and those in which it shows are refused.

LibreOffice writes a form with `/K true` for each shape with a shade of see-through, and chooses the alpha outside it.
"""

from __future__ import annotations

import pypdfium2
import pytest
from documents.pdf_by_hand import Pdf, document
from documents.pdf_fonts_by_hand import cleaned

from trusted.jail.stages import Damaged

SHAPE = b"0.447 0.624 0.812 rg 60 300 m 160 300 l 160 340 l 60 340 l h f*"
FAINT = b"0.9 g /Faint gs 50 290 200 60 re f"
TEXT = b"0 g BT /F0 12 Tf 70 310 Td (Kanariefakta) Tj ET"


def slide(inside: bytes) -> bytes:
    """A page with a shape and a text on it, as an export from slides has them."""
    made = Pdf()
    faint = made.new(b"<</Type/ExtGState/ca 0.5/CA 0.5>>")
    stamp = made.new_stream(b"0 g 0 0 20 20 re f", b"/Type/XObject/Subtype/Form/BBox[0 0 20 20]")
    inner = b"/Resources<</Font<</F0 6 0 R>>/ExtGState<</Faint %s>>/XObject<</Stamp %s>>>>" % (faint, stamp)
    group = b"/Group<</S/Transparency/CS/DeviceRGB/K true>>"
    form = made.new_stream(inside, b"/Type/XObject/Subtype/Form/BBox[0 0 400 400]" + group + inner)
    resources = b"/Font<</F0 6 0 R>>/XObject<</Tr4 %s>>/ExtGState<</EGS4 %s>>" % (form, faint)
    contents = b"q /EGS4 gs /Tr4 Do Q BT /F0 12 Tf 70 380 Td (Bild 1) Tj ET"
    return document(made, contents, resources=resources)


@pytest.mark.parametrize("inside", [SHAPE, SHAPE + b" " + TEXT, FAINT, SHAPE + b" /Stamp Do"])
def test_a_group_of_opaque_things_or_of_one_is_drawn(inside):
    source = slide(inside)

    made = cleaned(source)

    before, after = (pypdfium2.PdfDocument(each)[0] for each in (source, made.content))
    assert "Bild 1" in after.get_textpage().get_text_range()
    drawn, again = (page.render(scale=1).to_pil().convert("L").getpixel((100, 80)) for page in (before, after))
    assert abs(drawn - again) <= 2
    assert drawn < 250


@pytest.mark.parametrize(
    "inside",
    [
        TEXT + b" " + FAINT,
        TEXT + b" " + FAINT.replace(b"re f", b"re B"),
        TEXT + b" /Missing gs 50 290 200 60 re f",
        TEXT + b" /Missing Do",
    ],
)
def test_a_group_in_which_it_shows_what_is_knocked_out_is_refused(inside):
    with pytest.raises(Damaged):
        cleaned(slide(inside))

"""Ordinary documents of two other hands: nothing on them is called hidden."""

import io

import pypdfium2
import pytest
from fpdf import FPDF
from PIL import Image
from reportlab.graphics import renderPDF
from reportlab.graphics.charts.barcharts import VerticalBarChart
from reportlab.graphics.charts.piecharts import Pie
from reportlab.graphics.shapes import Drawing
from reportlab.lib import colors
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen import canvas
from reportlab.platypus import Paragraph, SimpleDocTemplate, Table, TableStyle

from scrubbers.jailed.pdf.visibility.inspect import RenderedPage, TextVisibility, sight

SENTENCE = "Granskning av upphandlingen (dnr 2024-117), se bilaga 3. "


def by_fpdf(draw, **how):
    made = FPDF(unit="pt", **how)
    made.set_auto_page_break(auto=False)
    made.add_page()
    made.set_font("times", size=11)
    draw(made)
    return bytes(made.output())


def by_reportlab(draw):
    made = io.BytesIO()
    sheet = canvas.Canvas(made, invariant=True)
    sheet.setFont("Helvetica", 11)
    draw(sheet)
    sheet.showPage()
    sheet.save()
    return made.getvalue()


def flowing(*parts):
    made = io.BytesIO()
    SimpleDocTemplate(made, invariant=True).build(list(parts))
    return made.getvalue()


def paragraphs(made, align="J", size=11):
    made.set_font("helvetica", size=size)
    made.multi_cell(460, size * 1.2, SENTENCE * 30, align=align)


def in_a_form(sheet):
    sheet.beginForm("stamp")
    sheet.drawString(0, 0, SENTENCE)
    sheet.endForm()
    for at in range(3):
        sheet.saveState()
        sheet.translate(50, 100 + 100 * at)
        sheet.scale(1 + at / 4, 1 + at / 4)
        sheet.doForm("stamp")
        sheet.restoreState()


def watermark(sheet):
    for at in range(40):
        sheet.drawString(60, 780 - 14 * at, SENTENCE)
    sheet.saveState()
    sheet.translate(150, 300)
    sheet.rotate(45)
    sheet.setFillColorRGB(0.6, 0.6, 0.6, alpha=0.3)
    sheet.setFont("Helvetica-Bold", 80)
    sheet.drawString(0, 0, "UTKAST")
    sheet.restoreState()


def highlighted(sheet):
    sheet.drawString(60, 700, SENTENCE)
    sheet.setFillColorRGB(1, 1, 0, alpha=0.4)
    sheet.rect(58, 696, 120, 14, stroke=0, fill=1)
    sheet.setFillColorRGB(1, 1, 0)
    sheet.rect(58, 646, 120, 14, stroke=0, fill=1)
    sheet.setFillColorRGB(0, 0, 0)
    sheet.drawString(60, 650, SENTENCE)


def charts(sheet):
    bars = VerticalBarChart()
    bars.data = [(13, 5, 20, 22), (14, 6, 21, 3)]
    bars.categoryAxis.categoryNames = ["januari", "februari", "mars", "april"]
    bars.categoryAxis.labels.angle = 45
    bars.barLabelFormat = "%d"
    pie = Pie()
    pie.x, pie.y, pie.data, pie.labels = 200, 200, [3, 4, 5], ["el", "vatten", "väg"]
    drawing = Drawing(400, 400)
    drawing.add(bars)
    drawing.add(pie)
    renderPDF.draw(drawing, sheet, 60, 300)


def japanese(sheet):
    pdfmetrics.registerFont(UnicodeCIDFont("HeiseiMin-W3"))
    sheet.setFont("HeiseiMin-W3", 12)
    sheet.drawString(60, 700, "公益通報 報告書。")


def table():
    rows = [["Post", "Belopp, kr", "Anmärkning"], *[[f"Konto {at}", f"{at * 1017}", "se not."] for at in range(25)]]
    style = [
        ("BACKGROUND", (0, 0), (-1, 0), colors.darkblue),
        ("TEXTCOLOR", (0, 0), (-1, 0), colors.white),
        ("ROWBACKGROUNDS", (0, 1), (-1, -1), [colors.white, colors.whitesmoke]),
        ("GRID", (0, 0), (-1, -1), 0.25, colors.grey),
        ("FONTSIZE", (0, 1), (-1, -1), 6),
    ]
    return flowing(Table(rows, style=TableStyle(style)))


def styled():
    styles = getSampleStyleSheet()
    text = (
        "Ett <b>fett</b>, ett <i>lutat</i>, ett <u>understruket</u>, ett <strike>struket</strike> ord, H<sub>2</sub>O "
    )
    text += '<font color="#c0c0c0">blekt</font> <font size="5">litet.</font> <a href="https://example.org">länk</a> '
    return flowing(Paragraph("Rubrik", styles["Title"]), *[Paragraph(text * 4, styles["Normal"]) for _ in range(8)])


def contents_list(made):
    for at in range(20):
        made.set_xy(50, 60 + 14 * at)
        made.cell(400, 12, f"{at} Avsnitt " + "." * (60 - at) + f" {at * 3}")
    made.set_xy(50, 400)
    made.cell(400, 12, "Namn: ____________________  Datum: ____-__-__ ☐".encode("cp1252", "ignore").decode("cp1252"))


def combining(made):
    made.add_font("dejavu", fname="/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
    made.set_font("dejavu", size=10)
    made.text(50, 100, "a\u030a a\u0308 o\u0308 e\u0301 ﬁ ﬂ ½ … \u2013 \u2014 \u00b7 \u2022 ' \u00b0C ☐ ☑ → A\u0327")
    made.set_font("dejavu", size=5)
    made.text(50, 200, "e\u0301 i, j; : . ' ` \u00b4 \u02dc \u00b7 ,, .. -- __")


def on_colours(made):
    for at, (fill, ink) in enumerate(
        [((200, 0, 0), 255), ((20, 20, 20), 200), ((255, 255, 0), 0), ((90, 90, 90), 130)]
    ):
        made.set_fill_color(*fill)
        made.set_text_color(ink)
        made.set_xy(50, 60 + 40 * at)
        made.cell(400, 30, SENTENCE, fill=True)


def on_a_picture(made):
    slope = Image.linear_gradient("L").resize((300, 200))
    made.image(slope, 50, 50, 300, 200)
    made.set_text_color(255)
    made.text(80, 80, SENTENCE[:30])
    made.set_text_color(0)
    made.text(80, 220, SENTENCE[:30])


def spaced(made):
    made.set_char_spacing(4)
    made.text(50, 100, "S P Ä R R A T  Rubrik")
    made.set_char_spacing(-0.7)
    made.text(50, 150, SENTENCE)
    made.set_char_spacing(0)
    made.set_stretching(60)
    made.text(50, 200, SENTENCE)


SAMPLES = {
    "justified": lambda: by_fpdf(paragraphs),
    "ragged, five points": lambda: by_fpdf(lambda made: paragraphs(made, "L", 5)),
    "centred": lambda: by_fpdf(lambda made: paragraphs(made, "C", 9)),
    "landscape": lambda: by_fpdf(paragraphs, orientation="landscape"),
    "small page": lambda: by_fpdf(lambda made: made.text(10, 20, "Visitkort, 5 cm"), format=(120, 80)),
    "contents": lambda: by_fpdf(contents_list),
    "combining marks": lambda: by_fpdf(combining),
    "on colours": lambda: by_fpdf(on_colours),
    "on a picture": lambda: by_fpdf(on_a_picture),
    "spaced": lambda: by_fpdf(spaced),
    "form drawn thrice": lambda: by_reportlab(in_a_form),
    "watermark": lambda: by_reportlab(watermark),
    "highlighted": lambda: by_reportlab(highlighted),
    "charts": lambda: by_reportlab(charts),
    "table": table,
    "styled": styled,
}


@pytest.mark.parametrize("name", SAMPLES)
def test_nothing_on_an_ordinary_page_is_hidden(name):
    whole = SAMPLES[name]()

    def open_anew():
        return pypdfium2.PdfDocument(whole)[0]

    sheet = RenderedPage(open_anew(), 1.0)
    found = sight(sheet, sheet.drawn(), open_anew)

    assert len(found.texts) > 0
    assert TextVisibility.HIDDEN not in found.texts
    assert all(picture.share == 1 for picture in found.pictures)


def test_letters_of_a_font_that_is_not_in_the_document_and_not_here_are_not_seen():
    whole = by_reportlab(japanese)
    page = pypdfium2.PdfDocument(whole)[0]
    sheet = RenderedPage(page, 1.0)

    (look,) = sight(sheet, sheet.drawn(), lambda: page).texts

    assert look in {TextVisibility.BLANK, TextVisibility.HIDDEN}

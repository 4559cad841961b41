"""Links of the clean copy, as PDFium follows them: they lead from its pages to its pages, and say nothing else."""

from __future__ import annotations

import asyncio
import re

import pypdfium2
import pytest
from documents.ways_by_hand import AS_PIXELS, PAGE, TO_SECOND, document, link, links_of, lost_of, outlined, vouched
from files.scrub_harness import clean_all

from trusted.jail.protocol import How
from trusted.jail.stages import Lost, What

TREE = b"/Names<</Dests<</Kids[20 0 R 21 0 R]>>>>"
BRANCHES = [b"<</Names[(other)[3 0 R/Fit]]>>", b"<</Names[(name)<</D[4 0 R/XYZ 9 312 2]>>]>>"]


@pytest.mark.parametrize(
    ("to", "catalog", "top"),
    [
        (TO_SECOND, b"", 320),
        (b"/Dest[1/XYZ 0 312 0]", b"", None),
        (b"/Dest[4 0 R/FitH 312]", b"", 320),
        (b"/Dest[4 0 R/FitR 0 100 200 312]", b"", 320),
        (b"/Dest[4 0 R/Fit]", b"", 400),
        (b"/Dest[4 0 R/XYZ null null null]", b"", 400),
        (b"/Dest[4 0 R/XYZ 0 9999 0]", b"", 400),
        (b"/Dest[4 0 R/XYZ 0 -50 0]", b"", 0),
        (b"/Dest/name", b"/Dests<</name[4 0 R/XYZ 9 312 2]>>", 320),
        (b"/Dest(name)", TREE, 320),
        (b"/Dest<6e616d65>", TREE, 320),
        (b"/A<</S/GoTo/D[4 0 R/XYZ 0 312 0]>>", b"", 320),
        (b"/A<</S/GoTo/D(name)>>", TREE, 320),
        (b"/Dest(nowhere)", TREE, None),
        (b"/Dest[20 0 R/Fit]", b"", None),
        (b"/Dest[99 0 R/Fit]", b"", None),
        (b"/Dest 99 0 R", b"", None),
        (b"/Dest(name)", b"/Names<</Dests<</Kids[99 0 R 21 0 R]>>>>", 320),
        (b"/Dest(name)", b"/Names<</Dests 99 0 R>>/Dests 99 0 R", None),
        (b"/Dest[4 0 R]", b"", None),
        (b"/Dest(name)", b"/Names<</Dests<</Kids[20 0 R]/Names[(name)(name)]>>>>", None),
    ],
)
def test_a_link_to_a_page_of_the_document_leads_there(to, catalog, top):
    made = vouched(document([link(to)], catalog=catalog, objects=BRANCHES))

    assert [each[1:] for each in links_of(made.content)] == ([] if top is None else [(1, top)])
    assert (b"/XYZ" in made.content, b"name" in made.content) == (top is not None, False)


OUTSIDE = [
    b"/A<</S/URI/URI(https://marker.example/)>>",
    b"/A<</S/Launch/F(marker)>>",
    b"/A<</S/JavaScript/JS(marker)>>",
    b"/A<</S/GoToR/F(marker)/D[0/Fit]>>",
    b"/A<</S/GoToE/F(marker)/D[0/Fit]>>",
    b"/A<</S/Named/N/NextPage>>",
    b"/A<</S/SubmitForm/F(marker)>>/Dest[4 0 R/Fit]",
]


@pytest.mark.parametrize("to", OUTSIDE)
def test_what_leads_out_of_the_document_goes_and_the_report_says_so(to):
    without, made = (vouched(document(links)) for links in ((), [link(to)]))

    assert made.content == without.content
    assert lost_of(made) == {Lost.LINKS}
    assert What.LINK in {each.what for each in made.findings.removed()}


def test_where_every_link_and_line_is_kept_none_is_lost():
    made = vouched(
        document(
            [link(box=(-9, 280, 80, 330)), link(b"/Dest[5 0 R/Fit]", (80, 280, 900, 330))], **outlined(["Alpha Beta"])
        )
    )

    assert len(links_of(made.content)) == 1 + 1
    assert lost_of(made) == set()
    assert {What.LINK, What.OTHER}.isdisjoint(each.what for each in made.findings.removed())


def test_a_document_without_ways_has_no_word_of_them():
    made = vouched(document())

    assert not re.search(rb"/(Annots|Outlines|Dest|Border|Rect)", made.content)


SAME: dict[str, tuple[list[bytes], list[bytes]]] = {
    "fractions": ([link(box=(40.1, 290.3, 130.4, 320.2))], [link(box=(39.8, 289.9, 129.7, 319.6))]),
    "margins": ([link()], [link(box=(31, 285, 142, 333))]),
    "corners in another order": ([link()], [link(box=(130, 320, 40, 290))]),
    "one on the other": ([link()], [link(), link()]),
    "a stack of links": ([link()], [link(b"/Dest[%s/Fit]" % PAGE[at % 3]) for at in range(50)] + [link()]),
    "wholly covered by two": (
        [link(box=(40, 290, 80, 320)), link(b"/Dest[5 0 R/Fit]", (80, 290, 130, 320))],
        [link(b"/Dest[3 0 R/Fit]", (45, 292, 125, 315)), link(box=(40, 290, 80, 320)),
         link(b"/Dest[5 0 R/Fit]", (80, 290, 130, 320))],
    ),
    "the order of links": (
        [link(box=(40, 290, 80, 320)), link(b"/Dest[5 0 R/Fit]", (80, 290, 130, 320))],
        [link(b"/Dest[5 0 R/Fit]", (80, 290, 130, 320)), link(box=(40, 290, 80, 320))],
    ),
    "over nothing": ([link()], [link(), link(box=(40, 50, 90, 70)), link(b"/Dest[5 0 R/Fit]", (200, 100, 300, 200))]),
    "of no size": ([link()], [link(), link(box=(50, 300, 50, 310)), link(b"/Dest[3 0 R/Fit]", (60, 300, 60.2, 310))]),
    "off the page": ([link()], [link(), link(box=(410, 290, 500, 320)), link(box=(40, -90, 90, -20))]),
    "hidden": ([link()], [link(), link(b"/Dest[3 0 R/Fit]", entries=b"/F 2")]),
    "not viewed": ([link()], [link(), link(b"/Dest[3 0 R/Fit]", entries=b"/F 32")]),
    "under one that leads out": ([], [link(), link(OUTSIDE[0])]),
    "names, texts and days": (
        [link()],
        [link(entries=b"/Border[0 0 0]/NM(marker)/Contents(marker)/T(marker)/M(D:20260101)/H/P/QuadPoints[1 2 3 4 5 6 7 8]")],
    ),
    "in a layer": ([link()], [link(), link(b"/Dest[3 0 R/Fit]/OC 99 0 R")]),
    "the left edge and the zoom": ([link()], [link(b"/Dest[4 0 R/XYZ 77 312 3.5]")]),
    "a few points up": ([link()], [link(b"/Dest[4 0 R/XYZ 0 304.25 0]")]),
    "a name": ([link()], [link(b"/A<</S/GoTo/D[4 0 R/FitH 310]/Next<</S/URI/URI(marker)>>>>")]),
}  # fmt: skip


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME)
@pytest.mark.parametrize("after", [b"", AS_PIXELS], ids=["rebuilt", "pixels"])
def test_what_nobody_sees_of_links_makes_no_other_bytes(one, other, after):
    plain, hiding = (vouched(document(links, after=after)) for links in (one, other))

    assert plain.content == hiding.content
    assert len(links_of(plain.content)) == len(one)
    assert plain.is_rebuilt == (after == b"")


def test_of_links_on_each_other_the_uppermost_leads():
    under = link(b"/Dest[5 0 R/Fit]", (0, 200, 400, 400))

    made = vouched(document([under, link(box=(40, 290, 85, 320))]))

    assert {each[1] for each in links_of(made.content)} == {1, 2}
    assert [each[1] for each in links_of(vouched(document([link(), under])).content)] == [2]


def test_more_links_than_a_page_may_have_are_lost():
    made = vouched(document([link(box=(40, 290, 50 + at / 20, 320)) for at in range(1001)]))

    assert not links_of(made.content)
    assert lost_of(made) == {Lost.LINKS}


PAGES = [b"", b"/CropBox[20 10 350 390]", *(b"/CropBox[20 10 350 390]/Rotate %d" % turn for turn in (90, 180, 270))]


@pytest.mark.parametrize("page", PAGES)
def test_a_link_lies_on_the_same_words_of_a_page_that_is_cut_or_turned(page):
    made, drawn = (
        vouched(document([link(box=(80, 290, 130, 320))], page=page, after=each)) for each in (b"", AS_PIXELS)
    )

    [(box, number, top)] = links_of(made.content)
    opened = pypdfium2.PdfDocument(made.content)
    text = opened[0].get_textpage()
    boxes = {text.get_text_range(at, 1): text.get_charbox(at) for at in range(text.count_chars())}
    inside = {letter for letter, (left, bottom, right, low) in boxes.items()
              if left >= box[0] and bottom >= box[1] and right <= box[2] and low <= box[3]}  # fmt: skip
    assert {"B", "t"} <= inside
    assert "A" not in inside
    assert 0 <= top < opened[number].get_height() + 20
    [(in_pixels, *end)] = links_of(drawn.content)
    assert max(abs(one - other) for one, other in zip(box, in_pixels, strict=True)) <= 1
    assert end == [number, top]


def test_a_turned_page_is_led_to_where_its_place_is_seen():
    made = vouched(document([link(b"/Dest[4 0 R/XYZ 50 312 0]")], page=b"/Rotate 270"))

    [(_, number, top)] = links_of(made.content)
    assert (number, top) == (1, 60)


def test_frames_that_viewers_draw_around_links_are_named_as_lost():
    framed = [b"", b"/Border[0 0 1]/C[1 0 0]", b"/BS<</W 2>>"]
    bare = [b"/Border[0 0 0]", b"/Border[0 0 1]/C[]", b"/BS<</W 0>>", b"/C[]"]

    lost = [lost_of(vouched(document([link(entries=each)]))) for each in framed + bare]

    assert lost == [{Lost.LINK_FRAMES}] * len(framed) + [set()] * len(bare)


def test_a_copy_against_marks_has_no_ways():
    content = document([link()], **outlined(["Alpha Beta"]))

    [(_, clean, _, report)] = asyncio.run(clean_all([content], how=How.AGAINST_MARKS))

    assert b"/Annots" not in clean
    assert b"/Outlines" not in clean
    assert {Lost.LINKS, Lost.OUTLINE} <= set(report.lost)


@pytest.mark.parametrize(
    ("catalog", "objects"),
    [
        (b"/Names<</Dests 20 0 R>>", [b"<</Kids[20 0 R 20 0 R]>>"]),
        (b"/Names<</Dests 20 0 R>>", [b"<</Kids[%s]/Names[%s]>>" % (b"20 0 R " * 9000, b"(other)(name)" * 9000)]),
        (b"/Names<</Dests 20 0 R>>", [b"<</Names[(name)(name)]>>"]),
        (b"/Dests 20 0 R", [b"<</name<</D<</D<</D<</D 20 0 R>>>>>>>>>>"]),
        (b"/Dests 20 0 R", [b"<</name/name>>"]),
        (b"/Names 20 0 R", [b"7"]),
        (b"/Names<</Dests<</Names[(name)]>>>>", []),
        (b"/Names<</Dests<</Names 20 0 R/Kids(name)>>>>", [b"[(name)[4 0 R/XYZ(a)(b)]]"]),
    ],
)
def test_names_without_end_lead_nowhere(catalog, objects):
    said = document([link(b"/Dest(name)"), link(b"/Dest/name"), link()], catalog=catalog, objects=objects)

    made = vouched(said)

    assert [each[1:] for each in links_of(made.content)] == [(1, 320)]

"""Layers: what is off is in no copy, and a document is refused in which viewers do not agree on what is off."""

from __future__ import annotations

import asyncio
import contextlib

import pypdfium2
import pytest
from documents.pdf_by_hand import Pdf, document, line
from files.scrub_harness import became_pictures, outcomes_of

from trusted.jail.stages import Damaged, Refused, SeenOtherwise

SEEN = line(b"(Syns)", 20, 380)
USES = b"/OC /L BDC %s EMC" % line(b"(i ett lager)", 60, 40)


def layered(
    used: bytes = b"9 0 R",
    *,
    default: bytes = b"",
    on: bytes = b"",
    off: bytes = b"",
    more: bytes = b"",
    contents: bytes = USES,
) -> bytes:
    """Layer 8 is on and 9 is off, with further entries; the page uses one of them, or a membership of them."""
    made = Pdf()
    made.add(8, b"<</Type/OCG/Name(on)%s>>" % on)
    made.add(9, b"<</Type/OCG/Name(off)%s>>" % off)
    catalog = b"/OCProperties<</OCGs[8 0 R 9 0 R]/D<<%s>>%s>>" % (default or b"/OFF[9 0 R]", more)
    resources = b"/Font<</F0 6 0 R>>/Properties<</L %s>>" % (used if used.endswith(b" R") else made.new(used))
    return document(made, SEEN + contents, resources=resources, catalog=catalog)


def membership(said: bytes) -> bytes:
    return layered(b"<</Type/OCMD%s>>" % said)


def state(said: bytes) -> bytes:
    return b"/Usage<</View<</ViewState/%s>>>>" % said


def noted() -> bytes:
    """A note lies in the layer that is off."""
    made = Pdf()
    layer = made.new(b"<</Type/OCG/Name(off)>>")
    look = made.new_stream(b"0 0 9 9 re f", b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]")
    note = made.new(b"<</Type/Annot/Subtype/Stamp/F 4/Rect[0 0 99 99]/OC %s/AP<</N %s>>>>" % (layer, look))
    catalog = b"/OCProperties<</OCGs[%s]/D<</OFF[%s]>>>>" % (layer, layer)
    return document(made, SEEN, page=b"/Annots[%s]" % note, catalog=catalog)


# The document, whether the text in the layer is in the copy, and whether the page becomes a picture.
READ = {
    "a layer that is on": (layered(b"8 0 R"), True, True),
    "one that is off": (layered(), False, True),
    "the same, and the page does not use it": (layered(contents=b""), False, True),
    "no layer is off": (layered(default=b"/ON[9 0 R]"), True, False),
    "the layers say the same": (layered(on=state(b"ON"), off=state(b"OFF")), False, True),
    "all are off but one": (layered(b"8 0 R", default=b"/BaseState/OFF/ON[8 0 R]"), True, True),
    "of all but one": (layered(default=b"/BaseState/OFF/ON[8 0 R]"), False, True),
    "it is used by the program": (layered(default=b"/OFF[9 0 R]/AS[<</Event/Print/OCGs[9 0 R]/Category[/Print]>>]"), False, True),
    "any of two": (membership(b"/OCGs[8 0 R 9 0 R]"), True, True),
    "all of two": (membership(b"/OCGs[8 0 R 9 0 R]/P/AllOn"), False, True),
    "both are off": (membership(b"/OCGs[8 0 R 9 0 R]/P/AllOff"), False, True),
    "an expression": (membership(b"/OCGs[]/VE[/Not 9 0 R]"), True, True),
    "both are on": (layered(b"<</Type/OCMD/OCGs[8 0 R 9 0 R]>>", default=b"/ON[]"), True, False),
    "none may be on": (layered(b"<</Type/OCMD/OCGs[8 0 R 9 0 R]/P/AllOff>>", default=b"/ON[]"), False, True),
}  # fmt: skip
DISPUTED = {
    # The second witness takes it for "any is on".
    "either is off": membership(b"/OCGs[8 0 R 9 0 R]/P/AnyOff"),
    "a layer says that it is on": layered(off=state(b"ON")),
    "a layer says that it is off": layered(on=state(b"OFF")),
    "it does so in a string": layered(on=b"/Usage<</View<</ViewState(OFF)>>>>"),
    "it is not to be viewed": layered(off=b"/Intent/Design"),
    "another configuration": layered(more=b"/Configs[<</Intent/View/OFF[8 0 R]>>]"),
    "a state that is a string": layered(default=b"/BaseState(OFF)"),
    "a state that is none": layered(default=b"/BaseState/Unchanged"),
    "a program's own state": layered(default=b"/OFF[9 0 R]/AS[<</Event/View/OCGs[8 0 R]/View<</ViewState/OFF>>>>]"),
    "a layer that is not in the list": layered(b"<</Type/OCG>>", default=b"/OFF[9 0 R 101 0 R]"),
    "one layer and a policy": membership(b"/OCGs 9 0 R/P/AnyOff"),
    "a policy that nobody knows": membership(b"/OCGs[9 0 R]/P/Foo"),
    "a policy that is a string": membership(b"/OCGs[9 0 R]/P(AllOff)"),
    "a membership that does not say so": layered(b"<</Type/Foo/OCGs[9 0 R]>>"),
    "one that looks like a list of layers": layered(b"<</Type/OCMD/OCGs 9 0 R/P/AllOff/D<<>>/Event/View>>"),
    "a membership in a document without layers": membership(b"/OCGs[9 0 R]/P/AllOff").replace(
        b"/OCProperties", b"/OCProperty_s"
    ),
    "an expression in a document without layers": membership(b"/VE[/Not 9 0 R]").replace(
        b"/OCProperties", b"/OCProperty_s"
    ),
    "a note in a layer that is off": noted(),
    "a layer of no list that says that it is off": layered(b"<</Type/OCG%s>>" % state(b"OFF"), default=b"/ON[9 0 R]"),
    "what no page uses": layered(b"<</Type/Foo/OCGs[9 0 R]>>", contents=b""),
}


@pytest.fixture(scope="module")
def outcomes() -> dict[str, object]:
    documents = {name: content for name, (content, _, _) in READ.items()} | DISPUTED
    return dict(zip(documents, asyncio.run(outcomes_of(list(documents.values()))), strict=True))


@pytest.mark.parametrize("name", READ)
def test_what_is_off_is_not_in_the_copy(outcomes, name) -> None:
    _, is_shown, is_picture = READ[name]
    assert not isinstance(outcomes[name], Refused)
    _, content, _, report = outcomes[name]

    with contextlib.closing(pypdfium2.PdfDocument(content)) as opened:
        text = opened[0].get_textpage().get_text_bounded()
        drawn = opened[0].render(scale=2).to_pil().convert("L").crop((100, 680, 400, 760))

    assert ("Syns" in text, "i ett lager" in text) == (True, is_shown)
    assert (drawn.getextrema()[0] < 128) == is_shown
    assert became_pictures(report) == is_picture


@pytest.mark.parametrize("name", DISPUTED)
def test_what_viewers_may_read_otherwise_is_refused(outcomes, name) -> None:
    assert type(outcomes[name]) is (SeenOtherwise if name == "either is off" else Damaged)

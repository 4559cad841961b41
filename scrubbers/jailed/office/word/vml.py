"""Drawings as older programs write them (VML), and embedded objects: their picture, their text, or a note."""

import re
from typing import Final

from scrubbers.jailed.office import labels
from scrubbers.jailed.office.drawings import Drawings, ReadText
from scrubbers.jailed.office.pictures import Shown
from scrubbers.jailed.office.word.backgrounds import fill_of_old
from scrubbers.jailed.office.word.places import is_unseen_shape, lengths
from scrubbers.jailed.office.word.shared import Shared
from scrubbers.jailed.office.xml import Node, number
from scrubbers.jailed.typeset.model import Block, Frame, Paragraph, Run
from trusted.jail.stages import OfficeDocument, What, Where

_HIDDEN: Final = re.compile(r"(?:^|;)\s*visibility\s*:\s*hidden")
_GROWS: Final = "mso-fit-shape-to-text:t"
_SHAPES: Final = ("v:shape", "v:rect", "v:roundrect", "v:oval", "v:polyline", "v:line", "v:curve", "v:arc")
_TEXT: Final = "w:txbxContent"


def read_vml(node: Node, drawings: Drawings, read_text: ReadText, shared: Shared) -> list[Block]:
    """Return the blocks of an old drawing or an object; raises OfficeDocument for one that may hide a text."""
    if node.name == "w:object":
        shared.findings.add(What.EMBEDDED_FILE, Where.ATTACHMENTS)
    blocks: list[Block] = []
    unknown = False
    for shape in node.all(*_SHAPES, outside=_TEXT):
        if _HIDDEN.search(shape.get("style")):
            shared.findings.add(What.HIDDEN_DRAWING, Where.PAGES)
            continue
        if _floats_before(shape) and not is_unseen_shape(shape.get("style"), shared.page):
            raise OfficeDocument
        found = _shape(shape, drawings, read_text, shared)
        unknown = unknown or (not found and not shape.get("o:hr"))
        blocks += found
    if not blocks and node.name == "w:object":
        return [Frame(labels.FILE, ())]
    return blocks or ([Frame(labels.SHAPE, ())] if unknown else [])


def _floats_before(shape: Node) -> bool:
    """Return whether a shape that hides something stands before a text, or in a group of shapes with places."""
    style = shape.get("style").replace(" ", "")
    filled = shape.get("filled", "t") not in {"f", "false", "0"} and shape.name != "v:line"
    if "position:absolute" not in style or "z-index:-" in style or not (filled or shape.find("v:imagedata")):
        return False
    wraps = {each.get("type", "none") for each in shape.elements() if each.name.endswith(":wrap")}
    return wraps <= {"none"}


def _shape(shape: Node, drawings: Drawings, read_text: ReadText, shared: Shared) -> list[Block]:
    blocks: list[Block] = []
    sizes = lengths(shape.get("style"))
    width, height = sizes.get("width", 0), sizes.get("height", 0)
    size = (width, height) if width > 0 and height > 0 else None
    for each in shape.elements():
        if each.name == "v:imagedata":
            cuts = tuple(_cut(each.get(side)) for side in ("cropleft", "croptop", "cropright", "cropbottom"))
            blocks.append(drawings.picture(each.get("r:id"), Shown(size, (cuts[0], cuts[1], cuts[2], cuts[3]))))
        elif each.name == "v:textpath" and each.get("string"):
            blocks.append(Frame(labels.TEXT_BOX, (Paragraph((Run(shared.drawable.text(each.get("string"))),)),)))
    boxes = list(shape.all(_TEXT, outside=_TEXT))
    grows = any(_GROWS in each.get("style") for each in shape.all("v:textbox", outside=_TEXT))
    if boxes and is_unseen_shape(shape.get("style"), shared.page) and not grows:
        shared.findings.add(What.HIDDEN_TEXT, Where.PAGES, "".join(box.text() for box in boxes))
        boxes = []
    texts = (read_text(box, fill_of_old(shape)) for box in boxes)
    return [*blocks, *(Frame(labels.TEXT_BOX, tuple(text)) for text in texts if text)]


def _cut(text: str) -> float:
    """Return a share: a fraction, or in 65,536th parts (ISO/IEC 29500-4, 19.1.2.11)."""
    return number(text[:-1]) / 65_536 if text.endswith("f") else number(text)

"""The members' handbook, docs/HANDBOK.md, as a page: read once, when the application starts.

It is written in this little Markdown and no other (tests/desk/test_handbook.py): `##` headings, paragraphs, lists with
`-` or `1.` and one line for each, `**words of the application**`, `[links](#heading)`, pictures on lines of their own.
"""

import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from itertools import groupby
from typing import Final

from markupsafe import Markup, escape

HANDBOOK: Final = "/help"
PICTURE: Final = "/help/picture/"
# By the beginning of a template's name: the heading of what its page is told about. The first that fits.
_CHAPTERS: Final = (
    *((name, "första-dagen") for name in ("joining/", "unlock", "opened", "checks", "probe", "overview_empty")),
    *((name, "ett-svar") for name in ("write/", "close/")),
    *((name, "jäv") for name in ("recuse/", "move/", "case/held")),
    ("oral/", "ett-telefonsamtal"),
    ("erase/", "gallra"),
    *((name, "någon-slutar") for name in ("leave/", "members")),
    ("settings", "tappad-dator"),
    ("", "en-vecka"),
)
_PICTURE: Final = re.compile(r"!\[([^\]]*)\]\(pictures/handbok/([a-z-]+\.png)\)")
_LIST: Final = re.compile(r"(-|\d+\.) (.*)")


@dataclass(frozen=True, slots=True)
class Handbook:
    """The headings with their anchors, the whole as HTML, and the pictures by name."""

    headings: tuple[tuple[str, str], ...]
    body: Markup
    pictures: Mapping[str, bytes]


def chapter_of(template: str) -> str:
    """Return where in the handbook the page of this template is told about."""
    anchor = next(anchor for name, anchor in _CHAPTERS if template.startswith(name))
    return HANDBOOK if template == "handbook.html" else f"{HANDBOOK}#{anchor}"


def read_handbook(folder: Traversable) -> Handbook:
    """Return the handbook in this folder."""
    files = folder.joinpath("pictures").iterdir()
    pictures = {one.name: one.read_bytes() for one in files if one.name.endswith(".png")}
    lines = [line for line in folder.joinpath("handbook.md").read_text("utf-8").splitlines()[1:] if line]
    headings = tuple((_anchor(line[3:]), line[3:]) for line in lines if line.startswith("## "))
    body = Markup("\n").join(_block(kind, list(block), pictures) for kind, block in groupby(lines, _kind))
    return Handbook(headings, body, pictures)


def _anchor(heading: str) -> str:
    # As Forgejo and GitHub make it, so that links within the book lead there too.
    return heading.lower().replace(" ", "-")


def _kind(line: str) -> str:
    found = _LIST.match(line)
    return "" if found is None else "ul" if found[1] == "-" else "ol"


def _block(kind: str, lines: list[str], pictures: Mapping[str, bytes]) -> Markup:
    if not kind:
        return Markup("\n").join(_line(line, pictures) for line in lines)
    items = Markup("\n").join(Markup("<li>{}</li>").format(_words(_LIST.sub(r"\2", line))) for line in lines)
    return Markup("<{0}>\n{1}\n</{0}>").format(kind, items)


def _line(line: str, pictures: Mapping[str, bytes]) -> Markup:
    if line.startswith("## "):
        return Markup('<h2 id="{}">{}</h2>').format(_anchor(line[3:]), line[3:])
    if found := _PICTURE.fullmatch(line):
        # The size of a PNG stands in its first chunk.
        width, height = struct.unpack(">II", pictures[found[2]][16:24])
        tag = Markup('<p><img src="{}{}" alt="{}" width="{}" height="{}"></p>')
        return tag.format(PICTURE, found[2], found[1], width, height)
    return Markup("<p>{}</p>").format(_words(line))


def _words(text: str) -> Markup:
    # Another document is named here, and shown where the book is read as a file.
    escaped = re.sub(r"\[([^\]]+)\]\([A-Z]+\.md\)", r"\1", str(escape(text)))
    escaped = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", escaped)
    return Markup(re.sub(r"\[([^\]]+)\]\((#[\w-]+)\)", r'<a href="\2">\1</a>', escaped))  # noqa: S704 - escaped above

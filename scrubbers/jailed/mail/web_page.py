"""The text and the tables of a message in HTML, as its reader sees them; what is not seen is reported by its kind.

Scripts, styles, comments, remote pictures, addresses of links and hidden elements go. In the place of a picture that is
in the message stands that there is one: the picture is a file of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from scrubbers.jailed.findings import Findings
from scrubbers.jailed.mail.markup import Markup
from scrubbers.jailed.mail.styles import InheritedStyle, StyleSheet, declarations, look_of
from scrubbers.jailed.mail.tables import Flow, TableFlow
from scrubbers.jailed.office import labels
from scrubbers.jailed.office.letters import Drawable, sign
from scrubbers.jailed.office.word.styles import written_number
from scrubbers.jailed.typeset.model import Block, Cell, Run
from trusted.jail.stages import Email, Lost, TooLarge, What, Where

_MOST_CHARACTERS: Final = 8_000_000
_DEEPEST: Final = 400
_VOID: Final = frozenset({
    "area", "base", "basefont", "bgsound", "br", "col", "embed", "frame", "hr", "img", "input", "link", "meta", "param",
    "source", "track", "wbr",
})  # fmt: skip
_BLOCKS: Final = frozenset({
    "address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dialog", "dir", "div",
    "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header",
    "hr", "html", "legend", "li", "main", "nav", "ol", "optgroup", "p", "pre", "section", "summary", "table", "tbody",
    "td", "tfoot", "th", "thead", "tr", "ul",
})  # fmt: skip
_HEADINGS: Final = {f"h{number}": number for number in range(1, 7)}
_CELLS: Final = frozenset({"td", "th"})
_LISTS: Final = frozenset({"ul", "ol", "dir"})
# What a start tag closes, and what it does not look beyond.
_CLOSES: Final = {
    "li": (frozenset({"li"}), _LISTS | {"table"}),
    "dt": (frozenset({"dt", "dd"}), frozenset({"dl", "table"})),
    "dd": (frozenset({"dt", "dd"}), frozenset({"dl", "table"})),
    "td": (_CELLS, frozenset({"table", "tr"})),
    "th": (_CELLS, frozenset({"table", "tr"})),
    "tr": (frozenset({"tr"}), frozenset({"table"})),
    **dict.fromkeys(_BLOCKS - {"li", "dt", "dd", "td", "th", "tr"}, (frozenset({"p"}), _CELLS | {"table"})),
}
# Nobody sees what is in these, and how it is reported.
_UNSEEN: Final = {
    "script": What.SCRIPT, "style": None, "title": What.TITLE, "head": None, "template": What.HIDDEN_TEXT,
    "object": What.EMBEDDED_FILE, "iframe": What.EMBEDDED_FILE, "video": What.EMBEDDED_FILE,
    "audio": What.EMBEDDED_FILE, "svg": What.HIDDEN_DRAWING, "select": What.FORM_FIELD, "datalist": What.FORM_FIELD,
    "textarea": What.FORM_FIELD, "canvas": None, "xml": What.OTHER, "noframes": What.HIDDEN_TEXT,
}  # fmt: skip
# What may stand in a head; before anything else browsers end it.
_OF_HEAD: Final = frozenset({
    "base", "basefont", "bgsound", "head", "html", "link", "meta", "noscript", "object", "script", "style", "template",
    "title", "xml",
})  # fmt: skip
_COUNTED: Final = {
    "a": "lowerLetter", "lower-alpha": "lowerLetter", "lower-latin": "lowerLetter",
    "A": "upperLetter", "upper-alpha": "upperLetter", "upper-latin": "upperLetter",
    "i": "lowerRoman", "lower-roman": "lowerRoman", "I": "upperRoman", "upper-roman": "upperRoman",
}  # fmt: skip
_MOST_LETTERS: Final = 26
_BLANKS: Final = re.compile(r"[ \t\r\n\f]+")
_LINKS: Final = {"link": "href", "base": "href", "area": "href", "embed": "src", "frame": "src", "bgsound": "src"}


@dataclass(slots=True)
class _Open:
    tag: str
    look: InheritedStyle
    attributes: dict[str, str]
    unseen: bool
    report: What | None = None
    counted: int = 0  # items of a list


def read_page(text: str, findings: Findings) -> list[Block]:
    """Return what is seen of a page. Raises TooLarge, LettersMissing, Email where it is not known what is seen."""
    if len(text) > _MOST_CHARACTERS:
        raise TooLarge
    styles = _StyleSheets()
    styles.feed(text)
    styles.close()
    reader = _Reader(findings, styles.found)
    reader.feed(text)
    reader.close()
    return reader.finished()


class _StyleSheets(Markup):
    """Finds the style sheets of a page, also those that stand behind what they are for."""

    def __init__(self) -> None:
        super().__init__()
        self.found = StyleSheet()
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002  the library's
        self._inside = tag == "style"

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002  the library's
        self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.found.add(data)

    def cut_off(self, rest: str) -> None:
        """Leave it out: there is no style sheet in it."""


class _Reader(Markup):
    def __init__(self, findings: Findings, sheet: StyleSheet) -> None:
        super().__init__()
        self._findings, self._sheet = findings, sheet
        self._letters = Drawable(findings)
        self._open: list[_Open] = []
        self._flows = [Flow()]
        self._tables: list[TableFlow] = []
        self._hidden: list[str] = []  # text that nobody sees, until something is seen again
        self._left_out = False

    def finished(self) -> list[Block]:
        if any(one.tag in _UNSEEN and one.tag != "head" for one in self._open):
            raise Email  # where it ends programs differ
        self._close_to(0)
        self._end_hidden()
        self._flows[0].end_paragraph()
        if self._left_out and not self._flows[0].blocks:
            raise Email
        return self._flows[0].blocks

    @property
    def _look(self) -> InheritedStyle:
        return self._open[-1].look if self._open else InheritedStyle()

    @property
    def _is_unseen(self) -> bool:
        return bool(self._open) and self._open[-1].unseen

    def _look_of(self, tag: str, attributes: dict[str, str]) -> InheritedStyle:
        """Return how text in an element looks. Raises Email where the element may cover what the copy would show."""
        look = look_of(tag, attributes, self._sheet, self._look)
        if look.may_cover and not self._is_unseen:
            raise Email
        return look

    # --- what the library calls

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self._report(tag, attributes)
        if tag == "math" and not self._is_unseen:
            raise Email  # a fraction would be read as one number
        if tag in _VOID:
            self._void(tag, attributes)
            return
        if tag not in _OF_HEAD:
            self._end_head()
        self._close_implied(tag)
        if len(self._open) >= _DEEPEST:
            raise TooLarge
        look = self._look_of(tag, attributes)
        if tag in _BLOCKS:
            self._end_paragraph()
        # A frame of a page has its text outside the head again.
        unseen = (self._is_unseen and tag != "body") or tag in _UNSEEN
        report = _UNSEEN.get(tag, self._open[-1].report if self._is_unseen else None)
        self._open.append(_Open(tag, look, attributes, unseen, report))
        self._begin(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        # As in a browser, the slash means nothing but in what is no HTML.
        if tag not in _VOID and (":" in tag or tag == "svg"):
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag == "br":
            self._void(tag, {})
            return
        limits = frozenset() if tag in {"table", "tr", "td", "th", "tbody", "body", "html"} else _CELLS | {"table"}
        for place in range(len(self._open) - 1, -1, -1):
            if self._open[place].tag == tag:
                self._close_to(place)
                return
            if self._open[place].tag in limits:
                return

    def handle_data(self, data: str) -> None:
        if data.strip():
            self._end_head()
        if self._is_unseen or self._look.hidden:
            self._left_out |= bool(data.strip()) and not (self._open and self._open[-1].tag in _OF_HEAD)
            report = self._open[-1].report if self._open else None
            if not self._is_unseen:
                self._hidden.append(data)
            elif report is not None and data.strip():
                self._findings.add(report, Where.DOCUMENT, data)
            return
        look, flow = self._look, self._flows[-1]
        text = data.replace("\r\n", "\n").replace("\r", "\n") if look.kept_blanks else _BLANKS.sub(" ", data)
        if not look.kept_blanks and flow.ends_blank:
            text = text.lstrip(" ")
        if not text:
            return
        self._end_hidden()
        if look.font.lstrip("'\" ").startswith(("wingdings", "symbol")):
            text = "".join(one if one.isspace() else sign(ord(one), look.font) for one in text)
        text = self._letters.text(text)
        if text.strip():
            self._judge(look)
        flow.runs.append(Run(text, look.bold, look.italic, look.raised, look.struck, look.paint))

    def _judge(self, look: InheritedStyle) -> None:
        """Report colours that the copy does not have; raises Email where it is not sure that letters are seen."""
        if look.unsure:
            raise Email
        if look.colour is None or look.background is None:
            self._findings.lose(Lost.TEXT_COLOURS)

    def handle_comment(self, data: str) -> None:
        # What stands there for one mail program alone is a layout, and nobody's words.
        if data.strip() and not data.startswith("[if") and data != "<![endif]":
            self._findings.add(What.COMMENT, Where.DOCUMENT, data)

    def cut_off(self, rest: str) -> None:
        """Report it, for nobody sees it. Raises Email where a quotation mark is open and has further tags in it."""
        if ">" in rest:
            raise Email  # programs differ in where it ends
        self._findings.add(What.HIDDEN_TEXT, Where.DOCUMENT, rest)
        self._left_out = True

    # --- elements

    def _begin(self, tag: str) -> None:
        flow = self._flows[-1]
        if tag == "table":
            for around in self._tables:
                around.is_nested = True
            self._tables.append(TableFlow(is_ruled=self._open[-1].attributes.get("border", "0") not in {"", "0"}))
        elif tag in _CELLS and self._tables:
            self._tables[-1].is_ruled |= tag == "th"
            self._flows.append(Flow())
        elif tag in _HEADINGS:
            flow.heading = _HEADINGS[tag]
        elif tag == "li":
            lists = [one for one in self._open[:-1] if one.tag in _LISTS]
            flow.marker, flow.level = "•", max(0, len(lists) - 1)
            if lists and lists[-1].tag == "ol":
                item, of = self._open[-1].attributes, lists[-1]
                of.counted = _whole(item.get("value", ""), of.counted + 1)
                flow.marker = f"{_number(of.counted, _kind(item) or _kind(of.attributes))}."
        elif tag == "ol":
            if "reversed" in self._open[-1].attributes:
                raise Email
            self._open[-1].counted = _whole(self._open[-1].attributes.get("start", ""), 1) - 1

    def _void(self, tag: str, attributes: dict[str, str]) -> None:
        flow = self._flows[-1]
        if tag == "br" and flow.runs and not self._look.hidden and not self._is_unseen:
            flow.runs.append(Run("\n", struck=self._look.struck))
        elif tag == "hr":
            self._look_of(tag, attributes)
            self._end_paragraph()
        elif tag == "img" and not self._is_unseen:
            look = self._look_of(tag, attributes)
            if attributes.get("src", "").lower().startswith(("cid:", "data:")) and not look.gone:
                flow.runs.append(Run(labels.PICTURE))

    def _report(self, tag: str, attributes: dict[str, str]) -> None:
        add = self._findings.add
        if any(name.startswith("on") for name in attributes):
            add(What.SCRIPT, Where.DOCUMENT)
        if tag == "img":
            source = attributes.get("src", "")
            small = {attributes.get("width", "").strip("px "), attributes.get("height", "").strip("px ")} & {"0", "1"}
            if source.lower().startswith("data:"):
                add(What.EMBEDDED_FILE, Where.DOCUMENT)
            elif source and not source.lower().startswith("cid:"):
                # A picture of one dot tells its sender who opened the message, and when.
                add(What.IDENTIFIER if small else What.LINK, Where.DOCUMENT, source)
        elif tag == "a" and attributes.get("href"):
            add(What.LINK, Where.DOCUMENT, attributes["href"])
        elif tag == "meta" and attributes.get("name", "").lower() in {"generator", "progid", "originator"}:
            add(What.SOFTWARE, Where.DOCUMENT, attributes.get("content"))
        elif tag == "input":
            add(What.FORM_FIELD, Where.DOCUMENT, attributes.get("value"))
        elif attributes.get(_LINKS.get(tag, "")):
            add(What.LINK, Where.DOCUMENT, attributes[_LINKS[tag]])

    def _close_implied(self, tag: str) -> None:
        closes, limits = _CLOSES.get(tag, (frozenset(), frozenset()))
        for place in range(len(self._open) - 1, -1, -1) if closes else ():
            if self._open[place].tag in closes:
                self._close_to(place)
                return
            if self._open[place].tag in limits:
                return

    def _end_head(self) -> None:
        if self._open and self._open[-1].tag == "head":
            self._close_to(len(self._open) - 1)

    def _close_to(self, place: int) -> None:
        while len(self._open) > place:
            if self._open[-1].tag in _BLOCKS:
                self._end_paragraph()
            closed = self._open.pop()
            self._end(closed)

    def _end(self, closed: _Open) -> None:
        if closed.tag in _CELLS and self._tables and len(self._flows) > 1:
            cell = Cell(tuple(self._flows.pop().blocks), tint=None if closed.look.hidden else closed.look.tint)
            self._tables[-1].end_cell(cell, closed.attributes.get("colspan", ""), closed.attributes.get("rowspan", ""))
        elif closed.tag == "tr" and self._tables:
            self._tables[-1].end_row()
        elif closed.tag == "table" and self._tables:
            self._tables[-1].end_row()
            self._flows[-1].blocks += self._tables[-1].blocks()
            if self._tables.pop().loses_tints:
                self._findings.lose(Lost.TEXT_COLOURS)
        elif closed.tag in _HEADINGS:
            self._flows[-1].heading = 0
        elif closed.tag in _LISTS:
            self._flows[-1].level = max(0, self._flows[-1].level - 1)

    def _end_paragraph(self) -> None:
        self._flows[-1].end_paragraph(self._look.quotes)

    def _end_hidden(self) -> None:
        if text := " ".join("".join(self._hidden).split()):
            self._findings.add(What.HIDDEN_TEXT, Where.DOCUMENT, text)
        self._hidden.clear()


def _whole(text: str, otherwise: int) -> int:
    found = re.fullmatch(r"\s*([+-]?[0-9]{1,6})\s*", text, re.ASCII)
    return otherwise if found is None else int(found[1])


def _kind(attributes: dict[str, str]) -> str:
    """Return how items of a list are counted, as `written_number` calls it; nothing for figures."""
    found = declarations(attributes.get("style", ""))
    words = (found.get("list-style-type") or found.get("list-style") or attributes.get("type", "")).split()
    return next((_COUNTED[word] for word in words if word in _COUNTED), "")


def _number(number: int, kind: str) -> str:
    """Return the number of an item as it is shown; in figures beyond what letters are for."""
    return str(number) if kind.endswith("Letter") and number > _MOST_LETTERS else written_number(number, kind)

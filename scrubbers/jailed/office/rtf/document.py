"""Reads a Rich Text document (.rtf): what is seen of it, as blocks.

Seen: paragraphs, tables, notes, headers and footers, text boxes, PNG and JPEG pictures, results of fields, insertions.
Not seen: deleted, hidden and white text, comments, properties, embedded files, bookmarks, ids, fonts, destinations that
are not known (RTF says of each whether an unknown one may be left out).
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass, replace
from typing import Any, Final

from scrubbers.jailed.findings import Findings
from scrubbers.jailed.office import changes, labels, pictures
from scrubbers.jailed.office.colours import LIGHT, hue_of
from scrubbers.jailed.office.letters import Drawable, sign
from scrubbers.jailed.office.pictures import Shown
from scrubbers.jailed.office.rtf import words
from scrubbers.jailed.office.rtf.flow import Flow
from scrubbers.jailed.office.rtf.tokens import Token, tokens
from scrubbers.jailed.typeset.model import Align, Block, Frame, PageBreak, Paint, Run
from trusted.jail.stages import Lost, TextUnreadable, What, Where

MAGIC: Final = b"{\\rtf"
_HEADINGS: Final = 6
_SMALLEST_HALF_POINTS: Final = 4
# Two halves stand for a letter beyond so many.
_HIGH, _LOW, _BEYOND = range(0xD800, 0xDC00), range(0xDC00, 0xE000), 0x10000
_FONT_NAME: Final = 100  # letters, and more than any has
_NO_SIGNS: Final = " \t0123456789()+-.,=<>/"
_TWIPS: Final = 20  # to a point
_PICTURE_BYTES: Final = 48 * 2**20


@dataclass(frozen=True, slots=True)
class _State:
    """What a group inherits from the one around it."""

    skips: bool = False
    heading: str = ""  # which part of the information a text is
    bold: bool = False
    italic: bool = False
    raised: bool = False
    hidden: bool = False
    deleted: bool = False
    inserted: bool = False
    capitals: bool = False
    struck: bool = False
    struck_twice: bool = False
    underlined: bool = False
    font: int = 0
    size: int = 24
    colour: int = 0
    behind: int = 0
    fallback: int = 1  # bytes after a \\u for readers without Unicode
    picture: bool = False
    marker: bool = False
    flow: int = 0  # which flow its text goes to


# What \\plain sets back.
_PLAIN: Final = {
    "bold": False, "italic": False, "raised": False, "hidden": False, "deleted": False, "inserted": False,
    "capitals": False, "size": 24, "colour": 0, "behind": 0, "struck": False,
    "struck_twice": False, "underlined": False,
}  # fmt: skip


class _Reader:
    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._drawable = Drawable(findings)
        self._states = [_State()]
        self._flows = [Flow()]
        self._notes: list[Block] = []
        self._above: list[Block] = []
        self._below: list[Block] = []
        self._encoding = "cp1252"
        self._charsets: dict[int, int] = {}
        self._table = ""  # fonttbl or colortbl, while it is read
        self._font = 0
        self._fonts: dict[int, str] = {}  # their names
        self._colours: list[tuple[int, int, int]] = []
        self._colour = [0, 0, 0]
        self._picture = bytearray()
        self._half = ""  # a digit of it
        self._picture_size = [0, 0]
        self._picture_is_known = False
        self._may_skip = False
        self._left_out = 0  # bytes that stand for a letter which was read already
        self._high = 0
        self._info: dict[str, str] = {}

    def read(self, untrusted: bytes) -> list[Block]:
        for token in tokens(untrusted):
            match token.kind:
                case "open":
                    # A brace ends what stands for a letter that was read (RTF 1.9.1, Unicode).
                    self._left_out = 0
                    self._states.append(self._states[-1])
                case "close":
                    self._left_out = 0
                    self._close()
                case "word":
                    self._word(token.word, token.number)
                case "symbol":
                    self._symbol(token.word)
                case "binary":
                    if self._states[-1].picture:
                        self._picture += token.data
                case _:
                    self._text(token)
        for name, value in self._info.items():
            self._findings.add(words.INFO[name], Where.DOCUMENT_INFORMATION, value.strip() or None)
        text = self._flows[0].finished()
        notes: list[Block] = [Frame(labels.NOTES, tuple(self._notes))] if self._notes else []
        return [*self._above, *text, *notes, *self._below]

    def _set(self, **changes: Any) -> None:
        self._states[-1] = replace(self._states[-1], **changes)

    @property
    def _flow(self) -> Flow:
        return self._flows[self._states[-1].flow]

    def _close(self) -> None:
        closed = self._states.pop()
        if not self._states:
            return
        around = self._states[-1]
        if closed.picture and not around.picture:
            self._end_picture()
        if closed.flow != around.flow:
            self._end_flow(closed.flow)
        if not around.skips:
            self._table = ""

    def _end_flow(self, number: int) -> None:
        flow = self._flows[number]
        blocks = flow.finished()
        if not blocks:
            return
        frame = Frame(flow.label, tuple(blocks))
        if flow.label == labels.NOTES:
            self._notes += blocks
        elif flow.label == labels.TEXT_BOX:
            self._flow.end_paragraph()
            self._flow.add(frame)
        elif flow.label == labels.HEADER:
            self._above += [] if frame in self._above else [frame]
        else:
            self._below += [] if frame in self._below else [frame]

    def _symbol(self, symbol: str) -> None:
        if symbol == "*":
            self._may_skip = True
        elif self._left_out and symbol not in "\r\n":
            self._left_out -= 1
        elif symbol in words.SYMBOLS:
            self._show(words.SYMBOLS[symbol])
            if symbol in "\r\n":
                self._control("par", None)

    def _word(self, word: str, number: int | None) -> None:
        may_skip, self._may_skip = self._may_skip, False
        if word in words.SKIPPED or (may_skip and word not in words.KNOWN):
            self._skip(word)
        elif self._states[-1].skips:
            self._in_skipped(word, number)
        elif word in words.APART:
            self._flows.append(Flow(label=words.APART[word]))
            self._set(flow=len(self._flows) - 1, hidden=False)
        elif word == "u":
            self._unicode(number or 0)
        elif word in words.LETTERS:
            if self._left_out:
                self._left_out -= 1
            else:
                self._show(words.LETTERS[word])
        else:
            self._left_out = 0
            self._control(word, number)

    def _skip(self, word: str) -> None:
        if what := words.SKIPPED.get(word):
            self._findings.add(what, Where.DOCUMENT)
        if word in {"fonttbl", "colortbl"}:
            self._table = word
        self._set(skips=True, heading="")

    def _in_skipped(self, word: str, number: int | None) -> None:
        """Take from what is not seen the character sets of fonts, the colours, and the information on the document."""
        value = number or 0
        if word in words.INFO:
            self._info.setdefault(word, "")
            self._set(heading=word)
        elif self._table == "fonttbl" and word == "f":
            self._font = value
        elif self._table == "fonttbl" and word == "fcharset":
            self._charsets[self._font] = value
        elif self._table == "colortbl" and word in {"red", "green", "blue"}:
            self._colour[("red", "green", "blue").index(word)] = value

    def _control(self, word: str, number: int | None) -> None:
        if word in words.SWITCHES:
            self._set(**{words.SWITCHES[word]: number != 0})
        elif word in words.NUMBERS:
            self._set(**{words.NUMBERS[word]: number or 0})
        elif word in words.ALIGNED:
            self._flow.align = words.ALIGNED[word]
        elif word == "clcbpat" and hue_of(self._named(number or 0)):  # behind a cell
            self._findings.lose(Lost.TEXT_COLOURS)
        elif word == "outlinelevel" and number is not None and number < _HEADINGS:
            self._flow.heading = number + 1
        elif word == "ansicpg" and number in words.CODE_PAGES:
            self._encoding = f"cp{number}"
        elif word in words.ENCODING_WORDS:
            self._encoding = words.ENCODING_WORDS[word]
        elif word == "up":
            self._set(raised=number != 0)
        elif word in {"picwgoal", "pichgoal"} and number is not None:
            self._picture_size[word == "pichgoal"] = number
        else:
            self._move(word)

    def _move(self, word: str) -> None:  # noqa: C901, PLR0912  one for each word
        match word:
            case "par" | "sect" | "column":
                self._par()
            case "cell":
                self._flow.end_cell()
            case "nestcell":
                self._flow.end_paragraph()
            case "trowd":
                self._flow.begin_row()
            case "clmrg" | "clvmrg":
                self._flow.is_covered = True
            case "cellx":
                self._flow.describe_cell()
            case "row":
                if self._flow.end_row():
                    self._findings.add(What.HIDDEN_TEXT, Where.DOCUMENT)
            case "page":
                self._page()
            case "pard":
                self._pard()
            case "intbl":
                self._flow.is_row = True
            case "listtext":
                self._set(marker=True)
            case "pntext":
                # The same for older programs.
                self._set(marker=not self._flow.marker, skips=bool(self._flow.marker))
            case "pict":
                self._begin_picture()
            case "pngblip" | "jpegblip":
                self._picture_is_known = True
            case "plain":
                self._set(**_PLAIN)
            case "ulnone":
                self._set(underlined=False)
            case "nosupersub":
                self._set(raised=False)
            case "objemb" | "objlink":
                self._findings.add(What.EMBEDDED_FILE, Where.ATTACHMENTS)

    def _par(self) -> None:
        self._flow.end_paragraph()
        if not self._flow.is_row:
            self._flow.end_table()

    def _page(self) -> None:
        self._flow.end_paragraph()
        if not self._flow.is_row and not self._states[-1].flow:
            self._flow.add(PageBreak())

    def _pard(self) -> None:
        self._flow.is_row, self._flow.align, self._flow.heading = False, Align.LEFT, 0

    def _begin_picture(self) -> None:
        self._set(picture=True)
        self._picture, self._half, self._picture_size, self._picture_is_known = bytearray(), "", [0, 0], False

    def _end_picture(self) -> None:
        if self._states[-1].skips:
            return
        width, height = (side / _TWIPS for side in self._picture_size)
        shown = Shown((width, height) if width > 0 and height > 0 else None)
        made = pictures.cleaned(bytes(self._picture), shown, self._findings) if self._picture_is_known else None
        change = self._change()
        if self._states[-1].hidden or (self._states[-1].deleted and not change):
            self._findings.add(What.HIDDEN_DRAWING, Where.PAGES)
            return
        self._flow.end_paragraph()
        for each in changes.framed([made or Frame(labels.NO_PICTURE, ())], change):
            self._flow.add(each)

    def _change(self) -> str:
        """Return how what comes now was changed, where that is shown; elsewhere report that it was."""
        state = self._states[-1]
        change = labels.DELETED if state.deleted else labels.INSERTED if state.inserted else ""
        if change and not changes.are_shown():
            self._findings.lose(Lost.CHANGES)
            return ""
        return change

    def _text(self, token: Token) -> None:
        state = self._states[-1]
        if state.picture:
            if not state.skips and len(self._picture) < _PICTURE_BYTES:
                # A line may end between the two digits of a byte.
                digits = self._half + "".join(token.data.decode("latin-1").split())
                even = len(digits) // 2 * 2
                self._picture += bytes.fromhex(digits[:even])
                self._half = digits[even:]
            return
        if state.skips:
            self._skipped_text(token.data)
            return
        data = token.data[self._left_out :]
        self._left_out = max(0, self._left_out - len(token.data))
        if data:
            self._show(self._decoded(data))

    def _skipped_text(self, data: bytes) -> None:
        heading = self._states[-1].heading
        if heading:
            self._info[heading] += data.decode("latin-1")
        elif self._table == "fonttbl":
            self._fonts[self._font] = (self._fonts.get(self._font, "") + data.decode("latin-1").lower())[:_FONT_NAME]
        elif self._table == "colortbl":
            for _ in range(data.count(b";")):
                red, green, blue = self._colour
                self._colours.append((red, green, blue))
                self._colour = [0, 0, 0]

    def _decoded(self, data: bytes) -> str:
        font = self._states[-1].font
        charset, name = self._charsets.get(font, 0), self._fonts.get(font, "")
        if charset == words.SIGNS and any(one in name for one in words.SIGN_FONTS):
            kept = _NO_SIGNS if "symbol" in name else " \t"
            return "".join(chr(code) if chr(code) in kept else sign(code, name) for code in data)
        if data.isascii():
            return data.decode("ascii")
        if charset in words.UNREADABLE_CHARSETS:
            raise TextUnreadable
        try:
            return codecs.decode(data, words.CHARSETS.get(charset, self._encoding))
        except UnicodeDecodeError:
            raise TextUnreadable from None

    def _unicode(self, number: int) -> None:
        code = number % 2**16
        self._left_out = self._states[-1].fallback
        if code in _HIGH:
            self._high = code
        elif code in _LOW:
            if self._high:
                self._show(chr(_BEYOND + ((self._high - _HIGH.start) << 10) + code - _LOW.start))
            self._high = 0
        else:
            self._show(chr(code))

    def _show(self, text: str) -> None:
        state = self._states[-1]
        if state.skips or not text:
            return
        change = self._change()
        if state.deleted and not change:
            self._findings.add(What.EARLIER_VERSION, Where.DOCUMENT, text)
        elif state.hidden or self._is_unseen(state):
            self._findings.add(What.HIDDEN_TEXT, Where.DOCUMENT, text)
        elif state.marker:
            self._flow.marker += self._drawable.text(text)
        else:
            text = self._drawable.text(text)
            text = text.upper() if state.capitals else text
            struck = state.struck or state.struck_twice
            ink, behind = (hue_of(self._named(one)) for one in (state.colour, state.behind))
            paint = Paint(ink, behind, state.underlined)
            run = Run(text, state.bold, state.italic, state.raised, struck, paint)
            self._flow.runs.append(changes.shown(run, change))

    def _named(self, colour: int) -> str:
        parts = self._colours[colour] if 0 <= colour < len(self._colours) else ()
        return "".join(f"{min(max(one, 0), 255):02X}" for one in parts)

    def _is_unseen(self, state: _State) -> bool:
        """Return whether letters are too small, or white outside a table and on no colour."""
        if state.size <= _SMALLEST_HALF_POINTS:
            return True
        if state.behind or self._flow.is_row or not 0 <= state.colour < len(self._colours):
            return False
        return min(self._colours[state.colour]) >= LIGHT


def read_document(untrusted: bytes, findings: Findings) -> list[Block]:
    """Return what is seen; raises Damaged, TooLarge, TextUnreadable, LettersMissing."""
    return _Reader(findings).read(untrusted)

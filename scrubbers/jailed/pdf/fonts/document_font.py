"""The one font of the new document: every glyph that its pages show, by outline, advance and text.

Which font of the source a glyph comes from is not said. A code is two bytes, which are the glyph's CID: 1, 2, 3 … in
the order in which the pages show them first.

    Type Font, Subtype Type0, BaseFont F, Encoding Identity-H, DescendantFonts [one node], ToUnicode*
    the descendant: Type Font, Subtype CIDFontType0, BaseFont F, CIDSystemInfo {Registry <Adobe>, Ordering <Identity>,
      Supplement 0}, FontDescriptor, DW 0, W [1 [a b …]]
    the descriptor: Type, FontName F, Flags 4, FontBBox, ItalicAngle, Ascent, Descent, CapHeight, StemV, which are the
      same in every document, and FontFile3 (Subtype CIDFontType0C)
"""

import functools
from collections.abc import Sequence
from typing import Final

from scrubbers.jailed.pdf.fonts import write_cff
from scrubbers.jailed.pdf.fonts.glyph import Glyph, Run
from scrubbers.jailed.pdf.fonts.outline import Outline, charstring
from scrubbers.jailed.pdf.fonts.shapes import silent
from scrubbers.jailed.pdf.syntax.writer import Hex, Name, Node, Stream, escaped, number
from trusted.jail.stages import TookTooLong

NAME: Final = Name(b"F")
_MOST_GLYPHS: Final = 65_000  # a code has two bytes
GAP_DECIMALS: Final = 3  # of a thousandth of the size
_SPACE_FROM: Final = 150  # thousandths of the size: kerned letters are closer, words in tight lines further apart
_WIDEST_SPACE: Final = 1000  # thousandths: a wider gap is a space and a move
# A justified line has its own; viewers look for widths from the first code on. Half of the last parts words in PDFium.
_MOST_SPACES, _LAST_SPACE = 16, range(300, 334)
_LINES_IN_BLOCK: Final = 100  # of a map: readers take no more (Technical Note 5014)
_Key = tuple[int, Outline, str]


@functools.cache
def space(advance: int) -> Run:
    """Return a space that is so wide."""
    made = Glyph(0, advance, ())
    made.text = " "
    return made.alone


class DocumentFont:
    """Gives glyphs their codes."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self._codes: dict[_Key, bytes] = {}
        self._of_glyphs: dict[Glyph, bytes] = {}
        self._of_runs: dict[Run, bytes] = {}
        self._of_gaps: dict[float, tuple[bytes, bool]] = {}
        self._spaces: dict[int, int] = {}

    def continued(self) -> "DocumentFont":
        """Return a font of the same node that has the same codes, and gives its own from there on."""
        found = DocumentFont(self.node)
        found._codes, found._of_glyphs, found._spaces = self._codes.copy(), self._of_glyphs.copy(), self._spaces.copy()
        found._of_runs, found._of_gaps = self._of_runs.copy(), self._of_gaps.copy()
        return found

    def shown(self, run: Run, apart: int = 0) -> bytes:
        """Return the codes that show a run, each glyph so much wider, as a string between brackets holds them.

        Raises TookTooLong when there are too many codes.
        """
        if apart:
            return escaped(b"".join([self._code(glyph, apart) for glyph in run.glyphs]))
        found = self._of_runs.get(run)
        if found is None:
            known = self._of_glyphs
            codes = [known.get(glyph) or known.setdefault(glyph, self._code(glyph)) for glyph in run.glyphs]
            found = self._of_runs[run] = escaped(b"".join(codes))
        return found

    def line(self, runs: Sequence[Run], gaps: Sequence[float], apart: int = 0) -> bytes:
        """Return the operator, with its operand, that shows runs with gaps between, each glyph so much wider.

        Raises TookTooLong when there are too many codes.
        """
        of_runs, of_gaps = {} if apart else self._of_runs, self._of_gaps
        said, moves = [self.shown(runs[0], apart)], False
        for gap, run in zip(gaps, runs[1:], strict=True):
            between, moved = of_gaps.get(gap - apart) or self._between(round(gap - apart, GAP_DECIMALS))
            moves = moves or moved
            said += between, of_runs.get(run) or self.shown(run, apart)
        return (b"[(%s)] TJ" if moves else b"(%s) Tj") % b"".join(said)

    def _between(self, gap: float) -> tuple[bytes, bool]:
        """Return what stands within a string for a gap in thousandths, and whether the string ends for it."""
        found = self._of_gaps.get(gap)
        if found is None:
            said, left = b"", gap
            if gap >= _SPACE_FROM:
                advance = self._space_for(min(round(gap), _WIDEST_SPACE))
                said, left = self.shown(space(advance)), round(gap - advance, GAP_DECIMALS)
            found = self._of_gaps[gap] = said + b") %s (" % number(-left) if left else said, bool(left)
        return found

    def _space_for(self, advance: int) -> int:
        """Return how wide the space is that stands for one of this width: later ones are among the first few."""
        if advance not in self._spaces:
            known = {*self._spaces.values()}
            is_one = len(known) + (advance not in _LAST_SPACE) < _MOST_SPACES
            self._spaces[advance] = advance if is_one else min(known, key=lambda each: (abs(each - advance), each))
        return self._spaces[advance]

    def _code(self, glyph: Glyph, apart: int = 0) -> bytes:
        if len(self._codes) >= _MOST_GLYPHS:
            raise TookTooLong
        key = glyph.advance + apart, glyph.outline, glyph.text or ""
        return self._codes.setdefault(key, (len(self._codes) + 1).to_bytes(2, "big"))

    def __bool__(self) -> bool:
        return bool(self._codes)

    def texts(self) -> dict[bytes, str]:
        """Return the text of each code that has one. That nothing may be said of it may show on later pages only."""
        mute = silent((outline, text) for _, outline, text in self._codes if text)
        said = ((code, outline, text) for (_, outline, text), code in self._codes.items() if text)
        return {code: text for code, outline, text in said if (outline, text) not in mute}

    def build(self, *, to_draw: bool = False) -> None:
        """Make the node's value: all glyphs that have a code; `to_draw`: without their texts. Raises NotRebuildable."""
        program = write_cff.program([charstring(advance, outline) for advance, outline, _ in self._codes])
        # PDFium looks up the text of each letter that it draws.
        texts = {} if to_draw else self.texts()
        descriptor = Node({
            b"Type": Name(b"FontDescriptor"), b"FontName": NAME, b"Flags": 4, b"FontBBox": [0, -200, 1000, 800],
            b"ItalicAngle": 0, b"Ascent": 800, b"Descent": -200, b"CapHeight": 700, b"StemV": 80,
            b"FontFile3": Node(Stream({b"Subtype": Name(b"CIDFontType0C")}, program)),
        })  # fmt: skip
        descendant = Node({
            b"Type": Name(b"Font"), b"Subtype": Name(b"CIDFontType0"), b"BaseFont": NAME,
            b"CIDSystemInfo": {b"Registry": Hex(b"Adobe"), b"Ordering": Hex(b"Identity"), b"Supplement": 0},
            b"FontDescriptor": descriptor, b"DW": 0, b"W": [1, [advance for advance, _, _ in self._codes]],
        })  # fmt: skip
        self.node.value = {
            b"Type": Name(b"Font"), b"Subtype": Name(b"Type0"), b"BaseFont": NAME, b"Encoding": Name(b"Identity-H"),
            b"DescendantFonts": [descendant],
            **({b"ToUnicode": Node(Stream({}, to_unicode(texts)))} if texts else {}),
        }  # fmt: skip


def to_unicode(texts: "dict[bytes, str]") -> bytes:
    """Return a ToUnicode CMap for these codes, which stand in order."""
    said = ((code.hex().encode(), text.encode("utf-16-be").hex().encode()) for code, text in texts.items())
    return text_map([b"<%s> <%s>" % each for each in said], b"bfchar")


def text_map(lines: Sequence[bytes], kind: bytes) -> bytes:
    """Return a CMap of lines of one kind: bfchar for single codes, bfrange for codes in a row."""
    blocks = (lines[at : at + _LINES_IN_BLOCK] for at in range(0, len(lines), _LINES_IN_BLOCK))
    return (
        b"/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n/CMapName /K def\n/CMapType 2 def\n"
        b"1 begincodespacerange\n<0000> <ffff>\nendcodespacerange\n"
        + b"".join(b"%d begin%s\n%s\nend%s\n" % (len(block), kind, b"\n".join(block), kind) for block in blocks)
        + b"endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"
    )

"""The new document, from the pages of the source: rebuilt where that looks the same, drawn where it does not.

A page ends as one of three: `Rebuilt`, `OnBackdrop`, `Pixels`. One way leads down (`_or_worse`): what cannot be said,
drawn or told apart raises NotRebuildable, wherever that is. For each batch of pages, so that memory stays bounded:

1 read   the pages into display lists (`pages`)
2 write  a version of the batch to memory, with everything that is drawn, seen or not
3 look   at each page of it beside the source's, and for what cannot be seen (`visibility`). One that differs, or shows
         a picture or a path in part, may stand on a drawing of all but its text: for those once more 2 and 3. One that
         still differs, or shows a text in part, will be pixels with a layer of words (`rasterise`)
4 decide take out what no page shows, and compare with the source again
5 write the batch to the result: as it is in 2, codes and all, if nothing of it changed and no texts are to be joined

At the end come the fonts, with the glyphs that the pages in the result use, the outline (`ways`, as the links of each
page), and the preview of the first page.
"""

import contextlib
import functools
import gc
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Final

import pypdf
import pypdfium2
from PIL import Image

from scrubbers.jailed.findings import Findings
from scrubbers.jailed.pdf.bitmap import in_colours
from scrubbers.jailed.pdf.cost import Work
from scrubbers.jailed.pdf.fonts.document_font import DocumentFont
from scrubbers.jailed.pdf.fonts.source_font import read_texts
from scrubbers.jailed.pdf.open import Opened
from scrubbers.jailed.pdf.pages.page import Page, read_page
from scrubbers.jailed.pdf.pages.page_fonts import fonts_say
from scrubbers.jailed.pdf.pages.resources import SourceDocument
from scrubbers.jailed.pdf.pages.ways import Ways
from scrubbers.jailed.pdf.rasterise import BACKDROP, backdrop, pixel_page
from scrubbers.jailed.pdf.redact import PageSeen, look_at, take_out
from scrubbers.jailed.pdf.renderer import drawn
from scrubbers.jailed.pdf.syntax import access
from scrubbers.jailed.pdf.syntax.writer import ClippingText, Name, Node, NotRebuildable, Writer
from scrubbers.jailed.pdf.text_layer.emit import layer_font
from scrubbers.jailed.pdf.text_layer.words import FontsSay
from scrubbers.jailed.pdf.visibility import subpaths
from scrubbers.jailed.pdf.visibility.near_look import same_from_nearby
from scrubbers.jailed.pdf.visibility.page_objects import RenderedPage
from scrubbers.jailed.pdf.visibility.source_texts import SourceTexts
from scrubbers.jailed.pdf.visibility.visual_diff import differing
from scrubbers.jailed.pictures import against_marks, preview
from trusted.jail.stages import Damaged, LettersMissing, Lost, What, Where

_BATCH_PAGES: Final = 60  # held in memory with their display lists
# Pictures on a batch's pages are held until it is written, and once more in the batch's own file.
_BATCH_BYTES: Final = 3 * 2**20
# Contents of a page of text: deflating it for this one look took longer than it saved.
_SMALL_BYTES: Final = 32 * 2**10
# One pixel a point: a page of A4 has half a megapixel, and is drawn in one to two milliseconds.
_SCALE: Final = 1.0
_BACKDROPS: Final = 10  # that are held with their shades until they are compared
_BACKDROP_WORK: Final = 50.0  # milliseconds, as in `cost`: two drawings of a page
_BACKDROP_BYTE: Final = 0.001  # the same: what is large when coded also took long to draw
_SAID_STEP: Final = 0.01  # milliseconds, as in `cost`


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """All of it, in the words of the new document."""

    page: Page


@dataclass(frozen=True, slots=True)
class OnBackdrop:
    """Its text is text; a drawing stands for all the rest."""

    page: Page


@dataclass(frozen=True, slots=True)
class Pixels:
    """A picture of itself. `page`: its text may yet stand on a backdrop."""

    page: Page | None = None


@dataclass(slots=True, eq=False)
class _Entry:
    """One page on its way, and what of it is visible."""

    number: int
    end: Rebuilt | OnBackdrop | Pixels
    seen: PageSeen | None = None
    was_read: bool = False

    def __post_init__(self) -> None:
        self.was_read = self.end.page is not None

    def worse(self) -> None:
        """Go one step down."""
        self.end = Pixels(self.end.page if isinstance(self.end, Rebuilt) else None)


class Rebuilder:
    """Makes the result. `source` is PDFium's view of the document and `reader` pypdf's: the two must agree."""

    def __init__(self, opened: Opened, reader: pypdf.PdfReader | None, findings: Findings) -> None:
        self._source = opened.source
        self._reader = reader
        # None: pypdf does not see the same ones as PDFium, and all become pixels.
        self._pages = reader.pages if reader is not None and len(reader.pages) == len(opened.source) else ()
        self._findings = findings
        self._parent = Node()
        self._kids: list[Node] = []
        self._first: Image.Image | None = None
        self._font = DocumentFont(Node(late=True))
        # What was last written to memory: the pages, and the font with the codes that they use.
        self._written: tuple[list[Page], DocumentFont | None] = [], None
        self._work = Work()
        self._hides_layers = opened.hides_layers
        self._lent = opened.lent
        self._document = SourceDocument(self._work)
        self._ways = Ways(opened.reader, findings, keeps=len(self._pages) > 0)
        self._layer_font = None if against_marks.is_asked_for() else layer_font()

    def write(self, output: IO[bytes]) -> Image.Image:
        """Write the whole result; returns the first page's small picture. Raises Refused."""
        writer = Writer(output, forgets=True)
        writer.number_of(self._parent)
        for batch in self._batches():
            read_texts(self._document.fonts())
            is_written = self._settle(batch)
            for entry in batch:
                self._finish_page(entry, writer, is_written=is_written)
            self._source.reopen_if_large()
            if self._reader is not None and self._source.is_large:
                self._reader.resolved_objects.clear()
                # pypdf's objects refer to each other in circles.
                gc.collect()
        if self._first is None:
            raise Damaged
        for ink in self._document.swatches.described:
            self._findings.add(What.COLOUR_PROFILE, Where.PAGES, ink.encode("latin-1"))
        if any(font.says_more for font in self._document.fonts()):
            self._findings.add(What.HIDDEN_TEXT, Where.PAGES)
        if any(font.shows_lent for font in self._document.fonts()):
            self._findings.lose(Lost.LAYOUT)
        if self._font:
            self._font.build()
        self._parent.value = {b"Type": Name(b"Pages"), b"Count": len(self._kids), b"Kids": self._kids}
        writer.write_at_last(self._parent)
        ways = self._ways.outline(self._font.texts())
        writer.finish(Node({b"Type": Name(b"Catalog"), b"Pages": self._parent, **ways}))
        return self._first

    # Step 1

    def _batches(self) -> Iterator[list[_Entry]]:
        batch: list[_Entry] = []
        for number in range(len(self._source)):
            batch.append(_Entry(number, self._read(number)))
            full = self._document.held_bytes() > _BATCH_BYTES
            if full or self._work.batch_is_full() or len(batch) >= _BATCH_PAGES:
                yield batch
                batch = []
                self._document.begin_batch()
        if batch:
            yield batch

    def _read(self, number: int) -> Rebuilt | Pixels:
        """Step 1. Raises LettersMissing."""
        read: Rebuilt | Pixels = Pixels()
        if self._work.is_too_much:
            return read
        document = self._document
        document.lacks_letters = False
        try:
            page = read_page(self._pages[number], document)
            document.lacks_letters &= self._hides_layers
            if page.has_invisible_text():
                self._findings.add(What.HIDDEN_TEXT, Where.PAGES)
            if any(picture.hides_colour for _, picture in page.pictures()):
                self._findings.add(What.HIDDEN_COLOUR, Where.PICTURES_ON_PAGES)
            self._work.page_read(page.steps)
            read = Pixels(page) if page.has_unsaid() else Rebuilt(page)
        except ClippingText:
            self._findings.add(What.HIDDEN_TEXT, Where.PAGES)
        except (NotRebuildable, *access.BROKEN):
            pass
        if document.lacks_letters:
            # As pixels its text would be missing as well, and nobody would see that it is.
            raise LettersMissing
        return Pixels() if self._hides_layers else read

    # Steps 2 to 4

    def _settle(self, batch: list[_Entry]) -> bool:
        """Decide on each page; afterwards the lists hold what stays.

        Returns whether the pages that do are what the first version has, down to the codes of `_font`.
        """
        self._compare(batch, {})
        first, font = self._written
        for entry, page in _said(batch):
            with _or_worse(entry):
                self._require_whole_paths(entry, page)
        lower = [entry for entry in batch if isinstance(entry.end, Pixels) and entry.end.page is not None]
        for at in range(0, len(lower), _BACKDROPS):
            some = lower[at : at + _BACKDROPS]
            self._compare(
                some, {entry.number: shades for entry in some if (shades := self._put_on_backdrop(entry)) is not None}
            )
        seen = [(entry, entry.seen) for entry, _ in _said(batch) if entry.seen is not None]
        changed = take_out([page for _, page in seen])
        self._compare([entry for entry, page in seen if page.touches(changed)])
        pages = [page for _, page in _said(batch)]
        is_written = (
            font is not None
            and self._written[1] is font
            and not changed
            and len(pages) == len(first)
            and all(one is other and not one.may_join for one, other in zip(pages, first, strict=True))
        )
        if is_written and font is not None:
            self._font = font
        return is_written

    def _put_on_backdrop(self, entry: _Entry) -> Image.Image | None:
        """Make its page the text alone on a drawing of the rest, where that is of use; returns the drawing's shades."""
        page = entry.end.page
        entry.worse()
        too_much = self._work.is_too_much or self._work.is_far_too_much
        if page is None or too_much or not page.shows() or (entry.seen is not None and entry.seen.hides_letters):
            return None
        self._work.painted(_BACKDROP_WORK)
        with _or_worse(entry):
            picture, shades = backdrop(self._source, entry.number)
            self._work.painted(picture.stored_bytes * _BACKDROP_BYTE)
            entry.end = OnBackdrop(page.on(picture))
            return shades
        return None

    def _require_whole_paths(self, entry: _Entry, page: Page) -> None:
        """Raise NotRebuildable if nobody sees a part of a path."""
        paths = entry.seen.paths if entry.seen is not None else []
        hidden = {id(path) for path, _ in paths} - {id(path) for path, is_seen in paths if is_seen}
        found = [*subpaths.placed_paths(page.items, hidden)]
        if found and subpaths.any_is_unseen(found, functools.partial(self._drawn_now, entry)):
            self._findings.add(What.HIDDEN_DRAWING, Where.PAGES)
            raise NotRebuildable

    def _drawn_now(self, entry: _Entry) -> tuple[RenderedPage, Image.Image]:
        """Return the page as it is now; raises NotRebuildable."""
        written = self._in_memory([entry])
        if written is None or entry.end.page is None:
            raise NotRebuildable
        self._work.painted(_SAID_STEP * len(entry.end.page.items))
        with contextlib.closing(pypdfium2.PdfDocument(written)) as document, contextlib.closing(document[0]) as page:
            sheet = RenderedPage(page, _SCALE, self._work)
            return sheet, sheet.drawn()

    def _compare(self, entries: list[_Entry], shades: Mapping[int, Image.Image] | None = None) -> None:
        """Run steps 2 and 3. `shades`: of backdrops, by the number of the page; None: what is seen is known."""
        written = self._in_memory(entries)
        if written is None:
            return
        with contextlib.closing(pypdfium2.PdfDocument(written)) as document:
            for at, (entry, page) in enumerate(_said(entries)):
                source_page = self._source.page(entry.number)
                with contextlib.closing(document[at]) as made, source_page as source, _or_worse(entry):
                    sheet, drawn = self._alike(entry, source, made)
                    self._ways.see(entry.number, drawn)
                    if entry.number == 0:
                        self._first = preview.downscaled(in_colours(drawn))
                    if shades is not None:
                        if self._work.is_far_too_much:
                            raise NotRebuildable
                        sheet.source = SourceTexts(source, sheet.size, self._work).change
                        open_again = functools.partial(_page_of, written, at)
                        self._look(entry, look_at(sheet, drawn, page, open_again, shades.get(entry.number)))

    def _alike(
        self, entry: _Entry, source: pypdfium2.PdfPage, made: pypdfium2.PdfPage
    ) -> tuple[RenderedPage, Image.Image]:
        """Return how the page is drawn; raises NotRebuildable if it looks otherwise than the source's.

        From where one reads, and where it does not from nearby; with a backdrop in its own size.
        """
        sheet = RenderedPage(made, _SCALE, self._work)
        on_backdrop = isinstance(entry.end, OnBackdrop)
        sheet = sheet.closer(BACKDROP) if on_backdrop else sheet
        found = sheet.drawn()
        places = differing(drawn(source, sheet.size), found, nearby=on_backdrop)
        if places and (on_backdrop or not same_from_nearby(source, made, sheet.size, places, self._work)):
            raise NotRebuildable
        return sheet, found

    def _look(self, entry: _Entry, seen: PageSeen) -> None:
        """Keep and report what is seen of a page; raises NotRebuildable if a part of a text or a picture is not."""
        entry.seen = seen
        if seen.hides_text:
            self._findings.add(What.HIDDEN_TEXT, Where.PAGES)
        if seen.hides_drawing:
            self._findings.add(What.HIDDEN_DRAWING, Where.PAGES)
        if seen.hides_picture:
            self._findings.add(What.HIDDEN_COLOUR, Where.PICTURES_ON_PAGES)
        if seen.hides_letters or seen.hides_pixels:
            raise NotRebuildable

    def _in_memory(self, entries: list[_Entry]) -> bytes | None:
        """Return the pages as a document of their own; None if none of them can be said."""
        pages = _said(entries)
        if not pages:
            return None
        parent, font = Node(), self._font.continued()
        for entry, page in pages:
            with _or_worse(entry):
                page.emit(parent, font)
        said = _said(entries)
        self._written = [page for _, page in pages], font if len(said) == len(pages) else None
        kids = [page.node for _, page in said]
        parent.value = {b"Type": Name(b"Pages"), b"Count": len(kids), b"Kids": kids}
        made = io.BytesIO()
        with _or_worse(*(entry for entry, _ in said)):
            if font:
                font.build(to_draw=True)
            Writer(made, level=1, small=_SMALL_BYTES).finish(Node({b"Type": Name(b"Catalog"), b"Pages": parent}))
        return made.getvalue() if _said(entries) else None

    # Step 5

    def _finish_page(self, entry: _Entry, writer: Writer, *, is_written: bool) -> None:
        match entry.end:
            case Pixels():
                node = self._as_pixels(entry)
            case Rebuilt(page) | OnBackdrop(page):
                if isinstance(entry.end, OnBackdrop):
                    self._findings.lose(Lost.SHARPNESS)
                if is_written:
                    page.stand_under(self._parent)
                else:
                    page.emit(self._parent, self._font, joins=True)
                node = page.node
        self._kids.append(self._ways.write(entry.number, node, writer))

    def _as_pixels(self, entry: _Entry) -> Node:
        number = entry.number
        late = self._work.is_too_much or self._work.is_far_too_much
        font = None if late and not self._work.affords_layer(len(self._source) - number - 1) else self._layer_font
        fonts = self._fonts_say(entry) if font is not None else FontsSay()
        made = pixel_page(self._source, number, self._parent, font, coarse=late, fonts=fonts)
        if late or made.letters is not None:
            self._work.became_pixels(made.letters)
        if self._lent and self._says_lent(number):
            self._findings.lose(Lost.LAYOUT)
        # A scan has no text to lose, but it may have had more dots an inch than it has now.
        words_lost = made.had_text and not made.keeps_words
        self._findings.lose(Lost.SELECTABLE_TEXT if words_lost else Lost.SHARPNESS)
        self._ways.see(number, made.drawn)
        if number == 0:
            self._first = preview.downscaled(made.drawn)
        return made.node

    def _says_lent(self, number: int) -> bool:
        """Whether a page that became pixels, and may never have been read, has a letter of our own face."""
        with self._source.page(number) as page, contextlib.closing(page.get_textpage()) as text:
            return not self._lent.isdisjoint(text.get_text_range())

    def _fonts_say(self, entry: _Entry) -> FontsSay:
        """Return what the fonts of a page of the source are known to do."""
        with contextlib.suppress(NotRebuildable, *access.BROKEN):
            return fonts_say(self._pages[entry.number], self._document, was_read=entry.was_read)
        return FontsSay()


@contextlib.contextmanager
def _or_worse(*entries: _Entry) -> Iterator[None]:
    """Let pages go down a step if what is done in here fails."""
    try:
        yield
    except (NotRebuildable, pypdfium2.PdfiumError):
        for entry in entries:
            entry.worse()


def _page_of(written: bytes, at: int) -> pypdfium2.PdfPage:
    return pypdfium2.PdfDocument(written)[at]


def _said(entries: Sequence[_Entry]) -> list[tuple[_Entry, Page]]:
    """Return those that are not to become pixels, with their pages."""
    return [(each, each.end.page) for each in entries if isinstance(each.end, Rebuilt | OnBackdrop)]

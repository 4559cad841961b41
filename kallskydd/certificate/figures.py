"""The year's figures of the whole channel as a tagged PDF, for a council: the words of the desk's page."""

from collections.abc import Sequence

from audit.language import LANGUAGES
from audit.report.blocks import Annex, Block, Cell, Heading, Page, Paragraph, Table
from kallskydd.certificate.document import as_pdf
from kallskydd.certificate.errors import SheetTooFull

# Its caption, and a count for each row.
FiguresTable = tuple[str, Sequence[tuple[str, int]]]


def figures_as_pdf(
    title: str, language: str, sentences: Sequence[str], head: tuple[str, str], tables: Sequence[FiguresTable]
) -> bytes:
    """Return the document. `head` names the two columns of every table."""
    spoken = next(one for one in LANGUAGES if one == language)
    first: list[Block] = [Heading(1, title), *map(Paragraph, sentences)]
    rest: list[Block] = []
    for caption, rows in tables:
        rest += [Heading(2, caption), Table(head, tuple((Cell(label), Cell(str(count))) for label, count in rows))]
    try:
        return as_pdf(Page(title, spoken, title, (*first, *rest), ()))
    except SheetTooFull:
        return as_pdf(Page(title, spoken, title, tuple(first), (Annex("tables", "", tuple(rest)),)))

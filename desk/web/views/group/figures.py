"""The figures of a year in words, as a page and as CSV: nothing but what `desk.work.case.numbers` lets through.

Every sentence is made of the published rows. What they do not give is not said.
"""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from desk.keep.figures import ChannelYear
from desk.web.views.group.charts import Bar, bars
from desk.web.views.pages import N_, Language
from desk.work.case.numbers import Period, Published, Table

_DECISIONS: Final = {"handled": N_("Handled"), "dismissed": N_("Dismissed"), "open": N_("Not closed yet")}
# Of the whole channel; what is open stands with what was dismissed.
_OUTCOMES: Final = {
    "substantiated": N_("Substantiated"),
    "partly substantiated": N_("Partly substantiated"),
    "not substantiated": N_("Not substantiated"),
    "handled": N_("Handled, nothing else noted"),
    "dismissed": N_("Dismissed, or not closed yet"),
}
_ACKNOWLEDGED: Final = {
    "soon": N_("0 to 3 days"),
    "in time": N_("4 to 7 days"),
    "late": N_("Later, or not at all"),
}
_FEEDBACK: Final = {
    "soon": N_("Up to 2 months"),
    "in time": N_("2 to 3 months"),
    "late": N_("Later, or not yet"),
}
_NO_ORGANISATION: Final = N_("Not said which")
# A spreadsheet takes what begins so for a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
# Without it a spreadsheet in Swedish reads å as two other letters.
_BYTE_ORDER_MARK: Final = "\ufeff"


@dataclass(frozen=True, slots=True)
class TableShown:
    """One table: its caption, its rows, and a sentence on what half of the cases took."""

    caption: str
    rows: tuple[tuple[str, int], ...]
    half: str = ""


@dataclass(frozen=True, slots=True)
class PeriodShown:
    """One year, or years that are published together."""

    name: str
    total: int
    sentences: tuple[str, ...]
    tables: tuple[TableShown, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """The page: one period in full, and all of them as bars."""

    shown: PeriodShown | None
    names: tuple[str, ...]
    bars: tuple[Bar, ...]


# Makes a PDF of a title, a language, sentences, the heads of two columns, and tables with their captions.
PrintFigures = Callable[
    [str, str, Sequence[str], tuple[str, str], Sequence[tuple[str, Sequence[tuple[str, int]]]]], bytes
]


def of_channel(published: Mapping[str, ChannelYear]) -> tuple[Period, ...]:
    """Return the years of the whole channel that have figures, oldest first."""
    return tuple(
        Period(
            (int(year),),
            found.total,
            _table_of(found, "organisation"),
            _table_of(found, "outcome"),
            _table_of(found, "acknowledged"),
            _table_of(found, "feedback"),
        )
        for year, found in sorted(published.items())
        if found.total
    )


def _table_of(found: ChannelYear, name: str) -> Table:
    rows = tuple(Published(row.keys, row.count) for row in found.rows if row.table == name)
    is_late = any("late" in row.keys for row in rows)
    return Table(rows, () if is_late else ("late",))


def figures(
    found: Sequence[Period], wanted: str, organisations: Mapping[str, str], language: Language, *, own: bool = True
) -> Figures:
    """Return the page with the period of this name, or the last. `own`: of one member's cases."""
    names = tuple(_years(period) for period in found)
    shown = next((period for period in found if _years(period) == wanted), found[-1] if found else None)
    rows = [(_years(period), period.total) for period in found]
    return Figures(None if shown is None else _shown(shown, organisations, language, own=own), names, bars(rows))


def as_csv(found: Sequence[Period], organisations: Mapping[str, str], language: Language, *, own: bool = True) -> bytes:
    """Return all periods as one file for a spreadsheet, with semicolons as Swedish ones expect."""
    translate, text = language.translate, io.StringIO(newline="")
    text.write(_BYTE_ORDER_MARK)
    rows = csv.writer(text, delimiter=";")
    rows.writerow([translate(N_("Year")), translate(N_("Table")), translate(N_("Row")), translate(N_("Number"))])
    for period in found:
        shown = _shown(period, organisations, language, own=own)
        rows.writerow([shown.name, translate(N_("Reports")), translate(N_("All")), shown.total])
        for table in shown.tables:
            rows.writerows([shown.name, table.caption, _no_formula(label), count] for label, count in table.rows)
    return text.getvalue().encode()


def as_pdf(title: str, shown: PeriodShown, language: Language, printed: PrintFigures) -> bytes:
    """Return one period as a document, with the words of the page."""
    head = language.translate(N_("Row")), language.translate(N_("Number"))
    tables = [(one.caption, one.rows) for one in shown.tables]
    return printed(title, language.code, shown.sentences, head, tables)


def _shown(period: Period, organisations: Mapping[str, str], language: Language, *, own: bool) -> PeriodShown:
    translate = language.translate

    def words(known: Mapping[str, str]) -> Callable[[str], str]:
        return lambda key: translate(known[key])

    def organisation(key: str) -> str:
        return organisations.get(key, key) if key else translate(_NO_ORGANISATION)

    tables = (
        _table(N_("Organisation"), period.organisations, organisation, language),
        _table(N_("Outcome"), period.decisions, words(_DECISIONS if own else _OUTCOMES), language),
        _table(N_("Days to the acknowledgement"), period.acknowledged, words(_ACKNOWLEDGED), language, half=True),
        _table(N_("Time to the feedback"), period.feedback, words(_FEEDBACK), language, half=True),
    )
    sentences = (
        translate(N_("%(count)d reports."), count=period.total),
        _in_time(period.acknowledged, period.total, _ALL_ACKNOWLEDGED, _ACKNOWLEDGED_IN_TIME, language),
        _in_time(period.feedback, period.total, _ALL_TOLD, _TOLD_IN_TIME, language),
    )
    return PeriodShown(_years(period), period.total, tuple(one for one in sentences if one), tables)


_ALL_ACKNOWLEDGED: Final = N_("All were acknowledged within 7 days.")
_ACKNOWLEDGED_IN_TIME: Final = N_("%(percent)d percent were acknowledged within 7 days.")
_ALL_TOLD: Final = N_("All got feedback within three months.")
_TOLD_IN_TIME: Final = N_("%(percent)d percent got feedback within three months.")


def _in_time(table: Table, total: int, everyone: str, some: str, language: Language) -> str:
    """Return the sentence on those within the time of the law, if the rows give it."""
    if "late" in table.none:
        return language.translate(everyone)
    late = table.count_of("late")
    return "" if late is None else language.translate(some, percent=round(100 * (total - late) / total))


def _table(
    caption: str, table: Table, words: Callable[[str], str], language: Language, *, half: bool = False
) -> TableShown:
    translate = language.translate
    rows = tuple((_joined([words(key) for key in row.keys], language), row.count) for row in table.rows)
    if len(table.rows) == 1 and len(table.rows[0].keys) > 1:
        rows = ((translate(N_("All together")), table.rows[0].count),)
    keys = [key for row in table.rows for key in row.keys]
    # Rows of the whole channel can have a key in common, and then none is the middle one.
    middle = _middle(rows) if half and len(rows) > 1 and len(keys) == len(set(keys)) else ""
    sentence = translate(N_("The middle one: %(row)s"), row=middle) if middle else ""
    return TableShown(translate(caption), rows, sentence)


def _middle(rows: Sequence[tuple[str, int]]) -> str:
    """Return the row in which the median lies."""
    total, passed = sum(count for _label, count in rows), 0
    for label, count in rows:
        passed += count
        if 2 * passed >= total:
            return label
    return ""


def _joined(labels: Sequence[str], language: Language) -> str:
    if len(labels) == 1:
        return labels[0]
    return language.translate(N_("%(first)s and %(last)s, together"), first=", ".join(labels[:-1]), last=labels[-1])


def _years(period: Period) -> str:
    first, last = period.years[0], period.years[-1]
    return str(first) if first == last else f"{first}–{last}"  # noqa: RUF001 - between two years a dash


def _no_formula(label: str) -> str:
    return f"'{label}" if label.startswith(_FORMULA) else label

"""Writes a stored number as a sheet shows it: dates, times, percent, decimals, thousands, units; else as stored.

Only what of a number format can be told apart with certainty is followed. A format that is not known shows the number
itself, with its sign: more digits than the sheet, never others. Of a day only the parts that are shown are written.
"""

import datetime as dt
import decimal
import math
import re
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Final, TypeAlias

# ECMA-376, 18.8.30: formats that have numbers of their own and are not written down in the file. Which currency those
# of money have is that of the reader's system.
_BUILT_IN: Final = {
    1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 14: "yyyy-mm-dd", 15: "yyyy-mm-dd",
    16: "mm-dd", 17: "yyyy-mm", 18: "hh:mm", 19: "hh:mm:ss", 20: "hh:mm", 21: "hh:mm:ss", 22: "yyyy-mm-dd hh:mm",
    45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss",
    **dict.fromkeys((5, 6, 37, 38, 41, 42), "#,##0"), **dict.fromkeys((7, 8, 39, 40, 43, 44), "#,##0.00"),
}  # fmt: skip
# One piece of a format: quoted or escaped text, a currency or a condition in brackets, a place left free, a number.
# Commas behind a number divide it by a thousand each.
_PIECE: Final = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|\[\$(?P<currency>[^\]-]*)[^\]]*\]|(?P<bracket>\[[^\]]*\])|[_*].'
    r"|(?P<number>[#0?][#0?,]*(?:\.[#0?]*)?,*|\.[#0?]+,*)|(?P<percent>%)|(?P<letters>General|[A-Za-z]+)|(?P<other>.)",
    re.DOTALL,
)
_Section: TypeAlias = Sequence[tuple[str, str]]
_LITERAL: Final = frozenset({"quoted", "escaped", "currency", "other"})
_CONDITION: Final = re.compile(r"\[(<=|>=|<>|<|>|=)(-?[0-9]{1,15}(?:\.[0-9]{1,15})?)\]")
_COLOUR: Final = re.compile(r"\[(black|blue|cyan|green|magenta|red|white|yellow|color *[0-9]{1,2})\]", re.IGNORECASE)
_BLANK: Final = re.compile(r"(?:(?: |\[[^\]]*\])*;){3}(?: |\[[^\]]*\])*")
_DATE: Final = re.compile(r"[ymdhs]+|AM|PM|A|P", re.IGNORECASE)
_ELAPSED: Final = re.compile(r"\[[hms]+\]", re.IGNORECASE)
_UNKNOWN: Final = frozenset("/?@")  # fractions, and the place of a text
_PLACES: Final = re.compile("[#0?]+")
_THOUSANDS: Final = re.compile(r"(?<=[0-9])(?=(?:[0-9]{3})+$)")
_RUN: Final = re.compile(r"([ymdhs])\1*")
_DAY_AND_MONTH: Final = re.compile(r"(?<![dm:])(d{1,2}(?=\W+m)|m{1,2}(?=\W+d))(\W+)(d{1,2}|m{1,2})(?![dm])")
_HALVES: Final = frozenset({"am", "pm", "a", "p"})  # of a day
_LONGEST_NUMBER: Final = 2  # letters; three and more are a name
_TEXT: Final = ("other", "@")
_TEXT_PLACE: Final = 3
_GENERAL: Final = "General"
MONTHS: Final = (
    "januari / January", "februari / February", "mars / March", "april / April", "maj / May", "juni / June",
    "juli / July", "augusti / August", "september / September", "oktober / October", "november / November",
    "december / December",
)  # fmt: skip
WEEKDAYS: Final = (
    "måndag / Monday", "tisdag / Tuesday", "onsdag / Wednesday", "torsdag / Thursday", "fredag / Friday",
    "lördag / Saturday", "söndag / Sunday",
)  # fmt: skip
EPOCH: Final = dt.datetime(1899, 12, 30)  # noqa: DTZ001  days of a sheet have no zone
_EPOCH_1904: Final = dt.datetime(1904, 1, 1)  # noqa: DTZ001
_MOST_DAYS: Final = 2_900_000  # the year 9999
_MOST_PARTS_OF_SECOND: Final = 3  # thousandths, in Excel
_SECONDS: Final = 86_400
_MOST_DECIMALS: Final = 15
_MOST_VALUE: Final = 1e18
_LONGEST_FORMAT: Final = 255  # characters, in Excel
_EXACT: Final = decimal.Context(prec=60)


class NumberFormats:
    """The formats of a workbook."""

    def __init__(self, own: dict[int, str], *, from_1904: bool) -> None:
        """Take the formats that are written down in the file, by their numbers."""
        self._formats = {**_BUILT_IN, **own}
        self._epoch = _EPOCH_1904 if from_1904 else EPOCH
        self._known: dict[int, list[_Section]] = {}

    def shown(self, stored: str, number: int) -> str:
        """Return a stored number as the format of this number shows it; empty where it shows nothing."""
        try:
            value = float(stored)
        except ValueError:
            return stored
        if not math.isfinite(value):
            return stored
        sections = _for_numbers(self._sections(number))
        place = _place(value, sections)
        if place is None:
            return _general(value, stored)
        pieces = sections[place]
        if len(sections) > 1 and not any(text.strip() for _, text in pieces):
            return ""
        if _is_date(pieces):
            return self._date(value, pieces, stored)
        # The second of two sections has the sign of negative numbers in itself.
        return _number(value, pieces, stored, signed=not (value < 0 and place == 1))

    def text(self, text: str, number: int) -> str:
        """Return a text as the format of this number shows it: by its fourth section or the one with a place for it."""
        sections = self._sections(number)
        pieces = sections[_TEXT_PLACE] if len(sections) > _TEXT_PLACE else sections[-1]
        if len(sections) <= _TEXT_PLACE and _TEXT not in pieces:
            return text
        if any(kind in {"number", "letters"} for kind, _ in pieces):
            return text
        parts = (text if piece == _TEXT else piece[1] for piece in pieces if piece[0] in _LITERAL)
        return "".join(parts)

    def colour(self, stored: str, number: int, *, is_text: bool) -> str:
        """Return the name of the colour that a format gives a value, in small letters; nothing where it gives none."""
        sections = self._sections(number)
        if is_text:
            has_general = len(sections) == 1 and ("letters", _GENERAL) in sections[0]
            own = len(sections) > _TEXT_PLACE or _TEXT in sections[-1] or has_general
            return _colour(sections[min(len(sections) - 1, _TEXT_PLACE)]) if own else ""
        try:
            value = float(stored)
        except ValueError:
            return ""
        sections = _for_numbers(sections)
        place = _place(value, sections)
        if place is None:
            # Of the sign nothing is certain, but of the condition.
            conditions = [_condition(pieces) for pieces in sections]
            place = next((at for at, one in enumerate(conditions) if one is None or holds(value, *one)), None)
        return "" if place is None else _colour(sections[place])

    def _sections(self, number: int) -> list[_Section]:
        if number not in self._known:
            code = self._formats.get(number, _GENERAL)
            self._known[number] = _sections(code if len(code) <= _LONGEST_FORMAT else _GENERAL)
        return self._known[number]

    def _date(self, value: float, pieces: _Section, stored: str) -> str:
        letters = [text.lower() for kind, text in pieces if kind == "letters" and text.lower() not in _HALVES]
        has_seconds = any("s" in text.lower() for kind, text in pieces if kind in {"letters", "bracket"})
        tenths = next((text[1:] for kind, text in pieces if kind == "number" and text[0] == "."), "")
        places = min(len(tenths), _MOST_PARTS_OF_SECOND) if has_seconds else 0
        elapsed = next((text for kind, text in pieces if kind == "bracket" and _ELAPSED.fullmatch(text)), "")
        if elapsed:
            return _elapsed(value, elapsed.lower(), places, more=has_seconds) if abs(value) < _MOST_DAYS else stored
        if not 0 <= value < _MOST_DAYS:
            return stored
        moment = self._epoch + dt.timedelta(seconds=round(value * _SECONDS, places))
        hours = "%H:%M:%S" if has_seconds else "%H:%M"
        time = hours if any("h" in one for one in letters) else "%M:%S" if has_seconds else ""
        behind = f".{moment.microsecond:06}"[: places + 1] if places and time else ""
        return " ".join(filter(None, (_day(moment, letters, pieces), moment.strftime(time) + behind))) or stored


@lru_cache(maxsize=256)
def _of_code(code: str, *, from_1904: bool) -> NumberFormats:
    """Return what writes numbers in a format, which is read once: a sheet has few formats and many cells."""
    return NumberFormats({0: code}, from_1904=from_1904)


def shown_in(code: str, stored: str, *, from_1904: bool = False) -> str:
    """Return a stored number as a format shows it."""
    return _of_code(code or _GENERAL, from_1904=from_1904).shown(stored, 0)


def _elapsed(value: float, unit: str, places: int, *, more: bool) -> str:
    """Return hours, minutes or seconds of any number; `more`: seconds too. A sheet of worked time has negative ones."""
    whole, rest = divmod(round(abs(value) * _SECONDS * 10**places), 10**places)
    behind = f".{rest:0{places}}" if places else ""
    minutes, seconds = divmod(whole, 60)
    if unit[1] == "s":
        shown = f"{whole:0{len(unit) - 2}}{behind}"
    else:
        first = f"{minutes // 60}:{minutes % 60:02}" if unit[1] == "h" else f"{minutes:0{len(unit) - 2}}"
        shown = first + f":{seconds:02}{behind}" * more
    return f"-{shown}" if value < 0 and shown.strip("0:.") else shown


def is_blank(code: str) -> bool:
    """Return whether a format shows neither numbers nor text: four parts that have colours at most."""
    return _BLANK.fullmatch(code) is not None


def _colour(pieces: _Section) -> str:
    found = (_COLOUR.fullmatch(text) for kind, text in pieces if kind == "bracket")
    return next((one[1].lower().replace(" ", "") for one in found if one is not None), "")


def _sections(code: str) -> list[_Section]:
    """Return the pieces of each section; a semicolon in quotation marks parts nothing."""
    made: list[list[tuple[str, str]]] = [[]]
    for found in _PIECE.finditer(code):
        piece = (found.lastgroup or "", found[found.lastgroup or 0])
        if piece == ("other", ";"):
            made.append([])
        else:
            made[-1].append(piece)
    return list(made)


def _for_numbers(sections: list[_Section]) -> list[_Section]:
    """Leave out the section that is for text."""
    if len(sections) > _TEXT_PLACE:
        return sections[:_TEXT_PLACE]
    return sections[:-1] if len(sections) > 1 and _TEXT in sections[-1] else sections


def _place(value: float, sections: Sequence[_Section]) -> int | None:
    """Return which section is for a number; None where that is not certain."""
    conditions = [_condition(pieces) for pieces in sections]
    if not any(conditions):
        return 1 if value < 0 and len(sections) > 1 else 2 if value == 0 and len(sections) > 2 else 0  # noqa: PLR2004
    # Programs differ in the sign, and in what is for a section between two with a condition.
    first_without = next((at for at, one in enumerate(conditions) if one is None), len(sections))
    if value < 0 or any(conditions[first_without:]):
        return None
    holding = (at for at, one in enumerate(conditions) if one is None or holds(value, *one))
    return next(holding, None)


def _condition(pieces: _Section) -> tuple[str, float] | None:
    found = (_CONDITION.fullmatch(text) for kind, text in pieces if kind == "bracket")
    return next(((one[1], float(one[2])) for one in found if one is not None), None)


def holds(value: float, sign: str, limit: float) -> bool:
    """Return whether a condition holds, as sheets write it."""
    is_equal, is_less = value == limit, value < limit
    return ("=" in sign and is_equal) or ("<" in sign and is_less) or (">" in sign and not is_less and not is_equal)


def _is_date(pieces: _Section) -> bool:
    elapsed = any(kind == "bracket" and _ELAPSED.fullmatch(text) for kind, text in pieces)
    letters = [text for kind, text in pieces if kind == "letters"]
    return elapsed or (bool(letters) and all(_DATE.fullmatch(text) for text in letters))


def _day(moment: dt.datetime, letters: Sequence[str], pieces: _Section) -> str:
    """Return the parts of a day that are shown, its name before them; nothing where a format is for times."""
    runs = [found[0] for one in letters for found in _RUN.finditer(one)]
    kinds = [run[0] for run in runs]
    months = [
        run
        for at, run in enumerate(runs)
        # Behind hours and before seconds these are minutes.
        if run[0] == "m" and "h" not in kinds[max(0, at - 1) : at] and "s" not in kinds[at + 1 : at + 2]
    ]
    days = [run for run in runs if run[0] == "d"]
    has_day = any(len(run) <= _LONGEST_NUMBER for run in days)
    name = f"{WEEKDAYS[moment.weekday()]} " if any(len(run) > _LONGEST_NUMBER for run in days) else ""
    written = "".join(text for kind, text in pieces if kind == "letters" or not text.isalpha()).lower()
    if "y" not in kinds and months and has_day and (own := _DAY_AND_MONTH.search(written)):
        # Without a year it is not known which of two numbers is the day, but by the order in the sheet.
        return name + own[2].join(str(_part(moment, own[at])).zfill(len(own[at])) for at in (1, 3))
    if "y" in kinds or (months and has_day):
        parts = ["%Y"] * ("y" in kinds) + ["%m"] * bool(months) + ["%d"] * has_day
        return (name if has_day else "") + moment.strftime("-".join(parts))
    if months:
        return moment.strftime("%m") if max(map(len, months)) <= _LONGEST_NUMBER else MONTHS[moment.month - 1]
    if has_day:
        return name + moment.strftime("%d")
    return name.strip()


def _part(moment: dt.datetime, letters: str) -> int:
    return moment.day if letters[0] == "d" else moment.month


def _number(value: float, pieces: _Section, stored: str, *, signed: bool) -> str:
    numbers = [text for kind, text in pieces if kind == "number"]
    letters = [text for kind, text in pieces if kind == "letters"]
    # A format with letters of its own (exponents) or fractions is not followed.
    is_odd = set(letters) - {_GENERAL} or any(kind == "other" and text in _UNKNOWN for kind, text in pieces)
    if is_odd or len(letters) > 1 or (letters and numbers) or abs(value) >= _MOST_VALUE:
        return _general(value, stored)
    is_percent = any(kind == "percent" for kind, _ in pieces)
    exact = abs(Decimal(f"{value:.15g}")).scaleb(2 * is_percent, _EXACT)
    if letters:
        texts = [_general(abs(value), stored.lstrip("-"))]
    elif len(numbers) > 1:
        if is_percent or any(not _PLACES.fullmatch(one) for one in numbers):
            return _general(value, stored)
        texts = _over_places(exact, numbers)
    else:
        texts = [_digits(exact, one) for one in numbers]
    filled = iter(texts)
    parts = [
        next(filled) if kind in {"number", "letters"} else text
        for kind, text in pieces
        if kind in {"number", "letters", "percent"} | _LITERAL
    ]
    # Only words: the number itself is not shown.
    is_negative = value < 0 and (not texts or any(text.strip("0. ") for text in texts))
    return ("-" if signed and is_negative else "") + "".join(parts).strip()


def _digits(exact: Decimal, places: str) -> str:
    """Return the digits of a number in the places of a format, rounded as sheets do: halves away from zero."""
    kept = places.rstrip(",")
    whole, _, decimals = kept.partition(".")
    if not exact and "0" not in kept:
        return ""  # nothing but places that are left free
    scaled = exact.scaleb(-3 * (len(places) - len(kept)), _EXACT)
    step = Decimal(1).scaleb(-min(len(decimals), _MOST_DECIMALS))
    digits, _, behind = f"{scaled.quantize(step, decimal.ROUND_HALF_UP, _EXACT):f}".partition(".")
    digits = digits.zfill(whole.count("0"))
    if "," in whole:
        digits = _THOUSANDS.sub(" ", digits)
    behind = behind.rstrip("0").ljust(len(decimals.rstrip("#?")), "0")
    return f"{digits}.{behind}" if behind else digits


def _over_places(exact: Decimal, places: Sequence[str]) -> list[str]:
    """Return a whole number over several places, from the right: telephone and identity numbers."""
    digits = f"{exact.quantize(Decimal(1), decimal.ROUND_HALF_UP, _EXACT):f}".zfill(
        sum(one.count("0") for one in places)
    )
    parts: list[str] = []
    for one in reversed(places[1:]):
        parts.insert(0, digits[-len(one) :])
        digits = digits[: -len(one)]
    return [digits, *parts]


def _general(value: float, stored: str) -> str:
    """Return the number without what comes of counting in twos."""
    text = f"{value:.12g}"
    return stored if "e" in text and "e" not in stored.lower() else text

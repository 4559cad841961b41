"""Writes a stored number as a sheet shows it: dates, times, percent, decimals, thousands, units; else as stored.

Only what of a number format can be told apart with certainty is followed. A format that is not known shows the number
itself: more digits than the sheet, never others.
"""

import datetime as dt
import re
from typing import Final

# ECMA-376, 18.8.30: formats that have numbers of their own and are not written down in the file.
_BUILT_IN: Final = {
    1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 14: "yyyy-mm-dd", 15: "yyyy-mm-dd",
    16: "mm-dd", 17: "yyyy-mm", 18: "hh:mm", 19: "hh:mm:ss", 20: "hh:mm", 21: "hh:mm:ss", 22: "yyyy-mm-dd hh:mm",
    37: "#,##0", 38: "#,##0", 39: "#,##0.00", 40: "#,##0.00", 45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss",
}  # fmt: skip
# One piece of a format: quoted or escaped text, a currency or a condition in brackets, a place left free, a number.
_PIECE: Final = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|\[\$(?P<currency>[^\]-]*)[^\]]*\]|(?P<bracket>\[[^\]]*\])|[_*].'
    r"|(?P<number>[#0?][#0?,]*(?:\.[#0?]*)?|\.[#0?]+)|(?P<percent>%)|(?P<letters>General|[A-Za-z]+)|(?P<other>.)",
    re.DOTALL,
)
_DATE: Final = re.compile(r"[ymdhs]+|AM|PM|A|P", re.IGNORECASE)
_ELAPSED: Final = re.compile(r"\[[hms]+\]", re.IGNORECASE)
_UNKNOWN: Final = frozenset("/?")  # fractions
_EPOCH: Final = dt.datetime(1899, 12, 30)  # noqa: DTZ001  days of a sheet have no zone
_EPOCH_1904: Final = dt.datetime(1904, 1, 1)  # noqa: DTZ001
_MOST_DAYS: Final = 2_900_000  # the year 9999
_SECONDS: Final = 86_400
_MOST_DECIMALS: Final = 15


class NumberFormats:
    """The formats of a workbook."""

    def __init__(self, own: dict[int, str], *, from_1904: bool) -> None:
        """Take the formats that are written down in the file, by their numbers."""
        self._formats = {**_BUILT_IN, **own}
        self._epoch = _EPOCH_1904 if from_1904 else _EPOCH

    def shown(self, stored: str, number: int) -> str:
        """Return a stored number as the format of this number shows it; empty where it shows nothing."""
        try:
            value = float(stored)
        except ValueError:
            return stored
        sections = self._formats.get(number, "General").split(";")
        place = 1 if value < 0 and len(sections) > 1 else 2 if value == 0 and len(sections) > 2 else 0  # noqa: PLR2004
        code = sections[place]
        if len(sections) > 1 and not code.strip():
            return ""
        pieces = [(piece.lastgroup or "", piece[piece.lastgroup or 0]) for piece in _PIECE.finditer(code)]
        if _is_date(pieces):
            return self._date(value, code, stored)
        return _number(abs(value) if place == 1 else value, pieces, stored)

    def _date(self, value: float, code: str, stored: str) -> str:
        if not 0 <= value < _MOST_DAYS:
            return stored
        low = "".join(piece["letters"] or "" for piece in _PIECE.finditer(code.lower()))
        if _ELAPSED.search(code):
            minutes, seconds = divmod(round(value * _SECONDS), 60)
            return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
        moment = self._epoch + dt.timedelta(seconds=round(value * _SECONDS))
        has_day, has_time = bool(re.search("[yd]", low)), bool(re.search("[hs]", low))
        parts = [moment.strftime("%Y-%m-%d")] if has_day or not has_time else []
        if has_time:
            parts.append(moment.strftime("%H:%M:%S" if "s" in low else "%H:%M"))
        return " ".join(parts)


def _is_date(pieces: list[tuple[str, str]]) -> bool:
    elapsed = any(kind == "bracket" and _ELAPSED.fullmatch(text) for kind, text in pieces)
    letters = [text for kind, text in pieces if kind == "letters"]
    return elapsed or (bool(letters) and all(_DATE.fullmatch(text) for text in letters))


def _number(value: float, pieces: list[tuple[str, str]], stored: str) -> str:
    numbers = [text for kind, text in pieces if kind == "number"]
    # A format with letters of its own (exponents, "General"), fractions or several numbers is not followed.
    odd = any(kind == "letters" or (kind == "other" and text in _UNKNOWN) for kind, text in pieces)
    if len(numbers) != 1 or odd:
        return _general(value, stored)
    is_percent = any(kind == "percent" for kind, _ in pieces)
    whole, _, decimals = numbers[0].partition(".")
    text = f"{abs(value) * 100 if is_percent else abs(value):,.{min(len(decimals), _MOST_DECIMALS)}f}"
    text = text.replace(",", " " if "," in whole else "")
    if not value and "0" not in numbers[0]:
        # Nothing but places that are left free.
        text = ""
    parts = []
    for kind, piece in pieces:
        if kind == "number":
            parts.append(text)
        elif kind in {"quoted", "escaped", "currency", "percent", "other"}:
            parts.append(piece)
    sign = "-" if value < 0 and text.strip("0. ") else ""
    return sign + "".join(parts).strip()


def _general(value: float, stored: str) -> str:
    """Return the number without what comes of counting in twos."""
    text = f"{value:.12g}"
    return stored if "e" in text and "e" not in stored.lower() else text

"""What a cell of an OpenDocument sheet shows: its value. The text that is stored beside a value nobody is shown.

Programs write that text again from the value and the cell's format. Where it says the same as they would, it is taken,
for its commas and spaces are those of the reader; else the value is written as one of an Excel sheet is.
"""

from __future__ import annotations

import datetime as dt
import decimal
import math
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from scrubbers.jailed.office import labels
from scrubbers.jailed.office.excel.number_formats import EPOCH, MONTHS, WEEKDAYS, holds, shown_in
from scrubbers.jailed.office.odf.styles import Styles
from scrubbers.jailed.office.xml import Node
from trusted.jail.stages import OfficeDocument

_NUMBERS: Final = frozenset({"float", "percentage", "currency"})
_TRUTHS: Final = {
    "true": frozenset({"true", "sant", "wahr", "vrai", "verdadero", "vero", "waar", "sand", "sann", "tosi"}),
    "false": frozenset({"false", "falskt", "falsch", "faux", "falso", "onwaar", "falsk", "usann", "epätosi"}),
}
_TIME: Final = re.compile(r"(-?)PT(?:([0-9]{1,9})H)?(?:([0-9]{1,9})M)?(?:([0-9]{1,9}(?:[.,][0-9]{1,9})?)S)?")
_SECONDS: Final = 86_400
_BETWEEN_DIGITS: Final = re.compile(r"[\s\d.,'\u2019]")
_DIGITS: Final = re.compile(r"[0-9]+")
_MOST_DECIMALS: Final = 15
_MOST_VALUE: Final = 1e18
_MOST_DIGITS: Final = 40
_ONE: Final = Decimal(1)
_EXACT: Final = decimal.Context(prec=60)
_GENERAL: Final = "General"
_SCIENTIFIC: Final = "number:scientific-number"
_FRACTION: Final = "number:fraction"
_SYMBOL: Final = "number:currency-symbol"
_CURRENCIES: Final = re.compile("[$\u00a3\u00a5\u20ac]|kr")
_POWER: Final = re.compile(r"-?[0-9]{1,3}(?:\.([0-9]{1,15}))?[eE][+-]?[0-9]{1,3}")
_PARTS_OF_FRACTION: Final = re.compile(r"(-)?(?:([0-9]{1,15})\s+)?([0-9]{1,9})\s?/\s?([0-9]{1,9})")
_LEFT_OUT: Final = re.compile(r"[0#](,+)(?![0#,])")
_PARTS: Final = {
    "number:year": "y", "number:month": "m", "number:day": "d", "number:hours": "h", "number:minutes": "m",
    "number:seconds": "s",
}  # fmt: skip
_UNTOLD: Final = frozenset({"number:era", "number:quarter", "number:week-of-year"})
_CONDITION: Final = re.compile(r"value\(\)\s*(<=|>=|!=|<|>|=)\s*(-?[0-9]{1,15}(?:\.[0-9]{1,15})?)")


def shown_instead(cell: Node, style: str, styles: Styles) -> str | None:
    """Return what a cell shows in the place of the text that it stores; None where that is what it shows.

    Raises OfficeDocument where its format is not one that can be followed.
    """
    stored = "\n".join(each.text() for each in cell.elements() if each.name == "text:p").strip()
    kind = cell.get("office:value-type")
    if not kind and not stored and cell.get("table:formula"):
        return labels.NO_VALUE
    if kind in {"", "string"}:
        said = cell.get("office:string-value")
        return None if not said or said.split() == stored.split() else said
    if kind == "boolean":
        truth = cell.get("office:boolean-value").lower()
        return None if stored.strip().lower() in _TRUTHS.get(truth, frozenset()) else truth.upper()
    value = _value(cell, kind)
    if value is None:
        return None
    number_format = _section(styles.data_style(style), styles, value)
    if kind in _NUMBERS:
        return _number(value, stored, number_format, styles.codes)
    return _moment(value, stored, number_format, kind)


def colour_of(cell: Node, style: str, styles: Styles) -> str:
    """Return the colour that a format gives the letters of a cell, as the file writes it; nothing without one."""
    node, kind = styles.data_style(style), cell.get("office:value-type")
    value = None if kind in {"", "string", "boolean"} else _value(cell, kind)
    if value is not None:
        node = _section(node, styles, value)[0]
    elif node is not None and node.name != "number:text-style":
        return ""
    return (node.value("style:text-properties", of="fo:color") or "") if node is not None else ""


def _value(cell: Node, kind: str) -> float | None:
    """Return the value as a number, of days where it is a date or a time; None where there is none."""
    try:
        if kind == "date":
            moment = dt.datetime.fromisoformat(cell.get("office:date-value"))
            return (moment.replace(tzinfo=None) - EPOCH) / dt.timedelta(days=1)
        if kind == "time":
            found = _TIME.fullmatch(cell.get("office:time-value"))
            if found is None:
                return None
            hours, minutes, seconds = (float((found[at] or "0").replace(",", ".")) for at in (2, 3, 4))
            return (hours * 3600 + minutes * 60 + seconds) / _SECONDS * (-1 if found[1] else 1)
        value = float(cell.get("office:value"))
    except (ValueError, OverflowError):
        return None
    return value if math.isfinite(value) else None


def _section(node: Node | None, styles: Styles, value: float) -> tuple[Node | None, bool]:
    """Return the format that holds for a value, by its conditions, and whether the sign of the value is in it."""
    conditions = [each for each in node.elements() if each.name == "style:map"] if node is not None else []
    for each in conditions:
        found = _CONDITION.fullmatch(each.get("style:condition").strip())
        if found is not None and holds(value, found[1].replace("!=", "<>"), float(found[2])):
            return styles.data_styles.get(each.get("style:apply-style-name")), value < 0
    return node, bool(conditions) and value < 0


def _number(value: float, stored: str, found: tuple[Node | None, bool], codes: dict[int, str]) -> str | None:
    node, is_signed = found
    kinds = {each.name for each in node.elements()} if node is not None else set()
    if (_SCIENTIFIC in kinds and _is_power(value, stored)) or (_FRACTION in kinds and _is_fraction(value, stored)):
        return None
    if id(node) not in codes:
        codes[id(node)] = "".join(_pieces(node)) if node is not None else _GENERAL
    code = codes[id(node)]
    expected = shown_in(code, repr(abs(value) if is_signed else value))
    words = stored.replace("\N{MINUS SIGN}", "-")
    if node is not None and any(each.name == _SYMBOL and not each.text() for each in node.elements()):
        words = _CURRENCIES.sub("", words)  # that of the reader's system
    if _BETWEEN_DIGITS.sub("", words).lower() == _BETWEEN_DIGITS.sub("", expected).lower():
        digits, others = "".join(_DIGITS.findall(stored)), "".join(_DIGITS.findall(expected))
        if bool(digits) == bool(others) and (not digits or _are_digits(digits, abs(value), code)):
            return None
    return expected


def _is_power(value: float, stored: str) -> bool:
    """Return whether a text is a number with a power of ten, rounded somewhere."""
    found = _POWER.fullmatch(stored.replace(",", "."))
    return found is not None and float(found[0]) == float(f"{value:.{len(found[1] or '')}e}")


def _is_fraction(value: float, stored: str) -> bool:
    """Return whether a text is a whole number and a fraction as near to a number as one with its denominator can be."""
    found = _PARTS_OF_FRACTION.fullmatch(stored)
    if found is None or not int(found[4]):
        return False
    near = int(found[2] or 0) + int(found[3]) / int(found[4])
    return abs((-near if found[1] else near) - value) <= 0.5 / int(found[4])


def _are_digits(digits: str, value: float, code: str) -> bool:
    """Return whether these are the digits of a number, rounded somewhere."""
    if value >= _MOST_VALUE or len(digits) > _MOST_DIGITS:
        return False
    thousands = _LEFT_OUT.search(code)
    exact = Decimal(f"{value:.15g}").scaleb(2 * code.count("%") - 3 * len(thousands[1] if thousands else ""), _EXACT)
    wanted = Decimal(digits)
    return any(
        exact.scaleb(places, _EXACT).quantize(_ONE, decimal.ROUND_HALF_UP, _EXACT) == wanted
        for places in range(_MOST_DECIMALS + 1)
    )


def _moment(value: float, stored: str, found: tuple[Node | None, bool], kind: str) -> str | None:
    """Return a day or a time; None where what is stored is what its format makes of it."""
    node, _ = found
    if node is None:
        pieces = ["yyyy-mm-dd" if kind == "date" else "[h]:mm:ss"]
    else:
        pieces = list(_pieces(node))
        if re.fullmatch(_pattern(node, value), "".join(stored.lower().split())):
            return None
        if any(each.name in _UNTOLD for each in node.elements()):
            raise OfficeDocument
    shown = shown_in("".join(pieces), repr(value))
    return None if shown == stored else shown


def _pattern(node: Node, value: float) -> str:
    """Return a pattern for what a format shows of a moment, in small letters and without blanks."""
    try:
        moment = EPOCH + dt.timedelta(seconds=round(value * _SECONDS))
    except OverflowError:
        raise OfficeDocument from None
    seconds, quarter = round(abs(value) * _SECONDS), (moment.month + 2) // 3
    patterns = {
        "number:year": f"(?:{moment.year}|{moment.year % 100:02})",
        "number:month": f"0?{moment.month}",
        "number:day": f"0?{moment.day}",
        "number:day-of-week": _one_of(WEEKDAYS[moment.weekday()]),
        "number:hours": f"0?(?:{moment.hour}|{moment.hour % 12 or 12})",
        "number:minutes": f"0?{moment.minute}",
        "number:seconds": rf"0?{moment.second}(?:[.,][0-9]{{1,9}})?",
        "number:am-pm": r"(?:[ap]|[apfe]\.?m\.?)",
        "number:week-of-year": f"0?{moment.isocalendar()[1]}",
        "number:quarter": rf"(?:q|k|kv\.?)?{quarter}(?:(?:st|nd|rd|th|:[ae])(?:quarter|kvartalet))?",
    }
    if node.get("number:truncate-on-overflow") == "false":
        patterns["number:hours"] = f"-?0*{seconds // 3600}"
        patterns["number:minutes"] = f"-?0*(?:{moment.minute}|{seconds // 60})"
    made = []
    for piece in node.elements():
        if piece.name == "number:text":
            made.append(re.escape("".join(piece.text().lower().split())))
        elif piece.name == "number:month" and piece.get("number:textual") == "true":
            made.append(_one_of(MONTHS[moment.month - 1]))
        else:
            made.append(patterns.get(piece.name, ""))
    return "".join(made)


def _one_of(both: str) -> str:
    """Return a pattern for a name in Swedish or English, or its first letters, as programs abbreviate it."""
    names = both.lower().split(" / ")
    short = {name[:length] for name in names for length in (2, 3, 4)}
    return f"(?:{'|'.join(sorted({*names, *short}, key=len, reverse=True))})\\.?"


def _pieces(node: Node) -> Iterator[str]:
    """Yield a format as one of Excel has it (ECMA-376, 18.8.31)."""
    is_elapsed = node.get("number:truncate-on-overflow") == "false"
    for each in node.elements():
        match each.name:
            case "number:text" | "number:currency-symbol":
                parts = re.split("(%)", each.text().replace('"', ""))
                yield from (one if one == "%" else f'"{one}"' for one in parts if one)
            case "number:number":
                yield _places(each)
            case "number:boolean" | "number:scientific-number" | "number:fraction":
                yield _GENERAL
            case "number:month" if each.get("number:textual") == "true":
                yield "mmmm"
            case "number:day-of-week":
                yield "dddd"
            case "number:am-pm":
                yield "AM/PM"
            case "number:hours" | "number:minutes" | "number:seconds" if is_elapsed:
                yield f"[{_PARTS[each.name] * (1 if each.name == 'number:hours' else 2)}]{_tenths(each)}"
                is_elapsed = False  # the others are parts of the first
            case name if name in _PARTS:
                yield f"{_PARTS[name] * (4 if name == 'number:year' else 2)}{_tenths(each)}"


def _tenths(seconds: Node) -> str:
    places = seconds.get("number:decimal-places")
    return f".{'0' * min(int(places), _MOST_DECIMALS)}" if places.isdigit() and int(places) else ""


def _places(number: Node) -> str:
    """Return the places of a number; as it is where the format does not say how many decimals there are."""
    decimals = number.get("number:decimal-places")
    if not decimals.isdigit() or any(number.elements()):
        return _GENERAL
    least = number.get("number:min-decimal-places", decimals)
    shown = min(int(decimals), _MOST_DECIMALS)
    kept = min(int(least), shown) if least.isdigit() else shown
    digits = number.get("number:min-integer-digits", "1")
    whole = "0" * min(int(digits), _MOST_DECIMALS) if digits.isdigit() else "0"
    whole = f"#,##{whole or '#'}" if number.get("number:grouping") == "true" else whole or "#"
    behind = "0" * kept + "#" * (shown - kept)
    factor = number.get("number:display-factor")
    thousands = "," * (len(factor.strip("1")) // 3) if set(factor) <= set("10") else ""
    return f"{whole}{'.' + behind if behind else ''}{thousands}"

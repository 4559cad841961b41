"""
Identifying details of the writer in a text: personal numbers, addresses, telephone numbers, user names, own names.

Found on the spot, shown on the writer's own page and kept nowhere. The rules are few and narrow, because a writer
who is warned of everything reads no warning:

1. A personal or coordination number has a day that exists and a last digit that fits.
2. A telephone number has an area code, a mobile's beginning or a country's. Numbers that everybody may call (020, 0771,
   112) and the home's own do not count.
3. A name counts where its bearer signs or says it (`own_names`).
4. Names of others in the text are what a report is about, and nobody can tell them from the writer's own: they are
   left alone.

A text without any of this can still identify its writer, which the form says.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Final

from intake.identifiers.own_names import name_signed, names_said
from intake.views.texts import N_
from trusted.web.form import Form

# Nobody reads a longer list; what is left is shown once these are accepted.
MOST_SHOWN: Final = 12
# More than this is a list of contacts, and what is accepted has to be remembered.
MOST_FOUND: Final = 256


class DetailKind(Enum):
    """What was found, in words."""

    PERSONAL_NUMBER = N_("Personal identity number")
    EMAIL = N_("E-mail address")
    TELEPHONE = N_("Telephone number")
    USER_NAME = N_("User name in the path of a file")
    NAME = N_("Name")


_OWN: Final = (DetailKind.NAME, DetailKind.PERSONAL_NUMBER)


@dataclass(frozen=True, slots=True, repr=False)
class IdentifyingDetail:
    """One place: what it is, the words themselves, and in which line that is not empty, counted from one."""

    kind: DetailKind
    found: str
    line: int


def details_in_form(form: Form, phone: str | None) -> tuple[IdentifyingDetail, ...]:
    """Return what is in the text of a form. `phone` is the service's own number, which says nothing of the writer."""
    return details_in(form.one("text"), () if phone is None else (phone,))


def details_in(text: str, known_numbers: Sequence[str] = ()) -> tuple[IdentifyingDetail, ...]:
    """Return the identifying details, at most `MOST_FOUND`, in the order of the text.

    `known_numbers` are telephone numbers of the home.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    known = {_digits(number) for number in known_numbers}
    found: list[IdentifyingDetail] = []
    without: list[str] = []
    for number, line in enumerate(lines, start=1):
        taken = bytearray(len(line))
        for kind, start, end in _in_line(line, known):
            # A personal number is not a telephone number as well.
            if any(taken[start:end]):
                continue
            taken[start:end] = bytes([1]) * (end - start)
            found.append(IdentifyingDetail(kind, line[start:end].strip(), number))
        # A name is signed with what else was found left out.
        without.append(_without(line, taken))
    if (signed := name_signed(without)) is not None:
        row, name = signed
        found.append(IdentifyingDetail(DetailKind.NAME, name, row))
    seen: dict[tuple[DetailKind, str], IdentifyingDetail] = {}
    for one in sorted(found, key=lambda one: one.line):
        seen.setdefault((one.kind, one.found), one)
    return most_telling(seen.values(), MOST_FOUND)


def most_telling(details: Iterable[IdentifyingDetail], most: int = MOST_SHOWN) -> tuple[IdentifyingDetail, ...]:
    """Return no more than `most` of these, in the order of the text: first what is most likely the writer's own."""
    chosen = sorted(details, key=lambda one: one.kind not in _OWN)[:most]
    return tuple(sorted(chosen, key=lambda one: one.line))


def _without(line: str, taken: bytearray) -> str:
    """Return a line with a space for each character of it that is taken."""
    line = "".join(" " if is_taken else character for character, is_taken in zip(line, taken, strict=True))
    # One space for many: where the patterns of a greeting meet, a long row of them would be divided in every way.
    return " ".join(line.split()).strip(" ,;:|")


_PERSONAL_NUMBER: Final = re.compile(r"(?<![\d+-])(?:19|20)?(\d{6})[ ]?[-+\u2013]?[ ]?(\d{4})(?![\d-])")
_EMAIL: Final = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
# Area code, then groups; or a mobile; or with the code of a country.
_TELEPHONE: Final = re.compile(
    r"(?<![\d/+-])(?:"
    r"(?:\+|00)\d{2,3}[ -]?(?:\(0\)[ ]?)?\d{1,4}(?:[ -]{0,2}\d{2,4}){2,4}"
    r"|07\d(?:[ -]{0,3}\d){7}"
    r"|0\d{1,3}[ ]?[-\u2013/][ ]?\d{2,3}(?:[ ]?\d{2,3}){1,3}"
    r"|0\d{1,3}[ ]\d{2,3}(?:[ ]\d{2,3}){1,3}"
    r"|(?<!\w)0[1-9]\d{0,2}[ /-]\d{5,8}(?!\w)"
    r")(?![\d-])"
)
_SHORTEST: Final = 8  # 023-123 45
_LONGEST: Final = 11
_SHORTEST_ABROAD: Final = 9
_COORDINATION: Final = 60  # is added to the day of a coordination number
_FOR_EVERYBODY: Final = ("020", "0771", "0200", "0900")
_YEAR_IN_A_DATE: Final = re.compile(r"0?\d[-/]\d{1,2}[ -]?(?:19|20)\d{2}")
_USER_NAME: Final = re.compile(
    r"(?:[A-Za-z]:\\(?:Users|Användare|Documents and Settings)\\|/home/|/Users/)([^\s\\/:\"'<>|]{2,40})", re.IGNORECASE
)


def _in_line(line: str, known: set[str]) -> Iterator[tuple[DetailKind, int, int]]:
    for found in _PERSONAL_NUMBER.finditer(line):
        if _is_personal_number(found[1] + found[2]):
            yield DetailKind.PERSONAL_NUMBER, *found.span()
    for found in _EMAIL.finditer(line):
        yield DetailKind.EMAIL, *found.span()
    for found in _USER_NAME.finditer(line):
        yield DetailKind.USER_NAME, *found.span()
    for found in _TELEPHONE.finditer(line):
        if _is_private_number(found[0], known):
            yield DetailKind.TELEPHONE, *found.span()
    for start, end in names_said(line):
        yield DetailKind.NAME, start, end


def _is_personal_number(digits: str) -> bool:
    """Whether ten digits are a personal or coordination number: a day (of which 60 may be added) and the right sum."""
    day = int(digits[4:6])
    try:
        # The year does not matter, but for the leap day.
        date(2000, int(digits[2:4]), day - _COORDINATION if day > _COORDINATION else day)
    except ValueError:
        return False
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(digits))
    return sum(one // 10 + one % 10 for one in doubled) % 10 == 0


def _is_private_number(written: str, known: set[str]) -> bool:
    digits = _digits(written)
    if digits in known or digits.startswith(_FOR_EVERYBODY):
        return False
    if written.startswith(("+", "00")):
        return len(digits) >= _SHORTEST_ABROAD
    return _SHORTEST <= len(digits) <= _LONGEST and not _YEAR_IN_A_DATE.match(written)


def _digits(written: str) -> str:
    """Return the digits; a Swedish number with its country's code as it is dialled at home."""
    plain = written.replace("(0)", "")
    digits = re.sub(r"\D", "", plain)
    if plain.lstrip().startswith("+46"):
        return "0" + digits[2:]
    return "0" + digits[4:] if digits.startswith("0046") else digits

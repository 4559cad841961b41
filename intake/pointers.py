"""
What in a text points to who wrote it: personal numbers, addresses, telephone numbers, user names, a name at its end.

Found on the spot, shown on the writer's own page and kept nowhere. The rules are few and narrow, because whoever is
warned of everything reads no warning:

1. A personal or coordination number has a day that exists and a last digit that fits.
2. A telephone number has an area code, a mobile's beginning or a country's. Numbers that everybody may call (020, 0771,
   112) and the home's own do not count.
3. A name counts where a letter is signed: after a greeting or a stroke at the end, or alone on the last line; and after
   words such as "my name is".
4. Names of others in the text are what a report is about, and nobody can tell them from the writer's own: they are
   left alone.

A text without any of this can still point to its writer, which the form says.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from itertools import islice
from typing import Final

from intake.form import Form
from intake.texts import N_

# More than this is a list of contacts; the first say enough.
MOST_SHOWN: Final = 12
_LONGEST_SHOWN: Final = 80
# A line of nothing but addresses must not take long.
_MOST_IN_A_LINE: Final = 100
_LAST_LINES: Final = 3
_LONGEST_SIGNATURE: Final = 60
_MOST_NAMES: Final = 3


class Sort(Enum):
    """What was found, in words."""

    PERSONAL_NUMBER = N_("Personal number")
    EMAIL = N_("E-mail address")
    TELEPHONE = N_("Telephone number")
    USER_NAME = N_("User name in the path of a file")
    NAME = N_("Name")


@dataclass(frozen=True, slots=True, repr=False)
class Pointer:
    """One place: what it is, the words themselves, and in which line that is not empty, counted from one."""

    sort: Sort
    found: str
    line: int


def pointers_in_form(form: Form, phone: str | None) -> tuple[Pointer, ...]:
    """Return what is in the text of a form. `phone` is the service's own number, which says nothing of the writer."""
    return pointers_in(form.one("text"), () if phone is None else (phone,))


def pointers_in(text: str, known_numbers: Sequence[str] = ()) -> tuple[Pointer, ...]:
    """Return what points to the writer, in the order of the text. `known_numbers` are telephone numbers of the home."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    known = {_digits(number) for number in known_numbers}
    found: list[Pointer] = []
    without: list[str] = []
    for number, line in enumerate(lines, start=1):
        taken: list[tuple[int, int]] = []
        for sort, start, end in islice(_in_line(line, known), _MOST_IN_A_LINE):
            # A personal number is not a telephone number as well.
            if any(start < till and since < end for since, till in taken):
                continue
            taken.append((start, end))
            found.append(Pointer(sort, line[start:end].strip()[:_LONGEST_SHOWN], number))
        # A name is signed with what else was found left out.
        without.append(_without(line, taken))
    found += _signature(without)
    seen: dict[tuple[Sort, str], Pointer] = {}
    for one in sorted(found, key=lambda one: one.line):
        seen.setdefault((one.sort, one.found), one)
    return tuple(seen.values())[:MOST_SHOWN]


def _without(line: str, taken: Sequence[tuple[int, int]]) -> str:
    for start, end in sorted(taken, reverse=True):
        line = f"{line[:start]} {line[end:]}"
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
_SAYS_NAME: Final = re.compile(
    r"\b(?:jag heter|mitt namn är|my name is|nimeni on|minun nimeni on|me llamo|mi nombre es|nazywam się|мене звати"
    r"|magacaygu waa|اسمي|نام من|ስመይ)\s+([^\W\d_][\w'-]*(?:\s+(?-i:[A-ZÅÄÖÉÜ])[\w'-]*){0,2})",
    re.IGNORECASE,
)


def _in_line(line: str, known: set[str]) -> Iterator[tuple[Sort, int, int]]:
    for found in _PERSONAL_NUMBER.finditer(line):
        if _is_personal_number(found[1] + found[2]):
            yield Sort.PERSONAL_NUMBER, *found.span()
    for found in _EMAIL.finditer(line):
        yield Sort.EMAIL, *found.span()
    for found in _USER_NAME.finditer(line):
        yield Sort.USER_NAME, *found.span()
    for found in _TELEPHONE.finditer(line):
        if _is_private_number(found[0], known):
            yield Sort.TELEPHONE, *found.span()
    for found in _SAYS_NAME.finditer(line):
        yield Sort.NAME, *found.span(1)


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


_GREETING: Final = re.compile(
    r"(?:(?:med\s+)?(?:vänlig|vänliga|bästa|hjärtlig|hjärtliga)?\s*hälsning(?:ar(?:na)?)?|mvh|m\.v\.h|vänligen|hälsar"
    r"|(?:best|kind|warm|many)?\s*regards|sincerely|yours(?:\s+(?:sincerely|truly|faithfully))?"
    r"|(?:ystävällisin\s+)?terveisin|t\.|saludos|pozdrawiam|з повагою)\b\.?\s*[,:!-]?\s*",
    re.IGNORECASE,
)
_STROKE: Final = re.compile(r"(?://?|[-\u2013\u2014]{1,2})\s*")
_WORD: Final = re.compile(r"[^\W\d_][^\W\d_]*(?:['\u2019-][^\W\d_]+)*\.?")
# What people write in the place of a name, and what ends a letter without being one.
_NOT_NAMES: Final = frozenset(
    {
        "a",
        "ab",
        "an",
        "and",
        "anonimowo",
        "anonym",
        "anonyma",
        "anonymous",
        "anonymt",
        "anställd",
        "anónimo",
        "av",
        "colleague",
        "employee",
        "en",
        "end",
        "ett",
        "friend",
        "from",
        "från",
        "för",
        "hälsning",
        "hälsningar",
        "i",
        "ja",
        "jag",
        "kollega",
        "kommun",
        "kommunen",
        "kommuns",
        "medarbetare",
        "mvh",
        "nej",
        "nimetön",
        "no",
        "och",
        "of",
        "om",
        "on",
        "orolig",
        "person",
        "på",
        "slut",
        "tack",
        "thanks",
        "the",
        "till",
        "vi",
        "visselblåsare",
        "vän",
        "yes",
    }
)


def _signature(all_lines: Sequence[str]) -> Iterator[Pointer]:
    """Yield a name that is signed at the end; lines with nothing left in them do not count."""
    lines = list(all_lines)
    while lines and not lines[-1]:
        lines.pop()
    first = max(len(lines) - _LAST_LINES, 0)
    for index in range(first, len(lines)):
        greeting = _GREETING.match(lines[index])
        if greeting is not None:
            # On the line of the greeting, or on the one after it.
            after = lines[index][greeting.end() :] or (lines[index + 1] if index + 1 < len(lines) else "")
            row = index + 1 if lines[index][greeting.end() :] else index + 2
            if _is_name(after, capitals=False):
                yield Pointer(Sort.NAME, after, row)
            return
    if not lines:
        return
    stroke = _STROKE.match(lines[-1])
    if stroke is not None and _is_name(lines[-1][stroke.end() :], capitals=True):
        yield Pointer(Sort.NAME, lines[-1][stroke.end() :], len(lines))
    elif len(lines) > 1 and _is_name(lines[-1], capitals=True):
        yield Pointer(Sort.NAME, lines[-1], len(lines))


def _is_name(untrusted: str, *, capitals: bool) -> bool:
    """Whether this is one to three words that can be a name and nothing else."""
    words = untrusted.split()
    if not 1 <= len(words) <= _MOST_NAMES or len(untrusted) > _LONGEST_SIGNATURE:
        return False
    if not all(_WORD.fullmatch(word.rstrip(",")) for word in words):
        return False
    # "A." is an initial, "a" is an article.
    if any(word.casefold().strip(",") in _NOT_NAMES for word in words):
        return False
    # A sentence of three words ends with a full stop; an initial may have one, but not as the last of a name.
    return not capitals or (all(word[0].isupper() for word in words) and not untrusted.endswith("."))

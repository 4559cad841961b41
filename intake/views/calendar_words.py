"""Days, months and sizes in the words of each language.

A table of what the pages need, and not the library's data on each language: that took 14 MiB of the intake's memory,
for twelve names of months. A test holds every line against the library (babel, CLDR).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Final

MEGABYTE: Final = 1_000_000
KILOBYTE: Final = 1_000
# A text in quotes, or a sign of CLDR's: day, month by its name, month by its name where no day stands before it, year.
_PART: Final = re.compile(r"'(?P<text>[^']*)'|(?P<sign>d|MMMM|LLLL|y)")


@dataclass(frozen=True, slots=True)
class CalendarWords:
    """Of one language: names of months, as they stand after a day and alone, units of size, and the decimal sign."""

    months: str
    kilobyte: str
    megabyte: str
    months_alone: str = ""
    month_and_year: str = "LLLL y"
    decimal: str = "."


def in_pattern(day: date, pattern: str, words: CalendarWords) -> str:
    """Return a day, or a month, as this pattern of CLDR's says."""
    signs = {
        "d": str(day.day),
        "MMMM": words.months.split()[day.month - 1],
        "LLLL": (words.months_alone or words.months).split()[day.month - 1],
        "y": str(day.year),
    }
    return _PART.sub(lambda part: signs[part["sign"]] if part["sign"] else part["text"], pattern)


def clock_in_pattern(moment: time, pattern: str) -> str:
    """Return a time of day as this pattern of CLDR's says."""
    hour = pattern.replace("HH", f"{moment.hour:02}").replace("H", str(moment.hour))
    return hour.replace("mm", f"{moment.minute:02}")


def size_in_words(size: int, words: CalendarWords) -> str:
    """Return a size in the units that people know, number and unit on one line."""
    if size < MEGABYTE:
        number, unit = str(max(1, round(size / KILOBYTE))), words.kilobyte
    else:
        number, unit = f"{size / MEGABYTE:.1f}".removesuffix(".0").replace(".", words.decimal), words.megabyte
    return f"{number}\N{NO-BREAK SPACE}{unit}"


CALENDAR: Final[Mapping[str, CalendarWords]] = {
    "sv": CalendarWords(
        months="januari februari mars april maj juni juli augusti september oktober november december",
        kilobyte="kB",
        megabyte="MB",
        decimal=",",
    ),
    "en": CalendarWords(
        months="January February March April May June July August September October November December",
        kilobyte="kB",
        megabyte="MB",
    ),
    "fi": CalendarWords(
        months="tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta "
        "heinäkuuta elokuuta syyskuuta lokakuuta marraskuuta joulukuuta",
        months_alone="tammikuu helmikuu maaliskuu huhtikuu toukokuu kesäkuu "
        "heinäkuu elokuu syyskuu lokakuu marraskuu joulukuu",
        kilobyte="kt",
        megabyte="Mt",
        decimal=",",
    ),
    "ar": CalendarWords(
        months="يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر",
        kilobyte="كيلوبايت",
        megabyte="م.ب",
    ),
    "so": CalendarWords(
        months="Janaayo Febraayo Maarso Abriil Maayo Juun Luulyo Agosto Sebtembar Oktoobar Noofeembar Diseembar",
        month_and_year="MMMM y",
        kilobyte="kB",
        megabyte="MB",
    ),
    "ti": CalendarWords(
        months="ጥሪ ለካቲት መጋቢት ሚያዝያ ጉንበት ሰነ ሓምለ ነሓሰ መስከረም ጥቅምቲ ሕዳር ታሕሳስ",
        kilobyte="ኪሎባይት",
        megabyte="ሜጋባይት",
    ),
    "fa": CalendarWords(
        months="ژانویهٔ فوریهٔ مارس آوریل مهٔ ژوئن ژوئیهٔ اوت سپتامبر اکتبر نوامبر دسامبر",
        month_and_year="MMMM y",
        kilobyte="kB",
        megabyte="MB",
    ),
    "pl": CalendarWords(
        months="stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
        months_alone="styczeń luty marzec kwiecień maj czerwiec lipiec sierpień wrzesień październik listopad grudzień",
        kilobyte="kB",
        megabyte="MB",
        decimal=",",
    ),
    "es": CalendarWords(
        months="enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        month_and_year="MMMM 'de' y",
        kilobyte="kB",
        megabyte="MB",
        decimal=",",
    ),
    "uk": CalendarWords(
        months="січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",
        months_alone="січень лютий березень квітень травень червень липень серпень вересень жовтень листопад грудень",
        month_and_year="LLLL y\N{NARROW NO-BREAK SPACE}'\u0440'.",
        kilobyte="кБ",
        megabyte="МБ",
        decimal=",",
    ),
}

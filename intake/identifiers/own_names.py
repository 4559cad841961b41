"""
A name that its bearer says or signs, in the ten languages of the pages.

1. Said: after "my name is", whatever the word looks like; after "I am", two words with capitals and neither of them a
   trade, since "I am a nurse" and "Jag är Sverigedemokrat" name nobody.
2. Signed: after a greeting (on its line or on the one below, whatever is written under the name), after a stroke, or
   alone on the last lines with capitals. Arabic, Persian and Tigrinya know no capitals, so there it takes a greeting or
   a stroke.
3. A greeting that may begin a sentence ("thanks", "vänligen") counts alone on its line, or with a comma behind it.

A name of one word after "I am", and a name that nothing tells from other words, are not found.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

_LONGEST_SIGNATURE: Final = 60
_MOST_NAMES: Final = 3
_FEWEST_AFTER_I_AM: Final = 2
# Under a greeting stand the name, what its bearer does and where, and how to reach them.
_LAST_LINES: Final = 8
# Without a greeting: the name, and what its bearer does.
_LAST_NAMES: Final = 3
_WHERE_A_GREETING_STANDS: Final = 200

_LETTERS: Final = r"[^\W\d_]+(?:['\u2019\u200c-][^\W\d_]+)*"
_WORD: Final = re.compile(rf"{_LETTERS}\.?")
_UP_TO_THREE: Final = rf"({_LETTERS}(?:[ ]{{1,3}}{_LETTERS}){{0,2}})"
_SAYS_NAME: Final = re.compile(
    r"\b(?:jag heter|mitt namn är|my name is|my name['\u2019]s|i am called|(?:minun )?nimeni on|me llamo|mi nombre es"
    r"|nazywam się|mam na imię|мене звати|моє ім['\u2019]я|magacaygu(?: waa)?|اسمي(?: هو)?|نام من|اسم من|ስመይ)"
    rf"[ ]{{1,4}}{_UP_TO_THREE}",
    re.IGNORECASE,
)
_SAYS_WHO: Final = re.compile(
    r"\b(?:jag är|undertecknade?,?|i am|i['\u2019]m|(?:minä )?olen|soy|jestem|я(?:[ ][\u2013\u2014-])?|waxaan ahay)"
    rf"[ ]{{1,4}}{_UP_TO_THREE}",
    re.IGNORECASE,
)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# After "my name is", and no name.
_NOT_SAID: Final = _words(
    "inte aldrig ingenting hemligt okänt känt med på not known unknown nothing unimportant secret all on in being"
    " mentioned written ei no nie не ليس نیست ኣይኮነን ma"
)
_GREETING: Final = re.compile(
    r"(?:^|(?<=[.!?,;:] ))(?:"
    # Swedish, English
    r"(?:med\s+)?(?:vänlig|vänliga|bästa|hjärtlig|hjärtliga|varma)?\s*hälsning(?:ar(?:na)?)?|mvh|m\.v\.h|vh|hälsar"
    r"|högaktningsfullt|(?:with\s+)?(?:my\s+)?(?:best|kind|kindest|warm|warmest|many)?\s*regards"
    r"|(?:with\s+)?(?:all\s+)?(?:my\s+)?(?:best|kind)\s+wishes|all the best|respectfully(?:\s+yours)?"
    r"|(?:yours\s+)?(?:sincerely|truly|faithfully)|sincerely\s+yours|yours"
    # Finnish, Spanish, Polish, Ukrainian
    r"|(?:ystävällisin|parhain|terveisin|kunnioittavin)?\s*terveisin|terveisiä|terv|kunnioittavasti|t(?=[.:](?:\s|$))"
    r"|(?:un\s+)?(?:cordial(?:es)?\s+)?saludos?(?:\s+cordial(?:es)?)?|atentamente|cordialmente"
    r"|(?:serdecznie\s+)?pozdrawiam(?:\s+serdecznie)?|(?:z\s+)?pozdrowieni(?:a|ami)|z poważaniem|z wyrazami szacunku"
    r"|(?:з\s+)?(?:глибокою\s+)?повагою|щиро(?:\s+ваша?)?|з найкращими побажаннями"
    # Somali, Arabic, Persian, Tigrinya
    r"|(?:wa\s+)?salaan(?:\s+sare|\s+diirran)?|wassalaam(?:u)?|si daacad ah|mahadsanidiin"
    r"|(?:و?مع\s+)?(?:خالص\s+|أطيب\s+|أجمل\s+)?(?:التحيات|التحية|تحياتي|الاحترام|احترامي|تحيات|تحية)|المخلصة?"
    r"|و?تفضلوا بقبول فائق الاحترام|(?:با\s+)?(?:احترام|تشکر|سپاس|درود)(?:\s+فراوان)?|ارادتمند(?:\s+شما)?"
    r"|(?:ምስ\s+)?(?:ሰላምታ|ሰላምታይ|ክብሪ|ኣኽብሮት)(?:\s+ምስ\s+ክብሪ)?|ብኽብሪ"
    r")\b\.?\s*[,،፣:!\u2013-]?\s*(?P<sender>(?:från|from|de|od|від|من|از|ካብ)\s+)?",
    re.IGNORECASE,
)
# May begin a sentence as well.
_CLOSING: Final = re.compile(
    r"(?:vänligen|(?:stort\s+)?tack(?:\s+på\s+förhand)?|(?:many\s+)?thanks|thank you|best|cheers|kiitos|gracias"
    r"|dziękuję|дякую|mahadsanid|شكر[اً]*|متشکرم|ممنون(?:م)?|የቐንየለይ)[.!]?\s*(?:[,،፣]\s*|$)",
    re.IGNORECASE,
)
_STROKE: Final = re.compile(r"(?://?|[-\u2013\u2014]{1,2})\s*")
_SEPARATORS: Final = ",،፣:!\u2013-"
_UNDER_THE_NAME: Final = re.compile(r"\s*[,،፣;|(/]\s*|\s+[\u2013\u2014-]\s+")
# What people write in the place of a name, what they do, and what ends a letter without being one.
_NOT_NAMES: Final = _words(
    """
    a ab an and anonym anonyma anonymt anställd av en ett from från för hälsning hälsningar i ja jag kollega kommun
    kommunen kommuns medarbetare mvh nej och om orolig person på slut tack till vi vän visselblåsare hälsar invånare
    ex. alla boende anhörig förälder undersköterska sjuksköterska lärare chef chefen handläggare socialsekreterare
    assistent vikarie medborgare svensk svenska sverigedemokrat socialdemokrat moderat skyddsombud personal
    personalen bilaga
    kiitos gracias dziękuję дякую mahadsanid
    anonymous colleague employee end friend no of on or thanks the to yes nurse head manager teacher assistant staff
    worker resident citizen parent whistleblower concerned worried officer director union representative swedish
    contractor very sorry sure aware not afraid social democrat it hr department
    nimetön nimettömänä työntekijä huolestunut kollegani anonyymi hoitaja opettaja
    anónimo anónima empleado empleada trabajador trabajadora un una enfermera profesor profesora
    anonimowo anonim pracownik pracownica pracownicy zaniepokojony zaniepokojona pielęgniarka nauczyciel nauczycielka
    анонім анонімно працівник працівниця колега мешканець мешканка медсестра вчитель вчителька
    qarsoodi shaqaale qof ka macallin kalkaaliye
    مجهول مجهولة موظف موظفة زميل زميلة قلق مواطن شكرا لكم جزيلا ناشناس کارمند یک همکار شهروند نگران
    ሰራሕተኛ ዘይፍለጥ ሓደ መሳርሕቲ ዜጋ
    """
)


def names_said(line: str) -> Iterator[tuple[int, int]]:
    """Yield where in a line somebody says how they are called: start and end."""
    for found in _SAYS_NAME.finditer(line):
        words = found[1].split()
        if words[0].casefold() in _NOT_SAID:
            continue
        more = 1
        while more < len(words) and words[more][0].isupper():
            more += 1
        yield found.start(1), _end_of(more, found)
    for found in _SAYS_WHO.finditer(line):
        words = found[1].split()
        capitals = 0
        while capitals < len(words) and words[capitals][0].isupper():
            capitals += 1
        if capitals >= _FEWEST_AFTER_I_AM and not _holds_no_name(words[:capitals]):
            yield found.start(1), _end_of(capitals, found)


def _end_of(words: int, found: re.Match[str]) -> int:
    """Return where so many words of the name that was found end."""
    *_, last = (word for word, _ in zip(re.finditer(_LETTERS, found[1]), range(words), strict=False))
    return found.start(1) + last.end()


def name_signed(all_lines: Sequence[str]) -> tuple[int, str] | None:
    """Return the name that is signed at the end and its line, counted from one; lines with nothing in them are none."""
    lines = list(all_lines)
    while lines and not lines[-1]:
        lines.pop()
    for index in range(len(lines) - 1, max(len(lines) - _LAST_LINES, 0) - 1, -1):
        after = _after_a_greeting(lines[index])
        if after is not None:
            return _below_a_greeting(lines, index, after)
    return _alone(lines)


def _after_a_greeting(line: str) -> str | None:
    """Return what stands behind a greeting in its line; None when there is no greeting."""
    end = line[-_WHERE_A_GREETING_STANDS:]
    if found := _GREETING.search(end):
        rest = end[found.end() :]
        # Without capitals, words after a greeting are a sentence as well as a name.
        told_apart = _has_capitals(rest) or found["sender"] or found[0].rstrip()[-1:] in _SEPARATORS
        return rest if not rest or told_apart else None
    if found := _CLOSING.match(end):
        rest = end[found.end() :]
        return rest if not rest or _is_name(rest, capitals=True) else None
    return None


def _below_a_greeting(lines: Sequence[str], index: int, after: str) -> tuple[int, str] | None:
    row = index if after else index + 1
    if row >= len(lines):
        return None
    signed = after or lines[row]
    stroke = _STROKE.match(signed)
    signed = _UNDER_THE_NAME.split(signed[stroke.end() :] if stroke else signed, maxsplit=1)[0]
    return (row + 1, signed) if _is_name(signed, capitals=False) else None


def _alone(lines: Sequence[str]) -> tuple[int, str] | None:
    """Return a name that is signed without a greeting, and its line."""
    if not lines:
        return None
    stroke = _STROKE.match(lines[-1])
    if stroke is not None:
        signed = lines[-1][stroke.end() :]
        return (len(lines), signed) if _is_name(signed, capitals=_has_capitals(signed)) else None
    if len(lines) > _FEWEST_AFTER_I_AM and _holds_no_name(lines[-1].split(), every=True):
        above = lines[-2]
        return (len(lines) - 1, above) if _is_whole_name(above) else None
    first = len(lines)
    # The first line of a text is what it is about.
    while first > max(1, len(lines) - _LAST_NAMES) and _is_name(lines[first - 1], capitals=True):
        first -= 1
    if first < len(lines):
        return first + 1, lines[first]
    before = _UNDER_THE_NAME.split(lines[-1], maxsplit=1)[0]
    is_a_sentence = lines[-1].endswith((".", "!", "?"))
    return (len(lines), before) if len(lines) > 1 and not is_a_sentence and _is_whole_name(before) else None


def _is_whole_name(text: str) -> bool:
    return len(text.split()) >= _FEWEST_AFTER_I_AM and _is_name(text, capitals=True)


def _has_capitals(text: str) -> bool:
    """Whether this is written in letters that come large and small."""
    return any(letter.isupper() or letter.islower() for letter in text)


def _holds_no_name(words: Sequence[str], *, every: bool = False) -> bool:
    """Whether one of these words, or every one, is no part of a name."""
    if every:
        return all(word.casefold().strip(",.") in _NOT_NAMES for word in words)
    # "A." is an initial, "a" is an article.
    return any(word.casefold().strip(",") in _NOT_NAMES for word in words)


def _is_name(untrusted: str, *, capitals: bool) -> bool:
    """Whether this is one to three words that can be a name and nothing else."""
    words = untrusted.split()
    if not 1 <= len(words) <= _MOST_NAMES or len(untrusted) > _LONGEST_SIGNATURE:
        return False
    if not all(_WORD.fullmatch(word.rstrip(",،")) for word in words):
        return False
    if _holds_no_name(words):
        return False
    # A sentence of three words ends with a full stop; an initial may have one, but not as the last of a name.
    return not capitals or (all(word[0].isupper() for word in words) and not untrusted.endswith("."))

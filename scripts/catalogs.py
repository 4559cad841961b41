"""
The catalogues of sentences: `catalogs.py update` finds all sentences in code and templates and rewrites every .po file.

Translations are kept by their English sentence, over all catalogues of a language: a sentence that moves to another
page keeps its words. One that is no longer said anywhere goes. New ones stand with an empty `msgstr`, which the tests
do not accept. `catalogs.py missing` counts them. The English is in the code and has no catalogue.
"""

import ast
import re
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

PROJECT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from audit.canary.table import TABLE as CANARY_ROWS  # noqa: E402 - needs the path
from audit.live.table import TABLE as LIVE_ROWS  # noqa: E402 - needs the path
from audit.mirror.table import BY_HAND_FIRST as MIRROR_FIRST  # noqa: E402 - needs the path
from audit.mirror.table import MIRROR  # noqa: E402 - needs the path
from audit.mirror.table import TABLE as MIRROR_ROWS  # noqa: E402 - needs the path
from audit.report.certify import RULE  # noqa: E402 - needs the path
from audit.report.claims import BY_HAND_FIRST, LIVE  # noqa: E402 - needs the path
from audit.report.remarks import FIRST_LOOK, GENERAL  # noqa: E402 - needs the path
from audit.report.summary import SUMMARIES  # noqa: E402 - needs the path
from audit.report.words import TERMS, words_in  # noqa: E402 - needs the path
from audit.selftest.table import NONE, SELECTED, rows_of  # noqa: E402 - needs the path
from cases.languages import LANGUAGES, SOURCE, LanguageInfo  # noqa: E402 - needs the path
from desk.web.views.pages import CATALOGUE, DESK_LANGUAGES  # noqa: E402 - needs the path
from desk.web.views.writing.phrases import CATALOGUE as PHRASES  # noqa: E402 - needs the path
from intake.views.languages import COMPLETE_ONLY, DOMAINS  # noqa: E402 - needs the path

INTAKE: Final = PROJECT / "intake"
# The poster and the municipality's own page have one of their own, in every complete language: neither is a page of
# the service. What a page of the service says too is translated there.
POSTER: Final = PROJECT / "kallskydd"
# The members' application, in the languages that it is shown in. Its sentences for reporters are in all.
DESK: Final = PROJECT / "desk"
# The audit has its sentences in Swedish too, and reads the file without a library (audit.language).
AUDIT: Final = PROJECT / "audit"
# What says a sentence there, and which argument that is.
_SAYING: Final = {
    "saw": 0, "found": 0, "missed": 0, "or_missed": 0, "void": 0, "require": 1, "looking_at": 3, "Evidence": 1,
    "in_language": 0,
}  # fmt: skip
_REMARK: Final = re.compile(r"(?<=  )# [^\n]+$", re.MULTILINE)
FILES: Final = PROJECT / "cases" / "sentences" / "file.py"
WIDTH: Final = 120
# Beginning of a file's path within intake/, and the catalogue of its sentences; the first that fits. The rest: site.
_DOMAINS_OF: Final = (
    ("templates/information/", "information"),
    ("inbox/two_words", "site"),
    *(
        (name, "report")
        for name in ("report/", "site/start", "filing", "uploads/", "identifiers/find", "identifiers/own")
    ),
    *((name, "report") for name in ("views/texts_report", "templates/report", "templates/receipt", "templates/files")),
    *((name, "inbox") for name in ("inbox/", "views/texts_inbox", "templates/inbox", "templates/return")),
)


def domain_of(path: str) -> str:
    """Return the catalogue for a file, by its path within intake/."""
    return next((domain for beginning, domain in _DOMAINS_OF if path.startswith(beginning)), "site")


def sentences() -> dict[str, dict[str, str]]:
    """Return per catalogue every sentence and where it is said first; each stands in one catalogue only."""
    found: dict[str, dict[str, str]] = {domain: {} for domain in DOMAINS}
    said: dict[str, tuple[str, str]] = {}
    for path in sorted((*INTAKE.rglob("*.py"), *INTAKE.glob("templates/**/*.html"))):
        inside = path.relative_to(INTAKE).as_posix()
        for english in _sentences_of(path):
            known = said.get(english)
            # Said on a page that every language has, it belongs there.
            if known is None or (known[0] in COMPLETE_ONLY and domain_of(inside) not in COMPLETE_ONLY):
                said[english] = (domain_of(inside), inside)
    for english, (domain, inside) in said.items():
        found[domain][english] = inside
    return found


def poster_sentences(found: dict[str, dict[str, str]]) -> dict[str, str]:
    """Return every sentence of the poster's own catalogue and where it is said first, given those of the service."""
    of_the_service = {english for sentences in found.values() for english in sentences}
    said = dict.fromkeys(_sentences_of(POSTER / "poster" / "texts.py"), "poster/texts.py")
    for english in _sentences_of(POSTER / "poster" / "page.html"):
        if english not in of_the_service:
            said.setdefault(english, "poster/page.html")
    return said


def desk_sentences() -> dict[str, str]:
    """Return every sentence of the members' application and where it is said first."""
    said: dict[str, str] = {}
    for path in sorted((*DESK.rglob("*.py"), *DESK.glob("templates/**/*.html"))):
        for english in _sentences_of(path):
            said.setdefault(english, path.relative_to(DESK).as_posix())
    # `kallskydd scrub` says them too.
    for english in _sentences_of(FILES):
        said.setdefault(english, FILES.relative_to(PROJECT).as_posix())
    return said


def phrase_sentences() -> dict[str, str]:
    """Return every sentence that a member can send to a reporter, and where it stands."""
    return dict.fromkeys(
        _sentences_of(DESK / "web" / "views" / "writing" / "phrases.py", "P_"), "web/views/writing/phrases.py"
    )


def audit_sentences(known: dict[str, str]) -> dict[str, str]:
    """Return every sentence of the audit and where it stands first.

    Words that stand in sentences as values are kept where the code has them still; the tests look for new ones.
    """
    said: dict[str, str] = {}
    for path in (
        *sorted(AUDIT.rglob("*.py")),
        PROJECT / "trusted" / "torrc_table.py",
        *(PROJECT / "onion").glob("torrc*.py"),
    ):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                # What was planted has its value after a line.
                if (word := node.value.partition("|")[0]) in known:
                    said.setdefault(word, path.relative_to(PROJECT).as_posix())
            elif isinstance(node, ast.Call) and (name := ast.unparse(node.func).rpartition(".")[2]) in _SAYING:
                one = node.args[_SAYING[name]]
                if isinstance(one, ast.Constant):
                    said.setdefault(one.value, path.relative_to(PROJECT).as_posix())
    return said | {one: said.get(one, "audit's tables") for one in _audit_tables()}


def _audit_tables() -> Iterator[str]:
    for row in (*LIVE_ROWS, *CANARY_ROWS, *MIRROR_ROWS, NONE, SELECTED, *rows_of([])[-1:]):
        yield from (row.title, row.risk, row.remedy, *_REMARK.findall(row.by_hand))
    yield from _REMARK.findall(BY_HAND_FIRST + MIRROR_FIRST)
    for claim in (LIVE, MIRROR):
        yield from (claim.assertion, *claim.not_covered)
    yield from (*TERMS, *words_in("en").values(), FIRST_LOOK)
    yield from (sentence for several in GENERAL.values() for sentence in several)
    yield from (sentence for _, sentence in SUMMARIES.values())
    yield from (sentence for sentence, _ in RULE)


def _sentences_of(path: Path, keyword: str = "N_") -> list[str]:
    is_page = path.suffix == ".html"
    method = "jinja2.ext:babel_extract" if is_page else "python"
    keywords = {"_": None, "frame": None} if is_page else {keyword: None}
    with path.open("rb") as file:
        taken = extract(method, file, keywords=keywords, options={"encoding": "utf-8", "silent": "false"})
        return [message for _line, message, _comments, _context in taken if isinstance(message, str)]


def domains_for(info: LanguageInfo) -> tuple[str, ...]:
    """Return the catalogues that a language has; none for the language of the code."""
    if info.code == SOURCE:
        return ()
    return tuple(domain for domain in DOMAINS if info.complete or domain not in COMPLETE_ONLY)


def update() -> None:
    """Write all catalogues."""
    found = sentences()
    posters = poster_sentences(found)
    for info in LANGUAGES.values():
        folder = INTAKE / "locale" / info.code
        known = _known(folder, info.code)
        for domain in domains_for(info):
            _write(folder, info, domain, found[domain], known)
        if info.complete and info.code != SOURCE:
            folder = POSTER / "locale" / info.code
            _write(folder, info, "poster", posters, known | _known(folder, info.code))
    for info in _desk_languages():
        folder = DESK / "locale" / info.code
        _write(folder, info, CATALOGUE, desk_sentences(), _known(folder, info.code))
    for info in LANGUAGES.values():
        if info.code != SOURCE:
            folder = DESK / "locale" / info.code
            _write(folder, info, PHRASES, phrase_sentences(), _known(folder, info.code))
    folder = AUDIT / "locale" / "sv"
    known = _known(folder, "sv")
    _write(folder, LANGUAGES["sv"], "audit", audit_sentences(known), known)


def _desk_languages() -> list[LanguageInfo]:
    return [LANGUAGES[code] for code in DESK_LANGUAGES if code != SOURCE]


def _write(folder: Path, info: LanguageInfo, domain: str, sentences: dict[str, str], known: dict[str, str]) -> None:
    catalog = Catalog(locale=info.code, header_comment=f"# {info.name}: {domain}", fuzzy=False)
    for english, inside in sentences.items():
        catalog.add(english, known.get(english, ""), auto_comments=[inside])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{domain}.po").write_bytes(_as_bytes(catalog))


def _known(folder: Path, code: str) -> dict[str, str]:
    known: dict[str, str] = {}
    for file in sorted(folder.glob("*.po")):
        for message in read_po(BytesIO(file.read_bytes()), locale=code):
            if isinstance(message.id, str) and message.id and message.string:
                known[message.id] = str(message.string)
    return known


def _as_bytes(catalog: Catalog) -> bytes:
    target = BytesIO()
    write_po(target, catalog, width=WIDTH, omit_header=False, sort_output=False, no_location=True)
    # The header holds the day and a program's name; a catalogue says neither.
    lines = target.getvalue().decode().split("\n")
    dropped = (
        "POT-Creation-Date",
        "PO-Revision-Date",
        "Generated-By",
        "Project-Id-Version",
        "Report-Msgid",
        "Last-",
        "Language-Team",
    )
    return "\n".join(line for line in lines if not line.lstrip('"').startswith(dropped)).encode()


def missing() -> int:
    """Print how many sentences each catalogue lacks; return how many in all."""
    files = [
        (info, domain, INTAKE / "locale" / info.code / f"{domain}.po")
        for info in LANGUAGES.values()
        for domain in domains_for(info)
    ]
    files += [(info, CATALOGUE, DESK / "locale" / info.code / f"{CATALOGUE}.po") for info in _desk_languages()]
    files += [
        (info, PHRASES, DESK / "locale" / info.code / f"{PHRASES}.po")
        for info in LANGUAGES.values()
        if info.code != SOURCE
    ]
    files.append((LANGUAGES["sv"], "audit", AUDIT / "locale" / "sv" / "audit.po"))
    total = 0
    for info, domain, file in files:
        catalog = read_po(BytesIO(file.read_bytes()), locale=info.code)
        lacking = [message.id for message in catalog if message.id and not message.string]
        total += len(lacking)
        sys.stdout.write(f"{info.code} {domain:12} {len(lacking):4} of {len(catalog):4} not translated\n")
    return total


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["update"]:
            update()
        case ["missing"]:
            sys.exit(1 if missing() else 0)
        case _:
            sys.exit("Say `catalogs.py update` or `catalogs.py missing`.")

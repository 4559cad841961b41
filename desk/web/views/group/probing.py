"""The test report in words: where it is, what was wrong on the way, and what to do; and a text to begin with."""

import secrets
from dataclasses import dataclass
from typing import Final

from desk.web.views.case_line import case_number, case_path
from desk.web.views.pages import N_, Language
from desk.web.views.sentences.server import CALL_OPERATOR, PROBE
from desk.work.probe import Arrival, ProbeResult

# Of each one is drawn. Who knows this program knows them too, so the page asks for words of one's own.
_BEGINNINGS: Final = (
    "Jag vill anmäla hur inköpen går till hos oss.",
    "Det gäller en upphandling som inte gick rätt till.",
    "Sedan i våras har övertid skrivits på folk som inte jobbade.",
    "Fakturor godkänns av samma person som har beställt.",
    "Material från förrådet har gått till ett privat bygge.",
)
_MIDDLES: Final = (
    "Det handlar om samma firma varje gång, och ingen annan tillfrågas.",
    "Summorna är delade så att de hamnar under gränsen.",
    "När någon frågade fick hon höra att det alltid har varit så.",
    "Underlagen finns i pärmen på kontoret, men de stämmer inte med det som levererades.",
    "Flera av oss har sett det, men ingen vågar säga något.",
)
_ENDS: Final = (
    "Jag har inga papper själv men vet var de finns.",
    "Senast var i förra månaden.",
    "Fråga gärna om något är oklart, jag loggar in igen.",
    "Jag tror att chefen känner till det.",
    "Det borde gå att se i systemet vem som har attesterat.",
)


@dataclass(frozen=True, slots=True)
class ProbeFault:
    """What is wrong, and what to do."""

    what: str
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShownProbe:
    """The last test report of one way, as the page has it."""

    way: str
    where: str
    fault: ProbeFault | None
    # Its case's number, path and name.
    case: tuple[str, str, str] | None
    told: bool


def suggested_text() -> str:
    """Return a report that could be a real one, and names nobody."""
    return " ".join(secrets.choice(sentences) for sentences in (_BEGINNINGS, _MIDDLES, _ENDS))


def way_of(by_mirror: bool, language: Language) -> str:
    """Return what the entrance is called."""
    return language.translate(N_("The website") if by_mirror else N_("The Tor address"))


def shown_probe(result: ProbeResult, language: Language) -> ShownProbe:
    """Return the last test report of one way as the page has it."""
    case_id = None if result.case is None else result.case.known.case_id
    return ShownProbe(
        way_of(result.probe.by_mirror, language),
        where_it_is(result, language),
        probe_fault(result, language),
        None if case_id is None else (case_number(case_id), case_path(case_id), case_id.hex()),
        result.told,
    )


def where_it_is(result: ProbeResult, language: Language) -> str:
    """Return one sentence on the last test report."""
    days = {
        "sent": language.day(result.probe.filed_on, year=False),
        "due": language.day(result.probe.release_on, year=False),
    }
    sentences = {
        Arrival.WAITING: N_("Sent %(sent)s, comes %(due)s after 6 in the morning"),
        Arrival.HERE: N_("Sent %(sent)s, came as it should"),
        Arrival.MISSING: N_("Sent %(sent)s, should have come %(due)s"),
        Arrival.ERASED: N_("Sent %(sent)s, came, and is erased"),
    }
    came_wrong = result.arrival is Arrival.HERE and result.faults
    sentence = N_("Sent %(sent)s, came, and something is not right") if came_wrong else sentences[result.arrival]
    return language.translate(sentence, **days)


def probe_fault(result: ProbeResult, language: Language) -> ProbeFault | None:
    """Return what was wrong with the last test report, if anything."""
    translate = language.translate
    found = tuple(translate(PROBE[key].what) for key in result.faults if key in PROBE)
    if result.arrival is Arrival.MISSING:
        ask = translate(N_("Ask another member, by telephone, whether it came there."))
        return ProbeFault(translate(N_("The test report has not come")), (ask, translate(CALL_OPERATOR), *found))
    if not found:
        return None
    what = (
        N_("The website is not as it should be") if result.probe.by_mirror else N_("The way in is not as it should be")
    )
    return ProbeFault(translate(what), (*found, translate(CALL_OPERATOR)))

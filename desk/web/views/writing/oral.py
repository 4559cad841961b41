"""The pages of a report by voice: what was typed so far, whom to ask about, and the days that follow."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from cases.case.deadlines import DeadlineKind, statutory
from cases.languages import LANGUAGES
from desk.web.local.forms import Form
from desk.web.views.pages import DEFAULT_LANGUAGE, N_, Language, Notice
from desk.work.oral import OralNotes, Taken
from trusted.case.entry import TEXT_CHARACTERS
from trusted.roster.text import Member, Roster

# What can be said of whom it concerns, beside the ids of members.
NOBODY: Final = "nobody"
ME: Final = "me"
UNNAMED: Final = "unnamed"

ASK_FIRST: Final = Notice(N_("You have not said whom it concerns."), N_("Ask, and tick what the caller says."))
BOTH: Final = Notice(N_("Nobody, and somebody: both cannot be right."), N_("Ask once more, and tick one of the two."))
MOVED: Final = Notice(
    N_("The trust group has changed since this page was shown."), N_("Ask once more; these are the members now.")
)
NO_TEXT: Final = Notice(N_("There is no text yet."), N_("Write what the caller says."))
TOO_LONG: Final = Notice(N_("The text is longer than 100,000 characters."), N_("Make it shorter."))
NOT_READ_OUT: Final = Notice(
    N_("The caller has not heard what you wrote."), N_("Read all of it out, and tick that you got a yes.")
)
WORDS_GONE: Final = Notice(
    N_("The words are not shown again."),
    N_("If you had gone on to them, the report is received. If the caller has not got them, start again from the top."),
    "warn",
)
FIRST_COUNTS: Final = Notice(
    N_("The server had received what you sent first."),
    N_("If you have changed the text since, the change is not in it: write it as a note in the case."),
    "warn",
)


_NAME_BYTES: Final = 16


@dataclass(frozen=True, slots=True, repr=False)
class Typed:
    """What the fields of these pages say. All of them go along from page to page."""

    name: str
    concerns: tuple[str, ...] = ()
    organisation: str = ""
    text: str = ""
    urgent: bool = False
    language: str = DEFAULT_LANGUAGE
    read_out: bool = False

    @classmethod
    def of(cls, form: Form) -> "Typed":
        return cls(
            name=form.one("call") or secrets.token_urlsafe(_NAME_BYTES),
            concerns=form.all("concerns"),
            organisation=form.one("organisation"),
            text=form.one("text"),
            urgent=form.has("urgent"),
            language=form.one("language") or DEFAULT_LANGUAGE,
            read_out=form.has("read"),
        )

    @property
    def notes(self) -> OralNotes:
        """What is filed of it."""
        chosen = frozenset(self.concerns)
        return OralNotes(
            text=self.text,
            organisation=self.organisation or None,
            concerns=chosen - {NOBODY, ME, UNNAMED},
            unnamed=UNNAMED in chosen,
            urgent=self.urgent,
            language=self.language,
        )

    def wrong(self) -> Mapping[str, Notice]:
        """Return what is to be put right in the notes, by field."""
        found = {} if self.concerns else {"concerns": ASK_FIRST}
        if not self.text:
            found["text"] = NO_TEXT
        elif len(self.text) > TEXT_CHARACTERS:
            found["text"] = TOO_LONG
        if not self.read_out:
            found["read"] = NOT_READ_OUT
        return found


@dataclass(frozen=True, slots=True, repr=False)
class Group:
    """Whom the caller is asked about."""

    own: Member
    others: tuple[Member, ...]
    organisations: tuple[tuple[str, str], ...]

    @property
    def labels(self) -> str:
        """The others, as they are named to the caller."""
        return ", ".join(member.label for member in self.others)

    @property
    def ids(self) -> frozenset[str]:
        return frozenset(member.id for member in (self.own, *self.others))


def group_of(roster: Roster, own_id: str) -> Group | None:
    """Return the group as this member asks about it; None for somebody who is no member any more."""
    own = roster.member(own_id)
    if own is None:
        return None
    others = tuple(member for member in roster.members if member.id != own_id)
    return Group(own, others, tuple((known.key, known.name) for known in roster.organisations))


def languages_offered(codes: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Return the languages that the server answers in, by their own names."""
    return tuple((code, LANGUAGES[code].name) for code in codes if code in LANGUAGES)


@dataclass(frozen=True, slots=True)
class Days:
    """When it is read, by whom, and what is to be done by then."""

    release: str
    at_once: bool
    readers: str
    acknowledge: str
    assess: str
    feedback: str


def days_of(taken: Taken, today: date, language: Language) -> Days:
    """Return the days of a report that was taken, as members will count them."""
    # Shown at once it bears the day on which it was.
    counted = today if taken.at_once else taken.release_on
    limits = {
        one.kind: one.day for one in statutory(counted, acknowledged=None, assessed=False, told=False, today=today)
    }
    return Days(
        release=language.weekday(taken.release_on),
        at_once=taken.at_once,
        readers=", ".join(taken.readers),
        acknowledge=language.day(limits[DeadlineKind.ACKNOWLEDGE]),
        assess=language.day(limits[DeadlineKind.ASSESS]),
        feedback=language.day(limits[DeadlineKind.FEEDBACK]),
    )

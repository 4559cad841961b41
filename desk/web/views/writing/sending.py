"""What becomes of a case by what is sent, before and after it is sent; and the clean copy of a file, in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from babel.units import format_unit

from cases.case.deadlines import ACKNOWLEDGE
from cases.case.timeline import Rules
from desk.web.views.pages import N_, Language
from desk.web.views.states import next_day, state_in_words
from desk.web.views.writing.previews import ReporterPages, state_after
from desk.work.answers import Cleaned
from desk.work.case.opened import DeskCase
from trusted.case.clock import clock_start
from trusted.case.entry import (
    Acknowledgement,
    Assessment,
    Attachment,
    Body,
    CompletionRequest,
    Entry,
    Feedback,
    Message,
    Outcome,
    PhoneMinutes,
    Stream,
)

_MEGABYTE: Final = 10**6
_FILE_KINDS: Final = {
    "pdf": N_("PDF document"), "text": N_("text"), "csv": N_("table (CSV)"), "sound": N_("sound (MP3)"),
    "film": N_("film (MP4)"),
}  # fmt: skip
_NO_ID: Final = "0" * 32
_SENT: Final[dict[type, str]] = {
    CompletionRequest: N_(
        "The question is with the reporter. An answer is wanted by %(day)s. You see one under To do today, on the day"
        " it comes."
    ),
    Assessment: N_("The first assessment is with the reporter."),
    Feedback: N_("The feedback is with the reporter, and the law's three months are met. The case stays open."),
    Message: N_("The answer is with the reporter. It stops no time."),
    Attachment: N_("The file is with the reporter. It stops no time."),
    PhoneMinutes: N_("The minutes are with the reporter, who reads them and says whether they are right."),
    Outcome: N_("The feedback is with the reporter. The case is not closed yet."),
}
_ACKNOWLEDGED: Final = N_("The acknowledgement is with the reporter, on day %(number)d of the law's seven.")
_ACKNOWLEDGED_LATE: Final = N_(
    "The acknowledgement is with the reporter. It came on day %(number)d; the law has seven."
)

_FEEDBACK_COUNTS: Final = N_("The three months for feedback count from the acknowledgement.")


@dataclass(frozen=True, slots=True, repr=False)
class FileWords:
    """The clean copy of a file that waits to be sent."""

    kind: str
    size: str
    removed: str
    lost: str
    digest: str


def after_sending(
    case: DeskCase, unsent: Sequence[Body], today: date, rules: Rules, language: Language
) -> tuple[str, ...]:
    """Return what happens to the case when these have been sent."""
    after = state_after(case, unsent, today, rules)
    said = [language.translate(N_("The reporter sees it at the next visit."))]
    if after.state is not case.state.state:
        state = state_in_words(after, language)
        said.append(language.translate(N_("The case becomes: %(state)s."), state=state))
    following = next_day(after, today, language)
    if any(isinstance(one, Acknowledgement) for one in unsent) and _day_of_the_law(case, today) <= ACKNOWLEDGE.days:
        said.append(language.translate(_FEEDBACK_COUNTS))
    if after.closed_on is None and following.what:
        said.append(f"{following.what}.")
    return tuple(said)


def sent_words(case: DeskCase, language: Language) -> str:
    """Return what this member sent last, and what happens now; nothing when she has sent nothing."""
    last = _last_sent(case)
    if last is None:
        return ""
    if isinstance(last.body, CompletionRequest):
        return language.translate(_SENT[CompletionRequest], day=language.day(last.body.wanted_by))
    if isinstance(last.body, Acknowledgement):
        number = _day_of_the_law(case, last.day)
        if number > ACKNOWLEDGE.days:
            return language.translate(_ACKNOWLEDGED_LATE, number=number)
        return f"{language.translate(_ACKNOWLEDGED, number=number)} {language.translate(_FEEDBACK_COUNTS)}"
    return language.translate(_SENT[type(last.body)])


def _day_of_the_law(case: DeskCase, day: date) -> int:
    return (day - clock_start(case.release_day or day)).days


def _last_sent(case: DeskCase) -> Entry | None:
    """Return the last entry of this member's that a page has words for; of a file, what was sent with it."""
    entries = case.streams.get(Stream.MEMBERS, ())
    own = [
        entry for entry in entries if entry.author == case.own_id and isinstance(entry.body, (Acknowledgement, *_SENT))
    ]
    if not own:
        return None
    *before, last = own
    is_beside = before and isinstance(last.body, Attachment) and before[-1].number == last.number - 1
    return before[-1] if is_beside else last


def unsent_file(cleaned: Cleaned) -> Attachment:
    """Return the entry that a clean copy becomes, without the ids that sealing gives it."""
    answer = cleaned.copy.answer
    return Attachment(
        file_id=_NO_ID,
        file_kind=answer.file_kind,
        size=answer.size,
        digest=cleaned.digest,
        order=cleaned.order,
        preview_id=None,
    )


def file_words(cleaned: Cleaned, reporter: ReporterPages, language: Language) -> FileWords:
    """Return the words for a clean copy: what it is, what was removed, and its digest."""
    answer = cleaned.copy.answer
    words = reporter.cleaned([what for what, _where in answer.removed], answer.lost, language.code)
    return FileWords(
        kind=language.translate(_FILE_KINDS.get(answer.file_kind, N_("picture"))),
        size=_size(answer.size, language),
        removed=", ".join(words.removed),
        lost=", ".join(words.lost),
        digest=cleaned.digest,
    )


def _size(size: int, language: Language) -> str:
    if size < _MEGABYTE:
        return str(format_unit(max(1, round(size / 1000)), "digital-kilobyte", "short", locale=language.code))
    return str(format_unit(round(size / _MEGABYTE, 1), "digital-megabyte", "short", locale=language.code))

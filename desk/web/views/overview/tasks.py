"""The words of each row of the list, and the page on which it is done."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from desk.web.views.case.moving import SIGN_SENT
from desk.web.views.pages import N_, Language
from desk.work.due import Due, Task
from desk.work.workdays import day_to_act

ERASE: Final = "/erase"
_LAW: Final = N_("the law")


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one row: its heading, the sentence beneath, what ends on its day, and its button."""

    head: str
    button: str
    text: str = ""
    # What ends on its day, as a sentence has it.
    limit: str = ""
    # What sets that day.
    rule: str = _LAW


_NEW_READERS: Final = N_("Sign: new readers of case %(number)s")
_SEVEN_DAYS: Final = N_("the 7 days of the law")
_THREE_MONTHS: Final = N_("the three months of the law")
TASKS: Final[Mapping[str, Words]] = {
    Task.SIGN_MOVE: Words(
        _NEW_READERS,
        N_("Look at it"),
        N_("A colleague has sent it to you. Until you have signed or refused, nothing else is done in the case."),
    ),
    "sign-new": Words(
        _NEW_READERS, N_("Look at it"), N_("A colleague has sent it to you. You read the case once you have signed.")
    ),
    "change": Words(
        N_("A signature waits: a change of members"),
        N_("Look at the change"),
        N_("Compare the six words by telephone before you sign."),
    ),
    "copy": Words(
        N_("Save a copy of your key"),
        N_("To the settings"),
        N_("If the computer breaks you can read new cases only."),
    ),
    Task.SIGN_ERASURE: Words(
        N_("A signature waits: erasing"), N_("Read and sign"), N_("%(names)s has signed, you are the second.")
    ),
    Task.REFUSED: Words(
        N_("%(names)s does not sign the erasure"),
        N_("Read why"),
        N_("Nothing is erased. Take your signature back, or speak with %(names)s."),
    ),
    Task.ACKNOWLEDGE: Words(N_("%(left)s: acknowledge the report"), N_("Read and acknowledge"), limit=_SEVEN_DAYS),
    Task.FEEDBACK: Words(N_("%(left)s: give feedback"), N_("Give feedback"), limit=_THREE_MONTHS),
    "feedback-soon": Words(N_("%(left)s: prepare the feedback"), N_("Give feedback"), limit=_THREE_MONTHS),
    Task.ASSESS: Words(
        N_("%(left)s: make the first assessment"),
        N_("Write the assessment"),
        limit=N_("the time of our goal"),
        rule=N_("our goal"),
    ),
    Task.HARM: Words(
        N_("Can anybody come to harm?"),
        N_("Answer the question"),
        N_("Think of it as soon as you have read the report. One of you answers, for all who read it."),
    ),
    "harm-again": Words(
        N_("Look again: can anybody come to harm?"),
        N_("Answer the question"),
        N_("One of you chose this day at the last answer."),
    ),
    Task.DECIDE_HOLD: Words(
        N_("%(left)s: decide whether the case is kept"),
        N_("To the case"),
        N_("The two years of the law end on %(day)s. Nothing is erased before you end the keeping."),
    ),
    Task.LOCK_OUT: Words(
        N_("Lock the case again: %(names)s has left"),
        N_("Lock again"),
        N_("Until then %(names)s can still open the case."),
    ),
    Task.FINISH: Words(
        N_("Finish the closing"), N_("Finish it"), N_("The closing was broken off, and the case is not closed yet.")
    ),
    Task.ANSWER: Words(N_("An answer has come"), N_("Read the answer"), N_("You asked on %(day)s.")),
    "news": Words(N_("An answer has come"), N_("Read the answer")),
    Task.ERASE: Words(
        N_("Erase: the case is handled"), N_("Erase"), N_("Closed on %(day)s. You promise that everything goes then.")
    ),
    "erase-law": Words(
        N_("%(left)s: erase the case"),
        N_("Erase"),
        N_("The server erases it on %(day)s, two years after closing. See to the archive's part before."),
    ),
    Task.MONTHLY: Words(
        N_("Still open: close the case, or note why not"),
        N_("To the case"),
        N_("You wrote in it last on %(day)s. It is neither closed nor erased."),
    ),
}
_PAGES: Final[Mapping[Task, str]] = {
    Task.FEEDBACK: "/write?act=feedback",
    Task.ASSESS: "/write?act=assess",
    Task.LOCK_OUT: "/move",
    Task.HARM: "/harm",
    Task.FINISH: "/close",
}


def path_of(due: Due, case: str) -> str:
    """Return where a row is done; a report is read before it is acknowledged. `case`: the address of its case."""
    if due.task is Task.SIGN_MOVE:
        return SIGN_SENT
    if due.task in {Task.SIGN_ERASURE, Task.REFUSED}:
        return ERASE
    return f"{ERASE}/{due.case_id.hex()}" if due.task is Task.ERASE else f"{case}{_PAGES.get(due.task, '')}"


def when_in_words(words: Words, by: date, today: date, language: Language) -> str:
    """Return by when it is to be done, in working days: who reads it on a Friday learns that Sunday is too late."""
    translate, last = language.translate, day_to_act(by, today)
    limit, day = translate(words.limit), language.weekday(by, today)
    if by < today:
        sentence, limit = (
            N_("%(limit)s ended on %(day)s. Do it today, even if it is not quite finished."),
            _begun(limit),
        )
    elif by == today:
        sentence = N_("Do it today, %(now)s: %(limit)s ends today.")
    elif last == today:
        sentence = N_("Do it today, %(now)s: %(limit)s ends on %(day)s.")
    elif last < by:
        sentence = N_("Do it by %(last)s. At the latest by %(rule)s is %(day)s, but that is no working day.")
    else:
        sentence = N_("Do it by %(day)s: %(limit)s ends that day.")
    return translate(
        sentence,
        limit=limit,
        rule=translate(words.rule),
        day=day,
        last=language.weekday(last, today),
        now=language.weekday(today, today),
    )


def _begun(words: str) -> str:
    return words[:1].upper() + words[1:]

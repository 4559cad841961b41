"""What went wrong, or what to look at, in two sentences: what happened, and what to do.

One table for the pages and the terminal. The English stands here, and in `cases.sentences.file` for a file that was not
cleaned; the pages translate it (desk/locale/). A key of the server's own that is not here says that something is wrong.
"""

from collections.abc import Mapping
from typing import Final

from cases.sentences import file
from cases.sentences import in_words as in_words_of_operator
from desk.errors import DeskError, NotReachable
from desk.web.views.group.way_to_server import why_in_words
from desk.web.views.pages import N_, Notice
from desk.web.views.sentences.cases import CASES
from desk.web.views.sentences.home import BROKEN, HOME
from desk.web.views.sentences.server import PROBE, SERVER, UNREACHED
from desk.web.views.sentences.warnings import ALARMS, WARNINGS

SENTENCES: Final[Mapping[str, Notice]] = {
    **HOME,
    **SERVER,
    **PROBE,
    **CASES,
    **{key: Notice(*both) for key, both in file.AT_THE_DESK.items()},
    **ALARMS,
    **WARNINGS,
}
NO_PAGE: Final = Notice(N_("There is no such page."), N_("Go to the overview."), "warn")
UNREADABLE: Final = Notice(N_("What was sent could not be read, so nothing was done."), N_("Go back and try again."))
CHANGED_LATER: Final = Notice(
    N_("This form was received before, so what you have written since is not sent."),
    N_("It is kept: open the form again, and your words are in it."),
    "warn",
)
SENT_TWICE: Final = Notice(
    N_("This form was received before, and counts once."),
    N_(
        "If the page said that something was wrong, nothing was sent: begin again. Otherwise look at what is there now."
    ),
    "warn",
)


def notice_for(error: DeskError) -> Notice:
    """Return the two sentences for an error of the desk."""
    otherwise = why_in_words(error.text_key, UNREACHED) if isinstance(error, NotReachable) else BROKEN
    return SENTENCES.get(error.text_key, otherwise)


def sentences_for(text_key: str) -> Notice:
    """Return the two sentences for a warning, or for the kept key of an error."""
    return SENTENCES.get(text_key, BROKEN)


def in_words(text_key: str) -> str:
    """Return the two sentences for a terminal. What only an operator's command meets has the operator's."""
    known = SENTENCES.get(text_key)
    return in_words_of_operator(text_key) if known is None else f"{known.what} {known.do}"

"""What went wrong, in the two sentences of a page: what happened, and what to do here.

The command line has sentences of its own (`cases.sentences`), which name commands; a page has buttons. A key without a
sentence here gets the command line's.
"""

from collections.abc import Mapping
from typing import Final

from cases.sentences.member import SENTENCES as OF_THE_COMMAND_LINE
from desk.errors import DeskError, NotReachable, NotVerified
from desk.web.views.file_refusals import FILE_REFUSALS
from desk.web.views.pages import N_, Notice

REFUSALS: Final[Mapping[str, Notice]] = {
    "desk.wrong_passphrase": Notice(
        N_("The passphrase is not right."),
        N_("Type it once more; capital and small letters matter. If you have forgotten it, call a colleague."),
    ),
    "desk.no_key": Notice(N_("There is no key on this computer yet."), N_("Make one under Become a member.")),
    "desk.not_joined": Notice(
        N_("This desk does not know its server yet."), N_("Paste the address that the operator gave you.")
    ),
    "desk.busy": Notice(N_("A command is at work with the same key."), N_("Wait until it has ended, and try again.")),
    "desk.state_damaged": Notice(
        N_("What this computer remembers of the server cannot be read."),
        N_("Put back the copy of the folder, or call a colleague."),
    ),
    "desk.list_damaged": Notice(
        N_("What is kept on this computer is damaged."), N_("Fetch it again; nothing is gone at the server.")
    ),
    "desk.home_unusable": Notice(
        N_("The folder of the desk cannot be read or written."), N_("Check that the disk is not full.")
    ),
    "reach.starting": Notice(
        N_("The way to the server is not open yet."),
        N_("What you see was fetched before. Try again in a minute."),
        "warn",
    ),
    "reach.no_tor": Notice(
        N_("Tor is not running on this computer."), N_("Close the page and start the application again.")
    ),
    "desk.unknown_case": Notice(N_("You cannot open this page."), N_("Go to the overview.")),
    "timing.not_now": Notice(
        N_("The case does not allow that now."), N_("Look at its state: somebody may have written meanwhile.")
    ),
    "timing.completion_too_soon": Notice(
        N_("The reporter needs at least seven days to answer."), N_("Choose a later day.")
    ),
    "timing.no_outcome": Notice(
        N_("Write to the reporter what you have done."), N_("A case cannot be closed without feedback.")
    ),
    "usage.text": Notice(N_("There is no text yet."), N_("Write something and try again.")),
    **FILE_REFUSALS,
}
_UNREACHED: Final = Notice(
    N_("The server does not answer."),
    N_("You can read what was fetched before. What you wrote is kept on the page; try again in a few minutes."),
    "warn",
)
NO_PAGE: Final = Notice(N_("There is no such page."), N_("Go to the overview."), "warn")
UNREADABLE: Final = Notice(N_("What was sent could not be read, so nothing was done."), N_("Go back and try again."))
SENT_TWICE: Final = Notice(N_("This form was sent before, and counts once."), N_("Look at what is there now."), "warn")
BROKEN: Final = Notice(
    N_("Something went wrong at this desk, and nothing was sent."),
    N_("Try again; if it happens again, call a colleague."),
)


def notice_for(error: DeskError) -> Notice:
    """Return the two sentences for an error of the desk."""
    known = REFUSALS.get(error.text_key)
    if known is not None:
        return known
    if isinstance(error, NotReachable):
        return _UNREACHED
    what, do = OF_THE_COMMAND_LINE.get(error.text_key, (BROKEN.what, BROKEN.do))
    return Notice(what, do, "bad" if isinstance(error, NotVerified) else "warn")

"""What went wrong, in the two sentences of a page: what happened, and what to do here.

The command line has sentences of its own (`cases.sentences`), which name commands; a page has buttons. A key without a
sentence here gets the command line's.
"""

from collections.abc import Mapping
from typing import Final

from cases.sentences.member import SENTENCES as OF_THE_COMMAND_LINE
from desk.errors import DeskError, NotReachable, NotVerified
from desk.web.views.pages import N_, Notice

_MOVE: Final = N_("Move it to an ordinary folder before you unlock.")
REFUSALS: Final[Mapping[str, Notice]] = {
    "desk.wrong_passphrase": Notice(
        N_("The passphrase is not right."),
        N_("Type it once more; capital and small letters matter. If you have forgotten it, call a colleague."),
    ),
    "desk.no_key": Notice(N_("There is no key on this computer yet."), N_("Make one under Become a member.")),
    "desk.not_joined": Notice(
        N_("This desk does not know its server yet."), N_("Paste the address that the operator gave you.")
    ),
    "desk.weak_passphrase": Notice(
        N_("The passphrase is shorter than 12 characters."),
        N_("Choose a longer one, for example four words that do not belong together."),
    ),
    "desk.passphrases_differ": Notice(N_("The two passphrases differ."), N_("Type the same one twice.")),
    "desk.no_role": Notice(N_("No role is chosen."), N_("Choose what you do in the group.")),
    "join.unreadable": Notice(
        N_("Your name, or what reporters see, cannot be used."), N_("Write 1 to 80 ordinary characters in each field.")
    ),
    "desk.key_taken": Notice(
        N_("There is a key on this computer already, and it was left as it is."), N_("Unlock it.")
    ),
    "desk.key_damaged": Notice(N_("The key file cannot be read."), N_("Put back your copy, or call a colleague.")),
    "desk.home_in_onedrive": Notice(N_("The folder lies in OneDrive."), _MOVE),
    "desk.home_in_dropbox": Notice(N_("The folder lies in Dropbox."), _MOVE),
    "desk.home_in_icloud": Notice(N_("The folder lies in iCloud."), _MOVE),
    "desk.home_in_nextcloud": Notice(N_("The folder lies in Nextcloud."), _MOVE),
    "desk.home_in_google": Notice(N_("The folder lies in Google Drive."), _MOVE),
    "desk.home_synced": Notice(N_("The folder is copied to other computers."), _MOVE),
    "desk.bad_address": Notice(
        N_("The address has a misprint."), N_("Copy it once more, all 56 characters before .onion.")
    ),
    "desk.reporters_address": Notice(
        N_("That is the address for reporters."), N_("Ask the operator for the members' address, and paste that one.")
    ),
    "desk.address_kept": Notice(
        N_("This computer has seen who reads at its server, so the address is kept."),
        N_("Call a colleague before you work with another server."),
    ),
    "desk.wrong_server": Notice(
        N_("The list of who reads is that of another server."),
        N_("Compare the address with a colleague, by telephone, and paste it once more."),
    ),
    "desk.roster_broken": Notice(
        N_("The list of who reads does not continue the one that this computer has seen."),
        N_("Write nothing before you have called a colleague and compared the six words."),
    ),
    "desk.roster_offered": Notice(
        N_("No change waits for your signature any more."), N_("Look at who reads now."), "warn"
    ),
    "roster.no_such_proposal": Notice(
        N_("No change waits for your signature any more."), N_("Look at who reads now."), "warn"
    ),
    "roster.not_agreed": Notice(
        N_("Nothing is signed: you have not said that you compared the words."),
        N_("Call first, then tick the box and sign."),
    ),
    "roster.other_words": Notice(
        N_("Nothing is signed: what is proposed has changed meanwhile."), N_("Compare the words that stand here now.")
    ),
    "bridges.unreadable": Notice(
        N_("One of the lines is no bridge."), N_("Copy each line whole, from the address to its end.")
    ),
    "bridges.too_many": Notice(N_("These are more bridges than needed."), N_("Paste ten at most.")),
    "bridges.no_transport": Notice(
        N_("Bridges that begin with obfs4 need a program that is not on this computer."),
        N_("Install obfs4proxy, or ask for bridges that begin with a number."),
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
    "usage.text": Notice(N_("There is no text yet."), N_("Write something and try again.")),
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

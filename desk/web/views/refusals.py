"""What went wrong, in the two sentences of a page: what happened, and what to do here.

The command line has sentences of its own (`cases.sentences`), which name commands; a page has buttons. A key without a
sentence here gets the command line's.
"""

from collections.abc import Mapping
from typing import Final

from cases.sentences.member import SENTENCES as OF_THE_COMMAND_LINE
from desk.errors import DeskError, NotReachable, NotVerified
from desk.web.views.alarms import ALARMS
from desk.web.views.file_refusals import FILE_REFUSALS
from desk.web.views.pages import N_, Notice
from desk.web.views.warnings import WARNINGS

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
    "filing.too_many": Notice(
        N_("You have filed as many reports by voice today as the server takes from one member."),
        N_("Let a colleague take the call."),
    ),
    "filing.other_day": Notice(
        N_("Nothing was filed: the day of the release changed while the report was on its way."),
        N_("Press the button once more."),
    ),
    "oral.concerns_you": Notice(
        N_("The report may be about you, so nothing was filed."), N_("Hand the call to a colleague.")
    ),
    "oral.language": Notice(N_("The service does not answer in that language."), N_("Choose another one.")),
    "roster.moved": Notice(
        N_("The trust group changed while you wrote, so nothing was filed."), N_("Go back and ask once more.")
    ),
    "roster.not_open": Notice(
        N_("The service is not open, so no report can be taken."),
        N_("Enough members must have signed who reads. Look under Members."),
    ),
    "routing.no_eligible_reader": Notice(
        N_("Nobody would be left to read the report, so nothing was filed."),
        N_("Tell the caller about the authorities that take reports."),
    ),
    "timing.not_now": Notice(
        N_("The case does not allow that now."), N_("Look at its state: somebody may have written meanwhile.")
    ),
    "timing.completion_too_soon": Notice(
        N_("The reporter needs at least seven days to answer."), N_("Choose a later day.")
    ),
    "probe.failed": Notice(
        N_("The reporters' site did not answer as it does a reporter, so the test report may not be filed."),
        N_("Compare the address with the poster, and open it in Tor Browser. If it is right, call the operator."),
    ),
    "probe.form_again": Notice(
        N_("The site gave the form back, and nothing was filed."),
        N_("Take out names, numbers and addresses, and try again. If it stays so, the site may be closed."),
    ),
    "probe.desk_address": Notice(
        N_("This is the members' address, where no report can be sent."), N_("Type the one on the poster.")
    ),
    "probe.mirror_other": Notice(
        N_("The website shows a certificate that is not the server's. Somebody may read what is sent there."),
        N_("Nothing was sent. Call the operator at once, and a colleague."),
    ),
    "probe.mirror_not_accepted": Notice(
        N_("The website shows a certificate that browsers do not accept: expired, or of another name."),
        N_("Nothing was sent. Call the operator."),
    ),
    "probe.mirror_away": Notice(
        N_("The website does not answer through Tor."),
        N_("Nothing was filed, as far as your desk knows. Try again in a while; if it stays so, call the operator."),
    ),
    "probe.mirror_needs_tor": Notice(
        N_("The website is tried through Tor alone, and this desk reaches its server without it."),
        N_("Use a desk with a tor of its own."),
    ),
    "probe.same_text": Notice(
        N_("The last test report had the same text, and two alike say what they are."), N_("Write another.")
    ),
    "probe.no_mirror": Notice(
        N_("The server has no website on the open web any more."), N_("Try the address on the poster.")
    ),
    "timing.no_outcome": Notice(
        N_("Write to the reporter what you have done."), N_("A case cannot be closed without feedback.")
    ),
    "usage.text_too_long": Notice(N_("The text is too long."), N_("Shorten it, or send it in two parts.")),
    "link.no_such_number": Notice(
        N_("None of your other cases has that number."), N_("Look at the number on the overview and type it once more.")
    ),
    "hold.unchanged": Notice(N_("The case is kept already, or is not kept any more."), N_("Look at its page.")),
    "reopen.not_closed": Notice(N_("The case is not closed."), N_("Look at its page.")),
    "usage.text": Notice(N_("There is no text yet."), N_("Write something and try again.")),
    # Moves, stepping aside, erasing.
    "move.file": Notice(
        N_("The file is no move of a case for you."), N_("Choose the file that your colleague made for you.")
    ),
    "move.too_few": Notice(
        N_("At least two must read the case, and who signs must be one of them."),
        N_("Tick two or more, and choose who signs among them."),
    ),
    "move.signer": Notice(
        N_("The one you chose cannot sign this."), N_("Choose somebody who reads the case today and has not left it.")
    ),
    "move.no_signer": Notice(
        N_("Nobody but you can sign, so the case cannot be moved."),
        N_("It stays with those who read it, and you can go on working on it."),
        "warn",
    ),
    "move.no_member": Notice(N_("The one you chose is no longer a member."), N_("Choose again.")),
    "move.not_held": Notice(
        N_("The file moves a case that you do not read today, so you cannot check it."),
        N_("Ask your colleague to make it again, for somebody who reads the case."),
    ),
    "move.too_large": Notice(
        N_("The case is too long for the server to hold this."),
        N_("Save it as a file, and give that to your colleague."),
    ),
    "move.concerned": Notice(N_("The report concerns one of those you chose."), N_("Take that person away.")),
    "move.aside": Notice(
        N_("You have left this case, so you do not move it."),
        N_("One of the others does it. You may be asked to sign."),
        "warn",
    ),
    "move.offerer_aside": Notice(
        N_("The one who made the file has left the case since, so it is not signed."),
        N_("Ask one of the others to make it again."),
    ),
    "move.signer_aside": Notice(
        N_("You have left this case, and others can sign its move without you."),
        N_("Ask your colleague to make it again, for one of them."),
        "warn",
    ),
    "desk.move_broken": Notice(
        N_("The file does something else than it says, or somebody has written in the case since. It is not signed."),
        N_("Ask your colleague to make it again. If it happens once more, call a third one."),
    ),
    "act.notes_hidden": Notice(
        N_("The case has notes that you cannot read, so that cannot be done from here."),
        N_("Ask a colleague who reads them."),
    ),
    "act.notes_key_kept": Notice(
        N_("The notes kept their key when the case was moved, and who was left out has it."),
        N_("Lock the case again, with the same readers: then the notes get a key of their own."),
    ),
    "erase.not_closed": Notice(N_("The case is not closed."), N_("Close it first, with its outcome.")),
    "erase.hold": Notice(
        N_("The case is kept for now, so it is not erased."), N_("It can be erased when you have ended that."), "warn"
    ),
    "desk.fetch_broken": Notice(
        N_("Something went wrong at this desk while it fetched what is new."),
        N_("What stands here was fetched before. Press Fetch what is new; if it happens again, call a colleague."),
    ),
    "erase.not_signed": Notice(N_("No signature of yours waits in this case."), N_("Look at what waits now."), "warn"),
    "erase.inbox_open": Notice(
        N_("The reporter can still read the outcome, so it is too early."),
        N_("Sign when that time is over; the day stands under Not yet."),
        "warn",
    ),
    "erase.aside": Notice(
        N_("You have left this case, and the others can erase it without you."),
        N_("Leave it to them. What you signed before counts."),
        "warn",
    ),
    "erase.two_aside": Notice(
        N_("You have left this case, and so has the one who has signed."), N_("Somebody who has not left it must sign.")
    ),
    "erase.by_another": Notice(
        N_("Somebody who was not given the case, or whom it concerns, has signed with this reference."),
        N_("Sign with another reference, and call a colleague you trust: the key has been given away."),
    ),
    "desk.erased": Notice(N_("The case is erased."), N_("The certificate stands under Erase."), "warn"),
    "desk.tombstone_broken": Notice(
        N_("The case is gone, and nothing proves that two of you erased it."),
        N_("Call a colleague: somebody else may have deleted it."),
    ),
    "desk.erased_by_others": Notice(
        N_("The case is gone, and somebody who was not given it has signed for that."),
        N_(
            "Ask a colleague you trust, who is neither of the two, whether the case was handed on to that person."
            " Your key is kept."
        ),
    ),
    "desk.erased_without_signatures": Notice(
        N_("The case is gone without anybody's signature, and the two years are not over."),
        N_("Call a colleague: the server may have deleted it. Your key is kept."),
    ),
    "store.not_there": Notice(
        N_("The case is being locked again."),
        N_("You see it again after the next daily release, at 6. If the group has taken you out, you see it no more."),
        "warn",
    ),
    **FILE_REFUSALS,
}
_UNREACHED: Final = Notice(
    N_("The server does not answer."),
    N_("You can read what was fetched before. What you wrote is kept on the page; try again in a few minutes."),
    "warn",
)
NO_PAGE: Final = Notice(N_("There is no such page."), N_("Go to the overview."), "warn")
UNREADABLE: Final = Notice(N_("What was sent could not be read, so nothing was done."), N_("Go back and try again."))
SENT_TWICE: Final = Notice(
    N_("This form was received before, and counts once."),
    N_(
        "If the page said that something was wrong, nothing was sent: begin again. Otherwise look at what is there now."
    ),
    "warn",
)
BROKEN: Final = Notice(
    N_("Something went wrong at this desk, and nothing was sent."),
    N_("Try again; if it happens again, call a colleague."),
)


def notice_for(error: DeskError) -> Notice:
    """Return the two sentences for an error of the desk."""
    known = REFUSALS.get(error.text_key) or ALARMS.get(error.text_key)
    if known is not None:
        return known
    if isinstance(error, NotReachable):
        return _UNREACHED
    what, do = OF_THE_COMMAND_LINE.get(error.text_key, (BROKEN.what, BROKEN.do))
    return Notice(what, do, "bad" if isinstance(error, NotVerified) else "warn")


def sentences_for(text_key: str) -> Notice:
    """Return the two sentences for a warning, or for the kept key of an error."""
    known = REFUSALS.get(text_key) or ALARMS.get(text_key) or WARNINGS.get(text_key)
    return known or Notice(*OF_THE_COMMAND_LINE.get(text_key, (BROKEN.what, BROKEN.do)))

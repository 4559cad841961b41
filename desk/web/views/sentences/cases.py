"""What a member does in a case: writing, closing, moving, stepping aside, erasing, and a report by voice."""

from collections.abc import Mapping
from typing import Final

from desk.web.views.pages import N_, Notice

CASES: Final[Mapping[str, Notice]] = {
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
    "routing.no_eligible_reader": Notice(
        N_("Nobody would be left to read the report, so nothing was filed."),
        N_("Tell the caller about the authorities that take reports."),
    ),
    **dict.fromkeys(
        ("desk.not_now", "close.closed", "store.not_allowed", "timing.not_now"),
        Notice(N_("The case does not allow that now."), N_("Look at its state: somebody may have written meanwhile.")),
    ),
    "timing.completion_too_soon": Notice(
        N_("The reporter needs at least seven days to answer."), N_("Choose a later day.")
    ),
    "timing.no_outcome": Notice(
        N_("Write to the reporter what you have done."), N_("A case cannot be closed without feedback.")
    ),
    "close.no_outcome": Notice(N_("You have not chosen an outcome."), N_("Choose what you have come to.")),
    "erase.two_counsel": Notice(
        N_("Two outside lawyers do not erase this case: one of the two has to be of the group."),
        N_("Ask somebody of the group who reads it to sign."),
    ),
    "erase.other_facts": Notice(
        N_("Register number, closing day or outcome are others than what your colleague signed."),
        N_("Compare the case, and sign with a reference of your own."),
    ),
    "erase.signed_already": Notice(
        N_("A colleague has signed this very reference, and nothing is erased yet."),
        N_("Go to Erase, read what waits there, and sign beside it."),
    ),
    "usage.text_too_long": Notice(N_("The text is too long."), N_("Shorten it, or send it in two parts.")),
    "link.no_such_number": Notice(
        N_("None of your other cases has that number."), N_("Look at the number on the overview and type it once more.")
    ),
    "hold.unchanged": Notice(N_("The case is kept already, or is not kept any more."), N_("Look at its page.")),
    "reopen.not_closed": Notice(N_("The case is not closed."), N_("Look at its page.")),
    "usage.text": Notice(N_("There is no text yet."), N_("Write something and try again.")),
    "move.file": Notice(
        N_("The file is no move of a case for you."), N_("Choose the file that your colleague made for you.")
    ),
    "move.too_few": Notice(
        N_("At least two must read the case, and who signs must be one of them."),
        N_("Tick two or more, and choose who signs among them."),
    ),
    "move.signer": Notice(
        N_("The one you chose cannot sign this."),
        N_(
            "Choose somebody who reads the case today and goes on reading it; only where there is none, one who is new."
        ),
    ),
    "move.no_signer": Notice(
        N_("Nobody but you can sign, so the case cannot be moved."),
        N_("Add a member first, whom the report does not concern. Until then you can go on working on it."),
        "warn",
    ),
    "move.no_member": Notice(N_("The one you chose is no longer a member."), N_("Choose again.")),
    "leave.erasing": Notice(
        N_("A signature for erasing waits in it."), N_("Erase it first, or take the signature back.")
    ),
    "leave.nobody_named": Notice(N_("Nobody who stays reads it."), N_("Go back and tick somebody who is new to it.")),
    "move.not_held": Notice(
        N_("Somebody who reads this case already can sign its move, or you were not let into it."),
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
    "rekey.unsigned": Notice(
        N_("Two have not signed this move of the case as it is now, so it was not made."),
        N_("Ask your colleague to make it again."),
    ),
    "rekey.wait_for_release": Notice(
        N_("Something in the case waits for the next daily release, and would be lost in a move."),
        N_("Move it after 6 o'clock the next day."),
        "warn",
    ),
    "store.move_waits": Notice(
        N_("A move of the case waits for its second signature, so nothing can be written in it."),
        N_("Wait until it is signed or refused."),
        "warn",
    ),
    "desk.held_back": Notice(
        N_("An erasure of the case waits for its second signature, so nothing else is done in it."),
        N_("Sign it, keep the case, or open it again."),
        "warn",
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
    **dict.fromkeys(
        ("erase.hold", "timing.on_hold"),
        Notice(
            N_("The case is kept for now, so it is not erased."),
            N_("It can be erased when you have ended that."),
            "warn",
        ),
    ),
    "erase.not_signed": Notice(N_("No signature of yours waits in this case."), N_("Look at what waits now."), "warn"),
    **dict.fromkeys(
        ("erase.inbox_open", "timing.inbox_open"),
        Notice(
            N_("The reporter can still read the outcome, so it is too early."),
            N_("Sign when that time is over; the day stands under Erase, Not yet."),
            "warn",
        ),
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
}

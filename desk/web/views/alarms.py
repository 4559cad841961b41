"""What a desk warns of, in the two sentences of a page: the server may be in other hands, or a member gave a key away.

All of it is shown in red, with what to do: mostly to ask somebody by voice, since that is what no server can change.
"""

from collections.abc import Mapping
from typing import Final

from desk.web.views.pages import N_, Notice

ALARMS: Final[Mapping[str, Notice]] = {
    "desk.roster_broken": Notice(
        N_("The server shows other members than this computer has seen before."),
        N_("Do not act on it. Call a colleague and compare the six words under Members."),
    ),
    "desk.wrong_server": Notice(
        N_("This is another server than yours."), N_("Check the address with a colleague before you do anything.")
    ),
    "desk.case_cut": Notice(
        N_("The server shows less than this computer has seen before."),
        N_("It may show an old copy, or be in other hands. Call a colleague before you write anything."),
    ),
    "desk.sealed_to_wrong": Notice(
        N_("A case came here that was not meant for you, so it is not shown."),
        N_("Call a colleague. Do not use the server before you know why."),
    ),
    "desk.case_broken": Notice(
        N_("The case does not open as a whole."), N_("The server may be damaged, or in other hands. Call a colleague.")
    ),
    "desk.tombstone_broken": Notice(
        N_("The case is gone, and the proof that two members erased it is not right."),
        N_("Call a colleague: somebody else may have deleted it."),
    ),
    "desk.erased_by_others": Notice(
        N_("The case is gone, and one of those who signed had not been given it."),
        N_("Ask somebody you trust, who is neither of the two, whether that one had been let in."),
    ),
    "desk.erased_without_signatures": Notice(
        N_("The case is gone and nobody has signed."), N_("Call a colleague: the server may have deleted it.")
    ),
    "store.not_there": Notice(
        N_("The server no longer has the case for you."),
        N_("It was moved. If you still read it, it comes back with the next fetching after 6; if not, this is right."),
        "warn",
    ),
    "warning.routing": Notice(
        N_("The report went to others than the reporter's answers say."),
        N_("Compare with a colleague who reads it, and tell the operator."),
    ),
    "warning.roster": Notice(
        N_("The report names members that this computer has never seen agreed to."),
        N_("Compare with a colleague, and tell the operator."),
    ),
    "warning.references": Notice(
        N_("Two have signed to erase it with different references, and that erases nothing."),
        N_("Agree on one, and sign again with that."),
        "warn",
    ),
    "warning.audits_changed": Notice(
        N_("The server's log of its daily checks is another than this computer has seen."),
        N_("Call a colleague, and have an auditor look at the server."),
    ),
    "warning.other_keys": Notice(
        N_("A newer key came for the case, and opens nothing."),
        N_("Write nothing in it before you have asked a colleague by telephone whether it was moved."),
    ),
    "warning.erase_signer": Notice(
        N_("Somebody has signed to erase it who should not be able to open it."),
        N_("Somebody who reads the case has given its key away: call a colleague you trust."),
    ),
    "warning.erased_unseen": Notice(
        N_("A case was erased that this computer had never opened."),
        N_("Ask a colleague who read it whether it was to be erased."),
    ),
    "warning.notes_key": Notice(
        N_("Those who were left out when the case was moved can still read its notes."),
        N_("Write no note in it. Move it once more to the same readers."),
    ),
    "warning.by_waiting": Notice(
        N_("A change of members came into force with one signature and 14 days of waiting."),
        N_("Call the one who signed, and ask."),
    ),
    "warning.unripe": Notice(
        N_("One member alone has changed who may read. Here it counts 14 days after it was first shown."),
        N_("Look at it under Members, and call the one who signed."),
    ),
}

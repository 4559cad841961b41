"""What a desk warns of: in a case, and (`ALARMS`) that the server may be in other hands or a member gave a key away.

Alarms are shown in red, with what to do: mostly to ask somebody by voice, since that is what no server can change.
"""

from collections.abc import Mapping
from typing import Final

from desk.web.views.pages import N_, Notice

ALARMS: Final[Mapping[str, Notice]] = {
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
    "warning.audits_changed": Notice(
        N_("The server's log of its daily checks is another than this computer has seen."),
        N_("Call a colleague, and have an auditor look at the server."),
    ),
    "warning.erased_unseen": Notice(
        N_("A case was erased that this computer had never opened."),
        N_("Ask a colleague who read it whether it was to be erased."),
    ),
    "desk.not_restored": Notice(
        N_("The case is not in the service any more: it came after the backup, or could not be read from it."),
        N_("What this computer fetched before can still be read here. Tell the members who read it."),
        "warn",
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
WARNINGS: Final[Mapping[str, Notice]] = {
    "warning.routing": Notice(
        N_("The report reached other members than the reporter's answers say."),
        N_("Compare with another member who reads the case, by voice, and tell the operator."),
    ),
    "warning.roster": Notice(
        N_("The report names a list of members that this desk has never seen."),
        N_("Compare with another member, by voice, and tell the operator."),
    ),
    "warning.references": Notice(
        N_("Two members have signed to erase the case, with different references; that erases nothing."),
        N_("Agree on one: whoever signs again with the other's reference erases the case."),
        "warn",
    ),
    "warning.other_keys": Notice(
        N_("A later key of the case came here, and opens nothing. Somebody has made it up, or you see an old copy."),
        N_("Write nothing in the case before you have asked another member, by voice, whether it was moved."),
    ),
    "warning.erase_signer": Notice(
        N_("Somebody has signed to erase the case who does not read it, or whom it concerns."),
        N_("Call a member you trust, and keep a copy of what matters."),
    ),
    "warning.lost_in_restore": Notice(
        N_("Something that this computer had seen in the case is gone since the service was restored from a backup."),
        N_("Write again what is missing, and ask the reporter in the case for what the reporter had added."),
        "warn",
    ),
    "warning.erased_is_back": Notice(
        N_("The case was erased, and is back since the service was restored from a backup of before that."),
        N_("Sign its erasure again, with a second member."),
        "warn",
    ),
    "warning.notes_key": Notice(
        N_("Members who no longer read the case can still read its notes."),
        N_("Write no note. Move the case again, to the same readers."),
    ),
    "warning.few_signers": Notice(
        N_("When you leave, too few are left who can sign for the case."),
        N_(
            "You can leave all the same. The others then let a third reader in, who signs with them. Only where there"
            " is nobody to let in, you are asked once more, when the case is erased."
        ),
        "warn",
    ),
    "warning.last_signer": Notice(
        N_("You are the last who can work on this case."),
        N_(
            "Add another reader first: choose Change who reads it (lock again, outside lawyer) in the case. If you"
            " leave before that, nobody can answer the reporter or close the case."
        ),
        "warn",
    ),
}

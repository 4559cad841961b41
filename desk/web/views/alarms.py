"""What a desk warns of, in the two sentences of a page: the server may be in other hands, or a member gave a key away.

All of it is shown in red, with what to do: mostly to ask somebody by voice, since that is what no server can change.
"""

from collections.abc import Mapping
from typing import Final

from desk.keep.restores import KeptRestore
from desk.web.views.pages import N_, Language, Notice

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


def restore_notice(restore: KeptRestore, language: Language) -> Notice:
    """Return what the overview says of a restore that two members declared."""
    days = {"day": language.day(restore.day), "backup_day": language.day(restore.backup_day)}
    if restore.moved:
        return Notice(
            language.translate(N_("The service moved to another computer on %(day)s."), **days),
            language.translate(N_("Two members declared it. Nothing was lost, and the addresses are the same.")),
            "good",
        )
    return Notice(
        language.translate(N_("The service was restored on %(day)s from a backup of %(backup_day)s."), **days),
        language.translate(N_("Two members declared it. What came after the backup is gone; each case says what.")),
        "warn",
    )

"""What a desk warns of in a case, in the two sentences of a page: what is wrong, and what to do."""

from collections.abc import Mapping
from typing import Final

from cases.sentences.member import SENTENCES as OF_THE_COMMAND_LINE
from desk.web.views.pages import N_, Notice
from desk.work.case import checks

WARNINGS: Final[Mapping[str, Notice]] = {
    checks.WARN_ROUTING: Notice(
        N_("The report reached other members than the reporter's answers say."),
        N_("Compare with another member who reads the case, by voice, and tell the operator."),
    ),
    checks.WARN_ROSTER: Notice(
        N_("The report names a list of members that this desk has never seen."),
        N_("Compare with another member, by voice, and tell the operator."),
    ),
    checks.WARN_REFERENCES: Notice(
        N_("Two members have signed to erase the case, with different references; that erases nothing."),
        N_("Agree on one: whoever signs again with the other's reference erases the case."),
        "warn",
    ),
    checks.WARN_OTHER_KEYS: Notice(
        N_("A later key of the case came here, and opens nothing. Somebody has made it up, or you see an old copy."),
        N_("Write nothing in the case before you have asked another member, by voice, whether it was moved."),
    ),
    checks.WARN_ERASE_SIGNER: Notice(
        N_("Somebody has signed to erase the case who does not read it, or whom it concerns."),
        N_("Call a member you trust, and keep a copy of what matters."),
    ),
    checks.WARN_NOTES_KEY: Notice(
        N_("Members who no longer read the case can still read its notes."),
        N_("Write no note. Move the case again, to the same readers."),
    ),
}


def warning_notice(text_key: str) -> Notice:
    """Return the sentences of a warning of `desk.work.case.checks`."""
    known = WARNINGS.get(text_key)
    return Notice(*OF_THE_COMMAND_LINE[text_key]) if known is None else known

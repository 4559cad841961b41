"""What the overview says of a restore that two members declared."""

from desk.keep.restores import KeptRestore
from desk.web.views.pages import N_, Language, Notice


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

"""The sentences that code chooses on the way of a report: the form, its answers, the receipt."""

from typing import Final

from intake.views.texts import N_, Notice

NOT_SENT_AGAIN: Final = Notice(N_("Changes you make in the form now are not sent. You can add them with the code."))
NOT_THE_CODE: Final = Notice(
    N_("That does not match the words on the page."),
    N_("Compare your paper with the words below, one by one, and try again."),
)


# After a restart, or long after the report came; it is in the store, whether or not its words were written down.
PAGE_OVER: Final = Notice(
    N_("This page is no longer open. If your report was received, it has been kept and will be handled."),
    N_(
        "If you have the eight words, write them here. If you never saw them, write a new report and tick that it"
        " belongs to an earlier one."
    ),
)

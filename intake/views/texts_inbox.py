"""The sentences of the inbox and of the page that asks for the code; marked here, translated where they are shown."""

from typing import Final

from cases.case.timeline import CaseStage, DeadlineKind
from intake.views.texts import N_, Notice

# Coming back.

WRONG_COUNT: Final = Notice(
    N_("A case code is eight words, and you wrote %(count)d."),
    N_("Look at your note and write all eight in their order."),
)
UNKNOWN_WORDS: Final = Notice(
    N_("Not all of the words are on our list, so this is no case code."),
    N_("Correct the words that are marked. You need not write the others again."),
)
CHECK_FAILS: Final = N_("All eight words are on our list, but they do not belong together.")
# What to do then, sentence by sentence: for one pair of words or two, for one word or two, for neither.
SWAPPED: Final = (
    N_("Could words %(one)d and %(two)d have changed places?"),
    N_("Could words %(one)d and %(two)d have changed places, or %(three)d and %(four)d?"),
)
CANNOT_SEE: Final = N_("We cannot see which word is wrong.")
LOOK_CLOSELY: Final = (
    N_("Look extra closely at word %(one)d."),
    N_("Look extra closely at words %(one)d and %(two)d."),
)
ONLY_GUESSING: Final = N_("We are only guessing: compare with your note.")
COMPARE: Final = N_("Compare each with your note.")
SHORTENED: Final = Notice(
    N_("Are these your words?"),
    N_(
        "Some were shortened or spelt in another way. Here they are in full: compare them with your note, and then"
        " press Open."
    ),
    "good",
)
UNKNOWN_WORD: Final = N_("Word %(number)d is not one of our words.")
WRONG_CODE: Final = Notice(N_("That code opens no case."), N_("There are three possible reasons:"))
REASONS: Final = (
    N_("A word is misread or in the wrong place. What we suggest is a guess: compare with your note."),
    N_(
        "The case has been erased or taken back, its inbox has been ended, or a new code took the place of this one"
        " when notes were approved."
    ),
    N_("The code is for another address. Check that you are where you left your report."),
)
SESSION_OVER_KEPT: Final = Notice(
    N_("You are logged out, so your message was not sent."),
    N_("It is below and comes with you: write your case code, and you can send it. Choose any files once more."),
)
NOT_SENT_YET: Final = Notice(
    N_("Your message is below. It has not been sent."),
    N_("Look it through, choose files once more if you had any, and send it."),
    "good",
)

# Acts.

ASK_END: Final = Notice(
    N_("End the inbox?"),
    N_(
        "You can no longer read or write here, and the case code stops working at once. Those who handle the case are"
        " told on one of the next mornings, and two of them can then have the case erased."
    ),
)
INBOX_ENDED: Final = Notice(
    N_("The inbox has been ended. The case code no longer opens anything."),
    N_("Destroy your note. Close the tab. In Tor Browser, choose New Identity."),
)
END_NOT_YET: Final = Notice(
    N_("The inbox can be ended when the case is closed."),
    N_("If you want nothing more to do with it, you can withdraw the report now."),
)
APPROVED: Final = Notice(
    N_("You have approved the notes. From now on the new code opens the case."),
    N_("The old code no longer opens anything. Destroy the note with it."),
    "good",
)
NO_SUCH_NOTES: Final = Notice(N_("No notes are waiting for your answer."), N_("You may have approved them already."))
MEETING_ASKED: Final = Notice(N_("You have asked for a meeting. You get the answer here."), "", "good")
ABOUT_THE_NOTES: Final = N_("About the notes from our conversation:")

# What happens next, where the newest in the case is a message to the reporter.
MESSAGE_TO_YOU: Final = N_("The newest message below is to you. You can answer it here.")

# CaseStage: what is so, and what happens next or what the reporter may do.

STATES: Final = {
    CaseStage.WAITING: (
        N_("Nobody has seen your report yet."),
        N_("It can be read from %(release)s at 6 in the morning. Until then you can take it back, unseen."),
    ),
    CaseStage.RECEIVED: (
        N_("Your report has been received."),
        N_("You need do nothing now. Those who handle it will confirm that they have read it."),
    ),
    CaseStage.ACKNOWLEDGED: (
        N_("Your report has been received and confirmed."),
        N_("A first assessment is being made. Look in now and then: questions to you are asked here."),
    ),
    CaseStage.INVESTIGATION: (
        N_("The matter is being investigated."),
        N_("Look in now and then: questions to you are asked here. You can add what you remember or find."),
    ),
    CaseStage.AWAITING_COMPLETION: (
        N_("A question is waiting for your answer."),
        N_("Answer when you can, even after that day. The case is not closed because the answer takes time."),
    ),
    CaseStage.FED_BACK: (
        N_("You have been told what has been done, and why."),
        N_("Look in now and then: questions to you are asked here. You can add what you remember or find."),
    ),
    CaseStage.CONCLUDED: (
        N_("There is an outcome. You can read it below."),
        N_("If something in it is wrong, write so. After this the case is closed."),
    ),
    CaseStage.WITHDRAWN: (
        N_("You have withdrawn the report."),
        N_("Those who handle it decide whether it must be looked into all the same. You get the answer here."),
    ),
    CaseStage.CLOSED: (
        N_("The case is closed."),
        N_(
            "You can read and write here until %(readable)s at least. If something is wrong, write so: the case can be"
            " opened again."
        ),
    ),
    CaseStage.ERASABLE: (
        N_("The case is closed and can be erased any day."),
        N_("Write down what you want to keep. If something is wrong, write so now."),
    ),
}
PROMISES: Final = {
    DeadlineKind.ACKNOWLEDGE: N_("By then you get a confirmation that your report has been received."),
    DeadlineKind.ASSESS: N_("A first assessment is expected by about then. This is an aim, not a legal requirement."),
    DeadlineKind.FEEDBACK: N_("By then you are told here what has been done, and why."),
    DeadlineKind.ERASE: N_(
        "From then on those who handle the case may erase it for good. Nothing is erased by itself before two years"
        " have passed."
    ),
}

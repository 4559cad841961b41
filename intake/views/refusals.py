"""
The sentences of every refusal that can reach a page, by text key: one catalogue.

An error carries a key and no sentence (trusted/web/errors.py, trusted/case/errors.py, trusted/jail/stages.py). What
happened is the same everywhere; what to do about it can depend on where that is shown (`RefusalContext`). What has no
sentence of its own could not be done right now.
"""

from collections.abc import Mapping
from enum import Enum, auto
from typing import Final

from intake.views.texts import N_, Notice

NOT_OPEN: Final = Notice(
    N_("The service is not open yet."),
    N_("There is nobody who may read a report. Nothing was stored. Turn to one of the authorities below instead."),
)
NO_ELIGIBLE_READER: Final = Notice(
    N_("With what you marked, nobody is left who may read the report. Nothing was stored."),
    N_("Turn to one of the authorities below, which do not belong to the municipality."),
)
TRY_AGAIN: Final = Notice(
    N_("That could not be done right now. Nothing was stored."), N_("Please try again in a minute.")
)

_FORM: Final = {
    "form.refused": Notice(
        N_("We could not receive that. Nothing was stored."), N_("Please try again; your text is below.")
    ),
    "form.not_a_form": Notice(
        N_("What came was damaged or not one of our forms. Nothing was stored."),
        N_("Please send the form again; choose your files once more."),
    ),
    "form.nested": Notice(
        N_("What came had a form within the form. Nothing was stored."),
        N_("Please send it with an ordinary browser, such as Tor Browser."),
    ),
    "form.old": Notice(
        N_("The page had expired, or the service was restarted. Nothing was stored."),
        N_("Your text is below: choose your files once more and send again."),
    ),
    "form.hold_gone": Notice(
        N_("The files that had been received are no longer kept here. Nothing was stored."),
        N_("Your text is kept: choose your files once more and send again."),
    ),
    "form.files_wait": Notice(
        N_("Files that you sent before are kept here, but this page did not know of them. Nothing was stored."),
        N_("Look through the form below and send it again: the files go along."),
    ),
    "form.another_was_sent": Notice(
        N_("Another message has been sent from this page already. Of this one nothing was stored."),
        N_("Your text is kept: choose your files once more and send again."),
    ),
    "form.empty": Notice(
        N_("There was no text, so nothing was stored."),
        N_("Write a few words about what happened, and send again."),
    ),
    "form.text_too_long": Notice(
        N_("The text is longer than the form can take. Nothing was stored."),
        N_("Please shorten it; you can send more afterwards with the case code."),
    ),
    "form.holds_the_code": Notice(
        N_("Your message contains words from your case code, so it was not sent. Nothing was stored."),
        N_("Please remove them: whoever has the code can read and withdraw the report."),
    ),
    "form.too_much_data": Notice(
        N_("More was sent than we can receive. Nothing was stored."),
        N_("Please send fewer or smaller files; you can add more afterwards with the case code."),
    ),
    "form.try_again_soon": Notice(
        N_("Too many people are using the service right now. Nothing was stored."),
        N_("Please wait a minute and send again. Your text is below; choose your files once more."),
    ),
    "form.unknown_choice": Notice(
        N_("Something you chose is no longer on the form. Nothing was stored."),
        N_("Please look through your choices and send again."),
    ),
    "form.stalled": Notice(
        N_("The connection was silent for too long. Nothing was stored."),
        N_("Please send again; smaller files are quicker through Tor."),
    ),
    "form.case_full": Notice(
        N_("The case has no room for more. Nothing was stored."),
        N_("Please write the rest as a new report, and say there that it belongs to an earlier one."),
    ),
    "roster.not_open": NOT_OPEN,
    "routing.no_eligible_reader": NO_ELIGIBLE_READER,
}

_AS_PDF_OR_SCREEN: Final = N_(
    "On a phone or computer of your own, not the employer's: save it as PDF or take a picture of the screen, and send"
    " that."
)
_AS_SCREEN: Final = N_(
    "On a phone or computer of your own, not the employer's: take a picture of the screen and send that."
)
_SAVED_AGAIN: Final = N_(
    "On a phone or computer of your own, not the employer's: open it, save it again as PDF or JPEG, and send that."
)
_SMALLER: Final = N_("Make it smaller or divide it, and choose it again.")
_LATER: Final = N_("Try again in a few minutes, or add the file later with the case code.")
_FILES: Final = {
    "file.refused": Notice(N_("The file could not be received."), _LATER),
    "file.too_large": Notice(
        N_("The file is larger than the form allows."),
        _SMALLER,
    ),
    "file.too_many": Notice(
        N_("There were more files than the form allows."), N_("Add the rest afterwards with the case code.")
    ),
    "file.report_too_large": Notice(
        N_("The files together are larger than the form allows."), N_("Add the rest afterwards with the case code.")
    ),
    "file.no_room": Notice(N_("Too much is being received at the moment."), _LATER),
    "file.disk_full": Notice(N_("There is no room here for files right now, only for text."), _LATER),
    "refused": Notice(N_("The file could not be cleaned."), N_("Try another kind, such as a PDF or a JPEG.")),
    "refused.empty": Notice(N_("The file is empty."), N_("Check that it is the right file.")),
    "refused.office_document": Notice(
        N_("Office documents that are old (such as .doc), or have something drawn over text, cannot be cleaned."),
        N_(
            "Open it on a phone or computer of your own, not the employer's, choose Print and there Save as PDF, and"
            " send the PDF. Or take pictures of the screen."
        ),
    ),
    "refused.drawn_picture": Notice(
        N_("Vector drawings (SVG) cannot be cleaned safely."),
        _AS_SCREEN,
    ),
    "refused.sound_or_film": Notice(
        N_("Film or sound of this kind cannot be cleaned."),
        N_("Send the sound alone as M4A or MP3, or a still picture, or describe it in words."),
    ),
    "refused.archive": Notice(
        N_("Of archives only ZIP is accepted, and no archive inside another."),
        N_("Unpack it and send the files separately."),
    ),
    "refused.uncommon_picture": Notice(
        N_("Pictures of this kind (such as JPEG XL) cannot be cleaned."),
        _AS_SCREEN,
    ),
    "refused.camera_raw": Notice(
        N_("Raw pictures from a camera cannot be cleaned."), N_("Save it as JPEG and send that.")
    ),
    "refused.email": Notice(
        N_("Saved e-mails are accepted as EML or MSG, but this one cannot be cleaned."),
        N_(
            "Take pictures of the screen on a phone or computer of your own, not the employer's. Who sent it, to whom"
            " and when can point to you."
        ),
    ),
    "refused.text": Notice(
        N_("The letters in this text file cannot be read."),
        N_(
            "Copy what matters into your text, or take a picture of the screen on a phone or computer of your own, not"
            " the employer's."
        ),
    ),
    "refused.unknown_kind": Notice(
        N_("We do not know this kind of file."),
        _AS_PDF_OR_SCREEN,
    ),
    "refused.kinds_disagree": Notice(
        N_("The file looks like two different kinds of file at once."),
        _SAVED_AGAIN,
    ),
    "refused.locked": Notice(
        N_("The file is locked with a password or with restrictions."),
        N_(
            "On a phone or computer of your own, not the employer's: print it to a new PDF without a password"
            " and send that."
        ),
    ),
    "refused.too_large": Notice(N_("The file is larger than we can clean."), _SMALLER),
    "refused.too_many_pixels": Notice(N_("The picture has more than 100 million pixels."), _SMALLER),
    "refused.too_many_pages": Notice(N_("The file has more than 2,000 pages."), _SMALLER),
    "refused.too_many_frames": Notice(N_("The picture has too many pages or frames."), _SMALLER),
    "refused.film_too_long": Notice(
        N_("The film is longer than 20 minutes, or stands still for more than 2 minutes."),
        _SMALLER,
    ),
    "refused.result_too_large": Notice(
        N_("The cleaned copy became too large."),
        _SMALLER,
    ),
    "refused.too_much_to_hold": Notice(
        N_("The picture is stored in a way that takes too much memory to clean."),
        N_(
            "Save it as an ordinary JPEG (not progressive), several pages as a PDF, or make it smaller, and choose it"
            " again."
        ),
    ),
    "refused.too_much_in_archive": Notice(
        N_("There are too many files in it, or they are too large together."),
        _SMALLER,
    ),
    "refused.damaged": Notice(
        N_("The file is damaged and cannot be read."),
        _SAVED_AGAIN,
    ),
    "refused.letters_missing": Notice(
        N_("Some letters of the document cannot be drawn here."),
        _AS_PDF_OR_SCREEN,
    ),
    "refused.seen_otherwise": Notice(
        N_("Two programs that show documents do not agree on what can be seen in this one."),
        _AS_PDF_OR_SCREEN,
    ),
    "refused.took_too_long": Notice(N_("The cleaning took too long."), _SMALLER),
    "refused.out_of_memory": Notice(N_("The cleaning needed too much memory."), _SMALLER),
    "refused.job_died": Notice(N_("The cleaning was interrupted."), _SAVED_AGAIN),
    "refused.no_jail": Notice(N_("Cleaning is not available right now."), _LATER),
    "refused.would_not_vouch": Notice(
        N_("After cleaning, something was left that we could not vouch for, so the file was not accepted."),
        _AS_SCREEN,
    ),
}

REFUSALS: Final[Mapping[str, Notice]] = {**_FORM, **_FILES}


class RefusalContext(Enum):
    """Where a refusal is shown, if that is not a page of the form that was refused."""

    # On the page that asks for the case code: the code is not shown again, so no sentence speaks of text below.
    LOG_IN = auto()
    # In answer to a request to take a file or a report back.
    TAKE_BACK = auto()
    # In the place of a file that a member sent.
    MEMBERS_FILE = auto()


_AT_LOG_IN: Final[Mapping[str, Notice]] = {
    "form.old": Notice(
        N_("The page had expired, or the service was restarted."), N_("Please write your case code again.")
    ),
    "form.try_again_soon": Notice(
        N_("Too many people are using the service right now."),
        N_("Please wait a minute and write your case code again."),
    ),
}
_LOG_IN_AGAIN: Final = Notice(
    N_("What came was damaged or not one of our forms."), N_("Please write your case code again.")
)
_NOT_TAKEN_BACK: Final[Mapping[str, Notice]] = {
    "take_back.released": Notice(
        N_("In the meantime it has become visible to those who read it, so it can no longer be taken back unseen."),
        N_("You can withdraw it instead."),
    ),
}
_NOT_TAKEN_BACK_NOW: Final = Notice(
    N_("The file cannot be taken back now, because you have approved notes in the meantime."),
    N_("You can withdraw it after the next release."),
)
_FILE_NOT_SHOWN: Final[Mapping[str, Notice]] = {
    "refused.would_not_vouch": Notice(
        N_("The file is not shown: it is not as our cleaning would have made it, and could give you away."),
        N_("Write to those who handle the case that you could not open it."),
    ),
}


def refusal(text_key: str, context: RefusalContext | None = None) -> Notice:
    """Return what happened and what to do, for the error with this key."""
    match context:
        case None:
            return REFUSALS.get(text_key, TRY_AGAIN)
        case RefusalContext.LOG_IN:
            return _AT_LOG_IN.get(text_key, _LOG_IN_AGAIN)
        case RefusalContext.TAKE_BACK:
            return _NOT_TAKEN_BACK.get(text_key, _NOT_TAKEN_BACK_NOW)
        case RefusalContext.MEMBERS_FILE:
            return _FILE_NOT_SHOWN.get(text_key, TRY_AGAIN)

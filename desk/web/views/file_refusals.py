"""Why a file was not cleaned, in the two sentences of a page; the command line's are in `cases.sentences.file`."""

from collections.abc import Mapping
from typing import Final

from desk.web.views.pages import N_, Notice

_AS_PDF: Final = N_("Save it as a PDF, or take a picture of the screen, and choose that.")
_AGAIN: Final = N_("Open it, save it again as PDF or JPEG, and choose that.")
_SMALLER: Final = N_("Make it smaller, or divide it.")
_LATER: Final = N_("Try again in a few minutes.")

FILE_REFUSALS: Final[Mapping[str, Notice]] = {
    "refused": Notice(N_("The file could not be cleaned."), N_("Try another kind, such as a PDF or a JPEG.")),
    "refused.empty": Notice(N_("The file is empty."), N_("Look whether it is the right file.")),
    "refused.office_document": Notice(
        N_("Office documents of this kind (such as .doc and .xls) cannot be cleaned."), _AS_PDF
    ),
    "refused.drawn_picture": Notice(
        N_("Drawn pictures (SVG) cannot be cleaned safely."), N_("Take a picture of the screen, and choose that.")
    ),
    "refused.sound_or_film": Notice(
        N_("Film or sound of this kind cannot be cleaned."),
        N_("Choose the sound alone as M4A or MP3, or a still picture."),
    ),
    "refused.archive": Notice(
        N_("Packed files (such as ZIP) are not taken."), N_("Unpack it, and send the files one by one.")
    ),
    "refused.uncommon_picture": Notice(N_("Pictures of this kind cannot be cleaned."), N_("Save it as a JPEG.")),
    "refused.camera_raw": Notice(N_("Raw pictures from a camera cannot be cleaned."), N_("Save it as a JPEG.")),
    "refused.text": Notice(
        N_("The letters in this text file cannot be read."), N_("Copy what matters into the message.")
    ),
    "refused.email": Notice(N_("Only saved e-mails (EML) without attachments are taken."), _AS_PDF),
    "refused.unknown_kind": Notice(N_("This kind of file is unknown."), _AS_PDF),
    "refused.kinds_disagree": Notice(N_("The file has the marks of two different kinds."), _AGAIN),
    "refused.locked": Notice(
        N_("The file is locked with a password or with restrictions."), N_("Print it to a new PDF without them.")
    ),
    "refused.too_large": Notice(N_("The file is larger than can be cleaned."), _SMALLER),
    "refused.too_many_pixels": Notice(N_("The picture has more than 100 million pixels."), _SMALLER),
    "refused.too_many_pages": Notice(N_("The file has more than 2,000 pages."), _SMALLER),
    "refused.too_many_frames": Notice(N_("The picture has too many pages or frames."), _SMALLER),
    "refused.film_too_long": Notice(
        N_("The film is longer than 20 minutes, or stands still for more than 2 minutes."), _SMALLER
    ),
    "refused.result_too_large": Notice(N_("The clean copy became too large."), _SMALLER),
    "refused.too_much_to_hold": Notice(
        N_("The picture is stored in a way that takes too much memory to clean."), N_("Save it as a JPEG.")
    ),
    "refused.damaged": Notice(N_("The file is damaged and cannot be read."), _AGAIN),
    "refused.letters_missing": Notice(
        N_("Some letters of the document cannot be drawn."), N_("Print it to a new PDF, and choose that.")
    ),
    "refused.took_too_long": Notice(N_("The cleaning took too long."), _SMALLER),
    "refused.out_of_memory": Notice(N_("The cleaning needed too much memory."), _SMALLER),
    "refused.job_died": Notice(N_("The cleaning broke off."), _AGAIN),
    "refused.no_jail": Notice(N_("The server cannot clean files just now."), _LATER),
    "refused.would_not_vouch": Notice(
        N_("After cleaning something was left that nobody could vouch for."),
        N_("Take a picture of the screen, and choose that."),
    ),
    "usage.file": Notice(N_("The file cannot be read."), N_("Choose it once more.")),
    "file.refused": Notice(N_("The server could not receive the file."), _LATER),
    "file.too_large": Notice(N_("The file is larger than 50 MB."), _SMALLER),
    "file.no_room": Notice(N_("The server receives too much at once just now."), _LATER),
    "file.disk_full": Notice(
        N_("The server's disk has no room for files, only for text."), N_("Tell its operator, and try again later.")
    ),
    "form.stalled": Notice(N_("The connection stood still for too long, so nothing was sent."), _LATER),
    "form.not_a_form": Notice(N_("What came to the server was damaged on the way."), _LATER),
}

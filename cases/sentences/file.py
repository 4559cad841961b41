"""The two sentences for a file that was not cleaned, at a desk's server or by `kallskydd scrub`.

The desk shows them in Swedish too, from its own catalogue.
"""

from typing import Final


def N_(english: str) -> str:  # noqa: N802 - the name that extraction tools look for
    """Mark a sentence for the desk's catalogue."""
    return english


_AS_PDF: Final = N_("Save it as a PDF, or take a picture of the screen, and choose that.")
_AGAIN: Final = N_("Open it, save it again as PDF or JPEG, and choose that.")
_SMALLER: Final = N_("Make it smaller, or divide it.")
_LATER: Final = N_("Try again in a few minutes.")
_ONE_BY_ONE: Final = N_("Send them one by one.")

# What the jail refuses, and how a file gets from a desk to the server.
AT_THE_DESK: Final = {
    "refused": (N_("The file could not be cleaned."), N_("Try another kind, such as a PDF or a JPEG.")),
    "refused.empty": (N_("The file is empty."), N_("Look whether it is the right file.")),
    "refused.office_document": (
        N_("Office documents that are old (such as .doc), or have something drawn over text, cannot be cleaned."),
        _AS_PDF,
    ),
    "refused.drawn_picture": (
        N_("Drawn pictures (SVG) cannot be cleaned safely."),
        N_("Take a picture of the screen, and choose that."),
    ),
    "refused.sound_or_film": (
        N_("Film or sound of this kind cannot be cleaned."),
        N_("Choose the sound alone as M4A or MP3, or a still picture."),
    ),
    "refused.archive": (
        N_("Packed files (such as ZIP) are not taken."),
        N_("Unpack it, and send the files one by one."),
    ),
    "refused.uncommon_picture": (
        N_("Pictures of this kind (such as JPEG XL) cannot be cleaned."),
        N_("Save it as a JPEG."),
    ),
    "refused.camera_raw": (N_("Raw pictures from a camera cannot be cleaned."), N_("Save it as a JPEG.")),
    "refused.text": (
        N_("The letters in this text file cannot be read."),
        N_("Save it as UTF-8, or copy what matters into the message."),
    ),
    "refused.email": (N_("Only saved e-mails (EML) without attachments are taken."), _AS_PDF),
    "refused.unknown_kind": (N_("This kind of file is unknown."), _AS_PDF),
    "refused.kinds_disagree": (N_("The file has the marks of two different kinds."), _AGAIN),
    "refused.locked": (
        N_("The file is locked with a password or with restrictions."),
        N_("Print it to a new PDF without them."),
    ),
    "refused.too_large": (N_("The file is larger than can be cleaned."), _SMALLER),
    "refused.too_many_pixels": (N_("The picture has more than 100 million pixels."), _SMALLER),
    "refused.too_many_pages": (N_("The file has more than 2,000 pages."), _SMALLER),
    "refused.too_many_frames": (N_("The picture has too many pages or frames."), _SMALLER),
    "refused.film_too_long": (
        N_("The film is longer than 20 minutes, or stands still for more than 2 minutes."),
        _SMALLER,
    ),
    "refused.result_too_large": (N_("The clean copy became too large."), _SMALLER),
    "refused.too_much_to_hold": (
        N_("The picture is stored in a way that takes too much memory to clean."),
        N_("Save it as an ordinary JPEG (not progressive), several pages as a PDF, or make it smaller."),
    ),
    "refused.damaged": (N_("The file is damaged and cannot be read."), _AGAIN),
    "refused.letters_missing": (
        N_("Some letters of the document cannot be drawn."),
        N_("Print it to a new PDF, and choose that."),
    ),
    "refused.seen_otherwise": (
        N_("Two programs that show documents do not agree on what can be seen in this one."),
        N_("Print it to a new PDF, and choose that."),
    ),
    "refused.took_too_long": (N_("The cleaning took too long."), _SMALLER),
    "refused.out_of_memory": (N_("The cleaning needed too much memory."), _SMALLER),
    "refused.job_died": (N_("The cleaning broke off."), _AGAIN),
    "refused.no_jail": (N_("Files cannot be cleaned just now."), _LATER),
    "refused.would_not_vouch": (
        N_("After cleaning something was left that nobody could vouch for."),
        N_("Take a picture of the screen, and choose that."),
    ),
    "refused.too_much_in_archive": (N_("There are too many files in it, or they are too large together."), _SMALLER),
    "usage.file": (N_("The file cannot be read."), N_("Choose it once more.")),
    "file.refused": (N_("The server could not receive the file."), _LATER),
    "file.too_large": (N_("The file is larger than 50 MB."), _SMALLER),
    "file.too_many": (N_("There were more files than the server takes."), _ONE_BY_ONE),
    "file.report_too_large": (N_("The files together are larger than the server takes."), _ONE_BY_ONE),
    "file.no_room": (N_("The server receives too much at once just now."), _LATER),
    "file.gone": (
        N_("The file was kept for ten minutes, and is gone now."),
        N_("Choose it once more, or send the text alone."),
    ),
    "file.disk_full": (
        N_("The server's disk has no room for files, only for text."),
        N_("Tell its operator, and try again later."),
    ),
    "form.stalled": (N_("The connection stood still for too long, so nothing was sent."), _LATER),
    "form.not_a_form": (N_("What came to the server was damaged on the way."), _LATER),
}

# Files and folders of the command `scrub`.
_ON_DISK: Final = {
    "file.folder": ("It is a folder.", "Name the files in it, for example with /* behind its name."),
    "file.unreadable": ("It cannot be read.", "Check the path and its permissions."),
    "out.exists": (
        "The output folder has a file of this name; it is not overwritten.",
        "Use --rename or another folder.",
    ),
    "out.same_name": (
        "An earlier file of this command has the same name.",
        "Use --rename or clean it on its own.",
    ),
    "out.unwritable": ("The output folder cannot be written.", "Check its permissions and the space left."),
}

SENTENCES: Final = {**AT_THE_DESK, **_ON_DISK}

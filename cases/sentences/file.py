"""The two sentences for a file that was not cleaned, at a desk's server or by `kallskydd scrub`."""

from typing import Final

_AS_PDF: Final = "Save it as PDF, or take a picture of the screen, and use that."
_AGAIN: Final = "Open it, save it again as PDF or JPEG, and use that."
_SMALLER: Final = "Make it smaller or divide it."

# What the jail refuses.
_REFUSED: Final = {
    "refused": ("The file could not be cleaned.", "Try another kind, such as a PDF or a JPEG."),
    "refused.empty": ("The file is empty.", "Look whether it is the right file."),
    "refused.office_document": ("Office documents of this kind (such as .doc and .xls) cannot be cleaned.", _AS_PDF),
    "refused.drawn_picture": ("Drawn pictures (SVG) cannot be cleaned safely.", "Take a picture of the screen."),
    "refused.sound_or_film": (
        "Film or sound of this kind cannot be cleaned.",
        "Use the sound alone as M4A or MP3, or a still picture.",
    ),
    "refused.archive": (
        "Packed files of this kind are not taken.",
        "Unpack it and use the files one by one; save an office document as PDF.",
    ),
    "refused.uncommon_picture": ("Pictures of this kind (such as JPEG XL) cannot be cleaned.", "Save it as JPEG."),
    "refused.camera_raw": ("Raw pictures from a camera cannot be cleaned.", "Save it as JPEG and use that."),
    "refused.text": (
        "The letters in this text file cannot be read.",
        "Save it as UTF-8, or copy what matters into the text.",
    ),
    "refused.email": (
        "This saved e-mail cannot be cleaned here.",
        "Take a picture of the screen, or print it to a PDF.",
    ),
    "refused.unknown_kind": ("This kind of file is unknown.", _AS_PDF),
    "refused.kinds_disagree": ("The file has the marks of two different kinds.", _AGAIN),
    "refused.locked": (
        "The file is locked with a password or with restrictions.",
        "Print it to a new PDF without one.",
    ),
    "refused.too_large": ("The file is larger than can be cleaned.", _SMALLER),
    "refused.too_many_pixels": ("The picture has more than 100 million pixels.", _SMALLER),
    "refused.too_many_pages": ("The file has more than 2,000 pages.", "Divide it."),
    "refused.too_many_frames": ("The picture has too many pages or frames.", "Divide it."),
    "refused.film_too_long": (
        "The film is longer than 20 minutes, or stands still for more than 2 minutes.",
        "Divide it.",
    ),
    "refused.result_too_large": ("The clean copy became too large.", _SMALLER),
    "refused.too_much_to_hold": (
        "The picture is stored in a way that takes too much memory to clean.",
        "Save it as an ordinary JPEG (not progressive), several pages as a PDF, or make it smaller, and use that.",
    ),
    "refused.too_much_in_archive": (
        "There are too many files in it, or they are too large together.",
        "Divide it.",
    ),
    "refused.damaged": ("The file is damaged and cannot be read.", _AGAIN),
    "refused.letters_missing": (
        "Some letters of the document cannot be drawn here.",
        "Print it to a new PDF and use that.",
    ),
    "refused.took_too_long": ("The cleaning took too long.", _SMALLER),
    "refused.out_of_memory": ("The cleaning needed too much memory.", _SMALLER),
    "refused.job_died": ("The cleaning broke off.", _AGAIN),
    "refused.no_jail": ("The cleaning process is not running just now.", "Try again in a few minutes."),
    "refused.would_not_vouch": (
        "After cleaning something was left that nobody could vouch for.",
        "Take a picture of the screen and use that.",
    ),
}

# How a file gets from a desk to the server.
_SENT: Final = {
    "usage.file": ("The file cannot be read.", "Check the path of --file and its permissions."),
    "desk.not_sent": (
        "Nothing was sent: you did not agree to it.",
        "Run answer again when the copy is as you want it.",
    ),
    "file.refused": ("The server could not receive the file.", "Try again."),
    "file.too_large": ("The file is larger than the server takes.", _SMALLER),
    "file.too_many": ("There were more files than the server takes.", "Send them one by one."),
    "file.report_too_large": ("The files together are larger than the server takes.", "Send them one by one."),
    "file.no_room": ("The server receives too much at once just now.", "Try again in a while."),
    "file.disk_full": (
        "The server's disk has no room for files, only for text.",
        "Tell its operator, and try again later.",
    ),
    "form.stalled": ("The connection stood still for too long, so nothing was sent.", "Try again."),
    "form.not_a_form": ("What came to the server was damaged on the way.", "Try again."),
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

SENTENCES: Final = {**_REFUSED, **_SENT, **_ON_DISK}

"""
What the intake refuses, and the key of the two sentences that say so.

IntakeError                     the base
├── FormRefused                 nothing was stored; the typed text comes back in the form
│   ├── NotAForm           301  the request is not one of our forms, or is damaged
│   ├── NestedForm         302  a form within the form
│   ├── ExpiredToken            303  the form is older than a day, or from before a restart
│   ├── EmptyReport        304  nothing was written
│   ├── TextTooLong        305  more than 100,000 characters
│   ├── HoldsTheCode       306  the text holds the case code
│   ├── TooMuchData        307  more than a report may hold, even after a good deal was read and thrown away
│   ├── TryAgainSoon       308  too many at once
│   ├── UnknownChoice      309  an organisation or a member that is not in the roster
│   ├── StalledUpload      310  nothing came for a long while, or too little over all
│   ├── CaseFull           311  the entries of the case are as large as one case may be
│   ├── HoldGone           312  the files that were accepted before are held no more
│   ├── FilesWait          313  files are held that the form does not name
│   └── AnotherWasSent     314  another message was stored from the same page
└── FileRefused                 this file is left out; the report and its other files go through
    ├── FileTooLarge       321  more than 50 MiB
    ├── TooManyFiles       322  more than 200 files
    ├── ReportTooLarge     323  more than 200 MiB in all
    ├── NoRoomNow          324  too much is being received at once
    └── DiskFull           325  the disk has room for text alone, or too many files wait for their release

A file that the scrubbers refuse raises `trusted.jail.stages.Refused`, which has a tree of its own. No error carries
bytes, names or paths.
"""


class IntakeError(Exception):
    """The base: a number and the key of two sentences, nothing else."""

    code: int = 300
    text_key: str = "form.refused"

    def __init__(self) -> None:
        """Take no argument: there is nothing an error may carry."""
        super().__init__(self.code, self.text_key)


class FormRefused(IntakeError):
    """The form as a whole is refused."""


class NotAForm(FormRefused):
    """Not one of our forms, or damaged on the way."""

    code = 301
    text_key = "form.not_a_form"


class NestedForm(FormRefused):
    """A multipart body within a multipart body, which no browser sends."""

    code = 302
    text_key = "form.nested"


class ExpiredToken(FormRefused):
    """The one-time token does not verify: a day old, or made before the intake was restarted."""

    code = 303
    text_key = "form.old"


class EmptyReport(FormRefused):
    """There is no text."""

    code = 304
    text_key = "form.empty"


class TextTooLong(FormRefused):
    """The text is longer than `Limits.text_characters`."""

    code = 305
    text_key = "form.text_too_long"


class HoldsTheCode(FormRefused):
    """The text holds the eight words."""

    code = 306
    text_key = "form.holds_the_code"


class TooMuchData(FormRefused):
    """More came than is read even to be thrown away."""

    code = 307
    text_key = "form.too_much_data"


class TryAgainSoon(FormRefused):
    """Too many ask at the same moment."""

    code = 308
    text_key = "form.try_again_soon"


class UnknownChoice(FormRefused):
    """A choice that the form does not offer, or no longer."""

    code = 309
    text_key = "form.unknown_choice"


class StalledUpload(FormRefused):
    """Nothing came for `Limits.idle_seconds`, or less than `Limits.slowest_bytes_a_second` over all.

    Or nothing at all for `ConnectionLimits.first_byte_seconds`.
    """

    code = 310
    text_key = "form.stalled"


class CaseFull(FormRefused):
    """The case holds `Limits.case_bytes`; a withdrawal still goes in."""

    code = 311
    text_key = "form.case_full"


class HoldGone(FormRefused):
    """The files that were accepted before are held no more."""

    code = 312
    text_key = "form.hold_gone"


class FilesWait(FormRefused):
    """Files are held of the same draft that the form does not name: Back led to a page from before they came."""

    code = 313
    text_key = "form.files_wait"


class AnotherWasSent(FormRefused):
    """Another message was stored with the token of this form: Back led to a page from before it."""

    code = 314
    text_key = "form.another_was_sent"


class FileRefused(IntakeError):
    """One file is left out."""

    text_key = "file.refused"


class FileTooLarge(FileRefused):
    """The file is larger than `Limits.file_bytes`."""

    code = 321
    text_key = "file.too_large"


class TooManyFiles(FileRefused):
    """More files than `Limits.files`."""

    code = 322
    text_key = "file.too_many"


class ReportTooLarge(FileRefused):
    """The files together are larger than `Limits.report_bytes`."""

    code = 323
    text_key = "file.report_too_large"


class NoRoomNow(FileRefused):
    """The memory for uploads stayed full for `ROOM_SECONDS` (trusted/rooms/uploads.py)."""

    code = 324
    text_key = "file.no_room"


class DiskFull(FileRefused):
    """What is left of the disk is for text, or as many files wait for their release as may (trusted/rooms/disk.py)."""

    code = 325
    text_key = "file.disk_full"

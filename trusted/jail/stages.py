"""The stages of one file, each a type that only the stage before can give; and the ways of being refused.

`Sniffed` → `Scrubbed` → `Verified`. `sandbox.verify` alone makes a `Verified`; a test reads the syntax tree of every
module to see that nothing else does. What a name starting with `untrusted_` holds has been through hostile hands.

Errors. Each leaf has a number that may cross the border of the jail, and the key of the text that is shown: two
sentences, what happened and what to do. An error never carries bytes, names or paths.

Refused
├── NotCleanable            no kind we can clean; the advice differs
│   ├── Empty               nothing in it
│   ├── OfficeDocument      save it as PDF
│   ├── DrawnPicture        SVG: take a picture of the screen
│   ├── SoundOrFilm         in an uncommon coding: send the sound, still pictures, or describe it
│   │   └── Film            a recording turned out to be a film: `sandbox` has it scrubbed as one, and nobody is told
│   ├── Archive             of another kind than ZIP, or in an archive: send the files one by one
│   ├── UncommonPicture     JPEG XL and the like: save as JPEG
│   ├── CameraRaw           save as JPEG
│   ├── UnknownKind
│   │   ├── TextUnreadable  text in an encoding that cannot be told: save it as UTF-8, or copy it into the report
│   │   └── Email           of a form that is not read: take a picture of the screen
│   └── KindsDisagree       two readers of the first bytes see different kinds
├── Locked                  a PDF or an office document with a password, a PDF with restrictions
├── TooMuch                 more than we take on
│   ├── TooLarge            bytes
│   ├── TooManyPixels
│   ├── TooManyPages
│   ├── TooManyFrames       of a picture
│   ├── FilmTooLong         or it stands still for too long
│   ├── ResultTooLarge      the clean copy would be too large
│   ├── TooMuchInArchive    files, or bytes of all of them
│   └── TooMuchToHold       a large file of a kind that takes too much memory: save as an ordinary JPEG
├── Damaged                 it does not decode
├── LettersMissing          letters that are neither in the file nor here: print it to a new PDF
├── SeenOtherwise           a second renderer does not draw in the file what is in the copy: print it to a new PDF
├── Unfinished              the job did not come to its end
│   ├── TookTooLong
│   ├── OutOfMemory
│   ├── JobDied
│   └── NoJail              no zygote, or it was lost half way; try again in a moment
└── WouldNotVouch           the second reading found something that should not be there

This module imports nothing but the standard library: the desk reads kinds and reports with it on any system.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Final

if TYPE_CHECKING:
    # Only Linux has files in memory, and the desk runs elsewhere too.
    from trusted.jail.memory_file import MemoryFile


class Kind(enum.StrEnum):
    """What a file is, judged by its content. Results are of ten kinds: `RESULT_KIND`."""

    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    TIFF = "tiff"
    GIF = "gif"
    BMP = "bmp"
    PDF = "pdf"
    HEIC = "heic"
    AVIF = "avif"
    TEXT = "text"
    CSV = "csv"
    OFFICE = "office"
    EMAIL = "eml"
    SOUND = "sound"
    FILM = "film"


# Decided by the kind alone and before any job runs: a job that was taken over cannot choose who reads its
# result, but for a recording, which may come out as a film (`Sandbox.scrub`).
RESULT_KIND: Final = {
    Kind.JPEG: Kind.JPEG,
    Kind.PNG: Kind.PNG,
    Kind.WEBP: Kind.WEBP,
    Kind.TIFF: Kind.TIFF,
    Kind.GIF: Kind.PNG,
    Kind.BMP: Kind.PNG,
    Kind.PDF: Kind.PDF,
    Kind.HEIC: Kind.JPEG,
    Kind.AVIF: Kind.JPEG,
    Kind.TEXT: Kind.TEXT,
    Kind.CSV: Kind.CSV,
    Kind.OFFICE: Kind.PDF,
    Kind.EMAIL: Kind.PDF,
    Kind.SOUND: Kind.SOUND,
    Kind.FILM: Kind.FILM,
}
# Kinds whose clean copies a second renderer compares with their source.
WITNESSED: Final = frozenset({Kind.PDF})


class What(enum.StrEnum):
    """What was removed, in words a person knows. Closed, so that a stored report can hold no value."""

    PLACE = "place"
    DEVICE = "device"
    SERIAL = "serial"
    PERSON = "person"
    DATE = "date"
    SOFTWARE = "software"
    TITLE = "title"
    COMMENT = "comment"
    THUMBNAIL = "thumbnail"
    COLOUR_PROFILE = "colour_profile"
    EARLIER_VERSION = "earlier_version"
    HIDDEN_TEXT = "hidden_text"
    HIDDEN_DRAWING = "hidden_drawing"
    HIDDEN_COLOUR = "hidden_colour"
    EMBEDDED_FILE = "embedded_file"
    SCRIPT = "script"
    FORM_FIELD = "form_field"
    ANNOTATION = "annotation"
    LINK = "link"
    IDENTIFIER = "identifier"
    ROUTE = "route"
    ADDRESS = "address"
    OTHER = "other"


class Where(enum.StrEnum):
    """The place inside the file's structure. Closed, like `What`."""

    EXIF = "EXIF"
    MAKER_NOTE = "maker note"
    XMP = "XMP"
    IPTC = "IPTC"
    ICC = "ICC"
    COMMENT_BLOCK = "comment block"
    TEXT_BLOCK = "text block"
    VENDOR_BLOCK = "vendor block"
    SECOND_PICTURE = "second picture"
    TAGS = "tags"
    PIXELS = "pixels"
    PALETTE = "palette"
    AFTER_THE_END = "after the end"
    DOCUMENT_INFORMATION = "document information"
    DOCUMENT = "document"
    ATTACHMENTS = "attachments"
    PAGES = "pages"
    PICTURES_ON_PAGES = "pictures on pages"
    LAYERS = "layers"
    FORM = "form"
    MESSAGE_HEAD = "message head"


class Lost(enum.StrEnum):
    """What the reporter may miss in the clean copy."""

    SELECTABLE_TEXT = "selectable_text"
    SHARPNESS = "sharpness"
    ANIMATION = "animation"
    COLOUR_DEPTH = "colour_depth"
    EXACT_COLOURS = "exact_colours"
    TRANSPARENCY = "transparency"
    SECOND_PICTURE = "second_picture"
    FORM = "form"
    LINKS = "links"
    LINK_FRAMES = "link_frames"
    OUTLINE = "outline"
    SOUND_OR_FILM = "sound_or_film"
    LAYOUT = "layout"
    TEXT_COLOURS = "text_colours"
    CHARTS = "charts"
    CHANGES = "changes"
    VALUES = "values"
    FULL_SOUND = "full_sound"
    FULL_FILM = "full_film"


@dataclass(frozen=True, slots=True, repr=False)
class Removed:
    """Something found that is not in the clean copy. The example is the value found, for the reporter alone."""

    what: What
    where: Where
    example: str | None


@dataclass(frozen=True, slots=True, repr=False)
class ScrubReport:
    """What one scrubbing removed. `version` says which scrubber and libraries."""

    kind: Kind
    removed: tuple[Removed, ...]
    lost: tuple[Lost, ...]
    version: str

    def without_values(self) -> ScrubReport:
        """Return the report as it may be kept: kinds and places, no value found, each line once."""
        lines = dict.fromkeys((found.what, found.where) for found in self.removed)
        return replace(self, removed=tuple(Removed(what, where, None) for what, where in lines))


@dataclass(frozen=True, slots=True, repr=False)
class Sniffed:
    """Bytes whose beginning looks like a kind we can clean."""

    kind: Kind
    untrusted: MemoryFile


@dataclass(frozen=True, slots=True, repr=False)
class SniffedArchive:
    """Bytes whose beginning looks like an archive, or an e-mail, that can be taken apart."""

    untrusted: MemoryFile


@dataclass(frozen=True, slots=True, repr=False)
class Scrubbed:
    """What a jailed job made of them. A hostile file may have taken that job over, so nothing here is trusted yet."""

    kind: Kind
    untrusted_clean: MemoryFile
    untrusted_preview: MemoryFile
    report: ScrubReport


@dataclass(frozen=True, slots=True, repr=False)
class Verified:
    """Bytes in which a second, fresh job found nothing but what a clean file of this kind consists of.

    `preview` is a JPEG of the first page, at most 320 pixels wide and high, verified the same way.
    """

    kind: Kind
    clean: MemoryFile
    preview: MemoryFile
    report: ScrubReport


class Refused(Exception):
    """The file is not taken. See the tree at the top."""

    code: ClassVar[int] = 0
    text_key: ClassVar[str] = "refused"


class NotCleanable(Refused): ...


class Empty(NotCleanable):
    code = 101
    text_key = "refused.empty"


class OfficeDocument(NotCleanable):
    code = 102
    text_key = "refused.office_document"


class DrawnPicture(NotCleanable):
    code = 103
    text_key = "refused.drawn_picture"


class SoundOrFilm(NotCleanable):
    code = 104
    text_key = "refused.sound_or_film"


class Film(SoundOrFilm):
    code = 112


class Archive(NotCleanable):
    code = 105
    text_key = "refused.archive"


class UncommonPicture(NotCleanable):
    code = 106
    text_key = "refused.uncommon_picture"


class CameraRaw(NotCleanable):
    code = 107
    text_key = "refused.camera_raw"


class UnknownKind(NotCleanable):
    code = 108
    text_key = "refused.unknown_kind"


class KindsDisagree(NotCleanable):
    code = 109
    text_key = "refused.kinds_disagree"


class TextUnreadable(UnknownKind):
    code = 110
    text_key = "refused.text"


class Email(UnknownKind):
    code = 111
    text_key = "refused.email"


class Locked(Refused):
    code = 201
    text_key = "refused.locked"


class TooMuch(Refused): ...


class TooLarge(TooMuch):
    code = 211
    text_key = "refused.too_large"


class TooManyPixels(TooMuch):
    code = 212
    text_key = "refused.too_many_pixels"


class TooManyPages(TooMuch):
    code = 213
    text_key = "refused.too_many_pages"


class TooManyFrames(TooMuch):
    code = 214
    text_key = "refused.too_many_frames"


class ResultTooLarge(TooMuch):
    code = 215
    text_key = "refused.result_too_large"


class TooMuchToHold(TooMuch):
    code = 216
    text_key = "refused.too_much_to_hold"


class TooMuchInArchive(TooMuch):
    code = 217
    text_key = "refused.too_much_in_archive"


class FilmTooLong(TooMuch):
    code = 218
    text_key = "refused.film_too_long"


class Damaged(Refused):
    code = 221
    text_key = "refused.damaged"


class LettersMissing(Refused):
    code = 222
    text_key = "refused.letters_missing"


class SeenOtherwise(Refused):
    code = 223
    text_key = "refused.seen_otherwise"


class Unfinished(Refused): ...


class TookTooLong(Unfinished):
    code = 231
    text_key = "refused.took_too_long"


class OutOfMemory(Unfinished):
    code = 232
    text_key = "refused.out_of_memory"


class JobDied(Unfinished):
    code = 233
    text_key = "refused.job_died"


class NoJail(Unfinished):
    code = 234
    text_key = "refused.no_jail"


class WouldNotVouch(Refused):
    code = 241
    text_key = "refused.would_not_vouch"


REFUSALS: Final[tuple[type[Refused], ...]] = (
    Empty, OfficeDocument, DrawnPicture, SoundOrFilm, Archive, UncommonPicture, CameraRaw, UnknownKind, KindsDisagree,
    TextUnreadable, Email, Locked, TooLarge, TooManyPixels, TooManyPages, TooManyFrames, ResultTooLarge,
    TooMuchToHold, TooMuchInArchive, FilmTooLong,
    Damaged, LettersMissing, SeenOtherwise, TookTooLong, OutOfMemory, JobDied, NoJail, WouldNotVouch,
)  # fmt: skip
_BY_CODE: Final[dict[int, type[Refused]]] = {Film.code: Film} | {leaf.code: leaf for leaf in REFUSALS}


def refusal(untrusted_code: int) -> Refused:
    """Return the refusal a job reported by number; an unknown number counts as a job that died."""
    return _BY_CODE.get(untrusted_code, JobDied)()

"""A file of a case as a card: what it is, what was removed from it, and where its small picture is fetched."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from babel.units import format_unit

from desk.web.views.case_line import case_path
from desk.web.views.pages import N_, Language
from desk.web.views.written import inert_line
from desk.work.case.opened import DeskCase
from scrubbers.report_groups import Group, grouped_names
from trusted.case.entry import Attachment, ScrubRecord, Stream
from trusted.jail.stages import Lost

_KILOBYTE: Final = 1000
_MEGABYTE: Final = 10**6
GROUPS: Final = {
    Group.PLACE: N_("place"),
    Group.DEVICE: N_("camera, telephone or other device"),
    Group.PEOPLE: N_("names of people"),
    Group.DATES: N_("days and times"),
    Group.SOFTWARE: N_("programs"),
    Group.EARLIER_VERSIONS: N_("earlier versions"),
    Group.HIDDEN_TEXT: N_("hidden text and comments"),
    Group.FILES_INSIDE: N_("files inside the file"),
    Group.OTHER: N_("other hidden data"),
}
_LOST: Final = {
    Lost.SELECTABLE_TEXT: N_("text that can be selected: pages became pictures"),
    Lost.SHARPNESS: N_("some sharpness"),
    Lost.FULL_SOUND: N_("some quality of the sound: one channel remains"),
    Lost.FULL_FILM: N_("some quality of the film: smaller pictures, 25 a second"),
    Lost.ANIMATION: N_("movement: the first picture is kept"),
    Lost.COLOUR_DEPTH: N_("some depth of colour"),
    Lost.EXACT_COLOURS: N_("the exact colours"),
    Lost.TRANSPARENCY: N_("transparency"),
    Lost.SECOND_PICTURE: N_("a second picture in the file"),
    Lost.FORM: N_("form fields that can be filled in"),
    Lost.LINKS: N_("links"),
    Lost.LINK_FRAMES: N_("frames around links"),
    Lost.OUTLINE: N_("entries in the list of contents beside the pages"),
    Lost.SOUND_OR_FILM: N_("sound or film"),
    Lost.LAYOUT: N_("the layout"),
    Lost.TEXT_COLOURS: N_("the colours of text and cells"),
    Lost.CHARTS: N_("how charts are drawn: their numbers are kept"),
    Lost.CHANGES: N_("the marks of tracked changes: insertions are kept, deletions are not"),
    Lost.VALUES: N_("results of formulas that were not in the file"),
}
# Kinds of files that were refused, one and several.
_TRIED: Final = {
    "office": (N_("1 file of Word, Excel or PowerPoint"), N_("%(count)d files of Word, Excel or PowerPoint")),
    "e-mail": (N_("1 e-mail"), N_("%(count)d e-mails")),
    "text": (N_("1 text file"), N_("%(count)d text files")),
    "sound or film": (N_("1 file of sound or film"), N_("%(count)d files of sound or film")),
    "archive": (N_("1 packed folder"), N_("%(count)d packed folders")),
    "drawing": (N_("1 drawing"), N_("%(count)d drawings")),
    "picture": (N_("1 picture of a rare kind"), N_("%(count)d pictures of a rare kind")),
    "other": (N_("1 other file"), N_("%(count)d other files")),
}
_PICTURES: Final = frozenset({"jpeg", "png", "webp", "tiff"})
_NAMED: Final = {"text": N_("text"), "csv": N_("table (CSV)"), "sound": N_("sound (MP3)"), "film": N_("film (MP4)")}


@dataclass(frozen=True, slots=True, repr=False)
class FileShown:
    """One file on the page."""

    name: str
    # Its kind and size in words.
    what: str
    removed: str
    lost: str
    withdrawn: bool
    is_picture: bool
    # The addresses of the small picture and of the pages that show and save the file; nothing where there is none.
    picture: str
    read: str
    save: str


def picture_path(case_id: bytes, file_id: str) -> str:
    """Return the address of a small picture: no page, and fetched by our pages alone."""
    return f"/picture/{case_id.hex()}/{file_id}"


def file_shown(
    case: DeskCase, stream: Stream, attachment: Attachment, records: Mapping[str, ScrubRecord], language: Language
) -> FileShown:
    """Return what the page shows of a file."""
    translate, case_id = language.translate, case.known.case_id
    withdrawn = attachment.file_id in case.state.withdrawn_files
    record = records.get(attachment.file_id)
    has_picture = attachment.preview_id is not None and not withdrawn
    return FileShown(
        name=file_words(stream, attachment, language),
        what=f"{_kind(attachment, language)}, {size_in_words(attachment.size, language)}",
        removed="" if record is None else _removed(record, language),
        lost=""
        if record is None or not record.lost
        else translate(N_("Lost: %(kinds)s."), kinds=_lost(record, language)),
        withdrawn=withdrawn,
        is_picture=attachment.file_kind in _PICTURES,
        picture=picture_path(case_id, attachment.file_id) if has_picture else "",
        read="" if withdrawn else f"{case_path(case_id)}/read/{attachment.file_id}",
        save="" if withdrawn else f"{case_path(case_id)}/save/{attachment.file_id}",
    )


def file_words(stream: Stream, attachment: Attachment, language: Language) -> str:
    """Return what a file is called: its place among the files of its side."""
    name = N_("File %(number)d") if stream is Stream.REPORTER else N_("File %(number)d to the reporter")
    return language.translate(name, number=attachment.order + 1)


def tried_in_words(tried: tuple[tuple[str, int], ...], language: Language) -> str:
    """Return what the reporter tried to attach and was refused; nothing where nothing was."""
    if not tried:
        return ""
    told = [_how_many(kind, count, language) for kind, count in tried]
    sentence = N_("The reporter also tried to attach: %(files)s. It was not accepted; ask in words what it shows.")
    return language.translate(sentence, files=", ".join(told))


def size_in_words(size: int, language: Language) -> str:
    """Return a size in the units that people know, number and unit on one line."""
    if size < _MEGABYTE:
        words = format_unit(max(1, round(size / _KILOBYTE)), "digital-kilobyte", "short", locale=language.code)
    else:
        words = format_unit(round(size / _MEGABYTE, 1), "digital-megabyte", "short", locale=language.code)
    return words.replace(" ", "\N{NO-BREAK SPACE}")


def _how_many(kind: str, count: int, language: Language) -> str:
    one, several = _TRIED.get(kind, _TRIED["other"])
    return language.translate(one) if count == 1 else language.translate(several, count=count)


def _kind(attachment: Attachment, language: Language) -> str:
    if attachment.file_kind == "pdf":
        return "PDF"
    if (name := _NAMED.get(attachment.file_kind)) is not None:
        return language.translate(name)
    if attachment.file_kind in _PICTURES:
        return language.translate(N_("picture (%(kind)s)"), kind=attachment.file_kind.upper())
    # A kind that this version does not know.
    return inert_line(attachment.file_kind)


def _removed(record: ScrubRecord, language: Language) -> str:
    groups = [language.translate(GROUPS[group]) for group in grouped_names(what for what, _where in record.removed)]
    if not groups:
        return language.translate(N_("Cleaned; there was nothing hidden in it."))
    return language.translate(N_("Cleaned of: %(kinds)s."), kinds=", ".join(groups))


def _lost(record: ScrubRecord, language: Language) -> str:
    known = frozenset(Lost)
    return ", ".join(language.translate(_LOST[Lost(one)]) for one in record.lost if one in known)

"""What works on hostile bytes: which module cleans which kind. Handed to the jail by the zygote's process.

The modules are named in a table and imported only for the kinds that a zygote is for: one for pictures is smaller
without PDFium and pypdf, and forks faster, and the command has no use for fonts with a photograph.
"""

import importlib
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, TypeAlias

from PIL import Image

from scrubbers.jailed.findings import Findings
from scrubbers.jailed.office import changes
from scrubbers.jailed.pictures import against_marks as marks
from scrubbers.jailed.pictures import decoders, memory_limits
from scrubbers.jailed.pictures.scrub import scrub_picture
from scrubbers.jailed.pictures.warm_up import sample_jpeg, warm_up_fork, warm_up_pictures
from scrubbers.jailed.type_check import SecondOpinion
from second_reader.dispatch import reader_of, require_clean
from trusted.jail.job import Hands, Report, job_of
from trusted.jail.job_template import JobTemplate
from trusted.jail.protocol import How, Role
from trusted.jail.stages import Damaged, Kind, TooManyPixels

# A kind, the descriptors of the file, the clean copy and the preview, and what was found.
Scrub: TypeAlias = Callable[[Kind, int, int, int, Findings], None]
# Each module has `scrub_file` and `warm_up`; what is not listed is a picture. In the order of warm-up.
CLEANERS: Final[Mapping[Role, Mapping[Kind, str]]] = {
    Role.PICTURES: dict.fromkeys((Kind.TEXT, Kind.CSV), "scrubbers.jailed.text.scrub"),
    Role.DOCUMENTS: {
        Kind.OFFICE: "scrubbers.jailed.office.scrub",
        Kind.EMAIL: "scrubbers.jailed.mail.scrub",
        Kind.SOUND: "scrubbers.jailed.sound.scrub",
        Kind.FILM: "scrubbers.jailed.film.scrub",
        Kind.PDF: "scrubbers.jailed.pdf.scrub",
    },
}
_UNPACKS: Final = "scrubbers.jailed.archive.unpack"
_WITNESS: Final = "scrubbers.jailed.witness"


def warm_up(role: Role, kinds: Collection[Kind]) -> JobTemplate:
    """Import what these kinds of the role need and scrub a small file of each; return what a fork is to do."""
    # A picture of more pixels than allowed is an error, not something to print a warning about.
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = decoders.PIXELS
    if role is Role.DOCUMENTS:
        reader_of(Kind.PDF)
    else:
        warm_up_pictures(kinds)
    modules = _warm_modules(role, kinds)
    warm_up_kind = modules[Kind.PDF].warm_up_fork if Kind.PDF in modules else warm_up_fork
    unpack = importlib.import_module(_UNPACKS).unpack if Kind.EMAIL in modules else _nothing_taken
    require_seen = _nothing_taken
    if Kind.PDF in modules:
        witness = importlib.import_module(_WITNESS)
        witness.warm_up()
        require_seen = witness.require_seen
    opinion = SecondOpinion()

    def warm_up_job() -> None:
        warm_up_kind()
        opinion.warm_up(sample_jpeg())

    def clean(kind: Kind, untrusted: int, clean: int, preview: int, how: How) -> Report:
        if How.AGAINST_MARKS in how:
            marks.begin()
        if How.WITH_CHANGES in how:
            changes.begin()
        opinion.require_agreement(kind, untrusted)
        findings = Findings()
        scrub: Scrub = modules[kind].scrub_file if kind in modules else scrub_picture
        with _bombs_named():
            scrub(kind, untrusted, clean, preview, findings)
        return findings.removed(), findings.lost()

    return job_of(role, Hands(clean, require_clean, _pixels, require_seen, unpack, warm_up_job))


def _warm_modules(role: Role, kinds: Collection[Kind]) -> dict[Kind, Any]:
    """Return the modules that clean these kinds, imported and warm."""
    # A recording may turn out to be a film.
    wanted = {*kinds, Kind.FILM} if Kind.SOUND in kinds else set(kinds)
    modules: dict[Kind, Any] = {}
    for kind, name in CLEANERS[role].items():
        if kind in wanted:
            modules[kind] = importlib.import_module(name)
            modules[kind].warm_up()
    if Kind.FILM in modules:
        reader_of(Kind.FILM)
    return modules


def _nothing_taken(_untrusted: int, _other: int) -> None:
    """Refuse: a zygote for other kinds has nothing that takes a file apart, or witnesses a document."""
    raise Damaged


def _pixels(kind: Kind, untrusted_descriptor: int) -> int:
    """Return how many pixels a picture has in all, by its header; nothing is decoded."""
    memory_limits.require_room_to_open(kind, untrusted_descriptor)
    with (
        _bombs_named(),
        open(untrusted_descriptor, "rb", closefd=False) as file,
        decoders.open_picture(kind, file) as picture,
    ):
        pages = getattr(picture, "n_frames", 1) if kind is Kind.TIFF else 1
        return int(picture.width * picture.height * pages)


@contextmanager
def _bombs_named() -> Iterator[None]:
    """Raise TooManyPixels for what the library says of a picture with more pixels than allowed."""
    try:
        yield
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise TooManyPixels from None

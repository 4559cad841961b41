"""One job, in a fork of the zygote: locks itself further, does one operation, writes its status, ends.

The outermost layer of everything that touches hostile bytes: here, and only here, every exception is caught, and each
becomes a number. Text of an exception can quote the file and is dropped.
"""

import errno
import os
import socket
import warnings
from collections.abc import Callable, Collection
from typing import Final, NoReturn, TypeAlias

from PIL import Image

from confine.lock import bound_job, confine_job, job_filters
from scrubbers.jailed.findings import Findings
from scrubbers.jailed.job_template import JobTemplate
from scrubbers.jailed.pictures import against_marks, decoders, memory_limits
from scrubbers.jailed.pictures.scrub import scrub_picture
from scrubbers.jailed.pictures.warm_up import sample_jpeg, warm_up_fork, warm_up_pictures
from scrubbers.jailed.type_check import SecondOpinion
from scrubbers.jailed.verify.dispatch import reader_of, require_clean
from scrubbers.protocol import (
    DOCUMENT_LIMITS,
    FILM_LIMITS,
    JOB_LIMITS,
    MEASURE_LIMITS,
    MEASURED,
    MEASURED_MAGIC,
    MOST_PIXELS,
    OUTCOME_DONE,
    OUTCOME_NOT_STOPPED,
    STATUS,
    STATUS_MAGIC,
    KindNumber,
    Operation,
    Role,
)
from scrubbers.report_wire import encode_report
from scrubbers.stages import Damaged, Kind, OutOfMemory, Refused, ResultTooLarge, TooManyPixels

_ENDED_WELL: Final = 0
_SCRUBS: Final = frozenset((Operation.SCRUB, Operation.SCRUB_AGAINST_MARKS))
# Which kinds may start a thread: HEIC cannot be decoded without one, and a film is encoded while it is decoded.
_THREADED: Final = {
    Operation.MEASURE: (KindNumber.HEIC,),
    **dict.fromkeys(_SCRUBS, (KindNumber.HEIC, KindNumber.FILM)),
}
_WORDS: Final = frozenset((Kind.TEXT, Kind.CSV))
# A kind, the descriptors of the file, the clean copy and the preview, and what was found.
Scrub: TypeAlias = Callable[[Kind, int, int, int, Findings], None]


def warm_up(role: Role, kinds: Collection[Kind]) -> JobTemplate:
    """Import what these kinds of the role need and scrub a small file of each; return what a fork is to do."""
    # A picture of more pixels than allowed is an error, not something to print a warning about.
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = decoders.PIXELS
    scrubs: dict[Kind, Scrub] = {}
    warm_up_kind: Callable[[], None] = warm_up_fork
    limits = most = JOB_LIMITS
    if role is Role.DOCUMENTS:
        # A fork that waits does not know its file yet; limits only ever become narrower.
        limits, most = DOCUMENT_LIMITS, FILM_LIMITS
        warm_up_kind = _warm_up_documents(kinds, scrubs)
    else:
        _warm_up_pictures(kinds, scrubs)
    opinion = SecondOpinion()
    job_filters()

    def warm_up_job() -> None:
        warm_up_kind()
        opinion.warm_up(sample_jpeg())
        bound_job(most)

    def work(operation: Operation, kind_number: int, descriptors: dict[str, int]) -> NoReturn:
        bound = MEASURE_LIMITS if operation is Operation.MEASURE else limits
        if kind_number == KindNumber.FILM:
            bound = most
        confine_job(bound, with_thread=kind_number in _THREADED.get(operation, ()))
        status = descriptors["status"]
        try:
            if operation in _SCRUBS:
                if operation is Operation.SCRUB_AGAINST_MARKS:
                    against_marks.begin()
                kind = Kind[KindNumber(kind_number).name]
                _scrub(kind, descriptors, scrubs.get(kind, scrub_picture), opinion)
            elif operation is Operation.MEASURE:
                pixels = _pixels(Kind[KindNumber(kind_number).name], descriptors["untrusted"])
                os.write(status, MEASURED.pack(MEASURED_MAGIC, min(pixels, MOST_PIXELS)))
                os._exit(_ENDED_WELL)
            elif operation is Operation.VERIFY:
                kind = Kind[KindNumber(kind_number).name]
                require_clean(kind, descriptors["clean"])
                require_clean(Kind.JPEG, descriptors["preview"])
            else:
                _do_without_kind(operation, descriptors)
            outcome = OUTCOME_DONE
        except BaseException as reason:  # noqa: BLE001  the broad catch that exists once, see above
            outcome = _outcome(reason)
        os.write(status, STATUS.pack(STATUS_MAGIC, outcome))
        os._exit(_ENDED_WELL)

    return JobTemplate(work, warm_up_job)


def _warm_up_pictures(kinds: Collection[Kind], scrubs: dict[Kind, Scrub]) -> None:
    """Warm up for these kinds of picture and text; add the scrubber of texts, if it is among them."""
    warm_up_pictures(kinds)
    if _WORDS.intersection(kinds):
        # It brings fonts, which the command has no use for with a photograph.
        from scrubbers.jailed.text import scrub as text  # noqa: PLC0415

        scrubs |= dict.fromkeys(_WORDS, text.scrub_text)
        text.warm_up()


def _warm_up_documents(kinds: Collection[Kind], scrubs: dict[Kind, Scrub]) -> Callable[[], None]:
    """Add the scrubbers of these kinds of document, warm; return what a fork is to do.

    Only this role carries PDFium and pypdf: a zygote for pictures is smaller without them and forks faster.
    """
    reader_of(Kind.PDF)
    warm_up_kind: Callable[[], None] = warm_up_fork
    if Kind.OFFICE in kinds:
        from scrubbers.jailed.office import scrub as office  # noqa: PLC0415

        scrubs[Kind.OFFICE] = office.scrub_office
        office.warm_up()
    if Kind.EMAIL in kinds:
        from scrubbers.jailed.archive import unpack  # noqa: F401, PLC0415
        from scrubbers.jailed.mail import scrub as mail  # noqa: PLC0415

        scrubs[Kind.EMAIL] = mail.scrub_mail
        mail.warm_up()
    if Kind.SOUND in kinds:
        from scrubbers.jailed.sound import scrub as sound  # noqa: PLC0415

        scrubs[Kind.SOUND] = sound.scrub_sound
        sound.warm_up()
        # A recording may turn out to be a film.
        from scrubbers.jailed.film import scrub as film  # noqa: PLC0415

        scrubs[Kind.FILM] = film.scrub_film
        film.warm_up()
        reader_of(Kind.FILM)
    if Kind.PDF in kinds:
        from scrubbers.jailed.pdf import scrub as pdf  # noqa: PLC0415

        scrubs[Kind.PDF], warm_up_kind = pdf.scrub_document, pdf.warm_up_fork
        pdf.warm_up()
    return warm_up_kind


def _scrub(
    kind: Kind,
    descriptors: dict[str, int],
    scrub: Scrub,
    opinion: SecondOpinion,
) -> None:
    opinion.require_agreement(kind, descriptors["untrusted"])
    findings = Findings()
    scrub(kind, descriptors["untrusted"], descriptors["clean"], descriptors["preview"], findings)
    report = encode_report(findings.removed(), findings.lost())
    os.write(descriptors["report"], report)


def _do_without_kind(operation: Operation, descriptors: dict[str, int]) -> None:
    """Take an archive apart, or do what the self-test asks for."""
    if operation is not Operation.UNPACK:
        _attempt(operation)
        return
    # Imported before the locks, where the role is that for documents; in the other there is nothing to import it from.
    from scrubbers.jailed.archive.unpack import unpack  # noqa: PLC0415

    unpack(descriptors["untrusted"], descriptors["members"])


def _pixels(kind: Kind, untrusted_descriptor: int) -> int:
    """Return how many pixels a picture has in all, by its header; nothing is decoded."""
    memory_limits.require_room_to_open(kind, untrusted_descriptor)
    with (
        open(untrusted_descriptor, "rb", closefd=False) as file,
        decoders.open_picture(kind, file) as picture,
    ):
        pages = getattr(picture, "n_frames", 1) if kind is Kind.TIFF else 1
        return int(picture.width * picture.height * pages)


def _outcome(reason: BaseException) -> int:
    """Return the number that stands for what went wrong."""
    match reason:
        case Refused():
            return reason.code
        case MemoryError():
            return OutOfMemory.code
        case Image.DecompressionBombWarning() | Image.DecompressionBombError():
            return TooManyPixels.code
        case OSError(errno=errno.EFBIG):
            return ResultTooLarge.code
        case _:
            return Damaged.code


def _attempt(operation: Operation) -> None:
    """Attempt what the self-test asks for. Each must fail, and only the first may survive to report it."""
    if operation is Operation.TRY_OPEN:
        try:
            os.open(os.devnull, os.O_RDONLY)
        except PermissionError:
            return
    elif operation is Operation.TRY_SOCKET:
        socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    else:
        os.execv("/proc/self/exe", ["python"])  # noqa: S606  it is refused, or the server does not start
    raise NotStopped


class NotStopped(Refused):
    """The jail let an attempt of the self-test through."""

    code = OUTCOME_NOT_STOPPED

"""What crosses the border between the trusted side and the jail. Both sides import this; it decodes nothing.

The channel is a unix stream between the trusted side and one zygote. Every frame has a fixed size.

    zygote → trusted   HELLO once, when it is warm and locked: its role, its Landlock version, the locks it read back
    trusted → zygote   REQUEST: job number, operation, kind; with it the descriptors, in the order of DESCRIPTORS
    zygote → trusted   ENDED: job number, wait status and processor time, when the job's process is gone

A job writes to the descriptors it was given and to nothing else: the clean file, the preview, the report, and STATUS on
a pipe of its own. All four are hostile. The trusted side checks their length before anything, takes STATUS as a number,
and reads the report with a strict decoder. STATUS is a job's last output: its answers then get all memfd seals, so that
the job cannot change them, and nobody waits for its end. How a job ended that wrote no STATUS, and what it used, comes
from the zygote, which no job can write to. A job that measures a picture writes MEASURED in the place of STATUS; the
number decides nothing but the order of jobs. A job that takes an archive or an e-mail apart writes
MEMBERS, the length of each file, and the files one after the other.
"""

import enum
import struct
from dataclasses import replace
from typing import Final

from trusted.confine.limits import JobLimits
from trusted.jail.stages import Kind


class Role(enum.IntEnum):
    """Two kinds of zygote: one for pictures does not carry the libraries for documents and forks faster."""

    PICTURES = 1
    DOCUMENTS = 2


# Every other kind is cleaned with the pictures: their zygote sets text and tables too.
ROLES: Final = {
    Kind.PDF: Role.DOCUMENTS,
    Kind.OFFICE: Role.DOCUMENTS,
    Kind.SOUND: Role.DOCUMENTS,
    Kind.EMAIL: Role.DOCUMENTS,
    Kind.FILM: Role.DOCUMENTS,
}


class Operation(enum.IntEnum):
    SCRUB = 1
    VERIFY = 2
    # The three attempts of the self-test: each must fail, in its own way.
    TRY_OPEN = 3
    TRY_SOCKET = 4
    TRY_EXEC = 5
    # How many pixels a picture has, by its header.
    MEASURE = 6
    # As SCRUB, and with pixels on another grid.
    SCRUB_AGAINST_MARKS = 7
    # An archive, or an e-mail, into the files that are in it.
    UNPACK = 8
    # As the first and as the seventh, and with the changes that were made in a document.
    SCRUB_WITH_CHANGES = 9
    SCRUB_BOTH = 10
    # Whether another renderer sees in the source all that is in the clean copy.
    WITNESS = 11


class How(enum.Flag):
    """What the reporter chose of how files are cleaned."""

    PLAIN = 0
    # They may be marked for whom they were given to, and their pixels come to lie on another grid.
    AGAINST_MARKS = 1
    # What was inserted and deleted in a document is shown as such.
    WITH_CHANGES = 2


SCRUBS: Final = {
    How.PLAIN: Operation.SCRUB,
    How.AGAINST_MARKS: Operation.SCRUB_AGAINST_MARKS,
    How.WITH_CHANGES: Operation.SCRUB_WITH_CHANGES,
    How.AGAINST_MARKS | How.WITH_CHANGES: Operation.SCRUB_BOTH,
}


class KindNumber(enum.IntEnum):
    """Kinds as they cross the border."""

    JPEG = 1
    PNG = 2
    WEBP = 3
    TIFF = 4
    GIF = 5
    BMP = 6
    PDF = 7
    HEIC = 8
    AVIF = 9
    TEXT = 10
    CSV = 11
    OFFICE = 12
    SOUND = 13
    FILM = 14
    EMAIL = 15


# magic, role, Landlock version, bit field of Locks
HELLO: Final = struct.Struct("=4sBBH")
HELLO_MAGIC: Final = b"kszy"
# magic, job number, operation, kind
REQUEST: Final = struct.Struct("=4sQBB")
REQUEST_MAGIC: Final = b"ksrq"
# job number, wait status, milliseconds of processor time
ENDED: Final = struct.Struct("=QiI")
# magic, outcome: 0 or the code of a refusal
STATUS: Final = struct.Struct("=4sH")
STATUS_MAGIC: Final = b"ksst"
OUTCOME_DONE: Final = 0
# magic, pixels of all pages
MEASURED: Final = struct.Struct("=4sI")
MEASURED_MAGIC: Final = b"ksme"
MOST_PIXELS: Final = 2**32 - 1
# magic, how many files; the length of each of them follows
MEMBERS: Final = struct.Struct("=4sH")
MEMBERS_MAGIC: Final = b"ksmb"
MEMBER_LENGTH: Final = struct.Struct("=Q")
# A self-test attempt that was not stopped.
OUTCOME_NOT_STOPPED: Final = 999


class Locks(enum.IntFlag):
    """The locks that a zygote read back from the kernel after locking itself."""

    NO_NEW_PRIVILEGES = 1
    FILTERED = 2
    UNDUMPABLE = 4
    NO_CORE = 8
    # It tried to open a file when only Landlock was on, and could not.
    LANDLOCK_HELD = 16


SCRUB_DESCRIPTORS: Final = ("untrusted", "clean", "preview", "report", "status")
VERIFY_DESCRIPTORS: Final = ("clean", "preview", "status")
WITNESS_DESCRIPTORS: Final = ("untrusted", "clean", "status")
TRY_DESCRIPTORS: Final = ("status",)
UNPACK_DESCRIPTORS: Final = ("untrusted", "members", "status")
MEASURE_DESCRIPTORS: Final = ("untrusted", "status")
DESCRIPTORS: Final = {
    **dict.fromkeys(SCRUBS.values(), SCRUB_DESCRIPTORS),
    Operation.VERIFY: VERIFY_DESCRIPTORS,
    Operation.WITNESS: WITNESS_DESCRIPTORS,
    Operation.TRY_OPEN: TRY_DESCRIPTORS,
    Operation.TRY_SOCKET: TRY_DESCRIPTORS,
    Operation.TRY_EXEC: TRY_DESCRIPTORS,
    Operation.MEASURE: MEASURE_DESCRIPTORS,
    Operation.UNPACK: UNPACK_DESCRIPTORS,
}
# As much of a file as tells its kind.
HEAD_BYTES: Final = 4096
MOST_DESCRIPTORS: Final = 5

ATTACHMENT_BYTES: Final = 50 * 2**20  # 50 MiB: design, "Numbers"
MOST_MEMBERS: Final = 200  # as many as a form may bring: design, "Numbers"
RESULT_BYTES: Final = 150 * 2**20  # three times what may come in: a PDF made of pixels grows
PREVIEW_BYTES: Final = 256 * 2**10  # 320 x 320 pixels as JPEG took at most 60 KiB (noise)
REPORT_BYTES: Final = 64 * 2**10
REPORT_LINES: Final = 120
EXAMPLE_CHARACTERS: Final = 160

JOB_LIMITS: Final = JobLimits(
    address_space_bytes=3 * 2**29,  # 1.5 GiB: 100 megapixels twice over
    cpu_seconds=20,
    wall_seconds=80,  # the processor's seconds bind, also where four others share it
    written_bytes=RESULT_BYTES,
)
# PDFium takes all there is for forms that draw forms, and two such documents at once have 2 GiB between them. A page of
# A4 at 600 dots an inch took 0.32 GiB in colour, a photograph of 98 megapixels 0.81.
DOCUMENT_LIMITS: Final = replace(JOB_LIMITS, address_space_bytes=2**30)
# A film is decoded and encoded again: a minute of 1080p took 22 seconds of a processor, and less beside other jobs. So
# did the cleaning of a manual of 625 pages, and 18 its second witness, who has a job of its own.
LONG_LIMITS: Final = replace(DOCUMENT_LIMITS, cpu_seconds=40, wall_seconds=160)
LONG_KINDS: Final = frozenset({KindNumber.PDF, KindNumber.FILM})
# A header is read in milliseconds; one made to take longer counts as the most that a job may take.
MEASURE_LIMITS: Final = replace(JOB_LIMITS, cpu_seconds=2, wall_seconds=5)
# The trusted side waits this much longer than the kernel's own clock before it gives the zygote up.
GRACE_SECONDS: Final = 5

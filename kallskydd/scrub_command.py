"""`kallskydd scrub FILE… --out DIR`: the scrubbers on their own, for anybody's pictures and PDFs.

Each file goes the way an attachment goes: sniffed, rebuilt in a jailed process, verified in another. A file that is
refused does not stop the others. Nothing is ever overwritten: the clean copy appears under its name all at once, or not
at all. What was removed is said in kinds, without the values: a terminal may be recorded.

With --json, one line for each file on stdout. Exit code 0 when all are clean, 1 when any was refused, 4 when the jail
cannot be built here.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import secrets
import subprocess
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kallskydd.say import FINDINGS, MISSING, OK, USAGE, prose, result
from scrubbers.memory_file import MemoryFile
from scrubbers.protocol import ATTACHMENT_BYTES, Role
from scrubbers.sandbox import JailNotTight, Sandbox, scrub, verify
from scrubbers.sniff import sniff
from scrubbers.spawn import spawn_zygote
from scrubbers.stages import Kind, Refused, TooLarge, Verified

if TYPE_CHECKING:
    import socket

# A third zygote brought nothing on any machine tried: decoding is bound by memory.
_MOST_ZYGOTES: Final = 2
_PIECE_BYTES: Final = 2**20
_END_SECONDS: Final = 5.0
# A source that already ends like its result keeps its name; others get the first of these added, so that a.gif and
# a.bmp do not both become a.png.
_ENDINGS: Final = {
    Kind.JPEG: (".jpg", ".jpeg"),
    Kind.PNG: (".png",),
    Kind.WEBP: (".webp",),
    Kind.TIFF: (".tif", ".tiff"),
    Kind.PDF: (".pdf",),
}

# What happened, and what to do.
_SENTENCES: Final = {
    "refused.empty": "It is empty. Look whether it is the right file.",
    "refused.office_document": "Office documents cannot be cleaned safely. Save it as PDF and clean that.",
    "refused.drawn_picture": "Drawn pictures (SVG) cannot be cleaned safely. Take a picture of the screen.",
    "refused.sound_or_film": "Sound and film cannot be cleaned. A still picture from it can.",
    "refused.archive": "It is a packed file. Unpack it and clean the files one by one.",
    "refused.phone_picture": "HEIC and AVIF cannot be cleaned yet. Save it as JPEG and clean that.",
    "refused.camera_raw": "Raw pictures from a camera cannot be cleaned. Save it as JPEG and clean that.",
    "refused.unknown_kind": "This kind of file is unknown. Make a PDF or a picture of it and clean that.",
    "refused.kinds_disagree": "It says two different things about its kind. Save it anew as PDF or JPEG.",
    "refused.locked": "The PDF is locked. Print it to a new PDF without a password and clean that.",
    "refused.too_large": "It is larger than 50 MiB. Make it smaller or divide it.",
    "refused.too_many_pixels": "It has more than 100 million pixels. Make it smaller.",
    "refused.too_many_pages": "It has more than 2,000 pages. Divide it.",
    "refused.too_many_frames": "It has too many pages or frames. Divide it.",
    "refused.result_too_large": "The clean copy became too large. Make the file smaller or divide it.",
    "refused.damaged": "It is damaged and cannot be read. Save it anew as PDF or JPEG.",
    "refused.took_too_long": "Cleaning took too long. Make the file smaller or divide it.",
    "refused.out_of_memory": "Cleaning needed too much memory. Make the file smaller or divide it.",
    "refused.job_died": "Cleaning broke off. Save it anew as PDF or JPEG.",
    "refused.no_jail": "The cleaning process is not running. Try again.",
    "refused.would_not_vouch": "Something was left that nobody could vouch for. Take a picture of the screen instead.",
    "file.unreadable": "It cannot be read. Check the path and its permissions.",
    "out.exists": "The output folder has a file of this name, and nothing is overwritten. Choose another folder.",
    "out.unwritable": "The output folder cannot be written. Check its permissions and the space left.",
}


class _NotDone(Exception):
    """A file that could not be read or written; says why by its text key."""

    def __init__(self, text_key: str) -> None:
        super().__init__(text_key)
        self.text_key = text_key


@dataclass(frozen=True, slots=True, repr=False)
class _Outcome:
    """What became of one file."""

    source: Path
    target: Path | None
    verified: Verified | None
    reason: str | None
    seconds: float


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `scrub` to the command line."""
    parser = subparsers.add_parser("scrub", help="clean pictures and PDFs of hidden data")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the clean copies go")
    parser.add_argument("--json", action="store_true", help="one JSON line for each file on stdout")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Clean every file; exit code 1 if any was refused, 4 if the jail cannot be built."""
    try:
        args.out.mkdir(parents=True, exist_ok=True)
    except OSError:
        prose("The output folder cannot be made. Choose another one.")
        return USAGE
    return asyncio.run(_clean_all(args.files, args.out, as_json=args.json))


async def _clean_all(sources: list[Path], folder: Path, *, as_json: bool) -> int:
    count = min(_MOST_ZYGOTES, os.cpu_count() or 1, len(sources))
    roles = _roles(sources)
    with ExitStack() as ending:
        try:
            sandbox = Sandbox([_start(role, ending) for role in sorted(roles) for _ in range(count)], jobs_at_once=1)
            ending.callback(sandbox.close)
            await sandbox.self_test(roles)
        except (JailNotTight, OSError):
            prose("A process to clean in cannot be locked on this system. Linux 5.10 or newer with seccomp is needed.")
            return MISSING
        # Read no further ahead than there are zygotes: each waiting file is in memory.
        turn = asyncio.Semaphore(count)
        tasks = [asyncio.ensure_future(_clean(source, folder, sandbox, turn)) for source in sources]
        refused = 0
        for task in tasks:
            outcome = await task
            refused += outcome.reason is not None
            _say(outcome, as_json=as_json)
    prose(f"{len(sources) - refused} clean, {refused} refused.")
    return FINDINGS if refused else OK


def _roles(sources: list[Path]) -> set[Role]:
    """Which zygotes the files need. A guess by the first letters; what it misses is refused by the sniffer anyway."""
    roles = {Role.PICTURES}
    for source in sources:
        try:
            with source.open("rb") as file:
                if b"%PDF-" in file.read(_PDF_WITHIN):
                    roles.add(Role.DOCUMENTS)
        except OSError:
            continue
    return roles


_PDF_WITHIN: Final = 4096


def _start(role: Role, ending: ExitStack) -> socket.socket:
    process, channel = spawn_zygote(role)
    ending.callback(_end, process)
    return channel


def _end(process: subprocess.Popen[bytes]) -> None:
    """It ends by itself when its channel is closed, which the exit stack has done by now."""
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


async def _clean(source: Path, folder: Path, sandbox: Sandbox, turn: asyncio.Semaphore) -> _Outcome:
    async with turn:
        started = time.monotonic()
        try:
            verified = await verify(await scrub(sniff(_read(source)), sandbox), sandbox)
            with verified.clean, verified.preview:
                target = _write(verified, source, folder)
        except (Refused, _NotDone) as refused:
            return _Outcome(source, None, None, refused.text_key, time.monotonic() - started)
        return _Outcome(source, target, verified, None, time.monotonic() - started)


def _read(source: Path) -> MemoryFile:
    content = MemoryFile()
    try:
        with source.open("rb") as file:
            while piece := file.read(_PIECE_BYTES):
                content.write(piece)
                if content.size > ATTACHMENT_BYTES:
                    raise TooLarge
    except OSError:
        raise _NotDone("file.unreadable") from None
    return content


def _write(verified: Verified, source: Path, folder: Path) -> Path:
    """The clean copy under the source's name; appears whole or not at all, and never in the place of another file."""
    endings = _ENDINGS[verified.kind]
    target = folder / (source.name if source.suffix.lower() in endings else source.name + endings[0])
    temporary = folder / f".kallskydd-{secrets.token_hex(8)}"
    try:
        with temporary.open("xb") as file:
            for piece in verified.clean.chunks(_PIECE_BYTES):
                file.write(piece)
            os.fsync(file.fileno())
        _place(temporary, target)
    except FileExistsError:
        raise _NotDone("out.exists") from None
    except OSError:
        raise _NotDone("out.unwritable") from None
    finally:
        temporary.unlink(missing_ok=True)
    return target


def _place(temporary: Path, target: Path) -> None:
    """Gives the finished file its name; raises FileExistsError when it is taken, which a rename would not."""
    try:
        target.hardlink_to(temporary)
    except FileExistsError:
        raise
    except OSError:
        # A file system without links, as on a memory stick: take the name, then move over what is ours.
        target.touch(exist_ok=False)
        temporary.replace(target)


def _say(outcome: _Outcome, *, as_json: bool) -> None:
    report = outcome.verified.report.without_values() if outcome.verified else None
    removed = [{"what": found.what.value, "where": found.where.value} for found in report.removed] if report else []
    lost = [lost.value for lost in report.lost] if report else []
    if as_json:
        result(
            {
                "in": str(outcome.source),
                "out": str(outcome.target) if outcome.target else None,
                "status": "clean" if report else "refused",
                "kind": report.kind.value if report else None,
                "removed": removed,
                "lost": lost,
                "reason": outcome.reason,
                "seconds": round(outcome.seconds, 3),
            }
        )
    if outcome.reason is not None:
        prose(f"{outcome.source}: refused. {_SENTENCES[outcome.reason]}")
        return
    found = ", ".join(f"{line['what']} ({line['where']})" for line in removed).replace("_", " ")
    missed = ", ".join(lost).replace("_", " ")
    prose(
        f"{outcome.source} → {outcome.target}: clean."
        + (f" Removed: {found}." if found else " Nothing hidden was found.")
        + (f" Not kept: {missed}." if missed else "")
    )

"""Takes a ZIP file apart: the files in it, in the order of their names; nothing else of it goes any further.

The order is that of file managers: folders apart, capital letters as small ones, numbers by their value. Folders, empty
files and what systems put in unasked are left out. Refused are links, more files or bytes than a form may bring, before
any is inflated, and all that `office.package` refuses.
"""

import re
import stat
from typing import BinaryIO, Final
from zipfile import ZipInfo

from scrubbers.jailed.mail.parts import files_of
from scrubbers.jailed.office.package import Package
from trusted.jail.protocol import ATTACHMENT_BYTES, MOST_MEMBERS
from trusted.jail.stages import Damaged, TooMuchInArchive

_FOLDERS_UNASKED: Final = "__macosx/"
_FILES_UNASKED: Final = frozenset({".ds_store", "thumbs.db", "desktop.ini"})
_MODE_BITS: Final = 16  # above these stands the mode of Unix
_NUMBERS: Final = re.compile("([0-9]+)")


def unzipped(file: BinaryIO) -> list[bytes]:
    """Return the files in an archive; a message among them comes apart in its place. Raises Refused."""
    package = Package(file)
    chosen = sorted((one for one in package.members.values() if _is_meant(one)), key=_by_name)
    # Of a link the content is a path, with the name of its writer's account.
    if any(stat.S_ISLNK(one.external_attr >> _MODE_BITS) for one in chosen):
        raise Damaged
    if len(chosen) > MOST_MEMBERS or sum(one.file_size for one in chosen) > ATTACHMENT_BYTES:
        raise TooMuchInArchive
    made: list[bytes] = []
    for one in chosen:
        content = package.read(one.filename)
        if len(content) != one.file_size:
            raise Damaged
        made += files_of(content)
    return made


def _is_meant(member: ZipInfo) -> bool:
    name = member.filename.lower()
    unasked = name.startswith(_FOLDERS_UNASKED) or name.rpartition("/")[2] in _FILES_UNASKED
    return member.file_size > 0 and not member.is_dir() and not unasked


def _by_name(member: ZipInfo) -> tuple[list[str], list[tuple[int, str]]]:
    *folders, name = member.filename.casefold().split("/")
    # Every second part is a number, which is less than another that has more digits.
    parts = (part.lstrip("0") if place % 2 else part for place, part in enumerate(_NUMBERS.split(name)))
    return folders, [(len(part) if place % 2 else -1, part) for place, part in enumerate(parts)]

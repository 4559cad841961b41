"""Cuts what a job made of an archive into the files that were in it. Nothing of them is read here but their lengths."""

from typing import Final

from trusted.jail.memory_file import MemoryFile
from trusted.jail.protocol import ATTACHMENT_BYTES, MEMBER_LENGTH, MEMBERS, MEMBERS_MAGIC, MOST_MEMBERS
from trusted.jail.stages import JobDied

_PIECE_BYTES: Final = 2**20


def lengths_of(untrusted: MemoryFile) -> list[int]:
    """Return the length of each file; raises JobDied unless they are those of what is there, and within limits."""
    untrusted_head = untrusted.read(MEMBERS.size)
    if len(untrusted_head) != MEMBERS.size:
        raise JobDied
    magic, untrusted_count = MEMBERS.unpack(untrusted_head)
    if magic != MEMBERS_MAGIC or not 1 <= untrusted_count <= MOST_MEMBERS:
        raise JobDied
    start = MEMBERS.size + untrusted_count * MEMBER_LENGTH.size
    untrusted_lengths = untrusted.read(start - MEMBERS.size, MEMBERS.size)
    if len(untrusted_lengths) != start - MEMBERS.size:
        raise JobDied
    lengths = [length for (length,) in MEMBER_LENGTH.iter_unpack(untrusted_lengths)]
    if sum(lengths) > ATTACHMENT_BYTES or start + sum(lengths) != untrusted.size:
        raise JobDied
    return lengths


def cut(untrusted: MemoryFile) -> list[MemoryFile]:
    """Return each file by itself. Raises JobDied as `lengths_of` does."""
    lengths = lengths_of(untrusted)
    start = untrusted.size - sum(lengths)
    made: list[MemoryFile] = []
    try:
        for length in lengths:
            made.append(MemoryFile())
            for offset in range(start, start + length, _PIECE_BYTES):
                made[-1].write(untrusted.read(min(_PIECE_BYTES, start + length - offset), offset))
            start += length
    except BaseException:
        for each in made:
            each.close()
        raise
    return made

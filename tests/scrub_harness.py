"""What the tests of the jail share."""

from __future__ import annotations

from scrubbers.memory_file import MemoryFile


def arrived(content: bytes) -> MemoryFile:
    """A file as it comes from the reporter: not sealed yet, so that a job can give its memory back."""
    file = MemoryFile()
    file.write(content)
    return file

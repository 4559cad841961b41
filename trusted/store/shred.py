"""
Slots for the shares of case keys: the one place on the disk where 32 bytes can be made to die.

A key that is a row of a database, or a file of its own, was still on the block device after it had been deleted
(measured: one copy each for a row, for unlink and for write-and-rename). Overwriting in place, in a file whose blocks
are there already, and then fsync, left none. So the file is made at full length, is all random from the first day, and
a share is only ever written with pwrite to its own place. A free slot and a used one look alike; which is which is
known to the database only.

Honest limit: copy-on-write file systems, journals of data, snapshots and the flash inside an SSD may keep old blocks.

The file is also the lock of the store: who holds it open holds the home's only writer, and the kernel lets go of it
when the process dies, however it dies.
"""

import contextlib
import fcntl
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from trusted.case.errors import Busy, StoreFault

SHARE_BYTES = 32
# 32 KiB: eight blocks of a usual file system, and more open cases than a municipality has in ten years.
FIRST_SLOTS = 1024


class Slots:
    """The file of slots, open and locked. All methods block for at most one fsync."""

    def __init__(self, path: Path) -> None:
        """Open and lock the file; raises Busy when another process has it, StoreFault when it is not whole slots."""
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        except FileNotFoundError as fault:
            raise StoreFault("store.slots_damaged") from fault
        except OSError as fault:
            raise StoreFault("store.not_written") from fault
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as fault:
            os.close(self._descriptor)
            raise Busy from fault
        size = os.fstat(self._descriptor).st_size
        if size == 0 or size % SHARE_BYTES:
            os.close(self._descriptor)
            raise StoreFault("store.slots_damaged")
        self._free = set(range(size // SHARE_BYTES))

    @staticmethod
    def create(path: Path, slots: int = FIRST_SLOTS) -> None:
        """Make the file, readable by its owner alone, every slot random."""
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, secrets.token_bytes(slots * SHARE_BYTES))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def adopt(self, used: Iterable[int]) -> None:
        """Learn from the database which slots hold a share; raises StoreFault if one of them lies outside the file."""
        for slot in used:
            if slot not in self._free:
                raise StoreFault("store.slots_damaged")
            self._free.remove(slot)

    def take(self) -> int:
        """Reserve a free slot at random: the order of slots must not be the order of cases."""
        if not self._free:
            self._grow()
        slot = secrets.choice(sorted(self._free))
        self._free.remove(slot)
        return slot

    def write(self, slot: int, share: bytes) -> None:
        """Put a share into its slot; when this returns it is on the disk. Raises StoreFault."""
        if len(share) != SHARE_BYTES:
            raise StoreFault
        try:
            if os.pwrite(self._descriptor, share, slot * SHARE_BYTES) != SHARE_BYTES:
                raise StoreFault
            # fsync and not fdatasync: the price is the same for a file whose length stands, and nobody has to wonder.
            os.fsync(self._descriptor)
        except OSError as fault:
            raise StoreFault("store.not_written") from fault

    def read(self, slot: int) -> bytes:
        """Return what is in the slot."""
        return os.pread(self._descriptor, SHARE_BYTES, slot * SHARE_BYTES)

    def overwrite(self, slot: int) -> None:
        """Destroy what is in the slot; when this returns the old bytes are overwritten on the disk. It stays taken."""
        self.write(slot, secrets.token_bytes(SHARE_BYTES))

    def free(self, slot: int) -> None:
        """
        Give a slot back, once no row of the database names it any more.

        Apart from `overwrite` on purpose. A slot that is given out again while a row still names it would be
        overwritten a second time, with somebody else's share in it, when a crash is cleaned up after.
        """
        self._free.add(slot)

    def touch(self) -> None:
        """Rewrite one free slot, so that the file's time is that of the heartbeat and not of the last filing."""
        slot = self.take()
        try:
            self.overwrite(slot)
        finally:
            self.free(slot)

    def free_on_disk(self) -> int:
        """Return how many bytes may still be written where the file lies, asked of the open file and of no path."""
        room = os.fstatvfs(self._descriptor)
        return room.f_bavail * room.f_frsize

    def stamp(self) -> None:
        """
        Give the file the time of now; never raises.

        Reading a share moves the time of reading, and every log-in with a case code reads one: without this the
        moment of that visit would stay on the disk, also through heartbeats, until the next visit.
        """
        with contextlib.suppress(OSError):
            os.utime(self._descriptor)

    def close(self) -> None:
        """Close the file, with the time of now, and let go of the lock."""
        self.stamp()
        os.close(self._descriptor)

    def _grow(self) -> None:
        """Double the file, again all random."""
        size = os.fstat(self._descriptor).st_size
        os.pwrite(self._descriptor, secrets.token_bytes(size), size)
        os.fsync(self._descriptor)
        self._free.update(range(size // SHARE_BYTES, 2 * size // SHARE_BYTES))

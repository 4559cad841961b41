"""A disk that is full or fails is a fault that the intake counts, and no end of the service."""

import contextlib
import errno
import os
import resource
import sqlite3

import pytest
from homes.store_harness import new_home, open_store, rows

from trusted.case.errors import StoreFault
from trusted.store import db


@pytest.fixture
def home(tmp_path):
    return new_home(tmp_path / "home")


@contextlib.contextmanager
def files_at_most(size):
    """Let no file of this process be written beyond this length: every write behind it is an I/O error."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


# At 0 the beat itself is not written; at 60,000 it is, and what giving back empty pages takes is not.
@pytest.mark.parametrize("size", [0, 60_000])
async def test_a_heartbeat_that_the_disk_does_not_take_is_a_fault_and_the_next_one_beats(home, size):
    beat = "SELECT beat FROM home"
    async with open_store(home) as store:
        await leave_empty_pages(store._parts.db)
        (first,) = rows(home, beat)
        with files_at_most(size), pytest.raises(StoreFault) as refused:
            await store.heartbeat()
        (second,) = rows(home, beat)

        await store.heartbeat()

        assert (first == second) is (size == 0)
        assert rows(home, beat) != [second]
    assert refused.value.text_key == "store.not_written"


async def leave_empty_pages(db):
    """Far more of them than fit, with pages behind that must be moved, and a log that is cut."""
    async with db.write() as connection:
        await connection.execute("CREATE TABLE filler (content BLOB)")
        await connection.execute("INSERT INTO filler VALUES (randomblob(400000)), (randomblob(400000))")
    async with db.write() as connection:
        await connection.execute("DELETE FROM filler WHERE rowid = 1")
    async with db.read() as connection:
        await connection.execute_fetchall("PRAGMA wal_checkpoint(TRUNCATE)")


async def test_a_setting_that_cannot_be_read_for_an_io_error_is_a_fault_and_not_a_lost_setting(home, monkeypatch):
    async def unreadable(*_):
        fault = sqlite3.OperationalError("disk I/O error")
        fault.sqlite_errorcode = sqlite3.SQLITE_IOERR_READ
        raise fault

    async with open_store(home) as store:
        with monkeypatch.context() as broken:
            broken.setattr(db, "_require_settings", unreadable)
            with pytest.raises(StoreFault) as refused:
                await store.heartbeat()
        await store.heartbeat()

    assert type(refused.value) is StoreFault


async def test_a_share_that_the_disk_does_not_take_is_a_fault(home, monkeypatch):
    def broken(*_):
        raise OSError(errno.EIO, "")

    async with open_store(home) as store:
        free = set(store._parts.slots._free)
        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", broken)
            with pytest.raises(StoreFault) as refused:
                await store.heartbeat()
        await store.heartbeat()

        assert store._parts.slots._free == free
    assert refused.value.text_key == "store.not_written"

"""What the rest of the program could do if it were hostile: stand-ins that try, in the real processes with their locks."""

import asyncio
import errno
import os
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from files.scrub_harness import arrived
from visitors.intake_harness import DESK_HOST, PUBLIC_HOST, _listener, make_home
from visitors.samples import photograph

from scrubbers.sniff import sniff
from scrubbers.spawn import spawn_zygote
from trusted.jail.protocol import HELLO, HELLO_MAGIC, MOST_DESCRIPTORS, REQUEST, Locks, Role
from trusted.jail.sandbox import Sandbox, scrub, verify
from trusted.jail.stages import Refused, WouldNotVouch
from trusted.web.control import Event, KeeperEnd

HOSTILE = Path(__file__).parents[1] / "support" / "hostile"
# What each attempt of a hostile page comes to.
NOT_PERMITTED, NO_ACCESS = f"errno {errno.EPERM}", f"errno {errno.EACCES}"
REFUSED = {
    "an-internet-socket": NOT_PERMITTED,
    "a-unix-socket": NOT_PERMITTED,
    "the-system-log": NOT_PERMITTED,
    "a-program": NOT_PERMITTED,
    "a-fork": NOT_PERMITTED,
    "ask-for-the-peer": NOT_PERMITTED,
    "read-the-connections": NO_ACCESS,
    "write-in-tmp": NO_ACCESS,
    "write-in-memory-disk": NO_ACCESS,
    "write-beside-the-store": NO_ACCESS,
    "write-over-the-settings": NO_ACCESS,
    "read-the-onion-key": NO_ACCESS,
}


@contextmanager
def zygote(script: Path | None, role: Role):
    if script is None:
        process, ours = spawn_zygote(role)
    else:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        with theirs:
            command = [sys.executable, "-I", str(script), role.name.lower(), str(theirs.fileno())]
            process = subprocess.Popen(command, pass_fds=[theirs.fileno()])
    try:
        yield ours
    finally:
        ours.close()
        process.wait(20)


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Ask a hostile page of an intake that is closed like every other."""
    folder = tmp_path_factory.mktemp("pages")
    make_home(folder / "home", ("handler",), trial=True)
    (folder / "home" / "onion").mkdir(exist_ok=True)
    listeners = [_listener(folder / name) for name in ("public.sock", "desk.sock")]
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    with zygote(None, Role.PICTURES) as pictures, zygote(None, Role.DOCUMENTS) as documents:
        inherited = {"public": listeners[0], "desk": listeners[1], "control": theirs}
        words = [word for name, one in inherited.items() for word in (f"--{name}-fd", str(one.fileno()))]
        words += [word for one in (pictures, documents) for word in ("--zygote-fd", str(one.fileno()))]
        words += ["--home", str(folder / "home"), "--public-address", PUBLIC_HOST, "--desk-address", DESK_HOST]
        process = subprocess.Popen(
            [sys.executable, "-I", str(HOSTILE / "intake.py"), *words],
            pass_fds=[one.fileno() for one in (*inherited.values(), pictures, documents)],
        )
        theirs.close()
        asyncio.run(_ready(ours))
        yield lambda name: asyncio.run(_asked(folder / "public.sock", name))
        process.kill()
        process.wait()
    for one in (*listeners, ours):
        one.close()


async def _ready(ours: socket.socket) -> None:
    keeper = KeeperEnd(ours)
    async with asyncio.timeout(100):
        async for told in keeper.events():
            if told.event is Event.READY:
                return
    raise AssertionError("it did not start")


async def _asked(path: Path, name: str) -> str:
    reader, writer = await asyncio.open_unix_connection(path)
    secret = "X-Forwarded-For: 192.0.2.7"
    writer.write(f"GET /{name} HTTP/1.1\r\nHost: {PUBLIC_HOST}\r\n{secret}\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    return answer.decode("latin-1")


@pytest.mark.parametrize("name", REFUSED)
def test_a_hostile_page_opens_no_socket_starts_nothing_and_writes_nowhere_else(pages, name):
    assert pages(name).endswith(f"\r\n\r\n{REFUSED[name]}")


def test_a_hostile_page_learns_no_address_from_the_library(pages):
    assert "192.0.2.7" not in pages("what-the-library-says").partition("\r\n\r\n")[2]


def test_what_a_hostile_page_says_in_an_exception_goes_nowhere(pages):
    answer = pages("raise")

    assert answer.startswith("HTTP/1.1 500")
    assert "planted" not in answer


@pytest.mark.parametrize("name", ["write-in-the-roster", "write-over-the-database"])
def test_a_hostile_page_can_write_where_its_process_keeps_the_store(pages, name):
    # No lock can tell a page's write from the store's. docs/TRUSTED.md says so, and that the canary sees it.
    assert pages(name).endswith("\r\n\r\ndone")


async def test_what_a_hostile_cleaner_leaves_in_a_file_is_not_vouched_for():
    with zygote(HOSTILE / "cleaner.py", Role.PICTURES) as channel:
        sandbox = Sandbox([channel], version="hostile")
        try:
            with arrived(photograph(maker="Planted maker")) as untrusted:
                scrubbed = await scrub(sniff(untrusted), sandbox)
            with pytest.raises(WouldNotVouch):
                await verify(scrubbed, sandbox)
        finally:
            sandbox.close()


async def test_a_hostile_keeper_that_plays_the_zygote_gets_the_file_as_it_came():
    # Which process is at the other end of a channel only the keeper knows. docs/TRUSTED.md says so.
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    theirs.send(HELLO.pack(HELLO_MAGIC, Role.PICTURES, 7, ~Locks(0)))
    sandbox = Sandbox([ours], version="hostile")
    with arrived(photograph(maker="Planted maker")) as untrusted:
        scrubbing = asyncio.create_task(scrub(sniff(untrusted), sandbox))
        _, descriptors, _, _ = await asyncio.to_thread(socket.recv_fds, theirs, REQUEST.size, MOST_DESCRIPTORS)
        learnt = os.pread(descriptors[0], 2**16, 0)
        for one in descriptors:
            os.close(one)
        theirs.close()
        with pytest.raises(Refused):
            await scrubbing
    sandbox.close()

    assert b"Planted maker" in learnt

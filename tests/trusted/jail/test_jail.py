"""The jail: what a job that was taken over can do, which is nothing, and what becomes of the jobs around it."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from files.scrub_harness import arrived
from processes.measured import best_of

from scrubbers.sniff import sniff
from scrubbers.spawn import spawn_zygote
from trusted.confine.syscalls import MACHINE
from trusted.jail import channel as channel_module
from trusted.jail.channel import Channel
from trusted.jail.memory_file import MemoryFile, NotSealed
from trusted.jail.protocol import HELLO, HELLO_MAGIC, JOB_LIMITS, KindNumber, Locks, Operation, Role
from trusted.jail.sandbox import Sandbox, scrub, verify
from trusted.jail.self_test import JailNotTight
from trusted.jail.stages import JobDied, NoJail, Refused, TookTooLong

HOSTILE = Path(__file__).parents[2] / "support" / "hostile" / "zygote.py"
KILLED = f"signal {signal.SIGSYS.value}"

# What each attempt comes to. "errno" means that the attempt failed and the job went on; a signal that it died of it.
JOB_OUTCOMES = {
    "read a file": f"errno {errno.EACCES}",
    "write a file": f"errno {errno.EACCES}",
    "open a folder": f"errno {errno.EACCES}",
    "open own memory": f"errno {errno.EACCES}",
    "open the parent's memory": f"errno {errno.EACCES}",
    "look at a file": f"errno {errno.EACCES}",
    "open by the newer call": KILLED,
    "make an internet socket": KILLED,
    "make a unix socket": KILLED,
    "make a netlink socket": KILLED,
    "make a pair of sockets": KILLED,
    "run a program": KILLED,
    "run a program by descriptor": KILLED,
    "fork": f"errno {errno.EAGAIN}",
    "start a thread": "no thread",
    "name a thread": KILLED,
    "unshare": KILLED,
    "trace the parent": KILLED,
    "read the parent's memory": KILLED,
    "kill the parent": KILLED,
    "kill by thread": KILLED,
    "get the parent's descriptor": KILLED,
    "open a handle to the parent": KILLED,
    "load a kernel program": KILLED,
    "use io_uring": KILLED,
    "make a file in memory": KILLED,
    "handle page faults": KILLED,
    "use kernel keys": KILLED,
    "become another user": KILLED,
    "disarm the clock": KILLED,
    "ignore the clock": f"errno {errno.EPERM}",
    "block the clock": f"errno {errno.EPERM}",
    "raise a limit": f"errno {errno.EPERM}",
    "signal the parent by a descriptor": f"errno {errno.EPERM}",
    "signal the parent by a socket": f"errno {errno.ENOTTY}",
    "choose the signal": f"errno {errno.EPERM}",
    "lock a byte": f"errno {errno.EPERM}",
    "lock a file": KILLED,
    "take a priority": KILLED,
    "take a umask": KILLED,
    "become dumpable": KILLED,
    "map executable memory": f"errno {errno.EPERM}",
    "make memory executable": f"errno {errno.EPERM}",
    "mount": KILLED,
    "reach a foreign descriptor": f"errno {errno.EBADF}",
    "eat memory": "out of memory",
    "burn the processor": f"signal {signal.SIGXCPU.value}",
    "wait for ever": f"signal {signal.SIGALRM.value}",
    "write too much": f"errno {errno.EFBIG}",
    "crash": f"signal {signal.SIGSEGV.value}",
    "abort": KILLED,
    "kill the zygote": KILLED,
    "be well": "done",
}
if MACHINE == "x86_64":
    JOB_OUTCOMES["call by another convention"] = KILLED

# With the zygote's locks alone: it may fork and wait, and still reaches nothing.
ZYGOTE_OUTCOMES = {
    "zygote:read a file": f"errno {errno.EACCES}",
    "zygote:open the parent's memory": f"errno {errno.EACCES}",
    "zygote:make a unix socket": KILLED,
    "zygote:make a pair of sockets": "done",  # with itself: over it a fork that waits is given its job
    "zygote:make a pair for messages": KILLED,
    "zygote:run a program": KILLED,
    "zygote:trace the parent": KILLED,
    "zygote:read the parent's memory": KILLED,
    "zygote:kill the parent": KILLED,
    "zygote:get the parent's descriptor": KILLED,
    "zygote:signal the parent by a descriptor": f"errno {errno.EPERM}",
    "zygote:signal the parent by a socket": f"errno {errno.ENOTTY}",
    "zygote:choose the signal": f"errno {errno.EPERM}",
    "zygote:lock a byte": f"errno {errno.EPERM}",
    "zygote:lock a file": KILLED,
    "zygote:take a priority": KILLED,
    "zygote:name a thread": f"errno {errno.EPERM}",
    "zygote:become dumpable": f"errno {errno.EPERM}",
    "zygote:unshare": KILLED,
    "zygote:map executable memory": f"errno {errno.EPERM}",
    "zygote:make a file in memory": KILLED,
}


# A job that decodes HEIC may start a thread, and is otherwise bound as any other.
THREADED_OUTCOMES = {
    "threaded:start a thread": "done",
    "threaded:name a thread": f"errno {errno.EPERM}",
    "threaded:become dumpable": KILLED,
    "threaded:make a process in place of a thread": f"errno {errno.EAGAIN}",
    "threaded:fork": f"errno {errno.EAGAIN}",
    "threaded:unshare": KILLED,
    "threaded:read a file": f"errno {errno.EACCES}",
    "threaded:make a unix socket": KILLED,
    "threaded:make a pair of sockets": KILLED,
    "threaded:run a program": KILLED,
    "threaded:kill the parent": KILLED,
    "threaded:disarm the clock": KILLED,
    "threaded:ignore the clock": f"errno {errno.EPERM}",
    "threaded:block the clock": f"errno {errno.EPERM}",
    "threaded:map executable memory": f"errno {errno.EPERM}",
    "threaded:wait for ever": f"signal {signal.SIGALRM.value}",
}


@contextmanager
def zygote(role: Role = Role.PICTURES, *, hostile: bool = False):
    """A zygote's process and our end of its channel; it is gone afterwards."""
    if hostile:
        ours, theirs = socket.socketpair()
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-I", HOSTILE, role.name, str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
    else:
        process, ours = spawn_zygote(role)
    try:
        yield process, ours
    finally:
        ours.close()
        with suppress(subprocess.TimeoutExpired):
            process.wait(5)
        process.kill()
        process.wait()


async def attempt(channel: Channel, name: str) -> str:
    """How a hostile job ended: by a signal, by an exit code, or with what it says of its attempt."""
    with (
        MemoryFile.sealed(name.encode()) as task,
        MemoryFile() as clean,
        MemoryFile() as preview,
        MemoryFile() as report,
    ):
        reader, writer = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        files = [file.fileno() for file in (task, clean, preview, report)]
        status = await channel.run(Operation.SCRUB, KindNumber.JPEG, [*files, writer])
        os.close(reader)
        os.close(writer)
        assert status is not None, "the zygote was lost"
        if os.WIFSIGNALED(status):
            return f"signal {os.WTERMSIG(status)}"
        return report.read().decode() or f"exit {os.WEXITSTATUS(status)}"


async def attempts(channel_socket: socket.socket, names: list[str]) -> dict[str, str]:
    channel = Channel(channel_socket, jobs_at_once=2)
    channel.attach(lambda: None)
    outcomes = await asyncio.gather(*(attempt(channel, name) for name in names))
    channel.lose()
    return dict(zip(names, outcomes, strict=True))


async def test_a_job_that_was_taken_over_can_do_nothing() -> None:
    with zygote(hostile=True) as (_, channel):
        outcomes = await attempts(channel, list(JOB_OUTCOMES))

    assert outcomes == JOB_OUTCOMES


async def test_a_zygote_that_was_taken_over_reaches_neither_its_parent_nor_the_world() -> None:
    with zygote(hostile=True) as (_, channel):
        outcomes = await attempts(channel, list(ZYGOTE_OUTCOMES))

    assert outcomes == ZYGOTE_OUTCOMES


async def test_a_job_that_may_start_a_thread_can_do_nothing_else_more() -> None:
    with zygote(hostile=True) as (_, channel):
        outcomes = await attempts(channel, list(THREADED_OUTCOMES))

    assert outcomes == THREADED_OUTCOMES


async def test_the_fork_that_waits_holds_nothing_of_the_job_before_it() -> None:
    with zygote(hostile=True) as (_, channel):
        outcomes = await attempts(channel, ["wait for ever", "reach a foreign descriptor"])

    assert outcomes["reach a foreign descriptor"] == f"errno {errno.EBADF}"


async def test_a_fork_that_was_killed_while_it_waited_is_replaced() -> None:
    with zygote() as (process, channel):
        sandbox = Sandbox([channel])
        await sandbox.self_test([Role.PICTURES])
        async with asyncio.timeout(10):
            while len(waiting := children(process.pid)) < 2:
                await asyncio.sleep(0.01)

        for spare in waiting:
            # The job of the self-test may be among them, and just end.
            with suppress(ProcessLookupError):
                os.kill(spare, signal.SIGKILL)
        (await scrub(sniff(drawing()), sandbox)).untrusted_clean.close()

        assert not set(children(process.pid)) & set(waiting)
        sandbox.close()


async def test_the_zygote_outlives_every_attack_and_the_next_job_is_well() -> None:
    with zygote(hostile=True) as (process, channel):
        outcomes = await attempts(channel, ["crash", "kill the zygote", "abort", "be well"])

        assert process.poll() is None or outcomes["be well"] == "done"
    assert outcomes["be well"] == "done"


@pytest.mark.parametrize(
    ("name", "refused"),
    [
        ("say nothing", JobDied),
        ("exit with a number", JobDied),
        ("write a status that is no status", JobDied),
        ("be well", JobDied),  # it says it is done, but there is no file
        ("crash", JobDied),
        ("wait for ever", TookTooLong),
        ("burn the processor", TookTooLong),
    ],
)
async def test_an_answer_that_is_not_one_is_a_refusal(name: str, refused: type[Refused]) -> None:
    with zygote(hostile=True) as (_, channel):
        sandbox = Sandbox([channel])
        # The pool believes in a picture; the job reads it as a task.
        sniffed = sniff(MemoryFile.sealed(b"\xff\xd8\xff"))
        task = type(sniffed)(sniffed.kind, MemoryFile.sealed(name.encode()))

        with pytest.raises(refused):
            await sandbox.scrub(task)

        assert task.untrusted.closed
        sandbox.close()


async def test_a_job_that_runs_on_after_its_answer_cannot_change_it_and_keeps_its_slot() -> None:
    with zygote(hostile=True) as (process, channel):
        sandbox = Sandbox([channel], jobs_at_once=1)
        sniffed = sniff(MemoryFile.sealed(b"\xff\xd8\xff"))

        scrubbed = await sandbox.scrub(type(sniffed)(sniffed.kind, MemoryFile.sealed(b"say done and write on")))
        answer = scrubbed.untrusted_clean.read()
        oldest, *_ = children(process.pid)
        ran_on = is_running(oldest)
        with pytest.raises(JobDied):
            await sandbox.scrub(type(sniffed)(sniffed.kind, MemoryFile.sealed(b"say nothing")))

        assert ran_on
        assert not is_running(oldest)
        assert scrubbed.untrusted_clean.read() == answer
        scrubbed.untrusted_clean.close()
        scrubbed.untrusted_preview.close()
        sandbox.close()


async def test_a_zygote_that_stands_still_after_an_answer_is_given_up_and_nobody_waits_for_ever(monkeypatch) -> None:
    monkeypatch.setattr(channel_module, "JOB_LIMITS", replace(JOB_LIMITS, wall_seconds=1))
    monkeypatch.setattr(channel_module, "GRACE_SECONDS", 0.5)
    with zygote(hostile=True) as (process, channel):
        sandbox = Sandbox([channel], jobs_at_once=1)
        sniffed = sniff(MemoryFile.sealed(b"\xff\xd8\xff"))
        scrubbed = await sandbox.scrub(type(sniffed)(sniffed.kind, MemoryFile.sealed(b"say done and write on")))
        # Only now: on a crowded machine the zygote takes longer than this to be ready.
        monkeypatch.setattr("trusted.jail.zygote_pool._REPLACEMENT_SECONDS", 0.5)
        held = sandbox._pool.channels[0].load
        os.kill(process.pid, signal.SIGSTOP)
        try:
            with pytest.raises(NoJail):
                await asyncio.wait_for(
                    sandbox.scrub(type(sniffed)(sniffed.kind, MemoryFile.sealed(b"say nothing"))), 10
                )
        finally:
            os.kill(process.pid, signal.SIGCONT)

        # A job that has answered and runs on counts: the next file goes to another zygote, if there is one.
        assert held == 1
        scrubbed.untrusted_clean.close()
        scrubbed.untrusted_preview.close()
        sandbox.close()


async def test_zygotes_that_were_paused_go_on() -> None:
    """As a computer that sleeps, a frozen container or a debugger does it: the kernel takes the wait up by a call of its own."""
    with zygote(Role.PICTURES) as (first, pictures), zygote(Role.DOCUMENTS) as (second, documents):
        sandbox = Sandbox([pictures, documents])
        for _ in range(2):
            for process in (first, second):
                os.kill(process.pid, signal.SIGSTOP)
                os.waitid(os.P_PID, process.pid, os.WSTOPPED)
                os.kill(process.pid, signal.SIGCONT)
            await sandbox.self_test()

        assert [one.poll() for one in (first, second)] == [None, None]
        sandbox.close()


async def test_the_self_test_passes_in_the_real_jail_and_reads_its_locks_back() -> None:
    with zygote(Role.PICTURES) as (_, pictures), zygote(Role.DOCUMENTS) as (_, documents):
        sandbox = Sandbox([pictures, documents])

        await sandbox.self_test()

        sandbox.close()


async def test_the_self_test_fails_when_a_role_is_missing() -> None:
    with zygote(Role.PICTURES) as (_, pictures):
        sandbox = Sandbox([pictures])

        with pytest.raises(JailNotTight):
            await sandbox.self_test()

        sandbox.close()


async def test_the_self_test_fails_when_the_zygote_says_a_lock_is_missing() -> None:
    ours, theirs = socket.socketpair()
    theirs.send(HELLO.pack(HELLO_MAGIC, Role.PICTURES, 7, Locks.NO_NEW_PRIVILEGES | Locks.UNDUMPABLE | Locks.NO_CORE))
    sandbox = Sandbox([ours])

    with theirs, pytest.raises(JailNotTight):
        await sandbox.self_test([Role.PICTURES])

    sandbox.close()


async def test_the_self_test_fails_when_jobs_are_not_stopped() -> None:
    # The hostile zygote is locked, but its jobs do what they are told: here they say that all is well and live.
    with zygote(hostile=True) as (_, channel):
        sandbox = Sandbox([channel])

        with pytest.raises(JailNotTight):
            await sandbox.self_test([Role.PICTURES])

        sandbox.close()


async def test_a_zygote_that_talks_nonsense_is_given_up() -> None:
    ours, theirs = socket.socketpair()
    theirs.send(b"GET / HTTP/1.1\r\n\r\n")
    sandbox = Sandbox([ours])

    with theirs, pytest.raises(JailNotTight):
        await sandbox.self_test([Role.PICTURES])

    sandbox.close()


def large_picture() -> MemoryFile:
    """A picture that takes about a second: long enough to be interrupted."""
    import io

    from PIL import Image

    output = io.BytesIO()
    Image.effect_noise((5000, 4000), 90).convert("RGB").save(output, "JPEG", quality=95)
    return arrived(output.getvalue())


def many_pages() -> MemoryFile:
    """A TIFF that takes about a second, and is read until the end."""
    import io

    from PIL import Image

    output = io.BytesIO()
    page = Image.effect_noise((1000, 1000), 90)
    page.save(output, "TIFF", save_all=True, append_images=[page] * 30)
    return arrived(output.getvalue())


def drawing() -> MemoryFile:
    """A BMP of 26 MiB, which is decoded in no time and takes about a second to encode."""
    import io

    from PIL import Image

    output = io.BytesIO()
    Image.effect_noise((3000, 3000), 90).convert("RGB").save(output, "BMP")
    return arrived(output.getvalue())


async def test_a_job_whose_zygote_was_killed_is_done_by_the_replacement() -> None:
    with zygote() as (first, channel), zygote() as (_, replacement):
        sandbox = Sandbox([channel])
        await sandbox.self_test([Role.PICTURES])
        scrubbing = asyncio.ensure_future(scrub(sniff(many_pages()), sandbox))
        await asyncio.sleep(0.2)

        first.kill()
        await asyncio.sleep(0.2)
        sandbox.replace(0, replacement)
        verified = await verify(await scrubbing, sandbox)

        assert verified.clean.size > 0
        sandbox.close()


async def test_a_large_file_whose_zygote_was_killed_after_it_was_decoded_is_refused_with_try_again() -> None:
    with zygote() as (first, channel), zygote() as (_, replacement):
        sandbox = Sandbox([channel])
        await sandbox.self_test([Role.PICTURES])
        untrusted = drawing()
        scrubbing = asyncio.ensure_future(scrub(sniff(untrusted), sandbox))
        async with asyncio.timeout(20):
            while untrusted.size:
                await asyncio.sleep(0.005)

        first.kill()
        await asyncio.sleep(0.1)
        sandbox.replace(0, replacement)
        with pytest.raises(NoJail):
            await scrubbing

        assert untrusted.closed
        sandbox.close()


async def test_a_result_cannot_be_cut_off_by_the_job_that_vouches_for_it() -> None:
    with zygote() as (_, channel):
        sandbox = Sandbox([channel])

        scrubbed = await scrub(sniff(drawing()), sandbox)

        with pytest.raises(PermissionError):
            os.ftruncate(scrubbed.untrusted_clean.fileno(), 0)
        with pytest.raises(PermissionError):
            os.ftruncate(scrubbed.untrusted_preview.fileno(), 0)
        scrubbed.untrusted_clean.close()
        scrubbed.untrusted_preview.close()
        sandbox.close()


def children(process: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def is_running(process: int) -> bool:
    """Whether it exists and is not merely waiting to be buried by whoever inherited it."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except OSError:
        return False


async def test_no_job_outlives_its_zygote() -> None:
    with zygote() as (process, channel):
        sandbox = Sandbox([channel])
        await sandbox.self_test([Role.PICTURES])
        scrubbing = asyncio.ensure_future(scrub(sniff(large_picture()), sandbox))
        await asyncio.sleep(0.15)
        jobs = children(process.pid)

        process.kill()
        process.wait()
        async with asyncio.timeout(10):
            while any(map(is_running, jobs)):
                await asyncio.sleep(0.02)

        assert jobs
        assert [job for job in jobs if is_running(job)] == []
        scrubbing.cancel()
        sandbox.close()


async def test_without_a_zygote_a_file_is_refused_and_not_left_waiting(monkeypatch) -> None:
    monkeypatch.setattr("trusted.jail.zygote_pool._REPLACEMENT_SECONDS", 0.3)
    with zygote() as (process, channel):
        sandbox = Sandbox([channel])
        await sandbox.self_test([Role.PICTURES])
        process.kill()

        with pytest.raises(NoJail):
            await scrub(sniff(MemoryFile.sealed(b"\xff\xd8\xff")), sandbox)

        sandbox.close()


async def test_the_event_loop_runs_on_while_jobs_run() -> None:
    with zygote() as (_, channel):
        sandbox = Sandbox([channel])
        await sandbox.self_test([Role.PICTURES])

        async def longest_wait() -> float:
            scrubbing = asyncio.ensure_future(scrub(sniff(large_picture()), sandbox))
            longest = 0.0
            while not scrubbing.done():
                before = time.monotonic()
                await asyncio.sleep(0.005)
                longest = max(longest, time.monotonic() - before)
            (await scrubbing).untrusted_clean.close()
            return longest

        assert await best_of(longest_wait, 0.25) < 0.25
        sandbox.close()


async def test_a_cancelled_request_leaves_no_job_slot_behind() -> None:
    with zygote() as (_, channel):
        sandbox = Sandbox([channel], jobs_at_once=1)
        await sandbox.self_test([Role.PICTURES])
        scrubbing = asyncio.ensure_future(scrub(sniff(large_picture()), sandbox))
        await asyncio.sleep(0.1)

        scrubbing.cancel()
        scrubbed = await scrub(sniff(large_picture()), sandbox)

        assert scrubbed.untrusted_clean.size > 0
        sandbox.close()


def test_the_zygote_ends_when_its_channel_closes() -> None:
    with zygote() as (process, channel):
        channel.recv(HELLO.size)

        channel.close()

        assert process.wait(5) == 0


def test_a_sealed_memory_file_cannot_be_changed_by_anybody() -> None:
    with MemoryFile.sealed(b"original") as file:
        other = os.dup(file.fileno())

        with pytest.raises(OSError):  # noqa: PT011  which errno depends on the call
            os.pwrite(other, b"x", 0)
        with pytest.raises(OSError):  # noqa: PT011
            os.ftruncate(other, 0)

        assert file.read() == b"original"
        os.close(other)


def test_a_memory_file_sealed_for_spending_can_be_cut_off_and_nothing_else() -> None:
    with MemoryFile() as file:
        file.write(b"original")
        file.seal_except_shrinking()
        other = os.dup(file.fileno())

        with pytest.raises(PermissionError):
            os.pwrite(other, b"x", 0)
        with pytest.raises(PermissionError):
            os.ftruncate(other, 100)
        os.ftruncate(other, 0)

        assert file.size == 0
        os.close(other)


def test_a_memory_file_that_somebody_maps_for_writing_is_not_called_sealed() -> None:
    import mmap

    with MemoryFile() as file:
        file.write(b"original")
        mapping = mmap.mmap(file.fileno(), 8)

        with pytest.raises(NotSealed):
            file.seal()

        mapping.close()

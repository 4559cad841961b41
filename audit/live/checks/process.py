"""Locks on the processes that read what reporters send: filter, privileges, core dumps, memory. All through /proc."""

from __future__ import annotations

import contextlib
import ctypes
import os
import struct
import time
from collections.abc import Iterator, Mapping

from audit.live.checks.packages import program_is_known
from audit.observe.proc import NotSeen, Process
from audit.observe.scene import Scene
from audit.observe.swap import Harmless, swap_places
from audit.verdict import Inspection, listed

_SILENT = {"intake", "zygote", "job"}
_FILTER = "2"
# Reading everywhere (2), so that root can load a program from a closed folder, and locking memory (14).
_ROOT_KEEPS = 1 << 2 | 1 << 14
_SYS_PTRACE = 1 << 19
_CAPABILITY_FIELDS = ("CapInh", "CapPrm", "CapEff", "CapAmb")
_CAPABILITIES_VERSION_3 = 0x20080522
_LANDLOCK_CREATE_RULESET = 444  # the same on every processor
_ASK_VERSION = 1
_NO_DUMPS = "|/bin/false"  # deploy/sysctl.d
# What ends has given its memory and files back some time before the kernel calls it ended.
_ENDING_SECONDS = 0.2


def check_processes(inspection: Inspection, scene: Scene) -> None:
    """Who is there: one intake, zygotes, tor; and nobody who does not belong to the service."""
    service = scene.service
    inspection.saw("keeper: process {pid}, holds the lock on the home", pid=service.keeper.pid)
    inspection.require(len(service.intakes) == 1, "intakes: {count}", count=len(service.intakes))
    inspection.require(
        # A tenant's come with the first file, and end some minutes after the last.
        bool(service.zygotes) or scene.at_publisher is not None,
        "zygotes: {count}, jobs: {jobs}",
        count=len(service.zygotes),
        jobs=len(service.jobs),
    )
    for process in service.others:
        inspection.found("process {pid} was started by the service and is no part of it", pid=process.pid)
    for process in service.intakes:
        for child in process.children():
            inspection.found("the intake has started process {pid}", pid=child.pid)
    for process in service.silent:
        with contextlib.suppress(NotSeen):
            tracer = process.status().get("TracerPid", "0")
            if tracer != "0":
                inspection.found("{name} {pid} is traced by process {tracer}", name=service.name_of(process.pid),
                           pid=process.pid, tracer=tracer)  # fmt: skip
    programs: dict[str, list[int]] = {}
    for process in (*service.silent, *service.tors):
        try:
            programs.setdefault(process.executable(), []).append(process.pid)
        except NotSeen:
            if job_has_ended(inspection, scene, process):
                continue
            inspection.missed("the program of {name} {pid}", name=service.name_of(process.pid), pid=process.pid)
    for program, pids in programs.items():
        # A program that was replaced or removed since its start is called "(deleted)" by the kernel.
        inspection.require(
            not program.endswith(" (deleted)"), "{program} runs as {pids}", program=program, pids=listed(pids)
        )


def check_filter(inspection: Inspection, scene: Scene) -> None:
    """Require a seccomp filter and no new privileges on every thread."""
    for process in (*scene.service.silent, *scene.service.tors):
        name = scene.service.name_of(process.pid)
        try:
            threads = _threads(process)
        except NotSeen:
            if job_has_ended(inspection, scene, process):
                continue
            inspection.missed("{name} {pid} has ended during the inspection", name=name, pid=process.pid)
            continue
        modes = sorted({thread.get("Seccomp", "?") for thread in threads})
        privileges = sorted({thread.get("NoNewPrivs", "?") for thread in threads})
        inspection.require(
            modes == [_FILTER] and privileges == ["1"],
            "{name} {pid}, threads {count}: Seccomp {modes}, NoNewPrivs {privileges}",
            name=name, pid=process.pid, count=len(threads), modes=",".join(modes), privileges=",".join(privileges),
        )  # fmt: skip


def check_landlock(inspection: Inspection, scene: Scene) -> None:
    """Whether the kernel has Landlock. That a process has used it, no kernel shows from outside."""
    version = _landlock_version()
    if version > 0:
        inspection.saw("seen: the kernel offers Landlock {version}", version=version)
        if program_is_known(scene):
            inspection.saw(
                "clean, though no kernel shows that the intake uses it: the program, which own-files knows, does not"
                " start where its rules do not hold, and the canary sees them put on"
            )
        else:
            inspection.missed("that the intake uses it: no kernel shows that, and own-files does not know the program")
        return
    inspection.found("this kernel has no Landlock: the second layer, over files, is missing")
    if scene.service.intakes:
        inspection.saw(
            "what still holds: the filter of system calls, seen above, lets no socket be made and no program start"
        )


def check_privileges(inspection: Inspection, scene: Scene) -> None:
    """Which account, and no power of root beyond it."""
    for process in scene.service.silent:
        name = scene.service.name_of(process.pid)
        try:
            status = process.status()
        except NotSeen:
            continue
        owner = status.get("Uid", "?").split()[0]
        powers = 0
        for field in _CAPABILITY_FIELDS:
            powers |= int(status.get(field, "0"), 16)
        allowed = _ROOT_KEEPS if name == "intake" and owner == "0" else 0
        inspection.require(
            powers & ~allowed == 0,
            "{name} {pid}: account {owner}, capabilities {powers}",
            name=name, pid=process.pid, owner=owner, powers=f"{powers:#x}",
        )  # fmt: skip
        if owner != "0":
            continue
        if name != "intake":
            inspection.found("{name} {pid} is still root", name=name, pid=process.pid)
        elif scene.trial:
            inspection.saw(
                "a trial that is run as root; of root's powers the intake keeps at most two: to read each file,"
                " and to lock memory"
            )
        else:
            inspection.saw(
                "the service runs as root; of root's powers the intake keeps at most two: to read each file, and to"
                " lock memory"
            )


def check_core_dumps(inspection: Inspection, scene: Scene) -> None:
    """Nothing of a process's memory can be written to a file, by itself, the kernel or a neighbour."""
    for process in (scene.service.keeper, *scene.service.silent, *scene.service.tors):
        name = scene.service.name_of(process.pid)
        try:
            soft, hard = process.core_limits()
            inspection.require(
                (soft, hard) == ("0", "0") or (name == "tor" and soft == "0"),
                "{name} {pid}: core limit {soft} and {hard}", name=name, pid=process.pid, soft=soft, hard=hard,
            )  # fmt: skip
            _closed_to_others(inspection, process, name)
        except NotSeen:
            if job_has_ended(inspection, scene, process):
                continue
            inspection.missed("{name} {pid} has ended during the inspection", name=name, pid=process.pid)
    pattern = scene.value("/proc/sys/kernel/core_pattern")
    if pattern is None:
        inspection.missed("kernel.core_pattern")
    # A program that takes core dumps is given them whatever the limit says; /bin/false takes none.
    elif not pattern.startswith("|") or pattern == _NO_DUMPS:
        inspection.saw("kernel.core_pattern = {pattern}", pattern=pattern)
    else:
        inspection.found(
            "kernel.core_pattern = {pattern}, wanted {wanted}: what stands after | gets the memory despite the limit",
            pattern=pattern,
            wanted=_NO_DUMPS,
        )
    setting = scene.value("/proc/sys/fs/suid_dumpable")
    if setting is None:
        inspection.missed("fs.suid_dumpable")
    else:
        inspection.require(setting == "0", "fs.suid_dumpable = {setting}", setting=setting)


def check_memory(inspection: Inspection, scene: Scene) -> None:
    """Nothing of it reaches a disk by way of swap."""
    if scene.value("/proc/swaps") is None:
        inspection.missed("/proc/swaps")
        return
    places = swap_places(scene)
    if not places:
        inspection.saw("there is no swap")
    inspection.evidence += [(place.harmless or Harmless.NO).evidence(place.name) for place in places]
    for process in scene.service.silent:
        name = scene.service.name_of(process.pid)
        try:
            status = process.status()
        except NotSeen:
            continue
        swapped = status.get("VmSwap", "0 kB")
        inspection.require(
            swapped == "0 kB",
            "{name} {pid}: {locked} locked, {swapped} in swap",
            name=name,
            pid=process.pid,
            locked=status.get("VmLck", "?"),
            swapped=swapped,
        )


def job_has_ended(inspection: Inspection, scene: Scene, process: Process) -> bool:
    """Whether this is a job that is gone: then it is no longer a part of the service that could not be inspected."""
    if scene.service.name_of(process.pid) != "job":
        return False
    deadline = time.monotonic() + _ENDING_SECONDS
    while not process.ended():
        if time.monotonic() > deadline:
            return False
        time.sleep(_ENDING_SECONDS / 10)
    inspection.saw("job {pid} ended during the inspection; a job lasts as long as its file", pid=process.pid)
    return True


def _threads(process: Process) -> list[Mapping[str, str]]:
    """Return the status of each thread that still runs; raises NotSeen."""
    threads = []
    for task in process.tasks():
        try:
            threads.append(process.status(task))
        except NotSeen:
            if process.ended():
                raise
    return threads


def _closed_to_others(inspection: Inspection, process: Process, name: str) -> None:
    """Whether another process of the same account is kept out: not dumpable, in the kernel's words."""
    owner = process.status().get("Uid", "0").split()[0]
    if owner != "0" and name == "tor":
        # Seen with 0.4.9.15: DisableDebuggerAttachment is taken, and the call for it is never made. From outside nobody
        # can close it; with an account of its own, as in deploy/, there is no neighbour.
        inspection.saw("tor {pid} can be read by other processes of account {owner}; no dump of it is written",
                 pid=process.pid, owner=owner)  # fmt: skip
        return
    if owner != "0":
        inspection.require(
            process.files_belong_to() == 0,
            "{name} {pid}: /proc/PID belongs to account {owner}", name=name, pid=process.pid,
            owner=process.files_belong_to(),
        )  # fmt: skip
        return
    if int(process.status().get("CapPrm", "0"), 16) & _SYS_PTRACE:
        # To look into a process that has all powers of root takes all of them, so what follows would tell nothing.
        if name in _SILENT:
            inspection.missed("whether {name} {pid} is closed to other processes", name=name, pid=process.pid)
        return
    with _without_ptrace() as possible:
        if not possible:
            inspection.missed("whether {name} {pid} is closed to other processes", name=name, pid=process.pid)
            return
        try:
            process.executable()
            closed = False
        except NotSeen:
            closed = True
    inspection.require(
        closed, "{name} {pid} is closed to other processes: {closed}", name=name, pid=process.pid, closed=closed
    )


@contextlib.contextmanager
def _without_ptrace() -> Iterator[bool]:
    """Without root's power to look into every process, for a moment; False where that is not ours to give up."""
    libc = ctypes.CDLL(None, use_errno=True)
    header = struct.pack("=Ii", _CAPABILITIES_VERSION_3, 0)
    before = ctypes.create_string_buffer(24)
    if os.geteuid() != 0 or libc.capget(header, before) != 0:
        yield False
        return
    effective, *rest = struct.unpack("=6I", before.raw[:24])
    lesser = struct.pack("=6I", effective & ~_SYS_PTRACE, *rest)
    try:
        yield libc.capset(header, lesser) == 0
    finally:
        libc.capset(header, before.raw[:24])


def _landlock_version() -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    return int(libc.syscall(ctypes.c_long(_LANDLOCK_CREATE_RULESET), None, ctypes.c_size_t(0),
                            ctypes.c_uint32(_ASK_VERSION)))  # fmt: skip

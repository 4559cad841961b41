"""What the keeper's child for the mirror's certificate may do: it goes out by tor, and by nothing else.

It speaks TLS with an authority, with resolvers and with any server under the mirror's name, and holds the keys of
account and certificate. Taken over, it still writes in the mirror's folder alone, reads that and its own
program (so neither the keys of the onions nor the store), starts nothing, looks into nobody, and makes stream sockets
only: no datagram leaves it, so no name server is asked. Where tor's SOCKS is a unix socket, the ordinary case, it makes
no socket of TCP; where it is a port, the kernel's rules on TCP (Landlock, from Linux 6.7) leave that port alone.
Its memory is bounded: what an authority or a resolver sends can be packed a thousandfold.
"""

from __future__ import annotations

import os
import resource
import socket
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from trusted.confine import landlock, process, seccomp
from trusted.confine.intake_files import program_rules
from trusted.confine.landlock import CONNECT_TCP, KEEP_FILES, READ, PathRule, PortRule
from trusted.confine.profiles import Profile
from trusted.confine.seccomp import Action, BitsClear, Equals, Rule

_CLONE_THREAD: Final = 0x10000
_CLONE_NEW_ANY: Final = 0x7E020000
_SOCK_FLAGS: Final = 0x80000 | 0x800  # SOCK_CLOEXEC, SOCK_NONBLOCK
# Three times what an order takes. Beyond it the child ends, and the keeper says so.
_MEMORY_BYTES: Final = 192 * 2**20
_STREAM: Final = Equals(1, socket.SOCK_STREAM.value, 0xFFFFFFFF & ~_SOCK_FLAGS)
# Root certificates, and what OpenSSL reads when it begins; `requests` brings roots of its own with the program.
_SYSTEM_FILES: Final = ("/etc/ssl", "/etc/ca-certificates")

# By the third argument neither MPTCP nor SCTP, which no rule of Landlock's on TCP governs.
_TCP: Final = Rule(Action.ALLOW, ("socket",), (Equals(0, socket.AF_INET.value), _STREAM, Equals(2, 0)))
ORDERER: Final = Profile(
    rules=(
        Rule(Action.ALLOW, ("socket",), (Equals(0, socket.AF_UNIX.value), _STREAM)),
        Rule(Action.ALLOW, ("socketpair",), (Equals(0, socket.AF_UNIX.value), _STREAM)),
        Rule(Action.EPERM, ("socket", "socketpair", "bind", "listen", "sendmmsg")),
        Rule(Action.EPERM, ("io_uring_setup", "io_uring_enter", "io_uring_register")),
        Rule(Action.EPERM, ("execve", "execveat", "fork", "vfork")),
        Rule(Action.ENOSYS, ("clone3",)),
        Rule(Action.ALLOW, ("clone",), (Equals(0, _CLONE_THREAD, _CLONE_THREAD), BitsClear(0, _CLONE_NEW_ANY))),
        Rule(Action.EPERM, ("clone",)),
        Rule(
            Action.EPERM,
            (
                "ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd", "kcmp", "unshare", "setns", "mount",
                "chroot", "bpf", "perf_event_open", "userfaultfd", "keyctl", "add_key", "request_key", "kill", "tkill",
                "tgkill", "pidfd_send_signal", "rt_sigqueueinfo", "rt_tgsigqueueinfo",
            ),
        ),
    ),
    default=Action.ALLOW,
)  # fmt: skip


def confine_orderer(folder: Path, dial_ports: Sequence[int], readable: Iterable[Path] = ()) -> None:
    """Close this process. Call after everything is imported and before the first thread; raises MoreThanOneThread."""
    process.require_single_thread()
    os.umask(0o077)
    process.set_limit(resource.RLIMIT_DATA, _MEMORY_BYTES)
    process.no_core_dump()
    process.make_undumpable()
    process.drop_capabilities()
    process.no_new_privileges()
    files = [Path(name) for name in _SYSTEM_FILES if Path(name).exists()]
    landlock.restrict(
        (
            *program_rules(),
            *(PathRule(path, READ if path.is_dir() else landlock.READ_FILE) for path in (*files, *readable)),
            PathRule(folder, KEEP_FILES),
            *(PortRule(port, CONNECT_TCP) for port in dial_ports),
        )
    )
    rules = (_TCP, *ORDERER.rules) if dial_ports else ORDERER.rules
    seccomp.install(seccomp.build(rules, ORDERER.default), all_threads=True)

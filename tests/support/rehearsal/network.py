"""The only network that the computers of a rehearsal have: loopback, with a private Tor network in the place of Tor's.

This process goes into a network namespace of its own, and all that it starts with it: servers, members' desks, reporters.
The relays stand at addresses as they are on the internet. Each tor has its torrc as delivered, and believes that it is
on the public network: in a copy of the program the lists of directories that it carries are ours (`with_directories`).
Nothing else of it is changed, and no line of a torrc, so that the audit holds the delivered ones against its table.
There is no exit: what looks at the mirror from an exit sees nothing.
"""

from __future__ import annotations

import ctypes
import fcntl
import hashlib
import os
import re
import shutil
import socket
import struct
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from rehearsal.server import Server

from onion.errors import PrivateNetworkFailed
from onion.private_network import PrivateNetwork
from onion.tor_process import NO_PUBLIC_TOR

ADDRESSES = ("20.1.0.1", "21.2.0.1", "22.3.0.1", "23.4.0.1")  # tor takes no two relays of one /16 into a circuit
STARTS = 4  # each tries three times; on a computer with much to do the votes come too late
_CLONE_NEWNET = 0x40000000
_SET_FLAGS, _SET_ADDRESS, _SET_MASK, _UP = 0x8914, 0x8916, 0x891C, 1  # linux/sockios.h
_AUTHORITY = re.compile(rb"[ -~]+ v3ident=[ -~]+(?=\0)")
_FALLBACK = re.compile(rb"[\d.]+ orport=\d+ id=[ -~]+(?=\0)")


def enter() -> Path:
    """Take this process away from every network but a loopback of its own; return where others find that."""
    if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as kernel:
        fcntl.ioctl(kernel, _SET_FLAGS, struct.pack("16sh14x", b"lo", _UP))
        for number, address in enumerate(ADDRESSES):
            for what, value in ((_SET_ADDRESS, address), (_SET_MASK, "255.255.255.255")):
                where = struct.pack("16sHH4s8x", b"lo:%d" % number, socket.AF_INET, 0, socket.inet_aton(value))
                fcntl.ioctl(kernel, what, where)
    if [name for _, name in socket.if_nameindex()] != ["lo"]:
        raise OSError("there is another network")
    # The tests' guard against the public network reads torrcs, which are the delivered ones here. Here there is none.
    os.environ.pop(NO_PUBLIC_TOR, None)
    return Path(f"/proc/{os.getpid()}/ns/net")


def with_directories(program: bytes, authority: str) -> bytes:
    """Return a tor whose lists of authorities and of fallback directories lead to this authority alone.

    `authority` is a DirAuthority line's value. Raises ValueError where the program has no such lists.
    """
    place = re.search(r"orport=(\d+) v3ident=\w+ ([\d.]+):\d+ (\w+)$", authority)
    found = sorted(_AUTHORITY.findall(program), key=len, reverse=True)
    if place is None or not found or len(authority) > len(found[0]):
        raise ValueError("no list of authorities was found in tor")
    # The others stay in the list, without a vote.
    lines = [authority.encode(), *(b"x%d orport=1 192.0.2.1:1 %040X" % (n, n) for n in range(1, len(found)))]
    for old, new in zip(found, lines, strict=True):
        program = program.replace(old + b"\0", new.ljust(len(old) + 1, b"\0"))
    fallback = f"{place[2]} orport={place[1]} id={place[3]}".encode()
    return _FALLBACK.sub(
        lambda old: fallback.ljust(len(old[0]), b"\0") if len(fallback) <= len(old[0]) else old[0], program
    )


@dataclass
class Internet:
    """`with Internet(folder) as internet:` after `enter`. `folder` has a short path: unix sockets lie in it.

    It comes up while other things are done; `join` waits for it, and raises PrivateNetworkFailed.
    """

    folder: Path
    network: PrivateNetwork | None = None
    _up: Future[None] = field(default_factory=Future)

    def __enter__(self) -> Self:
        self._up = ThreadPoolExecutor(1).submit(self._start)
        return self

    def _start(self) -> None:
        for tries_left in reversed(range(STARTS)):
            self.network = PrivateNetwork(self.folder / "net", addresses=ADDRESSES)
            try:
                self.network.start()
            except PrivateNetworkFailed:
                if not tries_left:
                    raise
            else:
                break
        # For the desks and reporters, which run on this computer.
        programs = self.folder / "bin"
        programs.mkdir()
        self._give(Path(shutil.which("tor") or "tor"), programs / "tor")
        os.environ["PATH"] = f"{programs}:{os.environ['PATH']}"

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._up.exception()
        if self.network is not None:
            self.network.stop()

    def join(self, server: Server) -> None:
        """Give a server that runs the tor of this network, and the hash of it to the list that Debian's package keeps."""
        self._up.result()
        root = Path(f"/proc/{server.leader}/root")
        delivered, given = server.tree / "usr/bin/tor", root / "usr/bin/tor"
        self._give(delivered, given)
        listed = root / "var/lib/dpkg/info/tor.md5sums"
        old, new = (hashlib.md5(one.read_bytes(), usedforsecurity=False).hexdigest() for one in (delivered, given))
        listed.write_text(listed.read_text().replace(old, new))

    def _give(self, delivered: Path, to: Path) -> None:
        lines = self.network.network_lines if self.network is not None else []
        authority = next(line.partition(" ")[2] for line in lines if line.startswith("DirAuthority "))
        to.unlink(missing_ok=True)
        to.write_bytes(with_directories(delivered.read_bytes(), authority))
        to.chmod(0o755)

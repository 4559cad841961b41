"""Which sockets there are and who holds the other end, from the kernel's own tables; no process is asked."""

from __future__ import annotations

import ctypes
import socket
import struct
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from audit.observe.proc import NotSeen, Process, everything

# linux/netlink.h, linux/sock_diag.h, linux/unix_diag.h
_SOCK_DIAG = 4
_SOCK_DIAG_BY_FAMILY = 20
_REQUEST_DUMP = 0x1 | 0x300
_DONE, _ERROR = 3, 2
_SHOW_NAME_AND_PEER = 0x1 | 0x4
_ATTRIBUTE_PEER = 2
_HEADER = struct.Struct("=IHHII")
_RECEIVE_BYTES = 1 << 16
_ACCEPTS = 0x10000  # a listening socket's flag in the table
_NEW_NETWORK = 0x40000000
# net/tcp_states.h, as /proc/net has them: a socket that listens, and one that takes packets from anywhere.
_TCP_LISTENS, _UDP_OPEN = "0A", "07"


@dataclass(frozen=True, slots=True)
class UnixSocket:
    """One line of /proc/PID/net/unix."""

    inode: int
    stream: bool
    listening: bool
    path: str


def net_table(process: Process, kind: str) -> list[list[str]]:
    """Return a table of the process's network, each line in words; empty where the kernel has none. Raises NotSeen."""
    try:
        lines = process.place(f"net/{kind}").read_text(errors="replace").splitlines()[1:]
    except OSError as fault:
        if isinstance(fault, FileNotFoundError) and process.place("net").exists():  # a kernel without IPv6, for one
            return []
        raise NotSeen from fault
    # The eighth field of a unix socket is its name, which may have spaces.
    return [line.split(maxsplit=7 if kind == "unix" else -1) for line in lines]


def unix_table(process: Process) -> dict[int, UnixSocket]:
    """Every unix socket in the process's network namespace, by number; raises NotSeen."""
    table = {}
    for fields in net_table(process, "unix"):
        inode = int(fields[6])
        path = fields[7] if len(fields) > 7 else ""  # noqa: PLR2004 - the eighth field is the name
        table[inode] = UnixSocket(inode, fields[4] == "0001", bool(int(fields[3], 16) & _ACCEPTS), path)
    return table


def unix_peers(process: Process) -> dict[int, int]:
    """Return the other end of every connected unix socket in the process's network namespace, both by number.

    Empty where the kernel cannot be asked.
    """
    found: dict[int, int] = {}

    def ask() -> None:
        # A namespace is entered by a thread of its own, which ends with it.
        if _enter_network_of(process):
            found.update(_peers())

    asking = threading.Thread(target=ask)
    asking.start()
    asking.join()
    return found


def _enter_network_of(process: Process) -> bool:
    """Whether this thread is now in the same network namespace."""
    theirs = process.place("ns/net")
    try:
        if theirs.readlink() == Path("/proc/thread-self/ns/net").readlink():
            return True
        with theirs.open() as namespace:
            return int(ctypes.CDLL(None).setns(namespace.fileno(), _NEW_NETWORK)) == 0
    except OSError:
        return False


def _peers() -> dict[int, int]:
    ask = struct.pack("=BBHIIIII", socket.AF_UNIX, 0, 0, 0xFFFFFFFF, 0, _SHOW_NAME_AND_PEER, 0, 0)
    peers = {}
    try:
        for body in dump(_SOCK_DIAG, _SOCK_DIAG_BY_FAMILY, ask):
            (inode,) = struct.unpack_from("=I", body, 4)
            for kind, value in attributes(body[16:]):
                if kind == _ATTRIBUTE_PEER:
                    peers[inode] = struct.unpack("=I", value)[0]
    except OSError:
        return {}
    return peers


def holders(processes: Iterable[Process]) -> dict[str, list[Process]]:
    """Which processes hold each socket and each pipe, by what the kernel calls it, of those that may be inspected."""
    found: dict[str, list[Process]] = {}
    for process in processes:
        try:
            descriptors = process.descriptors()
        except NotSeen:
            continue
        for descriptor in descriptors:
            if descriptor.target.startswith(("socket:[", "pipe:[")):
                found.setdefault(descriptor.target, []).append(process)
    return found


def listening(process: Process) -> set[str]:
    """Where this process takes connections or packets: paths of unix sockets, and ports as "tcp 0100007F:1F90".

    As the kernel has them, addresses in its own form; raises NotSeen.
    """
    mine = {one.socket_inode for one in process.descriptors()}
    found = {one.path for one in unix_table(process).values() if one.inode in mine and one.listening}
    for protocol, waits in (("tcp", _TCP_LISTENS), ("tcp6", _TCP_LISTENS), ("udp", _UDP_OPEN), ("udp6", _UDP_OPEN)):
        rows = net_table(process, protocol)
        found |= {f"{protocol} {row[1]}" for row in rows if row[3] == waits and int(row[9]) in mine}
    return found


def holders_of_other_ends(process: Process, path: str) -> set[int]:
    """Who is connected to this process by the unix socket of this path, by number; raises NotSeen.

    Who ends just now is not among them.
    """
    mine = {one.socket_inode for one in process.descriptors()}
    accepted = [one for one in unix_table(process).values() if one.inode in mine and one.path == path]
    peers = unix_peers(process)
    if not peers:
        raise NotSeen
    ends = {f"socket:[{peers[one.inode]}]" for one in accepted if peers.get(one.inode)}
    held = holders(everything()) if ends else {}
    return {one.pid for end in ends for one in held.get(end, [])}


def dump(protocol: int, kind: int, body: bytes, flags: int = _REQUEST_DUMP) -> Iterator[bytes]:
    """Return the kernel's answers to one netlink question, which asks for a list if not told else; raises OSError."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol) as channel:
        channel.settimeout(1.0)
        channel.send(_HEADER.pack(_HEADER.size + len(body), kind, flags, 1, 0) + body)
        while True:
            received = channel.recv(_RECEIVE_BYTES)
            while len(received) >= _HEADER.size:
                length, message, _, _, _ = _HEADER.unpack_from(received)
                if message == _DONE:
                    return
                if message == _ERROR:
                    (code,) = struct.unpack_from("=i", received, _HEADER.size)
                    raise OSError(-code, "netlink")
                yield received[_HEADER.size : length]
                received = received[(length + 3) & ~3 :]


def attributes(body: bytes) -> Iterator[tuple[int, bytes]]:
    """Return the attributes of a netlink message: kind without its flag bits, value."""
    while len(body) >= 4:  # noqa: PLR2004 - length and kind
        length, kind = struct.unpack_from("=HH", body)
        if length < 4:  # noqa: PLR2004
            return
        yield kind & 0x3FFF, body[4:length]
        body = body[(length + 3) & ~3 :]

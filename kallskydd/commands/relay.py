"""`kallskydd relay`: the clearnet mirror, on a host that holds no other part of the project.

This process listens, starts tor or uses the one that is named, starts the relay (a process that closes itself before
it takes a connection) and looks once whether the onion answers. It says on the terminal what is not as it should be,
and from then on nothing; it never sees a byte of a visitor.
Of our code it imports only what scripts/install_relay_program.py puts on such a host, and of others the standard
library alone.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import ipaddress
import os
import re
import resource
import secrets
import select
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from kallskydd.say import MISSING, OK, REFUSED, prose
from onion.address import public_from_address
from onion.errors import BadAddress, NoPrivateNetwork, OnionError, TorDidNotStart
from onion.socks import socks_connect
from onion.tor_process import TorProcess
from onion.torrc import REQUIRED, quoted_path
from trusted.relay.limits import RELAY_LIMITS

_LOOPBACK = "127.0.0.1"
_QUEUE = 512  # connections that the kernel holds until they are accepted
_TOR_SECONDS = 30.0  # until tor listens; from then on it holds what is asked of it until it has a circuit
_ONION_SECONDS = 120.0  # a first start of tor on the public network loads some megabytes
_LOOK_SECONDS = 2.0
_POLL_SECONDS = 0.1
_HOST_NAME = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}", re.ASCII)

# What stands in other words here, and tor's own sandbox, which stops tor itself on some systems; the unit has it.
_NOT_OF_A_CLIENT = {"DataDirectory", "SocksPort", "ControlSocket", "CookieAuthentication", "Sandbox"}

Place = tuple[str, int]


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `relay` to the command line."""
    parser = subparsers.add_parser("relay", help="the clearnet mirror: forward TLS, unread, to the onion")
    parser.add_argument(
        "--listen", type=_address, action="append", required=True, metavar="ADDRESS:443", help="may be given twice"
    )
    parser.add_argument(
        "--redirect",
        type=_address,
        action="append",
        default=[],
        metavar="ADDRESS:80",
        help="answer plain http there, always with the way to https://MIRROR/; may be given twice",
    )
    parser.add_argument("--onion", type=_onion, required=True, metavar="NAME:443", help="the reporters' onion address")
    parser.add_argument("--name", type=_host_name, required=True, metavar="MIRROR", help="the mirror's host name")
    tor = parser.add_mutually_exclusive_group()
    tor.add_argument("--tor", type=_loopback, metavar="127.0.0.1:PORT", help="SOCKS of a tor that runs already")
    tor.add_argument("--tor-network", type=Path, metavar="DIR", help="join the private Tor network of DIR")
    parser.add_argument("--end-with-stdin", action="store_true", help="end when standard input closes")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Relay until a signal; exit code 0 then, 3 if it is not safe, 4 if something is missing."""
    if resource.getrlimit(resource.RLIMIT_NOFILE)[1] < RELAY_LIMITS.descriptors:
        prose(f"The relay needs {RELAY_LIMITS.descriptors} descriptors, and may not have so many: raise `ulimit -Hn`.")
        return MISSING
    try:
        with contextlib.ExitStack() as opened:
            listeners, redirects = (
                [opened.enter_context(_listening(place)) for place in places] for places in (args.listen, args.redirect)
            )
            with _tor(args) as (socks, tor), _relay(listeners, redirects, socks, args) as child:
                _look_at_onion(socks, args.onion)
                return _hold(child, tor, end_with_stdin=args.end_with_stdin)
    except OnionError as error:
        prose(str(error))
        return MISSING
    except OSError as error:
        # Python's own sentence repeats the address as it stands in the code.
        prose(f"The relay cannot listen there: {os.strerror(error.errno or 0)}.")
        prose(
            "Look at the address and at what listens there already; ports 443 and 80 need CAP_NET_BIND_SERVICE or root."
        )
        return MISSING
    except KeyboardInterrupt:
        return OK


@contextlib.contextmanager
def _tor(args: argparse.Namespace) -> Iterator[tuple[Place, TorProcess | None]]:
    """Where to dial, and the tor that was started for it; raises what `TorProcess.start` does, and TorDidNotStart."""
    if args.tor is not None:
        yield args.tor, None
        return
    network = _network_lines(args.tor_network) if args.tor_network is not None else []
    # Its guards go with the folder: the address of this host is public, and nobody is found by them.
    with tempfile.TemporaryDirectory(prefix="kallskydd-relay-") as folder:
        socks = (_LOOPBACK, _free_port())
        torrc = Path(folder, "torrc")
        torrc.write_text("\n".join(_torrc(Path(folder), socks, network)) + "\n")
        tor = TorProcess(torrc)
        try:
            tor.start()
            _wait_for_socks(tor, socks)
            yield socks, tor
        finally:
            tor.stop()


def _torrc(folder: Path, socks: Place, network: list[str]) -> list[str]:
    """Return the rows of the table that a client has, in places of its own."""
    rows = [f"{rule.name} {rule.example}" for rule in REQUIRED if rule.name not in _NOT_OF_A_CLIENT]
    return [
        f"DataDirectory {quoted_path(folder / 'data')}",
        f"SocksPort {socks[0]}:{socks[1]} ExtendedErrors OnionTrafficOnly",
        *rows,
        *network,
    ]


def _network_lines(folder: Path) -> list[str]:
    try:
        return (folder / "network.torrc").read_text().splitlines()
    except (OSError, UnicodeDecodeError):
        raise NoPrivateNetwork from None


def _wait_for_socks(tor: TorProcess, socks: Place) -> None:
    deadline = time.monotonic() + _TOR_SECONDS
    while True:
        with contextlib.suppress(OSError), socket.create_connection(socks, _TOR_SECONDS):
            return
        if not tor.alive() or time.monotonic() > deadline:
            for line in tor.last_words():
                prose(line)
            raise TorDidNotStart
        time.sleep(_POLL_SECONDS)


@contextlib.contextmanager
def _relay(
    listeners: list[socket.socket], redirects: list[socket.socket], socks: Place, args: argparse.Namespace
) -> Iterator[subprocess.Popen[bytes]]:
    """Yield the relay's process, which ends with this one."""
    command = [sys.executable, "-I", "-m", "relay", "--parent", str(os.getpid()), "--socks", str(socks[1])]
    command += ["--onion", f"{args.onion[0]}:{args.onion[1]}", "--name", args.name]
    for option, sockets in (("--listen-fd", listeners), ("--redirect-fd", redirects)):
        for listener in sockets:
            command += [option, str(listener.fileno())]
    child = subprocess.Popen(
        command,
        # Whatever it says, no terminal, journal or file hears it.
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={},
        pass_fds=[listener.fileno() for listener in (*listeners, *redirects)],
    )
    try:
        yield child
    finally:
        child.kill()
        child.wait()


def _look_at_onion(socks: Place, onion: Place) -> None:
    """Say once, in one sentence, if the onion does not answer; visitors are tried all the same."""
    try:
        asyncio.run(_reach(socks, onion))
    except OnionError as error:
        prose(f"{error} The relay goes on and tries for each visitor.")


async def _reach(socks: Place, onion: Place) -> None:
    with await socks_connect(socks, *onion, within=_ONION_SECONDS, isolate=secrets.token_hex(16)):
        pass


def _hold(child: subprocess.Popen[bytes], tor: TorProcess | None, *, end_with_stdin: bool) -> int:
    """Wait for the relay, and start a tor again that has ended; returns the exit code."""
    while True:
        try:
            code = child.wait(_LOOK_SECONDS)
        except subprocess.TimeoutExpired:
            if tor is not None and not tor.alive():
                with contextlib.suppress(OnionError):
                    tor.start()
            if end_with_stdin and _is_over(0):
                return OK
            continue
        if code == REFUSED:
            prose("This system does not let the relay close itself, so it does not run. Use a kernel with seccomp.")
            return REFUSED
        return MISSING


def _is_over(descriptor: int) -> bool:
    """Say whether who holds its other end is gone, kill -9 included."""
    readable, _, _ = select.select([descriptor], [], [], 0)
    return bool(readable) and not os.read(descriptor, 4096)


def _listening(place: Place) -> socket.socket:
    host, port = place
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=_QUEUE)
    for buffer in (socket.SO_SNDBUF, socket.SO_RCVBUF):
        # What is accepted here has the same.
        listener.setsockopt(socket.SOL_SOCKET, buffer, RELAY_LIMITS.kernel_bytes)
    return listener


def _free_port() -> int:
    with socket.create_server((_LOOPBACK, 0)) as free:
        return int(free.getsockname()[1])


def _place(text: str) -> Place:
    host, _, port = text.rpartition(":")
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 2**16):
        raise argparse.ArgumentTypeError(f"{text!r} has no port; write ADDRESS:443")
    return host.removeprefix("[").removesuffix("]"), int(port)


def _address(text: str) -> Place:
    host, port = _place(text)
    try:
        return str(ipaddress.ip_address(host)), port
    except ValueError:
        raise argparse.ArgumentTypeError(f"{host!r} is no address; write 0.0.0.0:443 or [::]:443") from None


def _loopback(text: str) -> Place:
    host, port = _place(text)
    if host != _LOOPBACK:
        raise argparse.ArgumentTypeError(f"tor has to be on this computer; write {_LOOPBACK}:PORT")
    return host, port


def _onion(text: str) -> Place:
    host, port = _place(text)
    try:
        public_from_address(host)
    except BadAddress as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return host, port


def _host_name(text: str) -> str:
    name = text.lower()
    if not _HOST_NAME.fullmatch(name):
        raise argparse.ArgumentTypeError(f"{text!r} is no host name; letters beyond a to z are written in punycode")
    return name

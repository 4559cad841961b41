"""A private tor process as a client: for a member's desk, for the mirror, for tests.

`ClientTor` promises SOCKS with extended errors once `start` has returned: at a port of 127.0.0.1 that tor chose itself,
which every account of the computer can use, or at a unix socket in the desk home, which no other account can reach.
tor ends with `stop`, with the `with` block, or with our process. Client keys given at the start are files in the
folder, mode 0600, and are rewritten each time: a key that is no longer given is gone.

`add_client_key` gives a key to a running tor for as long as that runs; nothing is written.

Everything here blocks; an event loop calls it through `asyncio.to_thread`. tor's control socket is a unix socket, so a
packaged desk for Windows will need another way to it.
"""

import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import stem

from onion.address import public_from_address
from onion.bridges import bridge_lines
from onion.control import open_controller, socks_listener, wait_until_ready
from onion.errors import CommandRefused, SocksMissing, TorGone
from onion.keys import ClientAuthKey
from onion.tor_process import TorProcess
from onion.torrc import quoted_path, usable_socket_path

READY_SECONDS = 120.0  # a first start on the public network loads some megabytes; on a private one it took 1 to 2 s
FOLDER_MODE = 0o700  # tor refuses a wider one
KEY_FILE_MODE = 0o600


class ClientTor:
    """One client tor in a folder of its own."""

    def __init__(
        self,
        folder: Path,
        network_lines: Sequence[str] = (),
        client_auth: Iterable[tuple[str, str]] = (),
        *,
        socks_socket: Path | None = None,
        bridges: Sequence[str] = (),
    ) -> None:
        """`client_auth` holds (address, private key in base32); without `network_lines` it is the public network.

        Raises BadBridge for a bridge that `onion.bridges` does not know, PathUnusable for a folder of too long a path.
        """
        self._folder = folder
        self._network_lines = (*network_lines, *bridge_lines(bridges))
        self._client_auth = tuple(client_auth)
        self._socks_socket = None if socks_socket is None else usable_socket_path(socks_socket)
        self._address: tuple[str, int] | None = None
        self.control_socket = usable_socket_path(folder / "control")
        self._process = TorProcess(folder / "torrc", control_socket=self.control_socket)

    @property
    def socks(self) -> tuple[str, int]:
        """The port at which tor listens for SOCKS5; raises SocksMissing before `start`, and where it is a socket."""
        if self._address is None:
            raise SocksMissing
        return self._address

    def start(self, *, within: float = READY_SECONDS) -> None:
        """Start tor and wait for its first circuit; raises TorDidNotStart, TorNotReady and their like."""
        self._write_files()
        self._process.start()
        try:
            wait_until_ready(self._process, self.control_socket, within=within)
            if self._socks_socket is None:
                self._address = _socks_listener(self.control_socket)
        except BaseException:
            self.stop()
            raise

    def alive(self) -> bool:
        """Return whether tor runs now."""
        return self._process.alive()

    def stop(self) -> None:
        """End tor."""
        self._address = None
        self._process.stop()

    def last_words(self) -> list[str]:
        """Tor's last lines, for an operator's screen."""
        return self._process.last_words()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def _write_files(self) -> None:
        keys = self._folder / "keys"
        # Keys of a previous start must not work any more.
        shutil.rmtree(keys, ignore_errors=True)
        for folder in (self._folder, keys, self._folder / "data"):
            folder.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
            folder.chmod(FOLDER_MODE)
        for number, (address, private) in enumerate(self._client_auth):
            file = keys / f"{number}.auth_private"
            file.touch(KEY_FILE_MODE)
            file.write_text(ClientAuthKey(private).auth_private_line(address))
        (self._folder / "torrc").write_text("\n".join(self._torrc_lines()) + "\n")

    def _torrc_lines(self) -> list[str]:
        socks = "127.0.0.1:auto" if self._socks_socket is None else f"unix:{quoted_path(self._socks_socket)}"
        return [
            f"DataDirectory {quoted_path(self._folder / 'data')}",
            f"ControlSocket unix:{quoted_path(self.control_socket)}",
            "CookieAuthentication 1",
            # Streams with different user names never share a circuit (tor's default); errors say why an onion is shut.
            f"SocksPort {socks} ExtendedErrors",
            f"ClientOnionAuthDir {quoted_path(self._folder / 'keys')}",
            "ClientOnly 1",
            "SafeLogging 1",
            "AvoidDiskWrites 1",
            "HeartbeatPeriod 0",
            "Log warn stdout",
            "ShutdownWaitLength 0",
            *self._network_lines,
        ]


def add_client_key(control_socket: Path, address: str, private: str) -> None:
    """Give a running tor the key to an onion.

    Raises CommandRefused, TorGone, ControlMissing, ControlRefused, BadAddress.

    The key works for the next connection, and is forgotten when that tor ends.
    """
    public_from_address(address)
    key = ClientAuthKey(private)
    # stem 1.8 has no method for ONION_CLIENT_AUTH_ADD; tor takes the key in base64 here, but in base32 in its files.
    command = f"ONION_CLIENT_AUTH_ADD {address.removesuffix('.onion')} x25519:{key.private_base64()}"
    with open_controller(control_socket) as controller:
        try:
            reply = int(controller.msg(command).content()[-1][0])
        except stem.ControllerError:
            raise TorGone from None
    if not 200 <= reply < 300:  # noqa: PLR2004 - control-spec: 2yz is a positive answer
        raise CommandRefused(reply)


def _socks_listener(control_socket: Path) -> tuple[str, int]:
    with open_controller(control_socket) as controller:
        listener = socks_listener(controller)
    if isinstance(listener, Path):  # not what our torrc asked for
        raise SocksMissing
    return listener

"""Opens tor's control socket, and reads what tor is waiting for in plain words.

`open_controller` returns a stem Controller that has authenticated, or raises ControlMissing or ControlRefused.
`wait_until_ready` returns when tor has built its first circuit, and raises TorDidNotStart or TorNotReady.
Both block: an event loop calls them through a thread (`onion.publish` does).

tor's own warning can name a guard's address and is not kept: of a BootstrapState the words are ours.
"""

import logging
import re
import socket
import time
from pathlib import Path
from typing import Any

import stem

from onion.errors import ControlMissing, ControlRefused, SocksMissing, TorDidNotStart, TorGone, TorNotReady
from onion.publisher.onion import BootstrapState
from onion.stem_light import AuthenticationFailure, Controller, ControlSocketFile
from onion.tor_process import TorProcess

# stem would log every control line, addresses included, if logging were on: keep it off for good.
logging.getLogger("stem").setLevel(logging.CRITICAL + 1)

POLL_SECONDS = 0.05

# Tags of tor's control protocol (control-spec, BOOTSTRAP), in the order in which they come.
_WAITING_FOR = {
    "starting": "tor has started and has not tried the network yet",
    "conn": "tor is looking for a first way into the Tor network",
    "conn_done": "tor has reached a relay and is greeting it",
    "handshake": "tor is agreeing on keys with a first relay",
    "handshake_done": "tor has a first relay and asks it for the list of relays",
    "onehop_create": "tor is opening its way to the list of relays",
    "requesting_status": "tor is asking for the list of relays",
    "loading_status": "tor is loading the list of relays",
    "loading_keys": "tor is loading the keys that vouch for the list of relays",
    "requesting_descriptors": "tor is asking for the descriptions of relays",
    "loading_descriptors": "tor is loading the descriptions of relays",
    "enough_dirinfo": "tor knows enough relays and is about to build circuits",
    "ap_conn": "tor is connecting to its guard",
    "ap_conn_done": "tor has reached its guard",
    "ap_handshake": "tor is agreeing on keys with its guard",
    "ap_handshake_done": "tor has agreed on keys with its guard",
    "circuit_create": "tor is building its first circuit",
    "done": "tor is connected to the Tor network",
}
_REASONS = {
    "NOROUTE": "this computer has no way to the network",
    "CONNECTREFUSED": "the network refuses the connection; perhaps a firewall blocks Tor",
    "TIMEOUT": "there is no answer from the network; perhaps a firewall blocks Tor",
    "IOERROR": "the connection broke",
    "CLOCK_SKEW": "this computer's clock is wrong",
}
SWITCHED_OFF = "tor's network is switched off (DisableNetwork 1), so it waits"


class _ControlSocket(ControlSocketFile):  # type: ignore[misc]  # stem has no types
    """stem's own leaves a socket open for each time that nobody listens, and hides why it could not connect."""

    def _make_socket(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.connect(self.path)
        except OSError:
            connection.close()
            raise
        return connection


def open_controller(control_socket: Path) -> Any:
    """Return an authenticated stem Controller (stem has no types); raises ControlMissing or ControlRefused."""
    try:
        controller = Controller(_ControlSocket(str(control_socket)))
    except PermissionError:
        raise ControlRefused from None
    except (OSError, stem.SocketError):
        raise ControlMissing from None
    # A cached answer would outlive what it describes.
    controller.set_caching(False)
    try:
        controller.authenticate()
    except (stem.SocketClosed, OSError):  # it has just ended: stem asks once more, on a connection of `_ControlSocket`
        controller.close()
        raise ControlMissing from None
    except (AuthenticationFailure, stem.ControllerError):  # no cookie to read, or a wrong one
        controller.close()
        raise ControlRefused from None
    return controller


def bootstrap_state(controller: Any) -> BootstrapState:
    """Return what tor is doing now; raises TorGone."""
    try:
        phase = controller.get_info("status/bootstrap-phase")
        disabled = controller.get_conf("DisableNetwork") == "1"
    except stem.ControllerError:
        raise TorGone from None
    return state_in_words(phase, network_disabled=disabled)


def running_version(controller: Any) -> str:
    """Return the version of the tor that runs, such as "0.4.9.15"; raises TorGone."""
    try:
        # A version that was built from a repository has its commit in brackets after it.
        return str(controller.get_info("version")).split(" ", maxsplit=1)[0]
    except stem.ControllerError:
        raise TorGone from None


def state_in_words(phase: str, *, network_disabled: bool = False) -> BootstrapState:
    """Return the percentage of tor's bootstrap line, and a sentence on what tor waits for."""
    fields = dict(re.findall(r'(\w+)=("[^"]*"|\S+)', phase))
    percent = int(fields.get("PROGRESS", "0"))
    if network_disabled:
        return BootstrapState(percent, SWITCHED_OFF)
    # "conn_pt" and "ap_conn_proxy" are the same steps through a bridge or a proxy.
    tag = re.sub(r"_(pt|proxy)$", "", fields.get("TAG", ""))
    summary = _WAITING_FOR.get(tag, "tor is connecting")
    reason = _REASONS.get(fields.get("REASON", ""))
    return BootstrapState(percent, f"{summary}: {reason}" if reason else summary)


def socks_listener(controller: Any) -> Path | tuple[str, int]:
    """Return where this tor listens for SOCKS, the first place of several; raises SocksMissing or TorGone."""
    try:
        answer = controller.get_info("net/listeners/socks")
    except stem.ControllerError:
        raise TorGone from None
    # Quoted addresses, separated by spaces: "127.0.0.1:9050" "unix:/run/tor/socks".
    found = re.findall(r'"([^"]+)"', answer)
    if not found:
        raise SocksMissing
    first = found[0]
    if first.startswith("unix:"):
        return Path(first.removeprefix("unix:"))
    host, _, port = first.rpartition(":")
    return host.strip("[]"), int(port)


def wait_for_controller(process: TorProcess, control_socket: Path, *, within: float) -> Any:
    """Return a controller as soon as tor has opened its socket; raises TorDidNotStart or ControlMissing."""
    deadline = time.monotonic() + within
    while True:
        if not process.alive():
            raise TorDidNotStart
        try:
            return open_controller(control_socket)
        except (ControlMissing, ControlRefused):  # the cookie is written a moment before or after the socket
            if time.monotonic() > deadline:
                raise
        time.sleep(POLL_SECONDS)


def wait_until_ready(process: TorProcess, control_socket: Path, *, within: float) -> None:
    """Return when tor has built a circuit; raises TorDidNotStart, TorNotReady, or what `open_controller` raises."""
    deadline = time.monotonic() + within
    with wait_for_controller(process, control_socket, within=within) as controller:
        while True:
            try:
                if bootstrap_state(controller).ready:
                    return
            except TorGone:
                raise TorDidNotStart from None
            if time.monotonic() > deadline:
                raise TorNotReady
            time.sleep(POLL_SECONDS)

"""The lines of `kallskydd status` that go through tor, or are about it."""

from __future__ import annotations

import asyncio
import socket
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cases.config import TorConfig
from cases.home import Home, is_held
from kallskydd.finding import Finding
from kallskydd.serve.notes import read_notes
from onion.control import open_controller, socks_listener
from onion.errors import OnionError, SocksFailed, SocksMissing
from onion.keys import read_onion_key
from onion.probe import ProbeResult, SocksAddress, probe
from onion.publisher.messages import SOCKS_SOCKET
from onion.tor_process import installed_version

# A circuit that happens to stall is no trouble: one of three must get through, each on a way of its own.
PROBES: Final = 3
# A descriptor is valid for three hours, and its hour in the keeper's notes is rounded down.
DESCRIPTOR_STALE: Final = timedelta(hours=4)
NO_WAY_YET: Final = "The keeper's tor is not ready, or its network is switched off."
# By the number in tor's answer (tor's manual, SocksPort, ExtendedErrors); the others are their errors' own words.
EXTENDED_ERRORS: Final = {
    0xF0: "No directory of the Tor network has a descriptor of the address (0xF0).",
    0xF1: "The descriptor that the directories have of the address does not verify (0xF1).",
    0xF2: "The descriptor is there, and every introduction point refuses: it is of a tor that runs no more (0xF2).",
    0xF3: "The introduction went through, and tor on this side did not come to the meeting point (0xF3).",
    0xF7: "The descriptor is there, and the introduction points did not answer in time (0xF7).",
}
_RESTART_ALL: Final = "If it stays at the next look, restart tor and the service, and check network and clock."
_RESTART: Final = "Restart tor: `systemctl restart kallskydd-tor`, or the service where it starts tor itself."
_NOT_TAKEN: Final = "No directory of the Tor network has taken the address since the service started."
_WAIT: Final = "Wait a minute after a start; then check network and clock."
_NOT_SERVED: Final = "The home is not being served, so nothing is published."
_SERVE: Final = "Run `kallskydd serve` with the same --home, or start its unit."


async def onion(home: Home) -> Finding:
    """Ask the own address for a page, through the running tor, over the network and back."""
    too_early = _too_early(home)
    if too_early is not None:
        return too_early
    try:
        key = read_onion_key(home.onion / "public.key")
        socks = await asyncio.to_thread(socks_of, home)
    except OnionError as error:
        return Finding("onion", error.happened, error.to_do)
    except OSError:
        to_do = "Put `onion/` back from the backup: without it the address is lost."
        words = "The key of the public address is missing from the home."
        return Finding("onion", words, to_do)
    found = await _probed(socks, key.address)
    if found.reached:
        # Not in how many seconds: that could follow from how busy the service is.
        return Finding("onion", "The onion answers.")
    if home.config.tor == TorConfig() and isinstance(found.error, SocksMissing):
        # Of the keeper's own tor: the operator has neither started one nor named a socket.
        return Finding("onion", NO_WAY_YET, "See what `serve` says it waits for.")
    return Finding("onion", why_not_reached(found), _RESTART_ALL)


def _too_early(home: Home) -> Finding | None:
    """Return why nobody has to ask for the address now.

    Asked before they took the new one, the directories would give a descriptor of before a restore or a move; tor asks
    each of them again after a quarter of an hour only.
    """
    if not is_served(home):
        return Finding("onion", _NOT_SERVED, _SERVE)
    if read_notes(home.run).descriptor is None and home.config.tor != TorConfig():
        return Finding("onion", _NOT_TAKEN, _WAIT)
    return None


def why_not_reached(found: ProbeResult) -> str:
    """Return what tor says of an onion that was not reached (SocksPort with ExtendedErrors), in words."""
    return in_words(found.error) if isinstance(found.error, SocksFailed) else found.words


def in_words(error: SocksFailed) -> str:
    """Return what tor says with this answer."""
    return EXTENDED_ERRORS.get(error.reply, error.happened)


async def _probed(socks: SocksAddress, address: str) -> ProbeResult:
    for number in range(PROBES):
        found = await probe(socks, address, isolate=f"status-{number}")
        if found.reached or isinstance(found.error, SocksMissing):
            break
    return found


def descriptor(home: Home, now: datetime) -> Finding:
    """Whether directories have a descriptor that is still valid."""
    taken = read_notes(home.run).descriptor
    if taken is None:
        return Finding("descriptor", _NOT_TAKEN, _WAIT)
    if now - taken > DESCRIPTOR_STALE:
        words = "No directory has taken the address for more than three hours: it is forgotten, or soon will be."
        return Finding("descriptor", words, _RESTART)
    return Finding("descriptor", "Directories took the address in the last hours.")


def tor(home: Home) -> Finding:
    """Whether the tor that runs is the one that is installed."""
    running = read_notes(home.run).tor
    if running is None or not is_served(home):
        return Finding("tor", "No tor is connected to the service.", _RESTART)
    try:
        installed = installed_version()
    except OnionError as error:
        return Finding("tor", error.happened, error.to_do)
    if running != installed:
        words = f"Version {running} runs, and {installed} is installed."
        return Finding("tor", words, _RESTART)
    return Finding("tor", f"Version {running} runs and is installed.")


def is_served(home: Home) -> bool:
    """Whether a keeper listens: its sockets may have been left behind by one that was killed.

    Those of a host's tenant are systemd's, and this account is not let in: there it is whether a keeper holds the home.
    """
    if home.config.tor.publisher is not None:
        return is_held(home.path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probing:
        try:
            probing.connect(str(home.run / "public.sock"))
        except OSError:
            return False
    return True


def socks_of(home: Home) -> SocksAddress:
    """Return the SOCKS socket of the tor that serves this home. Raises OnionError."""
    if home.config.tor.publisher is not None:
        return Path(home.config.tor.publisher) / SOCKS_SOCKET
    if home.config.tor.control_socket is None:
        return home.run / "socks.sock"
    with open_controller(Path(home.config.tor.control_socket)) as controller:
        return socks_listener(controller)

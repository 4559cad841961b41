"""Tor as it answers on its own control socket, held against the table of `onion.torrc`: no file is taken on trust.

tor accepts much that gives people away (SafeLogging relay, an open ControlPort, relative paths), so its having started
says nothing. The one thing used of ours is the table; values come from GETCONF, places from GETINFO net/listeners.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import socket
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import stem
import stem.connection
from stem.control import Controller

from audit.proc import NotSeen, Process
from audit.scene import Scene
from audit.verdict import Look, Word, listed
from onion.torrc import RULES, problems_in_values

logging.getLogger("stem").setLevel(logging.CRITICAL + 1)

_KINDS = ("control", "socks", "or", "dir", "extor", "trans", "natd", "dns", "httptunnel", "metrics")
_MAY_LISTEN = {"control", "socks"}
# A private network cannot be without these; whether it is one is judged by the addresses of its directories.
_DIRECTORY = "DirAuthority"
_SECRET_LINES = (
    "HashedControlPassword",
    "Bridge",
    "HTTPSProxyAuthenticator",
    "Socks5ProxyPassword",
    "ClientTransportPlugin",
)


def check_torrc(look: Look, scene: Scene) -> None:
    """Every row of the table, by tor's own answers."""
    with _asked(look, scene) as tor:
        if tor is None:
            return
        values = {name: _values(tor, name) for name in {rule.name for rule in RULES}}
        private = _is_private(values.get(_DIRECTORY, []))
        if private:
            look.demand(scene.trial, "a private network on this computer, not the public one (a trial home: {trial})",
                        trial=scene.trial)  # fmt: skip
        broken = problems_in_values(values, private_network=private)
        for problem in broken:
            look.found(
                "{name} is {found}, and should be {wanted}",
                name=problem.name, found=problem.found or "-", wanted=Word(problem.wanted),
            )  # fmt: skip
        look.saw("{count} rows of the table were compared with what tor answers", count=len(RULES))
        log = values.get("Log", [])
        look.saw("tor says: SafeLogging {safe}, Log {log}", safe=listed(values.get("SafeLogging", [])), log=listed(log))


def check_tor_listeners(look: Look, scene: Scene) -> None:
    """Where tor listens: absolute unix sockets or loopback, for control and SOCKS only."""
    with _asked(look, scene) as tor:
        if tor is None:
            return
        for kind in _KINDS:
            try:
                places = tor.get_info(f"net/listeners/{kind}")
            except stem.ControllerError:
                continue
            for place in places.split():
                fine = kind in _MAY_LISTEN and _is_local(place.strip('"'), unix_only=kind == "control")
                look.demand(fine, "tor listens for {kind} on {place}", kind=kind, place=place)
        _onions(look, scene, tor)


def check_tor_files(look: Look, scene: Scene) -> None:
    """What tor has open for writing: its own folder, and a pipe to the keeper."""
    folder = scene.home / "tor"
    if not scene.service.tors:
        look.missed("the process of the system's tor: it does not answer, or is not to be found by its number")
    if not scene.own_tor:
        with _asked(look, scene) as tor:
            if tor is None:
                return
            folder = Path(tor.get_conf("DataDirectory"))
    for process in scene.service.tors:
        try:
            files = [
                one.target for one in process.descriptors() if one.target.startswith("/") and one.target != "/dev/null"
            ]
        except NotSeen:
            look.missed("the open files of {name} {pid}", name="tor", pid=process.pid)
            continue
        strange = [path for path in files if not path.startswith((f"{folder}/", "/dev/", "/proc/", "/sys/"))]
        look.demand(not strange, "tor {pid} has open: {files}", pid=process.pid, files=listed(strange or files) or "-")


def system_tor(scene: Scene) -> tuple[Process, ...]:
    """The process of a tor that the keeper did not start, by the number that it gives on its control socket."""
    with _asked(Look(), scene) as tor:
        if tor is None:
            return ()
        try:
            process = Process(int(tor.get_info("process/pid")))
        except stem.ControllerError:  # it ends just now
            return ()
    try:
        # The number may be one of another namespace.
        return (process,) if process.status().get("Name") == "tor" else ()
    except NotSeen:
        return ()


def config_text(scene: Scene) -> str | None:
    """The torrc as tor reports it, without lines that are secrets; None when tor does not answer."""
    with _asked(Look(), scene) as tor:
        if tor is None:
            return None
        lines = tor.get_info("config-text").splitlines()
    return "".join(f"{line}\n" for line in lines if line.partition(" ")[0] not in _SECRET_LINES)


@contextlib.contextmanager
def _asked(look: Look, scene: Scene) -> Iterator[Any]:
    """A controller that tor has let in, or None after saying that it could not be asked."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # stem 1.8.2 calls Thread.setDaemon
        controller = None
        try:
            path = str(scene.control_socket)
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as knock:
                # stem leaves a socket open each time that nobody listens.
                knock.connect(path)
            controller = Controller.from_socket_file(path)
            controller.set_caching(False)
            controller.authenticate()
        except (stem.SocketError, stem.ControllerError, OSError, stem.connection.AuthenticationFailure):
            look.missed("tor: it does not answer on its control socket, or does not let this account in")
            if controller is not None:
                controller.close()
            yield None
            return
        try:
            yield controller
        finally:
            controller.close()


def _values(tor: Any, name: str) -> list[str]:
    try:
        answer = tor.get_conf_map(name, multiple=True)
    except stem.ControllerError:  # "%include", and what this version does not know
        return []
    return [value for values in answer.values() for value in values if value is not None]


def _onions(look: Look, scene: Scene, tor: Any) -> None:
    published: set[str] = set()
    for kind in ("detached", "current"):
        with contextlib.suppress(stem.ControllerError):
            published |= {line for line in tor.get_info(f"onions/{kind}").split() if line}
    ours = _told_addresses(scene.service.intakes)
    strange = published - ours
    if scene.own_tor:
        # A tor of the keeper's own has no other work.
        look.demand(not strange, "onions that are not this service's: {onions}", onions=listed(sorted(strange)) or "0")
    look.saw("{count} onions are published, {ours} of this service", count=len(published), ours=len(published & ours))


def _told_addresses(intakes: tuple[Process, ...]) -> set[str]:
    found = set()
    for process in intakes:
        with contextlib.suppress(NotSeen):
            words = process.command()
            found |= {after for word, after in itertools.pairwise(words) if word.endswith("-address")}
    return found


def _is_local(place: str, *, unix_only: bool) -> bool:
    if place.startswith("unix:"):
        return Path(place.removeprefix("unix:").strip('"')).is_absolute()
    return not unix_only and place.rpartition(":")[0].strip("[]") in {"127.0.0.1", "::1"}


def _is_private(directories: list[str]) -> bool:
    """Whether every directory tor was told of is on this computer."""
    return bool(directories) and all("127.0.0.1:" in one for one in directories)

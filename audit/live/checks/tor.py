"""Tor as it answers on its own control socket, held against the closed table of `onion.torrc`.

tor accepts much that gives people away (a second control socket for everybody, relays of somebody's choice, SafeLogging
relay), so its having started says nothing. Three things are held against the table, each line of them: what the running
tor says it is set to, the file that it would read at its next start, and its command line, so that no other file is
read. Of our code only the table is used.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import os
import re
import socket
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import stem
import stem.connection
from stem.control import Controller

from audit.observe.proc import NotSeen, Process, everything
from audit.observe.scene import Scene
from audit.observe.sockets import holders_of_other_ends, listening
from audit.verdict import Inspection, Word, listed
from onion.torrc import RULES, Expected, problems, socket_path

logging.getLogger("stem").setLevel(logging.CRITICAL + 1)

# Everything that tor can listen for (control-spec, GETINFO net/listeners).
_KINDS = ("control", "socks", "or", "dir", "extor", "trans", "natd", "dns", "httptunnel", "metrics")
_HIDDEN = "__"  # settings that tor leaves out of what it says of itself: ports, passwords
# Given on the command line alone: tor ends when this process does.
_OWNER = "__OwningControllerProcess"
_NEVER_SHOWN = {"HashedControlPassword", "Bridge", "ClientTransportPlugin"}
_NEVER_SHOWN_PARTS = ("Password", "Authenticator")
# The module that the publisher's unit starts (deploy/systemd).
_PUBLISHER = "kallskydd.hosting.publisher"


def check_torrc(inspection: Inspection, scene: Scene) -> None:
    """Every line, by tor's own answers, in its file, and on its command line."""
    with _asked(inspection, scene) as tor:
        if tor is None:
            return
        expected = _expected(scene)
        running = _running(tor)
        for problem in problems(running, expected):
            inspection.found("{name} is {found}, and should be {wanted}", name=problem.name,
                       found=_shown(problem.name, problem.found), wanted=Word(problem.wanted))  # fmt: skip
        inspection.saw("{count} lines that tor answers with were held against the {rows} rows of the table",
                 count=len(running.splitlines()), rows=len(RULES))  # fmt: skip
        values = dict(line.split(" ", 1) for line in running.splitlines() if " " in line)
        inspection.saw("tor says: SafeLogging {safe}, Log {log}", safe=values.get("SafeLogging"), log=values.get("Log"))
        file = Path(tor.get_info("config-file"))
    about = inspection.about(file=file)
    with about.or_missed("tor's own file {file}", OSError):
        for problem in problems(file.read_bytes().decode("utf-8", "replace"), expected):
            about.found("{file}, line {line}: {name} is {found}, and should be {wanted}", line=problem.line or "-",
                  name=problem.name, found=_shown(problem.name, problem.found),
                  wanted=Word(problem.wanted))  # fmt: skip
        about.saw("{file} was held against the table")
    _command_lines(inspection, scene, file)


def check_tor_listeners(inspection: Inspection, scene: Scene) -> None:
    """Where tor listens, by its own word and by the kernel's: two unix sockets; who steers it; which onions it has."""
    with _asked(inspection, scene) as tor:
        if tor is None:
            return
        wanted = _wanted_sockets(tor)
        reported: set[str] = set()
        for kind in _KINDS:
            with contextlib.suppress(stem.ControllerError):
                reported |= {
                    f"{kind} {place}" for place in re.findall(r'"([^"]*)"', tor.get_info(f"net/listeners/{kind}"))
                }
        for one in sorted(reported):
            kind, _, place = one.partition(" ")
            fine = wanted.get(place.removeprefix("unix:")) == kind
            inspection.require(fine, "tor listens for {kind} on {place}", kind=kind, place=place)
        _onions(inspection, scene, tor)
        _kernels_view(inspection, scene, set(wanted))


def check_tor_files(inspection: Inspection, scene: Scene) -> None:
    """Require that tor has nothing open for writing but its own folder and a pipe to the keeper."""
    folder = scene.home / "tor"
    if not scene.service.tors:
        inspection.missed("the process of the system's tor: it does not answer, or is not to be found by its number")
    if not scene.own_tor:
        with _asked(inspection, scene) as tor:
            if tor is None:
                return
            folder = Path(tor.get_conf("DataDirectory"))
    for process in scene.service.tors:
        about = inspection.about(name="tor", pid=process.pid)
        with about.or_missed("the open files of {name} {pid}"):
            files = [one.target for one in process.descriptors() if one.target.startswith("/")]
            files = [one for one in files if one != "/dev/null"]
            strange = [path for path in files if not path.startswith((f"{folder}/", "/dev/", "/proc/", "/sys/"))]
            about.require(not strange, "tor {pid} has open: {files}", files=listed(strange or files) or "-")


def system_tor(scene: Scene) -> tuple[Process, ...]:
    """Return the process of a tor that the keeper did not start, by the number it gives on its control socket."""
    with _asked(Inspection(), scene) as tor:
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


@contextlib.contextmanager
def _asked(inspection: Inspection, scene: Scene) -> Iterator[Any]:
    """Yield a controller that tor has let in, or None after recording that tor could not be asked."""
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
            inspection.missed("tor: it does not answer on its control socket, or does not let this account in")
            if controller is not None:
                controller.close()
            yield None
            return
        try:
            yield controller
        finally:
            controller.close()


def _expected(scene: Scene) -> Expected:
    """Return what the keeper writes into the torrc of its own tor; of a unit's tor only the control socket is known."""
    if not scene.own_tor:
        return Expected(own_tor=False, trial=scene.trial, control_socket=scene.control_socket)
    return Expected(
        own_tor=True,
        trial=scene.trial,
        data_directory=scene.home / "tor" / "data",
        control_socket=scene.control_socket,
        socks_socket=scene.home / "run" / "socks.sock",
    )


def _running(tor: Any) -> str:
    """All that this tor is set to and that is not its own default, and every required row, as lines of a torrc.

    config-text leaves out what is as it comes, and the settings whose names begin with two underscores: ports and
    passwords among them. Both are asked for by name.
    """
    lines = tor.get_info("config-text").splitlines()
    named = {line.partition(" ")[0] for line in lines}
    defaults = dict(re.findall(r'(?m)^(\w+) "(.*)"$', tor.get_info("config/defaults")))
    names = re.findall(r"(?m)^(\w+) \w", tor.get_info("config/names"))
    hidden = [name for name in names if name.startswith(_HIDDEN) and name != _OWNER]
    for name in hidden:
        lines += [f"{name} {value}" for value in _values(tor, name) if value != defaults.get(name, "")]
    for name in {rule.name for rule in RULES if rule.example} - named:
        # A tor that does not know a row lacks it.
        with contextlib.suppress(stem.ControllerError):
            lines += [f"{name} {value}" for value in _values(tor, name)]
    return "\n".join(lines)


def _values(tor: Any, name: str) -> list[str]:
    answer = tor.get_conf_map(name, multiple=True)
    return [value for value in answer.get(name, ()) if value]


def _shown(name: str, found: str) -> str:
    is_secret = name in _NEVER_SHOWN or any(part in name for part in _NEVER_SHOWN_PARTS)
    return "…" if is_secret and found else found or "-"


def _command_lines(inspection: Inspection, scene: Scene, file: Path) -> None:
    """One file and no defaults of the system's, which would be read before it; no setting by word."""
    if not scene.service.tors:
        inspection.missed("tor's command line")
    for process in scene.service.tors:
        words = process.command()[1:]
        fine = words[:4] == ("-f", str(file), "--defaults-torrc", "/dev/null") and (
            not words[4:] or (words[4] == f"--{_OWNER}" and len(words) == 6 and words[5].isdigit())  # noqa: PLR2004
        )
        inspection.require(fine, "tor {pid} was started with {words}", pid=process.pid, words=" ".join(words))


def _wanted_sockets(tor: Any) -> dict[str, str]:
    """Return the sockets of the torrc, one of each kind as the table allows."""
    wanted = {}
    for kind, name in (("control", "ControlSocket"), ("socks", "SocksPort")):
        for path in map(socket_path, _values(tor, name)[:1]):
            if path is not None:
                wanted[str(path)] = kind
    return wanted


def _kernels_view(inspection: Inspection, scene: Scene, wanted: set[str]) -> None:
    """Compare the sockets that tor really listens on, and who is connected to its control socket."""
    # Of a host's tor the publisher is the one that steers it, and no keeper does.
    steers = scene.service.keeper.pid if scene.at_publisher is None else publisher_at(scene.control_socket)
    ours = {os.getpid(), steers, *(one.pid for one in scene.service.audits)}
    if not scene.service.tors:
        inspection.missed("the sockets of tor")
    for process in scene.service.tors:
        about = inspection.about(pid=process.pid)
        with about.or_missed("the sockets of tor"):
            seen = listening(process)
            # With its network switched off tor has no socket for SOCKS.
            about.require(
                seen <= wanted, "the kernel has tor {pid} listening on {places}", places=listed(sorted(seen)) or "-"
            )
            steering = holders_of_other_ends(process, str(scene.control_socket))
            strange = [_named(pid) for pid in sorted(steering - ours)]
            about.require(not strange, "tor {pid} is steered by {count} processes; not of the service: {strange}",
                   count=len(steering), strange=listed(strange) or "-")  # fmt: skip


def publisher_at(control: Path) -> int:
    """Return the number of the process that was started as publisher at this socket; 0 where it is none, or several.

    Another host's can be seen too: one that lives in a container of this computer.
    """
    found = [one.pid for one in everything() if {_PUBLISHER, str(control)} <= set(_words_of(one))]
    return found[0] if len(found) == 1 else 0


def _words_of(process: Process) -> tuple[str, ...]:
    with contextlib.suppress(NotSeen):
        return tuple(process.command())
    return ()


def _named(pid: int) -> str:
    """Return a process by its number and its program's name."""
    name = "?"
    with contextlib.suppress(NotSeen):
        name = Process(pid).status().get("Name", name)
    return f"{pid} ({name})"


def _onions(inspection: Inspection, scene: Scene, tor: Any) -> None:
    published: set[str] = set()
    for kind in ("detached", "current"):
        with contextlib.suppress(stem.ControllerError):
            published |= {line for line in tor.get_info(f"onions/{kind}").split() if line}
    ours = _own_addresses(scene.service.intakes)
    strange = sorted(published - ours)
    about = inspection.about(count=len(published), ours=len(published & ours), onions=listed(strange) or "0")
    about.require(not strange, "onions that are not this service's: {onions}")
    about.saw("{count} onions are published, {ours} of this service")


def _own_addresses(intakes: tuple[Process, ...]) -> set[str]:
    pairs = (pair for process in intakes for pair in itertools.pairwise(_words_of(process)))
    return {after for word, after in pairs if word.endswith("-address")}

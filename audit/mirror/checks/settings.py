"""How the programs were started and what they read, each against a closed table: words, files, torrc, units."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Sequence

from audit.live.checks.code import leads_elsewhere
from audit.live.checks.units import hold_unit
from audit.mirror.brackets import Unreadable
from audit.mirror.proxy_file import Problem, caddy_problems, nginx_problems
from audit.mirror.scene import CADDY, NGINX, RELAY, MirrorScene, ProxyProgram, tor_behind
from audit.observe.proc import Process
from audit.observe.scene import text_of
from audit.verdict import Inspection, Word, listed
from onion.torrc import LEFT_OUT, REQUIRED
from onion.torrc_reader import read_torrc

_PLACE = r"(?:[\d.]+|\[[\da-fA-F:.]+\]):\d+"
# Option and value, as a regular expression; whatever else stands there is a finding.
_RELAY_OPTIONS = {
    "--listen": _PLACE, "--redirect": _PLACE, "--onion": r"[a-z2-7]{56}\.onion:\d+", "--name": r"[a-z0-9.-]+",
    "--tor": r"127\.0\.0\.1:\d+",
}  # fmt: skip
_RELAY_CHILD_OPTIONS = {
    "--parent": r"\d+", "--socks": r"\d+", "--onion": r"[a-z2-7]{56}\.onion:\d+", "--name": r"[a-z0-9.-]+",
    "--listen-fd": r"\d+", "--redirect-fd": r"\d+",
}  # fmt: skip
_NGINX_OPTIONS = {"-e": "/dev/null", "-c": r"/[\w./-]+", "-g": "daemon off;"}
_CADDY_OPTIONS = {"--config": r"/[\w./-]+", "--adapter": "caddyfile"}
_MEMORY_FILE_SYSTEMS = {"tmpfs", "ramfs"}
# Rows of the table that a client without a control socket has in other words, or not.
_NOT_OF_A_CLIENT = {"DataDirectory", "SocksPort", "ControlSocket", "CookieAuthentication"}
# What else than of the intake's unit has to hold of theirs, and may stand in it: systemd's own lines name them too.
_UNIT_HOLDS = {"LogLevelMax": ("emerg|0", "debug")}
_PROGRAM = (
    r"-?(/usr/s?bin/(nginx|caddy|tor)|/usr/sbin/start-stop-daemon|/sbin/start-stop-daemon|/\S+/kallskydd relay)( .*)?"
)
_UNIT_SAYS = {
    **dict.fromkeys(("ExecStartPre", "ExecStart", "ExecReload", "ExecStop"), _PROGRAM),
    "EnvironmentFile": "/etc/kallskydd-relay/mirror",
}
_CLOCK_SECONDS = 1.0  # a file written just before a start


def check_command(inspection: Inspection, scene: MirrorScene) -> None:
    """Require that each was started with the words that it needs and no others, and in an environment that is plain."""
    for part in scene.parts:
        about = inspection.about(name=part.kind, pid=part.main.pid)
        with about.or_missed("the command line of {name} {pid}"):
            for words, options in _words(part):
                about.require(_only(words, options), "{name} {pid} was started with {words}", words=" ".join(words))
        for process in part.processes:
            about = inspection.about(name=part.kind, pid=process.pid)
            with about.or_missed("the environment of {name} {pid}"):
                names = listed([name for name in process.environment() if leads_elsewhere(name)])
                about.require(
                    not names, "of the environment of {name} {pid} leads elsewhere: {names}", names=names or "0"
                )


def check_configuration(inspection: Inspection, scene: MirrorScene) -> None:
    """Require that the file of each proxy has only lines of the closed table, and all that it asks for."""
    for part in scene.relays:
        inspection.saw("relay {pid} reads no file: its settings are its command line", pid=part.main.pid)
    for part in scene.proxies:
        file = part.option("-c", "--config")
        if file is None:
            inspection.found("{name} {pid} was started without a file of its own", name=part.kind, pid=part.main.pid)
        else:
            _check_file(inspection, part, file)


def _check_file(inspection: Inspection, part: ProxyProgram, file: str) -> None:
    judge = nginx_problems if part.kind == NGINX else caddy_problems
    path = part.main.place("root") / file.lstrip("/")
    about = inspection.about(path=file)
    with about.or_missed("{path} cannot be read by this account", OSError, UnicodeDecodeError):
        try:
            _found(inspection, file, judge(path.read_text(), functools.partial(_is_in_memory, part.main)))
        except Unreadable:
            about.found("{path} is not of a form that this audit reads whole")
            return
        if path.stat().st_mtime > part.main.started() + _CLOCK_SECONDS:
            about.missed(
                "{path} was changed after {name} was started: what it reads now is not what runs", name=part.kind
            )


def _found(inspection: Inspection, file: str, problems: Sequence[Problem]) -> None:
    for one in problems:
        inspection.found("{file}, line {line}: {name} is {found}, and should be {wanted}", file=file,
                   line=one.line or "-", name=one.name, found=one.found or "-", wanted=Word(one.wanted))  # fmt: skip
    inspection.saw("{file} was held against the table", file=file)


def check_torrc(inspection: Inspection, scene: MirrorScene) -> None:
    """Require that the tor which the relay dials has only lines of the table, and gives its port to loopback alone."""
    tor = tor_behind(scene.relays)
    if tor is None:
        inspection.missed("the tor that the relay dials: it is not to be found by its port")
        return
    words = tor.command()
    file = next((after for word, after in itertools.pairwise(words) if word == "-f"), "")
    fine = words[1:] == ("-f", file, "--defaults-torrc", "/dev/null")
    inspection.require(fine, "tor {pid} was started with {words}", pid=tor.pid, words=" ".join(words[1:]))
    with inspection.or_missed("tor's own file {file}", OSError, UnicodeDecodeError, file=file):
        _found(inspection, file, torrc_problems((tor.place("root") / file.lstrip("/")).read_text()))


def torrc_problems(text: str) -> list[Problem]:
    """Return what in the torrc of a mirror's tor is not in the table, and what it lacks."""
    wanted = {rule.name.lower(): rule.example for rule in REQUIRED if rule.name not in _NOT_OF_A_CLIENT}
    forms = {name: re.escape(value) for name, value in wanted.items()} | {
        "socksport": r"127\.0\.0\.1:\d+ ExtendedErrors OnionTrafficOnly",
        "datadirectory": r"/var/lib/[\w-]+",
    }
    asked = wanted | {"socksport": "127.0.0.1:9170 ExtendedErrors OnionTrafficOnly", "datadirectory": "/var/lib/…"}
    found, seen = [], set()
    for line in read_torrc(text):
        name = line.name.lower()
        if not line.plain or name not in forms or name in seen:
            found.append(Problem(line.line, line.name, line.value, LEFT_OUT))
        elif not re.fullmatch(forms[name], line.value):
            found.append(Problem(line.line, line.name, line.value, asked[name]))
        seen.add(name)
    return found + [Problem(0, name, "", asked[name]) for name in forms if name not in seen]


def check_units(inspection: Inspection, scene: MirrorScene) -> None:
    """Require that the unit of each says nothing to the journal, counts nothing, and writes no memory to a disk."""
    tor = tor_behind(scene.relays)
    tors = () if tor is None else (("tor", tor),)
    for name, process in [*((part.kind, part.main) for part in scene.parts), *tors]:
        unit = hold_unit(inspection, scene, process, _UNIT_HOLDS, _UNIT_SAYS)
        if unit is None:
            inspection.missed("the unit of {name} {pid}: it was started by hand", name=name, pid=process.pid)
        else:
            inspection.saw("{unit} was held against the table", unit=unit)


def _words(part: ProxyProgram) -> list[tuple[tuple[str, ...], dict[str, str]]]:
    """Return the words after the program's own, and which of them may be there."""
    words = part.words()
    if part.kind == NGINX:
        # nginx has lost the borders between its words.
        text = " ".join(words[1:]).replace("daemon off;", "daemon_off;")
        return [
            (tuple(word.replace("_", " ") if word == "daemon_off;" else word for word in text.split()), _NGINX_OPTIONS)
        ]
    if part.kind == CADDY:
        return [(words[2:], _CADDY_OPTIONS)]
    child = part.workers[0].command()
    return [
        (words[words.index(RELAY) + 1 :] if RELAY in words else words, _RELAY_OPTIONS),
        (child[4:], _RELAY_CHILD_OPTIONS),
    ]


def _only(words: Sequence[str], options: dict[str, str]) -> bool:
    pairs = itertools.zip_longest(words[::2], words[1::2], fillvalue="")
    return all(name in options and re.fullmatch(options[name], value) is not None for name, value in pairs)


def _is_in_memory(process: Process, path: str) -> bool:
    """Whether this folder lies on a file system in memory, as the process sees it."""
    best, kind = "", ""
    for fields in map(str.split, text_of(process.place("mounts")).splitlines()):
        top = fields[1].rstrip("/") + "/"
        if f"{path}/".startswith(top) and len(top) >= len(best):
            best, kind = top, fields[2]
    return kind in _MEMORY_FILE_SYSTEMS

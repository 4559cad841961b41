"""How the programs were started and what they read, each against a closed table: words, files, torrc, units."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Sequence

from audit.mirror.brackets import Unreadable
from audit.mirror.proxy_file import Problem, caddy_problems, nginx_problems
from audit.mirror.scene import CADDY, NGINX, RELAY, MirrorScene, ProxyProgram, tor_behind
from audit.observe.proc import NotSeen, Process
from audit.observe.units import unit_of, unit_settings
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
_LEADS_ELSEWHERE = re.compile(r"LD_|PYTHON(PATH|HOME|STARTUP)$|SSLKEYLOGFILE$")
_MEMORY_FILE_SYSTEMS = {"tmpfs", "ramfs"}
# Rows of the table that a client without a control socket has in other words, or not.
_NOT_OF_A_CLIENT = {"DataDirectory", "SocksPort", "ControlSocket", "CookieAuthentication"}
_UNIT_WANTED = {
    "StandardOutput": "null", "StandardError": "null", "LogLevelMax": "emerg",
    "IPAccounting": "no", "IOAccounting": "no",
    "MemorySwapMax": "0", "MemoryZSwapMax": "0", "LimitCORE": "0", "ProtectSystem": "strict", "PrivateTmp": "yes",
    "NoNewPrivileges": "yes",
}  # fmt: skip
_CLOCK_SECONDS = 1.0  # a file written just before a start
_UNIT_HIDDEN = ("-/run/systemd/journal", "-/var/log", "-/run/log")


def check_command(inspection: Inspection, scene: MirrorScene) -> None:
    """Require that each was started with the words that it needs and no others, and in an environment that is plain."""
    for part in scene.parts:
        try:
            for words, options in _words(part):
                inspection.require(_only(words, options), "{name} {pid} was started with {words}", name=part.kind,
                            pid=part.main.pid, words=" ".join(words))  # fmt: skip
        except NotSeen:
            inspection.missed("the command line of {name} {pid}", name=part.kind, pid=part.main.pid)
        for process in part.processes:
            try:
                names = [name for name in process.environment() if _LEADS_ELSEWHERE.match(name)]
            except NotSeen:
                inspection.missed("the environment of {name} {pid}", name=part.kind, pid=process.pid)
                continue
            inspection.require(not names, "of the environment of {name} {pid} leads elsewhere: {names}", name=part.kind,
                        pid=process.pid, names=listed(names) or "0")  # fmt: skip


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
    try:
        problems = judge(path.read_text(), functools.partial(_is_in_memory, part.main))
        changed = path.stat().st_mtime > part.main.started() + _CLOCK_SECONDS
    except (OSError, UnicodeDecodeError):
        inspection.missed("{path} cannot be read by this account", path=file)
        return
    except Unreadable:
        inspection.found("{path} is not of a form that this audit reads whole", path=file)
        return
    _found(inspection, file, problems)
    if changed:
        inspection.missed("{path} was changed after {name} was started: what it reads now is not what runs", path=file,
                    name=part.kind)  # fmt: skip
    inspection.saw("{file} was held against the table", file=file)


def _found(inspection: Inspection, file: str, problems: Sequence[Problem]) -> None:
    for one in problems:
        inspection.found("{file}, line {line}: {name} is {found}, and should be {wanted}", file=file,
                   line=one.line or "-", name=one.name, found=one.found or "-", wanted=Word(one.wanted))  # fmt: skip


def check_torrc(inspection: Inspection, scene: MirrorScene) -> None:
    """Require that the tor which the relay dials has only lines of the table, and gives its port to loopback alone."""
    tor = tor_behind(scene.relays)
    if tor is None:
        inspection.missed("the tor that the relay dials: it is not to be found by its port")
        return
    words = tor.command()
    fine = len(words) == 5 and words[1] == "-f" and words[3:] == ("--defaults-torrc", "/dev/null")  # noqa: PLR2004
    inspection.require(fine, "tor {pid} was started with {words}", pid=tor.pid, words=" ".join(words[1:]))
    file = next((after for word, after in itertools.pairwise(words) if word == "-f"), "")
    try:
        text = (tor.place("root") / file.lstrip("/")).read_text()
    except (OSError, UnicodeDecodeError):
        inspection.missed("tor's own file {file}", file=file)
        return
    _found(inspection, file, torrc_problems(text))
    inspection.saw("{file} was held against the table", file=file)


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
    started = [(part.kind, part.main) for part in scene.parts]
    if tor is not None:
        started.append(("tor", tor))
    for name, process in started:
        unit = unit_of(scene, process)
        if unit is None:
            inspection.missed("the unit of {name} {pid}: it was started by hand", name=name, pid=process.pid)
            continue
        for line, found, wanted in _unit_problems(scene, unit):
            inspection.found("{unit}: {name} is {found}, and should be {wanted}", unit=unit, name=line,
                       found=found or "-", wanted=wanted)  # fmt: skip
        inspection.saw("{unit} was held against the table", unit=unit)


def _unit_problems(scene: MirrorScene, unit: str) -> list[tuple[str, str, str]]:
    """Return the name of each line that is not as it should be, its value, and that which it should have."""
    values: dict[str, str] = {}
    hidden: list[str] = []
    for name, value, _ in unit_settings(scene, unit):
        if name == "InaccessiblePaths":
            hidden = [*hidden, *value.split()] if value else []
        else:
            values[name] = value
    having = ((name, values.get(name, ""), wanted) for name, wanted in _UNIT_WANTED.items())
    wrong = [(name, found, wanted) for name, found, wanted in having if found != wanted]
    if not set(_UNIT_HIDDEN) <= set(hidden):
        wrong.append(("InaccessiblePaths", " ".join(hidden), " ".join(_UNIT_HIDDEN)))
    return wrong


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
    if len(words) % 2:
        return False
    pairs = zip(words[::2], words[1::2], strict=True)
    return all(name in options and re.fullmatch(options[name], value) is not None for name, value in pairs)


def _is_in_memory(process: Process, path: str) -> bool:
    """Whether this folder lies on a file system in memory, as the process sees it."""
    try:
        lines = process.place("mounts").read_text().splitlines()
    except OSError:
        return False
    best, kind = "", ""
    for fields in (line.split() for line in lines):
        top = fields[1].rstrip("/") + "/"
        if f"{path}/".startswith(top) and len(top) >= len(best):
            best, kind = top, fields[2]
    return kind in _MEMORY_FILE_SYSTEMS

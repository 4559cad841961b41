"""Which directives a tor for Källskydd has, with which values, and why: one table, to be read by an auditor.

The table is closed. A directive that is not in it has no place in the torrc, nor in what a running tor says of itself,
whatever it is: tor knows some four hundred, and a list of the bad ones is always one short. So there is no bridge, no
upstream proxy, no second control socket, no relay of one's own choice, and no onion that the keeper did not publish.
tor's own --verify-config accepts most of what the table refuses, so its word is not enough.

`example` is what our own torrc says. `grave` rows are about finding a person; the others make a break-in harder or a
stop cleaner.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

# A path of plain characters: no quote, no space, no "..", nothing that tor could read as a flag.
_PATH = r"(?:/(?!\.\.?(?:/|$))[A-Za-z0-9._+@-]+)+"
_SOCKET = re.compile(rf"(?:unix:)?(?P<path>{_PATH})(?P<flags>(?: \w+)*)", re.ASCII)
# A directory on this computer and nothing else: "NAME orport=N v3ident=HEX 127.0.0.1:N HEX".
_LOOPBACK_DIRECTORY = re.compile(r"\w+ orport=\d+ v3ident=[0-9A-F]+ 127\.0\.0\.1:\d+ [0-9A-F]+", re.ASCII)
# A file or the system's journal keeps times on a disk. The process that started tor keeps its stdout in memory.
_LOG = re.compile(r"(?:notice|warn|err) (?:stdout|stderr|file /dev/null)")
# Other folders may be gone at the next start, and the guards with them.
_STATE_OF_A_UNIT = re.compile(rf"/var/lib{_PATH}")


def is_on_loopback(directory: str) -> bool:
    """Return whether a DirAuthority value names a directory on this computer, in the one form that we write."""
    return _LOOPBACK_DIRECTORY.fullmatch(directory) is not None


@dataclass(frozen=True, slots=True)
class Expected:
    """Which tor is judged. A place that is None may be any that the row allows."""

    own_tor: bool  # the keeper starts it; else it is a unit of its own, with an account of its own
    trial: bool = False  # only a trial may be on a private network
    data_directory: Path | None = None
    control_socket: Path | None = None
    socks_socket: Path | None = None


@dataclass(frozen=True, slots=True)
class TorrcRow:
    """One row. `only_unit` and `only_trial` say which tor may have it at all."""

    name: str
    allowed: Callable[[str, Expected], bool]
    wanted: str  # the same in words
    reason: str
    example: str = ""
    grave: bool = True
    only_unit: bool = False
    only_trial: bool = False


def socket_path(value: str) -> Path | None:
    """Return the path in a ControlSocket's or SocksPort's value that is a unix socket; None if it is none."""
    found = _SOCKET.fullmatch(value)
    return Path(found["path"]) if found else None


def _only(*values: str) -> Callable[[str, Expected], bool]:
    return lambda value, _: value in values


def _data_directory(value: str, expected: Expected) -> bool:
    if expected.data_directory is not None:
        return value == str(expected.data_directory)
    return expected.own_tor or _STATE_OF_A_UNIT.fullmatch(value) is not None


def _is_socket(value: str, expected: Expected, place: Path | None, flags: set[str]) -> bool:
    found = _SOCKET.fullmatch(value)
    if found is None or (place is not None and found["path"] != str(place)):
        return False
    # The keeper's own tor has the keeper's account. That of a unit has another, and lets the keeper in by their group.
    return set(found["flags"].split()) <= (flags if expected.own_tor else flags | {"GroupWritable"})


def _control_socket(value: str, expected: Expected) -> bool:
    return _is_socket(value, expected, expected.control_socket, set())


def _socks_socket(value: str, expected: Expected) -> bool:
    return value == "0" or _is_socket(value, expected, expected.socks_socket, {"ExtendedErrors"})


def _path(value: str, _: Expected) -> bool:
    return re.fullmatch(_PATH, value) is not None


def _needs(name: str, value: str, reason: str, *, grave: bool = True) -> TorrcRow:
    return TorrcRow(name, _only(value), value, reason, value, grave)


DATA = "/var/lib/kallskydd/tor"  # the example's folder; `torrc.render` puts the real one
CONTROL = f"{DATA}/control"
SOCKS = f"{DATA}/socks"

REQUIRED = (
    TorrcRow(
        "DataDirectory",
        _data_directory,
        "the folder of the keeper's own tor, or one below /var/lib",
        "Where tor keeps its guards. In a folder that is gone at the next start it would choose new ones each time, and"
        " every relay sooner or later sees the service's address.",
        DATA,
    ),
    TorrcRow(
        "ControlSocket",
        _control_socket,
        "the one unix socket that the keeper uses, with no flag that opens it",
        "The keeper speaks to tor here. A unix socket is closed to other computers and, by its folder, to other"
        " accounts. tor takes a second one, WorldWritable, and a relative path without a word.",
        CONTROL,
    ),
    _needs("CookieAuthentication", "1", "Who may use the control socket must also be able to read tor's cookie file."),
    TorrcRow(
        "SocksPort",
        _socks_socket,
        "0, or one unix socket with no flag but ExtendedErrors",
        "The keeper looks at its own onions from outside through this, orders the mirror's certificate, and nobody else"
        " uses it. ExtendedErrors lets it"
        " tell a missing key from a missing onion.",
        f"unix:{SOCKS} ExtendedErrors",
    ),
    _needs("SafeLogging", "1", "Addresses never stand in a log line. tor accepts 0 and relay with a warning only."),
    TorrcRow(
        "Log",
        lambda value, _: _LOG.fullmatch(value) is not None,
        "notice, warn or err to stdout, stderr or /dev/null",
        "Lines below notice tell of single connections, and a file or the journal keeps their times. The keeper keeps"
        " the last few lines in memory and nowhere else.",
        "warn stdout",
    ),
    _needs("LogTimeGranularity", "60000", "Minutes are enough: a warning must not time a visit.", grave=False),
    _needs("AvoidDiskWrites", "1", "What tor need not write it does not write."),
    _needs("HeartbeatPeriod", "0", "The heartbeat counts traffic and circuits; nobody needs that in a log."),
    _needs(
        "ClientOnly", "1", "This tor never carries the traffic of others, which would list it in a public register."
    ),
    _needs("ConnectionPadding", "1", "Padding to the guard, so that its connection shows less of when a report comes."),
    _needs(
        "VanguardsLiteEnabled", "1", "Second hops that stay for weeks: finding the guard of a service takes longer."
    ),
    _needs("Sandbox", "1", "tor's own list of allowed system calls: a hole in tor opens less.", grave=False),
    _needs("NoExec", "1", "tor starts no other program.", grave=False),
    _needs("DisableDebuggerAttachment", "1", "Other processes cannot read tor's memory as a debugger.", grave=False),
    _needs("DormantTimeoutEnabled", "0", "A service that waits for visitors is never idle.", grave=False),
    _needs("ShutdownWaitLength", "0", "tor ends when it is told to, so that a restart takes a second.", grave=False),
)

_JOINS = "One of the four lines by which a trial joins a private network on this computer (`serve --tor-network`)."

# May be there, and need not.
OPTIONAL = (
    TorrcRow(
        "CookieAuthFile",
        _path,
        "an absolute path",
        "Where the keeper finds the cookie of a tor that has an account of its own.",
        only_unit=True,
    ),
    TorrcRow(
        "CookieAuthFileGroupReadable",
        _only("0", "1"),
        "0 or 1",
        "The group of such a tor is the keeper's, and nobody else's.",
        only_unit=True,
    ),
    TorrcRow(
        "DisableNetwork", _only("0", "1"), "0 or 1", "1 keeps tor from the network altogether; nobody is reached."
    ),
    TorrcRow("TestingTorNetwork", _only("1"), "1", _JOINS, only_trial=True),
    TorrcRow(
        "DirAuthority",
        lambda value, _: is_on_loopback(value),
        "a directory on this computer",
        _JOINS,
        only_trial=True,
    ),
    # tor gives numbers back in a form of its own.
    TorrcRow("PathsNeededToBuildCircuits", _only("0.67", "0.670000"), "0.67", _JOINS, only_trial=True),
    TorrcRow("TestingClientMaxIntervalWithoutRequest", _only("1", "1 second"), "1", _JOINS, only_trial=True),
)

RULES = (*REQUIRED, *OPTIONAL)

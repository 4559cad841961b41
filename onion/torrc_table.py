"""Which directives a tor for Källskydd must have and must not have, and why: one table, to be read by an auditor.

A row says which values are fine. `example` is what our own torrc says; a row without one is a directive that has no
place there at all. `grave` rows are about finding a person; the others make a break-in harder or a stop cleaner.
tor's own --verify-config accepts most of what the table refuses, so its word is not enough.
"""

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

ALLOWED_LOG_LEVELS = {"notice", "warn", "err"}
# A file or the system's journal keeps times on a disk. What goes to stdout is kept in memory by whoever started tor.
ALLOWED_LOG_PLACES = {"stdout", "stderr", "file /dev/null"}


@dataclass(frozen=True, slots=True)
class Rule:
    """One row."""

    name: str
    allowed: Callable[[str], bool]
    wanted: str  # the same in words
    reason: str
    example: str | None = None
    grave: bool = True
    public_only: bool = False  # a private network needs what the row refuses


def _only(*values: str) -> Callable[[str], bool]:
    return lambda value: value in values


def _absolute(value: str) -> bool:
    return PurePosixPath(value).is_absolute()


def _control_socket(value: str) -> bool:
    return _absolute(value.removeprefix("unix:").strip('"'))


def _control_port(value: str) -> bool:
    return value == "0" or (value.startswith("unix:") and _control_socket(value))


def _socks_port(value: str) -> bool:
    place = value.split(" ", 1)[0]
    if place.startswith("unix:"):
        return _absolute(value.removeprefix("unix:").strip('"'))
    if place.isdigit() or place == "auto":  # tor listens on 127.0.0.1 when no address is given
        return True
    host = place.rpartition(":")[0].strip("[]")
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _log(value: str) -> bool:
    level, _, place = value.partition(" ")
    return level in ALLOWED_LOG_LEVELS and " ".join(place.split()) in ALLOWED_LOG_PLACES


def _service_target(value: str) -> bool:
    target = value.partition(" ")[2].strip()
    return target.startswith("unix:") and _absolute(target.removeprefix("unix:").strip('"'))


def _needs(name: str, value: str, reason: str, *, also: tuple[str, ...] = (), grave: bool = True) -> Rule:
    wanted = " or ".join((value, *also))
    return Rule(name, _only(value, *also), wanted, reason, example=value, grave=grave)


def _never(name: str, reason: str, *harmless: str, public_only: bool = False) -> Rule:
    wanted = f"left out{''.join(f' or {value}' for value in harmless)}"
    return Rule(name, _only(*harmless), wanted, reason, public_only=public_only)


DATA = "/var/lib/kallskydd/tor"  # the example's folder; `torrc.render` puts the real one
CONTROL = f"{DATA}/control"
SOCKS = f"{DATA}/socks"

REQUIRED = (
    Rule(
        "DataDirectory",
        _absolute,
        "an absolute path",
        "Where tor keeps its guards. tor takes a relative path too, and then it depends on where it was started.",
        DATA,
    ),
    Rule(
        "ControlSocket",
        _control_socket,
        "an absolute path",
        "The keeper speaks to tor here. A unix socket is closed to other computers and, by its folder, to other"
        " accounts. tor takes a relative path without a word.",
        CONTROL,
    ),
    _needs("CookieAuthentication", "1", "Who may use the control socket must also be able to read tor's cookie file."),
    Rule(
        "SocksPort",
        lambda value: value == "0" or _socks_port(value),
        "0, an absolute unix: path, or a loopback address",
        "The keeper looks at its own onions from outside through this. ExtendedErrors lets it tell a missing key from a"
        " missing onion.",
        f"unix:{SOCKS} ExtendedErrors",
    ),
    _needs("SafeLogging", "1", "Addresses never stand in a log line. tor accepts 0 and relay with a warning only."),
    Rule(
        "Log",
        _log,
        "notice, warn or err to stdout or stderr",
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

_PORT = "It would let another program through this tor whose mistakes are then this service's."
_RELAY = "A relay is listed in public, and its traffic can be compared with the service's."
_GUARDS = "The choice of relays must be tor's own: a choice of one's own stands out and is easier to watch."
_TEST = "Only a private network for tests has this. It gives no anonymity at all."

FORBIDDEN = (
    Rule(
        "ControlPort",
        _control_port,
        "left out, 0, or an absolute unix: path",
        "Anything on this computer, or beyond it, could steer tor: read client addresses, take the onions down. tor"
        " accepts an open one without authentication.",
    ),
    _never("HiddenServiceSingleHopMode", "With it the service's own address is known to the relays.", "0"),
    _never("HiddenServiceNonAnonymousMode", "With it the service's own address is known to the relays.", "0"),
    _never("HiddenServiceExportCircuitID", "It marks every request with its circuit; the intake must not know it."),
    Rule(
        "HiddenServicePort",
        _service_target,
        "a port and an absolute unix: path",
        "The intake listens on unix sockets only. A relative path or a TCP target can lead to somebody else's server.",
    ),
    _never("ORPort", _RELAY, "0"),
    _never("ExtORPort", _RELAY, "0"),
    _never("DirPort", _RELAY, "0"),
    _never("ExitRelay", _RELAY, "0", "auto"),
    _never("BridgeRelay", _RELAY, "0"),
    _never("AuthoritativeDirectory", _RELAY, "0"),
    _never("DNSPort", _PORT, "0"),
    _never("TransPort", _PORT, "0"),
    _never("NATDPort", _PORT, "0"),
    _never("HTTPTunnelPort", _PORT, "0"),
    _never("MetricsPort", "It counts the service's traffic for whoever asks.", "0"),
    _never("ReducedConnectionPadding", "It takes the padding away again.", "0"),
    _never("CircuitPadding", "Without it the making of a circuit to the service stands out.", "1"),
    _never("ReducedCircuitPadding", "It takes the padding away again.", "0"),
    _never("UseEntryGuards", "Without guards every relay sooner or later sees the service's address.", "1"),
    _never("EntryNodes", _GUARDS),
    _never("ExcludeNodes", _GUARDS),
    _never("NumEntryGuards", _GUARDS, "0"),
    _never("EnforceDistinctSubnets", "Two relays of one owner in one circuit see both ends.", "1", public_only=True),
    _never("TestSocks", "It writes a log line for every connection.", "0"),
    _never("ProtocolWarnings", "It writes a log line for what single visitors do wrong.", "0"),
    _never("RunAsDaemon", "tor would leave the process that has to end and restart it.", "0"),
    _never("TestingTorNetwork", _TEST, "0", public_only=True),
    _never("DirAuthority", _TEST, public_only=True),
    _never("AlternateDirAuthority", _TEST, public_only=True),
    _never("FallbackDir", _TEST, public_only=True),
    _never("%include", "What another file brings in has not been read. Put the lines here."),
)

RULES = (*REQUIRED, *FORBIDDEN)

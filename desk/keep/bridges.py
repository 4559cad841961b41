"""Bridges: ways into the Tor network that a network which blocks Tor may not know.

They are pasted by the member and end up in the configuration of her tor, so a line is one of two forms of tor's own
grammar (`Bridge` in tor's manual) and nothing else:

    ADDRESS:PORT [FINGERPRINT]
    obfs4 ADDRESS:PORT FINGERPRINT cert=… iat-mode=0|1|2

The second needs a program beside tor. `onion.bridges` looks at every line once more before tor gets it.
"""

import ipaddress
import re
import shutil
from pathlib import Path
from typing import Final

from desk.errors import BadBridges
from desk.keep import files

BRIDGES_MAX: Final = 10
PROGRAMS: Final = ("obfs4proxy", "lyrebird")
OBFS4: Final = "obfs4"
_PLACE: Final = r"(?P<address>[0-9.]{7,15}|\[[0-9a-fA-F:.]{2,45}\]):(?P<port>[1-9][0-9]{0,4})"
_FINGERPRINT: Final = r"[0-9A-Fa-f]{40}"
_PLAIN: Final = re.compile(rf"{_PLACE}(?: {_FINGERPRINT})?", re.ASCII)
# A certificate of 52 bytes in base64 without padding.
_WITH_OBFS4: Final = re.compile(rf"obfs4 {_PLACE} {_FINGERPRINT} cert=[A-Za-z0-9+/]{{70}} iat-mode=[0-2]", re.ASCII)
_PORT_MAX: Final = 65_535


def parse_bridges(untrusted_text: str) -> tuple[str, ...]:
    """Return the bridges, one a line as tor takes them; none for an empty text. Raises BadBridges."""
    lines = []
    for untrusted_line in untrusted_text.split("\n"):
        # Only blanks may be too many: no other character is dropped or mended.
        words = [word for word in untrusted_line.removesuffix("\r").split(" ") if word]
        line = " ".join(words[1:] if words[:1] == ["Bridge"] else words)
        if line:
            lines.append(_checked(line))
    if len(lines) > BRIDGES_MAX:
        raise BadBridges("bridges.too_many")
    if any(line.startswith(OBFS4) for line in lines) and not has_program():
        raise BadBridges("bridges.no_transport")
    return tuple(lines)


def has_program() -> bool:
    """Whether the program that bridges of the kind obfs4 need is on this computer."""
    return any(shutil.which(name) for name in PROGRAMS)


def read_bridges(path: Path) -> tuple[str, ...]:
    """Return the bridges that were kept; none when there is no file. Raises BadBridges when it was damaged."""
    try:
        return parse_bridges(path.read_text("ascii"))
    except FileNotFoundError:
        return ()
    except UnicodeDecodeError:
        raise BadBridges from None


def keep_bridges(path: Path, bridges: tuple[str, ...]) -> None:
    """Keep the bridges for the next start of tor; none removes the file."""
    if bridges:
        files.make_folder(path.parent)
        files.replace(path, ("\n".join(bridges) + "\n").encode("ascii"))
    else:
        path.unlink(missing_ok=True)


def _checked(line: str) -> str:
    found = _PLAIN.fullmatch(line) or _WITH_OBFS4.fullmatch(line)
    if found is None or int(found["port"]) > _PORT_MAX:
        raise BadBridges
    try:
        ipaddress.ip_address(found["address"].strip("[]"))
    except ValueError:
        raise BadBridges from None
    return line

"""The lines by which tor goes through bridges: the last look at what a person has pasted.

A line of a torrc can start programs and open ports, so exactly two forms pass, of printable ASCII on one line each
(tor's manual, `Bridge`):

    ADDRESS:PORT [FINGERPRINT]
    obfs4 ADDRESS:PORT FINGERPRINT cert=… iat-mode=0|1|2

The second also needs the line that names the program for it, which is searched for here and never given.
"""

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from onion.errors import BadBridge
from onion.torrc import quoted_path

OBFS4_PROGRAMS = ("obfs4proxy", "lyrebird")
_PLACE = r"(?:[0-9.]{7,15}|\[[0-9a-fA-F:.]{2,45}\]):[1-9][0-9]{0,4}"
_BRIDGE = re.compile(
    rf"{_PLACE}(?: [0-9A-Fa-f]{{40}})?"
    rf"|(?P<obfs4>obfs4) {_PLACE} [0-9A-Fa-f]{{40}} cert=[A-Za-z0-9+/]{{70}} iat-mode=[0-2]",
    re.ASCII,
)


def bridge_lines(bridges: Sequence[str]) -> list[str]:
    """Return the lines of a torrc for these bridges; none for no bridges. Raises BadBridge."""
    if not bridges:
        return []
    found = [_BRIDGE.fullmatch(bridge) for bridge in bridges]
    if not all(found):
        raise BadBridge
    lines = ["UseBridges 1"]
    if any(match and match["obfs4"] for match in found):
        lines.append(f"ClientTransportPlugin obfs4 exec {_program()}")
    return [*lines, *(f"Bridge {bridge}" for bridge in bridges)]


def _program() -> str:
    for name in OBFS4_PROGRAMS:
        path = shutil.which(name)
        # tor splits this line at blanks.
        if path is not None and " " not in path:
            return quoted_path(Path(path).absolute())
    raise BadBridge

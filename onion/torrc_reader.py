r"""Reads a torrc of a plain form, and names every line of another: what tor could read otherwise is refused.

tor knows more: values in quotes with C escapes, comments after a value, lines joined by a backslash, and other files
brought in. Each was a way past a reader (`DataDirectory /d"#\` hides the line below it), and no torrc needs one. So a
line here is
  1. empty, or a comment, which begins with `#` and ends with the line;
  2. or one name and one value of plain characters, without quotes, backslashes or a second `#`.
Anything else is `plain=False`, and `torrc.problems` refuses it. Names are returned as they are written: tor takes
"SafeLog" for SafeLogging, and "+Name" and "/Name" for changes to a list, so callers must compare whole names.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from trusted.torrc_table import is_on_loopback

_PLAIN = re.compile(r"(?P<name>[A-Za-z_]\w*)(?:[ \t]+(?P<value>[\w./:,;=*$~@{}\[\]()<>!?+ \t-]*))?", re.ASCII)
# What brings a tor to other computers, or keeps it from them, in small letters.
_NETWORK_OFF, _TEST_NETWORK, _DIRECTORY = "disablenetwork", "testingtornetwork", "dirauthority"
_WAYS_OUT = (
    "alternatedirauthority", "bridge", "dirserver", "fallbackdir",
    "httpproxy", "httpsproxy", "socks4proxy", "socks5proxy", "tcpproxy",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Directive:
    """One line: its name and value as written, its number (1 is the first), and whether it is plain."""

    name: str
    value: str
    line: int
    plain: bool = True


def read_torrc(text: str) -> Iterator[Directive]:
    """Yield the directives in order; of a line that is not plain the first word is the name and the rest the value."""
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.strip(" \t")
        # A comment with a control character is not skipped: `problems` then refuses it as a line that is not plain.
        if not line or (line.startswith("#") and line.replace("\t", "").isprintable()):
            continue
        found = _PLAIN.fullmatch(line)
        if found is None:
            word, _, rest = line.partition(" ")
            yield Directive(word, rest, number, plain=False)
        else:
            yield Directive(found["name"], " ".join((found["value"] or "").split()), number)


def reaches_public_network(text: str) -> bool:
    """Return whether a tor with this file could reach anything outside this computer; True if unsure.

    False only if networking is off, or if the file names a test network whose directories are all on loopback.
    """
    last: dict[str, str] = {}
    for directive in read_torrc(text):
        name = directive.name.lower()
        if not directive.plain or _is_short_for_another(name):
            return True
        if name == _DIRECTORY and not is_on_loopback(directive.value):
            name = _WAYS_OUT[0]
        last[name] = directive.value
    if last.get(_NETWORK_OFF) == "1":
        return False
    on_loopback = _DIRECTORY in last and not any(way in last for way in _WAYS_OUT)
    return not (last.get(_TEST_NETWORK) == "1" and on_loopback)


def _is_short_for_another(name: str) -> bool:
    """Return whether tor could take it for one of the deciding names."""
    deciding = (_NETWORK_OFF, _TEST_NETWORK, _DIRECTORY, *_WAYS_OUT)
    return name not in deciding and any(one.startswith(name) for one in deciding)

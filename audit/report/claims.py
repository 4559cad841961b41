"""What a page certifies, what it does not cover, and the names that its lines of shell use, for each kind of audit."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from audit.language import Language, with_remarks

_USUAL_HOME = "HOMEDIR=/var/lib/kallskydd/home "
BY_HAND_FIRST = """\
HOMEDIR=/var/lib/kallskydd/home          # the home, as an absolute path
INTAKE=$(pgrep -f -- "-m intake --home $HOMEDIR ")
KEEPER=$(ps -o ppid= -p $INTAKE | tr -d ' ')
ZYGOTES=$(pgrep -P $KEEPER -f scrubbers.jailed.zygote); JOBS=$(for z in $ZYGOTES; do pgrep -P $z; done)
TOR=$(pgrep -P $KEEPER -x tor)           # or that of the system's tor
PYTHON=$(tr '\\0' '\\n' < /proc/$INTAKE/cmdline | head -1)
COOKIE=$(xxd -p -c64 $HOMEDIR/tor/data/control_auth_cookie)
asktor() { printf 'AUTHENTICATE %s\\r\\n%s\\r\\nQUIT\\r\\n' $COOKIE "$1" | socat - unix:$HOMEDIR/run/control.sock; }
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """Of one kind of audit. The assertion is fixed: changing it changes what has been certified."""

    first_lines: Callable[[Path, Language], str]
    assertion: str
    not_covered: tuple[str, ...]


Claims = Mapping[str, Claim]


def first_lines(home: Path, language: Language) -> str:
    """`BY_HAND_FIRST` for the home that is audited, as an absolute path."""
    named = f"HOMEDIR={shlex.quote(str(home))} "
    return with_remarks(BY_HAND_FIRST.replace(_USUAL_HOME, named), language)


MIRROR_APART = "A mirror on the open web: it is audited by itself."
LIVE = Claim(
    first_lines,
    # The number goes up with every change of the sentence.
    "Assertion 1. On the computer audited, on the day named, the processes that receive reports could not learn a"
    " visitor's address, could not log and could not send anything out, and nothing that concerned a single report"
    " had a time finer than a day, apart from what is marked “Finding” or “Not seen”.",
    (
        "Flow records of the operators of network and data centre: they see that this computer uses Tor, and when.",
        "The telephone line, and other ways to report.",
        "The municipality's own web site, its logs and statistics, also the page that shows this service's address.",
        "Leaks that need other visits than the canary's, which are few and small, by a clock that is set.",
        "DNS questions from the visitor's computer, and everything else on it.",
        MIRROR_APART,
        "What members save, print or copy on their own computers.",
        (
            "What no kernel shows from outside: that Landlock binds the intake, and some settings of the database's"
            " connection. The reviewed program does not start, or ends, without them (the row own-files)."
        ),
        "A program that was changed after the audit, and a kernel or machine that lies about all of the above.",
    ),
)

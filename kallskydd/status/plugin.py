"""`kallskydd status --onion ADDRESS`: look at a service from another computer, as monitoring does.

Exit codes are those of monitoring plugins: 0 well, 1 warning, 2 critical, 3 not known. The first line is a plugin's;
the lines after it say for each thing what was seen and what to do. With `--json` it is one line with all of it. With
`--quiet` it says nothing and runs the command of `--alarm` when that is due (`kallskydd.status.alarmed`).
"""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from typing import Final

from kallskydd.say import answer, prose, reason, result
from kallskydd.status.alarmed import react
from kallskydd.status.from_afar import Asked, look
from kallskydd.status.levels import Level, StatusLine, first_line, level_of
from onion.address import address_from_public, public_from_address
from onion.errors import BadAddress
from onion.socks import SocksAddress
from trusted.case.clock import today, utc_now

NOTE: Final = Path("/var/lib/kallskydd-outside/alarmed.json")
OWN_SOCKS: Final = Path("/run/kallskydd-tor/socks")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what only this look has."""
    afar = parser.add_argument_group("from another computer, without a home")
    afar.add_argument("--onion", metavar="ADDRESS", help="look at this address; exit codes as monitoring plugins have")
    afar.add_argument("--mirror", metavar="NAME", help="and at its mirror, as somebody without Tor meets it")
    afar.add_argument(
        "--tor", type=_socks, default=OWN_SOCKS, metavar="SOCKET", help=f"path or 127.0.0.1:PORT, default {OWN_SOCKS}"
    )
    afar.add_argument("--alarm", nargs=argparse.REMAINDER, default=[], metavar="WORD", help="last: run it when due")


def run(args: argparse.Namespace) -> int:
    """Look once; return the plugin's exit code."""
    now = utc_now()
    try:
        address = address_from_public(public_from_address(args.onion.removeprefix("http://").rstrip("/")))
    except BadAddress as fault:
        prose(str(fault))
        return Level.UNKNOWN
    seen = asyncio.run(look(Asked(address, args.mirror, args.tor, now)))
    if not args.quiet:
        _say(seen, as_json=args.json)
        return level_of(seen)
    troubles = tuple(sorted(one.finding.what for one in seen if one.level is not Level.OK))
    try:
        react(NOTE, today(lambda: now), troubles, tuple(args.alarm) or None)
    except OSError as error:
        prose(f"What the alarm was for cannot be noted: {reason(error)}.")
        return Level.UNKNOWN
    return level_of(seen)


def _say(seen: list[StatusLine], *, as_json: bool) -> None:
    if as_json:
        lines = {
            one.finding.what: {"level": one.level.name, "words": one.finding.words, "to_do": one.finding.to_do}
            for one in seen
        }
        numbers = {
            "seconds": next((one.seconds for one in seen if one.seconds is not None), None),
            "certificate_days": next((one.days for one in seen if one.days is not None), None),
        }
        result({"level": level_of(seen).name, **numbers, "lines": lines})
        return
    answer(first_line(seen), as_json=False)
    for one in seen:
        answer(one.finding.line, as_json=False)


def _socks(word: str) -> SocksAddress:
    host, _, port = word.rpartition(":")
    return (host, int(port)) if host == "127.0.0.1" and port.isdecimal() else Path(word).absolute()

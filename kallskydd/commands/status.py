"""`kallskydd status`: inspect the service from outside, through Tor, and what it depends on.

Exit code 0 when everything is well, 1 when something is not, and it says what. An onion can be unreachable for
weeks while its server believes that all is well, so the probe is a real one: through the running tor, over the
network, and back.

With `--quiet` it says nothing, keeps what it saw for the members' desks (cases.upkeep), and runs the operator's alarm
when that is due: the timer's part. No line, and so no sign and no alarm, follows from a report (kallskydd.status.home).
"""

from __future__ import annotations

import argparse
import asyncio
import ssl
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from cases.config import CONFIG_NAME, earlier_names
from cases.config_site import MirrorConfig
from cases.home import Home, read_home
from cases.upkeep import LINES, NEVER, Sign, Upkeep, UpkeepUnreadable, read_upkeep, write_upkeep
from kallskydd.exit_codes import code_of
from kallskydd.finding import Finding
from kallskydd.mirror.findings import ISSUED_LINE, SHOWN_LINE, mirror_findings
from kallskydd.mirror.folder import MIRROR_FOLDER
from kallskydd.mirror.issued import look_at_list, remember_ours
from kallskydd.say import FINDINGS, OK, answer, prose, result
from kallskydd.status import home as inside
from kallskydd.status import outside, plugin
from kallskydd.status.alarm import is_due, is_program, remembered, sound
from kallskydd.upkeep.tried import is_tried, note_tried
from onion.errors import OnionError
from trusted.case.clock import today, utc_now
from trusted.case.errors import CaseError

HYBRID_KEYS_SINCE = (3, 5)
_NO_ALARM = (
    "No command is configured. `[alarm]` in config.toml names one; docs/OPERATING.md, Being notified of trouble."
)


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `status` to the command line."""
    parser = subparsers.add_parser("status", help="check the service from outside, through Tor")
    parser.add_argument("--home", type=Path, metavar="DIR", help="default: $KALLSKYDD_HOME, else ./var")
    parser.add_argument("--json", action="store_true")
    parser.add_argument(
        "--quiet", action="store_true", help="for a timer: say nothing, keep it for desks, run the alarm"
    )
    plugin.add_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Look; exit code 1 when something is not well, 4 without a home. With --onion: as monitoring plugins have them."""
    if args.onion is not None:
        return plugin.run(args)
    try:
        home = read_home(args.home.absolute())
    except CaseError as error:
        prose(str(error))
        return code_of(error)
    now = utc_now()
    findings = asyncio.run(look(home, now))
    if args.quiet:
        keep(home, findings, now)
    else:
        _say(home, findings, as_json=args.json)
    return OK if all(one.well for one in findings) else FINDINGS


async def look(home: Home, now: datetime) -> list[Finding]:
    """Return every line that this home has."""
    found = [
        inside.disk(home), inside.clock(now), inside.slots(home, now), inside.daily_work(home, now),
        inside.roster(home, now), inside.audit(home),
        inside.backup(home, now, is_timed=inside.is_backed_up_by_timer(home)), inside.libraries(now),
        await outside.onion(home), outside.descriptor(home, now), outside.tor(home),
    ]  # fmt: skip
    if home.config.mirror is not None:
        await _look_at_list(home, home.config.mirror, now)
        found += mirror_findings(home.path / MIRROR_FOLDER, home.config.mirror, now)
    return [*found, _alarm(home)]


async def _look_at_list(home: Home, mirror: MirrorConfig, now: datetime) -> None:
    """Look at the list of issued certificates, where there is one and a way to it; what fails is not remembered."""
    folder = home.path / MIRROR_FOLDER
    with suppress(OnionError, OSError):
        remember_ours(folder)
        if mirror.certificate_list is not None and outside.is_served(home):
            socks = await asyncio.to_thread(outside.socks_of, home)
            await asyncio.to_thread(look_at_list, folder, mirror, now, socks)


def keep(home: Home, findings: list[Finding], now: datetime) -> None:
    """Keep the signs for the desks, and run the alarm when it is due."""
    signs: dict[str, Sign] = {}
    for one in findings:
        name = SHOWN_LINE if one.what == ISSUED_LINE else one.what
        signs[name] = Sign.WELL if one.well and signs.get(name) is not Sign.TROUBLE else Sign.TROUBLE
    seen = Upkeep(today(lambda: now), {name: signs.get(name, Sign.ABSENT) for name in LINES})
    try:
        _, alarmed = read_upkeep(home.path)
    except (UpkeepUnreadable, OSError):
        alarmed = NEVER
    kept = remembered(seen, alarmed)
    command = None if home.config.alarm is None else home.config.alarm.command
    due = is_due(seen, alarmed)
    if command is not None and (due or not is_tried(home.path, command)):
        well = sound(command)
        seen = Upkeep(seen.day, {**seen.signs, "alarm": Sign.WELL if well else Sign.TROUBLE})
        # One that failed is a trouble itself: other than those before, so that the next run tries again.
        kept = seen if well and due else kept
        if well:
            note_tried(home.path, command)
    write_upkeep(home.path, seen, kept)


def _say(home: Home, findings: list[Finding], *, as_json: bool) -> None:
    for sentence in earlier_names(home.path / CONFIG_NAME):
        prose(sentence)
    shown = [*findings, *([_mirror_keys()] if home.config.mirror is not None else [])]
    if as_json:
        result({"trial": home.trial, **{one.what: one.as_json for one in shown}})
    for one in shown:
        answer(one.line, as_json=as_json)


def _alarm(home: Home) -> Finding:
    """Whether there is one, and whether its last run ended well."""
    if home.config.alarm is None:
        return Finding("alarm", _NO_ALARM)
    try:
        seen, _ = read_upkeep(home.path)
    except (UpkeepUnreadable, OSError):
        seen = NEVER
    if seen.signs["alarm"] is Sign.TROUBLE:
        to_do = "Mend the command of `[alarm]` in config.toml. Each look of the timer tries it again."
        return Finding("alarm", "The alarm's command ended with an error, or did not end.", to_do)
    if not is_program(home.config.alarm.command):
        to_do = "Correct the path of `[alarm]` in config.toml, or install the program."
        return Finding("alarm", "The alarm names no program that this account may run.", to_do)
    return Finding("alarm", "A command is configured.")


def _mirror_keys() -> Finding:
    """Whether what is recorded at the mirror today stays closed to a quantum computer; nothing is at fault if not."""
    if ssl.OPENSSL_VERSION_INFO >= HYBRID_KEYS_SINCE:
        return Finding("mirror-keys", "Handshakes of browsers that can use X25519MLKEM768.")
    words = (
        f"No X25519MLKEM768: this Python has {ssl.OPENSSL_VERSION}. What is recorded today could be read by a quantum "
        "computer of tomorrow. OpenSSL 3.5 or later brings it."
    )
    return Finding("mirror-keys", words)

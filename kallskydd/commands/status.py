"""`kallskydd status`: inspect the service from outside, through Tor, and what it depends on.

Exit code 0 when everything is well, 1 when something is not, and it says what. An onion can be unreachable for
weeks while its server believes that all is well, so the probe is a real one: through the running tor, over the
network, and back.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import socket
import ssl
from pathlib import Path

from cases.audit_chain import ChainBroken, read_records
from cases.clock import today, utc_now
from cases.config import CONFIG_NAME, earlier_names
from cases.errors import CaseError
from cases.home import Home, read_home
from cases.roster.chain import read_chain
from kallskydd.exit_codes import code_of
from kallskydd.mirror.findings import Finding, mirror_findings
from kallskydd.mirror.folder import MIRROR_FOLDER
from kallskydd.say import FINDINGS, OK, answer, count, prose, result
from kallskydd.serve.why_not_open import why_not_open
from onion.control import open_controller, socks_listener
from onion.errors import OnionError, SocksMissing
from onion.keys import read_onion_key
from onion.probe import SocksAddress, probe

HYBRID_KEYS_SINCE = (3, 5)
LEAST_FREE_BYTES = 2 * 2**30  # ten full reports
# Of the keeper's own tor: the operator has neither started one nor named a socket.
NO_WAY_YET = "The keeper's tor is not ready, or its network is switched off. `serve` says what it waits for."
OLDEST_PLAUSIBLE_YEAR = 2026  # a clock before this program was written is wrong, and tor will not work with it


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `status` to the command line."""
    parser = subparsers.add_parser("status", help="check the service from outside, through Tor")
    parser.add_argument("--home", type=Path, metavar="DIR", help="default: $KALLSKYDD_HOME, else ./var")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Look; exit code 1 when something is not well, 4 without a home."""
    try:
        home = read_home(args.home.absolute())
    except CaseError as error:
        prose(str(error))
        return code_of(error)
    for sentence in earlier_names(home.path / CONFIG_NAME):
        prose(sentence)
    findings = [_disk(home), _clock(), _roster(home), _audit(home), asyncio.run(_onion(home))]
    if home.config.mirror is not None:
        findings += mirror_findings(home.path / MIRROR_FOLDER, home.config.mirror, utc_now())
        findings.append(_mirror_keys())
    if args.json:
        result({"trial": home.trial, **{one.what: {"well": one.well, "words": one.words} for one in findings}})
    for one in findings:
        answer(f"{'ok ' if one.well else 'NOT'}  {one.what}: {one.words}", as_json=args.json)
    return OK if all(one.well for one in findings) else FINDINGS


def _disk(home: Home) -> Finding:
    free = shutil.disk_usage(home.path).free
    return Finding("disk", free >= LEAST_FREE_BYTES, f"{free / 2**30:.1f} GiB free.")


def _clock() -> Finding:
    day = today(utc_now)
    return Finding("clock", day.year >= OLDEST_PLAUSIBLE_YEAR, f"It is {day.isoformat()} in Stockholm.")


def _roster(home: Home) -> Finding:
    chain = read_chain(home.roster, today(utc_now))
    if chain.current is None:
        return Finding("roster", well=False, words=f"Not in force, so the service is not open. {why_not_open(chain)}")
    words = f"Version {chain.current.version}, {count(len(chain.current.readers), 'reader')}."
    if not chain.current.is_open:
        words = f"Version {chain.current.version}. The service is not open. {why_not_open(chain)}"
    return Finding("roster", chain.current.is_open, words)


def _audit(home: Home) -> Finding:
    """Return the last of the daily audits, and the head that the members' desks show."""
    try:
        records = read_records(home.path)
    except (ChainBroken, OSError):
        return Finding(
            "audit", well=False, words="The chain of daily audits was changed. Show audit.chain to an auditor."
        )
    if not records:
        return Finding("audit", well=True, words="None yet: the first is made ten minutes after the start.")
    last = records[-1]
    words = f"{last.day}: {last.clean} checks clean, {len(last.not_seen)} not seen, head {last.head.hex()[:16]}."
    if last.findings:
        words = f"{last.day}: something found in {', '.join(last.findings)}. Run `kallskydd audit live`."
    return Finding("audit", well=not last.findings, words=words)


def _mirror_keys() -> Finding:
    """Whether what is recorded at the mirror today stays closed to a quantum computer; nothing is at fault if not."""
    if ssl.OPENSSL_VERSION_INFO >= HYBRID_KEYS_SINCE:
        return Finding("mirror-keys", well=True, words="Handshakes of browsers that can use X25519MLKEM768.")
    words = (
        f"No X25519MLKEM768: this Python has {ssl.OPENSSL_VERSION}. What is recorded today could be read by a quantum "
        "computer of tomorrow. OpenSSL 3.5 or later brings it."
    )
    return Finding("mirror-keys", well=True, words=words)


async def _onion(home: Home) -> Finding:
    if not is_served(home):
        words = "The home is not being served, so nothing is published. Run `kallskydd serve` with the same --home."
        return Finding("onion", well=False, words=words)
    try:
        key = read_onion_key(home.onion / "public.key")
        socks = await asyncio.to_thread(socks_of, home)
    except OnionError as error:
        return Finding("onion", well=False, words=str(error))
    except OSError:
        return Finding("onion", well=False, words="The key of the public address is missing from the home.")
    found = await probe(socks, key.address, isolate="status")
    is_own_tor = home.config.tor.control_socket is None
    words = NO_WAY_YET if is_own_tor and found.text_key == SocksMissing.text_key else found.words
    return Finding("onion", found.reached, words)


def is_served(home: Home) -> bool:
    """Whether a keeper listens: its sockets may have been left behind by one that was killed."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probing:
        try:
            probing.connect(str(home.run / "public.sock"))
        except OSError:
            return False
    return True


def socks_of(home: Home) -> SocksAddress:
    """Return the SOCKS socket of the tor that serves this home. Raises OnionError."""
    if home.config.tor.control_socket is None:
        return home.run / "socks.sock"
    with open_controller(Path(home.config.tor.control_socket)) as controller:
        return socks_listener(controller)

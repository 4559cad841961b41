"""`kallskydd mirror`: the account at the certificate authority, a certificate by hand, and a look at the mirror now.

    account              makes the account, once, and prints the CAA record that the name needs before the first order
    certificate FILE     puts a key and its certificate there; the running keeper takes them up within a minute
    status               looks at CAA and at the mirror through tor now, and says all that is known of it

The network is reached through the tor that serves the home, and in no other way. Exit codes: 1 when something is not
well, 2 for a file that cannot be used, 3 where the authority refuses or its terms were not agreed to, 4 without home,
mirror or tor.
"""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from cases.config_site import MirrorConfig
from cases.home import Home, read_home
from kallskydd.exit_codes import code_of
from kallskydd.finding import Finding
from kallskydd.mirror.caa import caa_line
from kallskydd.mirror.errors import CertificateUnusable, MirrorFault
from kallskydd.mirror.findings import mirror_findings
from kallskydd.mirror.folder import CERTIFICATE, PEM_BYTES, mirror_folder, read_bounded, write_whole
from kallskydd.mirror.messages import Job, Looked
from kallskydd.mirror.ours import judged, ours_now
from kallskydd.say import FINDINGS, MISSING, OK, REFUSED, USAGE, answer, prose, result
from kallskydd.serve.mirror_certificate import in_words, place_of, plan_of
from kallskydd.serve.mirror_child import run_child
from kallskydd.status.outside import is_served, socks_of
from onion.errors import OnionError
from onion.socks import SocksAddress
from trusted.case.clock import utc_now
from trusted.case.errors import CaseError

NO_MIRROR = "config.toml has no [mirror]. Write it there, with the mirror's name; the example shows how."
ORDERED = 'The program orders certificates itself. Set `certificates` in [mirror] to "by hand" first.'
NOT_SERVED = (
    "The home is not being served, so there is no way through tor. Run `kallskydd serve` with the same --home first."
)
MEND = "Look at the line above of the same thing, and do what it says."


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `mirror` to the command line."""
    parser = subparsers.add_parser("mirror", help="the mirror's account, certificate and state")
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    account = verbs.add_parser("account", help="make the account, and print the CAA record")
    account.add_argument("--agree-to-terms", action="store_true", help="you have read the authority's terms")
    account.set_defaults(run=run_account)
    certificate = verbs.add_parser("certificate", help="use a key and certificate of your own")
    certificate.add_argument("file", type=Path, metavar="FILE", help="PEM: the key, its certificate, its issuers")
    certificate.set_defaults(run=run_certificate)
    status = verbs.add_parser("status", help="look at CAA and at the mirror now")
    status.set_defaults(run=run_status)
    for verb in (account, certificate, status):
        verb.add_argument("--home", type=Path, metavar="DIR", help="default: $KALLSKYDD_HOME, else ./var")
        verb.add_argument("--json", action="store_true")


class NotDone(Exception):  # not an error of a package: only this command raises and catches it
    """The command ends here, with this sentence and exit code."""

    def __init__(self, words: str, code: int) -> None:
        super().__init__(words)
        self.code = code


def run_account(args: argparse.Namespace) -> int:
    """Make the account, or read it, and print the CAA record."""
    # Here and not at the top: what it needs of libraries weighs 30 MB, and the other verbs do without.
    from kallskydd.mirror.account import make_account, read_account  # noqa: PLC0415

    try:
        home = _home(args)
        config = _mirror(home)
        folder, roots = mirror_folder(home.path), None if config.roots is None else Path(config.roots)
        try:
            account = read_account(folder, config.directory)
        except MirrorFault:
            account = make_account(folder, config.directory, _way(home), roots, agree=args.agree_to_terms)
    except NotDone as end:
        prose(str(end))
        return end.code
    except MirrorFault as fault:
        prose(str(fault))
        return REFUSED
    line = caa_line(config.name, config.issuer, account.uri)
    if args.json:
        result({"account": account.uri, "caa": line})
    prose(
        "Put this record into the name's DNS, and no other of the kind CAA. Nothing is ordered before it is seen there."
    )
    answer(line, as_json=args.json)
    prose("mirror/account.pem is the account: see that it is in the backup.")
    return OK


def run_certificate(args: argparse.Namespace) -> int:
    """Put key and certificate there as a whole, or say why they cannot be used."""
    from kallskydd.mirror.certificate import key_first, read_certificate  # noqa: PLC0415 - as above

    try:
        home = _home(args)
        config = _mirror(home)
        pem = _by_hand(config, args.file)
        facts = read_certificate(pem, config.name, utc_now())
    except NotDone as end:
        prose(str(end))
        return end.code
    except CertificateUnusable as fault:
        prose(str(fault))
        return USAGE
    write_whole(mirror_folder(home.path) / CERTIFICATE, key_first(pem))
    if args.json:
        result({"until": facts.not_after.date().isoformat()})
    answer(f"In use within a minute, until {facts.not_after.date().isoformat()}.", as_json=args.json)
    return OK


def run_status(args: argparse.Namespace) -> int:
    """Look now, and say it beside what is remembered."""
    try:
        home = _home(args)
        config = _mirror(home)
        plan = plan_of(home.path, config)
        job = Job(verb="look", place=place_of(plan, _way(home)), now=utc_now(), ours=ours_now(plan.folder))
        told = asyncio.run(run_child(job, None))
    except NotDone as end:
        prose(str(end))
        return end.code
    findings = mirror_findings(plan.folder, config, utc_now())
    if isinstance(told, Looked):
        looked = in_words(judged(told, plan.folder))
        findings += [Finding("now", words, None if well else MEND) for well, words in looked]
    if args.json:
        result({"findings": [{"what": one.what, **one.as_json} for one in findings]})
    for one in findings:
        answer(one.line, as_json=args.json)
    return OK if all(one.well for one in findings) else FINDINGS


def _home(args: argparse.Namespace) -> Home:
    try:
        return read_home(args.home.absolute())
    except CaseError as error:
        raise NotDone(str(error), code_of(error)) from None


def _mirror(home: Home) -> MirrorConfig:
    if home.config.mirror is None:
        raise NotDone(NO_MIRROR, MISSING)
    return home.config.mirror


def _by_hand(config: MirrorConfig, file: Path) -> bytes:
    """Return the content of the file, where the configuration says that certificates come so."""
    if config.certificates != "by hand":
        raise NotDone(ORDERED, USAGE)
    pem = read_bounded(file)
    if pem is None:
        raise NotDone(f"The file cannot be read, or is larger than {PEM_BYTES // 1024} kB. Name the PEM file.", USAGE)
    return pem


def _way(home: Home) -> SocksAddress:
    if not is_served(home):
        raise NotDone(NOT_SERVED, MISSING)
    try:
        return socks_of(home)
    except OnionError as error:
        raise NotDone(str(error), MISSING) from None

"""What `kallskydd status` says of the mirror: its certificate, its CAA, and what it shows to a visitor.

Nothing is looked up here: the keeper looks at random times and remembers, and `kallskydd mirror status` looks again;
at the list of issued certificates `kallskydd status` looks (kallskydd.mirror.issued).
What was looked at too long ago counts as not known, which is not well.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

from cases.config_site import MirrorConfig
from kallskydd.finding import Finding
from kallskydd.mirror.caa import CAA_WORDS, Caa
from kallskydd.mirror.errors import CertificateUnusable, NoAccount, fault_of
from kallskydd.mirror.folder import ACCOUNT, CERTIFICATE, OTHER, read_bounded
from kallskydd.mirror.issued import others_of, read_issued
from kallskydd.mirror.seen import MirrorMemory, read_seen
from kallskydd.mirror.shown import SHOWN_WORDS, Shown
from trusted.case.clock import today

# Renewal is tried from a third of the lifetime on; half of that without success is for the operator to see.
RED_AT: Final = 6
CERTIFICATE_LINE: Final = "mirror certificate"
CAA_LINE: Final = "mirror CAA"
SHOWN_LINE: Final = "mirror"
# The desks are shown it as one with the line above (kallskydd.commands.status).
ISSUED_LINE: Final = "mirror issued"
_SHOWN_SERIALS: Final = 3
# The keeper looks every few hours, a day apart at most (kallskydd.serve.mirror_certificate.Pace).
STALE: Final = timedelta(days=3)
_OTHER_SEEN: Final = f"A visitor was shown a certificate that is not ours; it lies in mirror/{OTHER}."
_TAKE_IT_DOWN: Final = (
    "Unless you know why, take the name down and change what you can at its registrar, its name servers and the relay's"
    " host; then remove the file."
)
_NOT_ORDERED: Final = (
    "If you ordered it, put its serial number into `known_certificates` of [mirror]. If not, somebody can read what"
    " reporters send: take the name down, have the certificate revoked by the authority that the list names, and look"
    " at the CAA record, the registrar, the name servers and the relay's host."
)
_SEE_LIST: Final = (
    "Look whether the list of `certificate_list` answers for the name; the next `kallskydd status` asks again."
)
_RUNS: Final = "Look whether the service runs, and look again with `kallskydd mirror status`."
_ORDER: Final = "Mend what the last order failed with, and wait for the next one; docs/OPERATING.md, Certificates."
_PRINT_RECORD: Final = "Put the record into the name's DNS that `kallskydd mirror account` prints."
_LOOK_AT_RELAY: Final = "Look whether the relay runs and the name leads to it."


def mirror_findings(folder: Path, config: MirrorConfig, now: datetime) -> list[Finding]:
    """Return what is known of the mirror."""
    seen, day = read_seen(folder), today(lambda: now)
    findings = [certificate_finding(folder, config, seen, now)]
    if config.certificates == "acme":
        findings.append(_caa(seen, day))
    findings.append(_shown(folder, seen, day))
    if config.certificate_list is not None:
        findings.append(_issued(folder, config, day))
    return findings


def certificate_finding(folder: Path, config: MirrorConfig, seen: MirrorMemory, now: datetime) -> Finding:
    """Whether there is one, and for how long."""
    # Here and not at the top: it is for this alone, and a home without a mirror has no use for it.
    from kallskydd.mirror.certificate import read_certificate  # noqa: PLC0415

    last = "" if seen.failed is None else f" The last order failed: {fault_of(seen.failed)}"
    if config.certificates == "acme" and not (folder / ACCOUNT).exists():
        return Finding(CERTIFICATE_LINE, NoAccount.happened, NoAccount.to_do)
    pem = read_bounded(folder / CERTIFICATE)
    by_hand = "Hand one over with `kallskydd mirror certificate FILE`." if config.certificates != "acme" else _ORDER
    if pem is None:
        return Finding(CERTIFICATE_LINE, f"There is none yet.{last}", by_hand)
    try:
        facts = read_certificate(pem, config.name, now)
    except CertificateUnusable as fault:
        return Finding(CERTIFICATE_LINE, f"It is not used. {fault}{last}", by_hand)
    well = facts.not_after - now > (facts.not_after - facts.not_before) / RED_AT
    late = "" if well else " It should have been renewed by now."
    words = f"Valid until {facts.not_after.date().isoformat()}.{late}{last}"
    return Finding(CERTIFICATE_LINE, words, None if well else by_hand)


def _caa(seen: MirrorMemory, day: date) -> Finding:
    if seen.caa is None or seen.caa_day is None or day - seen.caa_day > STALE:
        return Finding(CAA_LINE, "Not looked at in the last days.", _RUNS)
    words = f"{seen.caa_day.isoformat()}: {CAA_WORDS[seen.caa]}"
    if seen.caa is Caa.OURS:
        return Finding(CAA_LINE, words)
    return Finding(CAA_LINE, words, _PRINT_RECORD)


def _shown(folder: Path, seen: MirrorMemory, day: date) -> Finding:
    if (folder / OTHER).exists():
        return Finding(SHOWN_LINE, _OTHER_SEEN, _TAKE_IT_DOWN)
    if seen.shown is None or seen.shown_day is None or day - seen.shown_day > STALE:
        return Finding(SHOWN_LINE, "Not looked at from outside in the last days.", _RUNS)
    words = f"{seen.shown_day.isoformat()}: {SHOWN_WORDS[seen.shown]}"
    if seen.shown is Shown.OURS:
        return Finding(SHOWN_LINE, words)
    return Finding(SHOWN_LINE, words, _LOOK_AT_RELAY)


def _issued(folder: Path, config: MirrorConfig, day: date) -> Finding:
    issued = read_issued(folder)
    if others := others_of(issued, config):
        shown = ", ".join(others[:_SHOWN_SERIALS])
        words = f"A certificate for the name was issued that is not ours: serial number {shown}."
        return Finding(ISSUED_LINE, words, _NOT_ORDERED)
    if issued.day is None or day - issued.day > STALE:
        words = "The list of issued certificates gave no answer in the last days that has ours in it."
        return Finding(ISSUED_LINE, words, _SEE_LIST)
    words = f"{issued.day.isoformat()}: all certificates of the name that are listed and valid are ours."
    return Finding(ISSUED_LINE, words)

"""The keeper's short-lived child: does one job and ends, so that the memory of its libraries is given back.

    python -I -m kallskydd.mirror

It reads its job from standard input (`kallskydd.mirror.messages`), and confines itself to the folder and the addresses
that the job names (`trusted.confine.orderer`) before it reads a key or opens a connection. It writes nothing but
messages: an error is sent as a number, and standard error is /dev/null.
"""

from __future__ import annotations

import logging
import sys
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import msgspec

from kallskydd.mirror.account import Authority, read_account, read_key
from kallskydd.mirror.caa import agreed
from kallskydd.mirror.certificate import CertificateFacts, read_certificate
from kallskydd.mirror.errors import CertificateUnusable, ChallengeNotTaken, MirrorFault
from kallskydd.mirror.folder import CERTIFICATE, read_bounded
from kallskydd.mirror.look import caa_at, certificate_shown
from kallskydd.mirror.messages import (
    LINE_BYTES,
    Facts,
    Failed,
    FromChild,
    Job,
    Looked,
    MirrorHome,
    RaiseChallenge,
    Taken,
)
from kallskydd.mirror.order import order_certificate
from trusted.confine.orderer import confine_orderer


class Channel:
    """The child's end of the two pipes to the keeper."""

    def __init__(self, hears: BinaryIO, says: BinaryIO) -> None:
        """Take both ends."""
        self._hears = hears
        self._says = says

    def job(self) -> Job:
        """Return the job from the keeper."""
        return msgspec.json.decode(self._hears.readline(LINE_BYTES), type=Job)

    def say(self, message: FromChild) -> None:
        """Send one message and flush it."""
        self._says.write(msgspec.json.encode(message) + b"\n")
        self._says.flush()

    def raise_challenge(self, pem: bytes) -> None:
        """Ask the keeper to serve the challenge certificate, and wait until it does; raises ChallengeNotTaken."""
        self.say(RaiseChallenge(pem.decode("ascii")))
        try:
            taken = msgspec.json.decode(self._hears.readline(LINE_BYTES), type=Taken).taken
        except msgspec.MsgspecError:  # the keeper is gone
            taken = False
        if not taken:
            raise ChallengeNotTaken


def look(place: MirrorHome, ours: tuple[str, ...]) -> Looked:
    """Look up CAA, if there are resolvers to ask, and the certificate that the mirror's name shows, if we have one."""
    caa, shown, other = None, None, None
    if place.resolvers:
        account = read_account(Path(place.folder), place.directory).uri
        way, roots = place.socks_address(), place.roots_file()
        caa = agreed(
            [caa_at(one, place.name, way, roots, issuer=place.issuer, account=account) for one in place.resolvers]
        )
    if ours:
        shown, other = certificate_shown(place.name, ours, place.socks_address())
    return Looked(caa, shown, other)


def read(place: MirrorHome, now: datetime) -> CertificateFacts:
    """Check the certificate in the folder; raises CertificateUnusable."""
    pem = read_bounded(Path(place.folder) / CERTIFICATE)
    if pem is None:
        raise CertificateUnusable
    return read_certificate(pem, place.name, now)


def order(place: MirrorHome, now: datetime, channel: Channel) -> Facts | Failed:
    """Order a certificate and store it."""
    folder = Path(place.folder)
    account = read_account(folder, place.directory)
    authority = Authority(place.directory, place.socks_address(), place.roots_file(), read_key(folder))
    authority.enter(account)
    try:
        facts = order_certificate(authority, folder, place.name, now, channel.raise_challenge)
    except MirrorFault as fault:
        return Failed(fault.code, authority.retry_after)
    return _message(facts)


def do(job: Job, channel: Channel) -> FromChild:
    """Do one job and return its result."""
    try:
        match job.verb:
            case "read":
                return _message(read(job.place, job.now))
            case "look":
                return look(job.place, job.ours)
            case "order":
                return order(job.place, job.now, channel)
    except MirrorFault as fault:
        return Failed(fault.code, 0)


def _message(facts: CertificateFacts) -> Facts:
    return Facts(facts.not_before, facts.not_after, facts.fingerprint)


def main() -> None:
    """Hear, close, do, say."""
    logging.disable()
    channel = Channel(sys.stdin.buffer, sys.stdout.buffer)
    job = channel.job()
    way, roots = job.place.socks_address(), job.place.roots_file()
    dials = [] if isinstance(way, Path) else [way[1]]
    confine_orderer(Path(job.place.folder), dials, [] if roots is None else [roots])
    channel.say(do(job, channel))


if __name__ == "__main__":
    main()

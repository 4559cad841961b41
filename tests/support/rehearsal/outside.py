"""The look from another computer in a rehearsal: what it sees on a bad day, and what the page has people do then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rehearsal.hands import ALARM_OUTSIDE, wait_until_reached
from rehearsal.pages import Box, section
from rehearsal.reporting import CERTIFICATE, MIRROR
from rehearsal.server import wait_for
from rehearsal.visits import mirror_door

if TYPE_CHECKING:
    from rehearsal.rehearse import Rehearsal
    from rehearsal.visits import Door

PAGE: Final = "bad-day.md"
ALARM: Final = "An alarm from outside"
_SETTINGS: Final = "/etc/kallskydd/outside"
_TRUSTED: Final = "/usr/local/share/ca-certificates"
# Of the three days that the demonstration's certificates have, two are to come.
_TO_COME, _LEFT = timedelta(days=2), timedelta(seconds=90)
_TAKEN_SECONDS: Final = 180.0


def watch(at: Rehearsal) -> None:
    """Have another computer look from outside, as the page says."""
    at.places = {"another computer": at.outside}
    if at.outside.code(f"test -e {_SETTINGS}") == 0:
        return
    at.internet.join(at.outside)
    at.follow(PAGE, "A look from outside")
    at.hold("its alarm was tried", at.outside.code(f"test -e {ALARM_OUTSIDE}") == 0)
    at.outside.must(f"{at.fault}systemctl daemon-reload")


def certificate_expired(at: Rehearsal, mirror: Door, pem: bytes, place: Path) -> None:
    """The mirror's certificate expires, and `pem` takes its place; without Tor its name leads to the relay."""
    watch(at)
    settings = f"sed -i 's/^LOOK=.*[^\"]/& --mirror {MIRROR}/' {_SETTINGS}; echo 127.0.0.1 {MIRROR} >>/etc/hosts"
    (place / "short").mkdir()
    short, expiring = mirror_door(place / "short", MIRROR, datetime.now(UTC) - _TO_COME + _LEFT)
    for number, door in enumerate((mirror, short)):
        at.outside.must(f"cat >{_TRUSTED}/{number}.crt", typed=door.trusted.read_text() if door.trusted else "")
    at.outside.must(f"{settings}; update-ca-certificates")
    look, _, _, another = section(PAGE, ALARM)
    _see(at, look, "KALLSKYDD OK")
    at.server.must(f"install -m 0600 -o kallskydd /dev/stdin {CERTIFICATE}", typed=expiring.decode())
    at.do(PAGE, another)
    wait_for(short.answers, _TAKEN_SECONDS, "the certificate is not taken")
    wait_for(lambda: not short.answers(), _TAKEN_SECONDS, "the certificate does not expire")
    _see(at, look, "Its certificate has expired.")
    at.server.must(f"install -m 0600 -o kallskydd /dev/stdin {CERTIFICATE}", typed=pem.decode())
    at.do(PAGE, another)
    mirror.wait()
    _see(at, look, "KALLSKYDD OK")
    at.outside.must(f"sed -i 's/ --mirror {MIRROR}//' {_SETTINGS}")


def tor_ended(at: Rehearsal) -> None:
    """The server's tor has ended."""
    watch(at)
    look, start, again, _ = section(PAGE, ALARM)
    at.server.must("systemctl stop kallskydd-tor")
    _see(at, look, "KALLSKYDD CRITICAL - onion")
    at.do(PAGE, start)
    wait_until_reached(at)
    at.do(PAGE, again)


def _see(at: Rehearsal, look: Box, words: str) -> None:
    before = len(at.said)
    at.do(PAGE, look)
    at.hold(f"the look says: {words}", words in at.said[before:], at.said[before:])

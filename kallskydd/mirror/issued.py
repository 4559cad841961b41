"""A look at a public list of issued certificates (Certificate Transparency), for those of the mirror's name.

Browsers take a certificate only where such lists have it. So one that somebody else got for the name stands there,
whomever the mirror shows it to: from an authority that does not obey CAA, or by the name's DNS. Which list, the
operator says (`certificate_list` of `[mirror]`); without it nothing is asked. The answer is JSON as that of crt.sh.

1. Once a day, through tor, on a circuit of its own; after a look that failed, with the next `kallskydd status`.
2. Certificates are told apart by their serial numbers. Ours are those that lay in the folder at any `kallskydd status`,
   and those that the operator names (`known_certificates`). What is valid no more is passed over.
3. An answer without one of our certificates is no answer: of another name, or of a list that is behind.

The list and who watches it learn that somebody asks for this name each day. What is kept is in `issued.json`.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Final

import msgspec

from cases.config_site import MirrorConfig
from kallskydd.mirror.folder import CERTIFICATE, ISSUED, read_bounded, write_whole
from onion.socks import SocksAddress
from trusted.case.clock import today

NAME_PLACE: Final = "{name}"
# Some kB for each certificate and its announcement; of a name that has had some hundred.
LIST_BYTES: Final = 4 * 2**20
_PIECE_BYTES: Final = 2**16
# From the first byte to the last; each wait is bounded besides (kallskydd.mirror.session).
LIST_SECONDS: Final = 60.0
_OURS_KEPT: Final = 50
_OK: Final = 200


class Issued(msgspec.Struct, frozen=True, kw_only=True):
    """What is remembered: serial numbers as hex, the day of the last answer."""

    day: date | None = None
    ours: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


class _Listed(msgspec.Struct, frozen=True):
    serial_number: Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Fa-f]{1,64}\Z")]
    not_after: str


class NoAnswer(Exception):  # not an error of a package: only this module raises and catches it
    """The list was not reached, or what came does not read as one."""


def read_issued(folder: Path) -> Issued:
    """Return what is remembered; an empty memory if nothing reads."""
    try:
        return msgspec.json.decode(read_bounded(folder / ISSUED) or b"", type=Issued)
    except msgspec.MsgspecError:
        return Issued()


def remember_ours(folder: Path) -> None:
    """Remember the certificate that lies in the folder as ours. Raises OSError."""
    # Here and not at the top: it is for this alone, and a home without a mirror has no use for it.
    from kallskydd.mirror.certificate import serial_of  # noqa: PLC0415

    known, serial = read_issued(folder), serial_of(read_bounded(folder / CERTIFICATE) or b"")
    if serial is not None and serial not in known.ours:
        _keep(folder, msgspec.structs.replace(known, ours=(*known.ours, serial)[-_OURS_KEPT:]))


def look_at_list(folder: Path, config: MirrorConfig, now: datetime, socks: SocksAddress) -> None:
    """Look, if it is time, and remember it. Raises OSError. Not within an event loop."""
    known, day = read_issued(folder), today(lambda: now)
    if config.certificate_list is None or known.day == day:
        return
    try:
        listed = valid_serials(_fetched(config.certificate_list.replace(NAME_PLACE, config.name), socks, config), now)
    except NoAnswer:
        return
    # Rule 3.
    if listed & set(known.ours):
        _keep(folder, msgspec.structs.replace(known, day=day, others=tuple(sorted(listed - set(known.ours)))))


def _keep(folder: Path, issued: Issued) -> None:
    write_whole(folder / ISSUED, msgspec.json.encode(issued))


def others_of(issued: Issued, config: MirrorConfig) -> tuple[str, ...]:
    """Return the serial numbers that are neither ours nor named by the operator."""
    return tuple(one for one in issued.others if one not in {spelled(known) for known in config.known_certificates})


def valid_serials(untrusted: bytes, now: datetime) -> frozenset[str]:
    """Return the serial numbers of the certificates in an answer that are still valid; raises NoAnswer."""
    try:
        listed = msgspec.json.decode(untrusted, type=list[_Listed])
        return frozenset(spelled(one.serial_number) for one in listed if _moment(one.not_after) >= now)
    except (msgspec.MsgspecError, ValueError):
        raise NoAnswer from None


def spelled(serial: str) -> str:
    """Return a serial number as it is kept and compared."""
    return f"{int(serial, 16):x}"


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _fetched(address: str, socks: SocksAddress, config: MirrorConfig) -> bytes:
    """Return what the list answers; raises NoAnswer."""
    import requests  # noqa: PLC0415 - as above

    from kallskydd.mirror.session import ANSWER_SECONDS, tor_session  # noqa: PLC0415

    roots = None if config.roots is None else Path(config.roots)
    # Unpacked, a small answer could become a large one.
    plain = {"Accept": "application/json", "Accept-Encoding": "identity"}
    try:
        with (
            tor_session(socks, roots) as session,
            session.get(address, headers=plain, timeout=ANSWER_SECONDS, stream=True, allow_redirects=False) as answer,
        ):
            if answer.status_code != _OK:
                raise NoAnswer
            return _whole(iter(lambda: answer.raw.read1(_PIECE_BYTES, decode_content=False), b""))
    except (requests.RequestException, OSError) as fault:
        raise NoAnswer from fault


def _whole(pieces: Iterable[bytes]) -> bytes:
    deadline, got = time.monotonic() + LIST_SECONDS, bytearray()
    for piece in pieces:
        got += piece
        if len(got) > LIST_BYTES or time.monotonic() > deadline:
            raise NoAnswer
    return bytes(got)

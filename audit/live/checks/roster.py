"""Who may read: the chain of rosters, verified by code of our own from docs/FORMATS.md, section 7.

Nothing of `cases` is used: two readers of one page of text that agree prove more than one that is asked twice. The only
thing shared is the signature algorithm of the library.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from audit.observe.scene import Scene
from audit.verdict import Inspection

_TOP = {"version", "previous", "home_id", "server_key", "trial", "proposed", "organisations", "members"}
_MEMBER = {"id", "name", "role", "label", "sign", "box", "onion"}
_ORGANISATION = {"key", "name"}
_READERS = {"handler", "lead"}
_ROLES = {*_READERS, "counsel"}
_WAIT = timedelta(days=14)
_TWO = 2


class BrokenChain(Exception):
    """The chain does not hold; the message says where, in our words."""


@dataclass(frozen=True, slots=True)
class Version:
    """One file of the chain."""

    number: int
    digest: bytes
    read: Mapping[str, Any]
    members: Mapping[str, Mapping[str, str]]

    def readers(self) -> set[str]:
        """Handlers and leads, by id."""
        return {one for one, member in self.members.items() if member["role"] in _READERS}

    def counsel(self) -> set[str]:
        """Outside counsel, by id."""
        return set(self.members) - self.readers()


def check_roster(inspection: Inspection, scene: Scene) -> None:
    """Each version continues the one before and is signed by enough members of it; the home is the one they signed."""
    _check_declaration(inspection, scene)
    try:
        settled, proposed, waited = verify(
            scene.home / "roster", today=datetime.now(ZoneInfo("Europe/Stockholm")).date()
        )
        server_key = (scene.home / "server.pub").read_text("ascii").strip()
    except BrokenChain as fault:
        inspection.found("the chain of rosters does not hold at {place}", place=fault)
        return
    except OSError:
        inspection.missed("the rosters cannot be read by this account")
        return
    for version in [*settled, *proposed]:
        if version.read["server_key"] != server_key:
            inspection.found("roster {number} was signed for another server", number=version.number)
        if version.read["trial"] is not scene.trial:
            inspection.found(
                "roster {number} and the home do not agree on whether this is a trial", number=version.number
            )
    for version in settled:
        inspection.saw(
            "roster {number} holds: {readers} readers, {counsel} counsel, hash {digest}",
            number=version.number, readers=len(version.readers()), counsel=len(version.counsel()),
            digest=version.digest.hex()[:16],
        )  # fmt: skip
    for number in waited:
        inspection.saw("roster {number} came about by one signature and fourteen days of waiting", number=number)
    for version in proposed:
        inspection.saw("roster {number} is a proposal and not in force", number=version.number)
    if not settled:
        inspection.saw("no roster is in force yet, so the service is not open")


def _check_declaration(inspection: Inspection, scene: Scene) -> None:
    """Whether the operator has declared to be no member. That it is so, no audit sees."""
    if scene.trial:
        inspection.saw("a trial: not required that the operator is no member")
    elif scene.config().get("operator_is_no_member") is True:
        inspection.saw("clean as declared in config.toml, though no audit can see it: who runs the server is no member")
    else:
        inspection.found("nobody has declared that the operator is no member, who could see which case excludes her")


def verify(folder: Path, *, today: date) -> tuple[list[Version], list[Version], list[int]]:
    """Return the versions in force, the proposal, and which came about by waiting; raises BrokenChain, OSError."""
    files = sorted(path for path in folder.iterdir() if path.suffix == ".toml")
    settled: list[Version] = []
    waited: list[int] = []
    for position, path in enumerate(files, start=1):
        if path.name != f"{position:04d}.toml":
            raise BrokenChain(path.name)
        version = _read(path)
        before = settled[-1] if settled else None
        _require_continues(before, version, position)
        signers = _signers(before, version, path.with_suffix(".sig"))
        shown = _first_shown(version, path.with_suffix(".seen"))
        agreed = _agreed(settled, version, signers, shown, today)
        if agreed is None:
            if position != len(files):
                raise BrokenChain(path.name)
            return settled, [version], waited
        if agreed == "waited":
            waited.append(position)
        settled.append(version)
    return settled, [], waited


def _read(path: Path) -> Version:
    raw = path.read_bytes()
    try:
        read = tomllib.loads(raw.decode())
        listed = read["members"]
        members = {one["id"]: one for one in listed}
        fits = set(read) <= _TOP and all(set(one) == _MEMBER for one in listed)
        fits = fits and all(set(one) == _ORGANISATION for one in read.get("organisations", []))
        for one in listed:
            keys = bytes.fromhex(one["sign"]) + bytes.fromhex(one["box"])
            fits = fits and one["role"] in _ROLES and _blake(16, b"ks1-member", keys).hex() == one["id"]
        for column in ("id", "sign", "box", "label"):
            fits = fits and len({one[column].casefold() for one in listed}) == len(listed)
        if not fits:
            raise BrokenChain(path.name)
        return Version(read["version"], _blake(32, b"ks1-roster", raw), read, members)
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise BrokenChain(path.name) from fault


def _require_continues(before: Version | None, version: Version, position: int) -> None:
    previous = before.digest.hex() if before else "0" * 64
    fits = version.number == position and version.read["previous"] == previous
    if before is not None:
        fits = fits and all(version.read[key] == before.read[key] for key in ("home_id", "trial"))
        fits = fits and len(_concerned(before, version)) <= 1
    if not fits:
        raise BrokenChain(f"{position:04d}.toml")


def _signers(before: Version | None, version: Version, path: Path) -> set[str]:
    known = {**(before.members if before else {}), **version.members}
    found = set()
    for line in path.read_text("ascii").splitlines() if path.exists() else []:
        try:
            member, signature = line.split()
            # A member whose keys stay is the same one in both versions: the id follows from the keys.
            VerifyKey(bytes.fromhex(known[member]["sign"])).verify(
                b"ks1-roster" + version.digest, bytes.fromhex(signature)
            )
        except (ValueError, KeyError, BadSignatureError) as fault:
            raise BrokenChain(path.name) from fault
        found.add(member)
    return found


def _first_shown(version: Version, path: Path) -> date | None:
    """Return the day that the server noted beside this very text; None without one, or when it is of another text."""
    try:
        day, digest = path.read_text("ascii").split()
        return date.fromisoformat(day) if digest == version.digest.hex() else None
    except (FileNotFoundError, ValueError):
        return None


def _concerned(before: Version, version: Version) -> set[str]:
    """Whom the version adds, removes or alters, by id."""
    everyone = set(before.members) | set(version.members)
    return {one for one in everyone if before.members.get(one) != version.members.get(one)}


def _agreed(settled: list[Version], version: Version, signers: set[str], shown: date | None, today: date) -> str | None:
    """Rules 1 to 5: "full", "waited", or None."""
    if not settled:
        return "full" if signers >= set(version.members) else None
    before = settled[-1]
    concerned = _concerned(before, version)
    readers, counsel = before.readers() - concerned, before.counsel() - concerned
    enough = 1 if before.read["trial"] else _TWO
    was_open = any(len(one.readers()) >= enough for one in settled)
    left = readers or counsel
    if version.read["trial"] or not was_open:
        return "full" if signers & left else None
    if len(readers) >= _TWO:
        return "full" if len(signers & readers) >= _TWO else None
    if signers & readers and signers & counsel:
        return "full"
    if not left or len(signers & left) < min(_TWO, len(left)):
        return None
    day = version.read.get("proposed")
    counted = isinstance(day, date) and shown is not None and today - max(day, shown) >= _WAIT
    return "waited" if counted else None


def _blake(size: int, person: bytes, data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=size, person=person).digest()

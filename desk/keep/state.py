"""What a desk remembers between two commands.

`desk.toml`, readable: the server's address, the pinned roster (version and fingerprint), when newer versions were first
shown, and the request counter. None of it says which cases there are. `cases.sealed`: the grants this member holds, how
far each case has been read, and the tombstones of erased ones, sealed with a key made from the member's own and padded
to a power of two, so that the size of the file does not count her cases. Decrypted entries are never written.

The counter is stored ahead: a desk that dies in between skips numbers, which does no harm; using one twice would.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from pathlib import Path

import msgspec
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from desk.errors import StateDamaged, UnknownCase
from desk.keep import files
from desk.keep.audits import NO_PIN, AuditPin
from desk.keep.figures import CaseFigure, Channel
from desk.keep.probes import KeptProbe
from desk.keep.restores import KeptRestore
from trusted.crypto.grants import Grant

FORMAT = "kallskydd-desk-1"
# How many request numbers are set aside by one write of desk.toml; a command makes about ten requests.
COUNTER_BLOCK = 64
# The smallest sealed list; holds about twenty cases (measured: 760 bytes each, of five readers).
LIST_BYTES_MIN = 32_768
PERSON_LIST_KEY = b"ks1-desk-list"
PERSON_NOTES_MARK = b"ks1-desk-notes"


class SeenHead(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far a stream of a case has been read: the number of entries and the chain hash of the last."""

    count: int
    digest: bytes


class HeldKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a grant of a case brought, without the case. Never printed."""

    epoch: int
    key: bytes
    commitment: bytes
    roster_version: int

    def __repr__(self) -> str:
        return "<HeldKey>"


class KnownCase(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A case of which this member holds a grant: the key that opened it last, and those that have not opened it yet.

    A grant has no sender: the server can make one as well as a member. So a later one takes the place of an earlier
    only when the case has opened with it. It holds case keys: never printed.
    """

    case_id: bytes
    epoch: int
    key: bytes
    commitment: bytes
    roster_version: int
    # How far the server has shown each stream; it must never show less again.
    seen: dict[int, SeenHead] = {}
    # How many entries of each stream the member has had on the screen.
    read: dict[int, int] = {}
    # When this desk last saw the case closed; only long after it may the server erase the case by itself.
    closed_on: date | None = None
    # Keys of other grants of the case that came here.
    others: tuple[HeldKey, ...] = ()
    # The latest epoch in which this desk has opened notes, and a hash of their key: the next one has another.
    notes_epoch: int = 0
    notes_mark: bytes = b""
    # Whose signature under an erasure counts, as the case said when this desk last opened it; None: it never has.
    may_erase: tuple[str, ...] | None = None
    # Nobody but counsel may read it, so two counsel can erase it.
    is_counsels_alone: bool = False
    # What the case counts as in the figures of its year.
    figure: CaseFigure | None = None
    # How far it had been seen when the server was restored from a backup, if it ever was.
    before_restore: dict[int, SeenHead] = {}
    is_set_back: bool = False
    # This desk held its tombstone, and a restore brought the case back.
    was_erased: bool = False

    def __repr__(self) -> str:
        return "<KnownCase>"

    @property
    def entries(self) -> int:
        """How many entries the case has, as far as this desk has seen it."""
        return sum(head.count for head in self.seen.values())

    def candidates(self) -> "tuple[KnownCase, ...]":
        """Return the case with each key that may open it in the first place, latest epoch first.

        What a candidate is kept with are the keys of later epochs: it opens the case, so those before it have ended.
        """
        own = HeldKey(self.epoch, self.key, self.commitment, self.roster_version)
        held = sorted((own, *self.others), key=lambda one: one.epoch, reverse=True)
        return tuple(
            msgspec.structs.replace(
                self,
                epoch=one.epoch,
                key=one.key,
                commitment=one.commitment,
                roster_version=one.roster_version,
                others=tuple(later for later in held if later.epoch > one.epoch),
            )
            for one in held
        )

    def set_back(self) -> "KnownCase":
        """Return the case as one to be opened as the server has it now, after a restore that two members declared."""
        return msgspec.structs.replace(
            self, seen={}, read={}, notes_epoch=0, notes_mark=b"", before_restore=self.seen, is_set_back=True
        )

    def with_notes(self, epoch: int, notes_key: bytes) -> "KnownCase":
        """Return the case as one whose notes have this key in this epoch."""
        return msgspec.structs.replace(self, notes_epoch=epoch, notes_mark=_notes_mark(notes_key))

    def has_notes_key(self, notes_key: bytes) -> bool:
        """Whether the notes had this key when this desk last opened some."""
        return self.notes_mark == _notes_mark(notes_key)

    def with_grant(self, grant: Grant) -> "KnownCase":
        """Return the case with one more key that may open it; itself for one that is held or that has ended."""
        new = HeldKey(grant.epoch, grant.key, grant.commitment, grant.roster_version)
        has_opened = bool(self.seen)
        if (has_opened and new.epoch <= self.epoch) or new.key in {self.key, *(one.key for one in self.others)}:
            return self
        return msgspec.structs.replace(self, others=(*self.others, new))


def _notes_mark(notes_key: bytes) -> bytes:
    return blake2b(key=notes_key, person=PERSON_NOTES_MARK, digest_size=16).digest()


class KeptTombstone(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is left of an erased case: the signed statements, verified when they were kept."""

    case_id: bytes
    statements: tuple[bytes, ...]
    # This desk never opened the case, so it cannot tell whether those who signed were given it.
    unknown_signers: bool = False


class CaseList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything in `cases.sealed`."""

    last_batch: int = 0
    cases: dict[str, KnownCase] = {}
    tombstones: dict[str, KeptTombstone] = {}
    # What erased cases counted as, sorted: their order says nothing of which case was which.
    figures: tuple[CaseFigure, ...] = ()
    channel: Channel = Channel()
    # Where reporters find the service, as the member typed it, and the last test report that she sent there.
    reporters_address: str = ""
    probe: KeptProbe | None = None
    # The last one through the website on the open web.
    mirror_probe: KeptProbe | None = None
    # By name: what tells one restore of the server from another.
    restores: dict[str, KeptRestore] = {}

    @property
    def probes(self) -> tuple[KeptProbe, ...]:
        """The last test report of each way, the onion's first."""
        return tuple(one for one in (self.probe, self.mirror_probe) if one is not None)

    def __repr__(self) -> str:
        return "<CaseList>"


class _DeskToml(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: str
    address: str = ""
    counter: int = 0
    roster_version: int = 0
    roster_hash: str = ""
    # The hash of each version that is not pinned yet, and the day on which this desk was first shown it.
    seen: dict[str, date] = {}
    # The chain of the server's daily audits: how many lines, and the last one's head.
    audit_count: int = 0
    audit_head: str = ""


@dataclass(frozen=True, slots=True)
class Pin:
    """The roster this desk last saw verified: the next one must continue it. Version 0: none yet."""

    version: int
    digest: bytes


@dataclass(slots=True, repr=False)
class DeskState:
    """The two files of a desk home, read and written as a whole. Held under `desk.lock`."""

    settings_path: Path
    list_path: Path
    _list_key: bytes
    address: str
    pin: Pin
    case_list: CaseList
    _counter: int
    _counter_stored: int
    # When each version of the roster that is not pinned yet was first shown.
    roster_seen: Mapping[str, date]
    audit_pin: AuditPin = NO_PIN
    # The list was damaged and set aside; the cases in it come again from the post box.
    list_was_damaged: bool = False
    _unwritten: bool = False

    def next_counter(self) -> int:
        """Return a request number never used before by this desk."""
        self._counter += 1
        if self._counter > self._counter_stored:
            self._counter_stored = self._counter + COUNTER_BLOCK - 1
            self._write_settings()
        return self._counter

    def skip_counter(self, by: int) -> None:
        """Jump ahead: the server has seen higher numbers, so this desk home was restored from an older copy."""
        self._counter += by
        channel = msgspec.structs.replace(self.case_list.channel, has_forgotten=True)
        self.keep_cases(msgspec.structs.replace(self.case_list, channel=channel))

    def pin_roster(self, pin: Pin) -> None:
        """Remember a roster that has been verified and continues the one before."""
        if pin != self.pin:
            self.pin = pin
            self._write_settings()

    def keep_roster_seen(self, seen: Mapping[str, date]) -> None:
        """Remember when versions of the roster were first shown: from then on their fourteen days are counted."""
        if seen != self.roster_seen:
            self.roster_seen = dict(seen)
            self._write_settings()

    def pin_audits(self, pin: AuditPin) -> None:
        """Remember how far the server's chain of audits went, and its head."""
        if pin != self.audit_pin:
            self.audit_pin = pin
            self._write_settings()

    def keep_cases(self, case_list: CaseList) -> None:
        """Seal and write the list of cases, in one step, also when nothing has changed.

        What was there is overwritten: the keys of a case that was erased since are in it.
        """
        plain = msgspec.json.encode(case_list)
        size = LIST_BYTES_MIN
        while size < len(plain):
            size *= 2
        files.replace(self.list_path, SecretBox(self._list_key).encrypt(plain.ljust(size)), overwrite=True)
        self.case_list = case_list
        self._unwritten = False

    def keep_case(self, known: KnownCase) -> None:
        """Remember what is known of one case now; `write_unwritten` puts it on the disk, once for all cases."""
        cases = {**self.case_list.cases, known.case_id.hex(): known}
        self.case_list = msgspec.structs.replace(self.case_list, cases=cases)
        self._unwritten = True

    def write_unwritten(self) -> None:
        """Write the list if something in it is not on the disk yet. Called at the end of every command."""
        if self._unwritten:
            self.keep_cases(self.case_list)

    def keep_tombstone(self, tombstone: KeptTombstone) -> None:
        """Forget the key of an erased case, and keep the proof that it was erased and what it counted as."""
        name = tombstone.case_id.hex()
        known = self.case_list.cases.get(name)
        figures = self.case_list.figures
        if known is not None and known.figure is not None:
            figures = tuple(sorted((*figures, self.case_list.channel.without_names(known.figure))))
        cases = {key: known for key, known in self.case_list.cases.items() if key != name}
        tombstones = {**self.case_list.tombstones, name: tombstone}
        self.keep_cases(msgspec.structs.replace(self.case_list, cases=cases, tombstones=tombstones, figures=figures))

    def keep_probe(self, address: str, probe: KeptProbe) -> None:
        """Remember the reporters' address and the last test report of its way."""
        found = {"mirror_probe" if probe.by_mirror else "probe": probe}
        self.keep_cases(msgspec.structs.replace(self.case_list, reporters_address=address, **found))

    def find(self, name: str) -> KnownCase:
        """Return the case of this name. Raises UnknownCase."""
        known = self.case_list.cases.get(name)
        if known is None:
            raise UnknownCase
        return known

    def _write_settings(self) -> None:
        pin, audits = self.pin, self.audit_pin
        of_roster = (pin.version, pin.digest.hex(), dict(self.roster_seen))
        settings = _DeskToml(FORMAT, self.address, self._counter_stored, *of_roster, audits.count, audits.head)
        _write_settings(self.settings_path, settings)


@dataclass(frozen=True, slots=True)
class Joined:
    """Which server a desk has joined, readable without any key; nothing for none."""

    address: str
    # The members of that server as this desk has seen them: every later list is held against them.
    pin: Pin
    roster_seen: Mapping[str, date]


def read_joined(settings_path: Path) -> Joined:
    """Return which server this desk has joined. Raises StateDamaged."""
    settings = _read_settings(settings_path)
    return Joined(settings.address, _pin_of(settings), settings.seen)


def join_server(settings_path: Path, address: str) -> None:
    """Remember the server, without any key. A desk that joins another server forgets the roster it has pinned."""
    settings = _read_settings(settings_path)
    if address != settings.address:
        settings = _DeskToml(FORMAT, address, settings.counter)
    _write_settings(settings_path, settings)


def read_state(settings_path: Path, list_path: Path, sign_seed: bytes) -> DeskState:
    """Read both files; one that does not exist is empty, as is a list that is damaged. Raises StateDamaged, OSError."""
    list_key = blake2b(key=sign_seed, person=PERSON_LIST_KEY, digest_size=SecretBox.KEY_SIZE).digest()
    settings = _read_settings(settings_path)
    kept = _read_list(list_path, list_key)
    return DeskState(
        settings_path=settings_path,
        list_path=list_path,
        _list_key=list_key,
        address=settings.address,
        pin=_pin_of(settings),
        case_list=CaseList(channel=Channel(has_forgotten=True)) if kept is None else kept,
        _counter=settings.counter,
        _counter_stored=settings.counter,
        roster_seen=settings.seen,
        audit_pin=AuditPin(settings.audit_count, settings.audit_head),
        list_was_damaged=kept is None,
        _unwritten=kept is None,
    )


def _pin_of(settings: _DeskToml) -> Pin:
    try:
        return Pin(settings.roster_version, bytes.fromhex(settings.roster_hash))
    except ValueError as damaged:
        raise StateDamaged from damaged


def _write_settings(path: Path, settings: _DeskToml) -> None:
    lines = [
        f'format = "{settings.format}"',
        f'address = "{settings.address}"',
        f"counter = {settings.counter}",
        f"roster_version = {settings.roster_version}",
        f'roster_hash = "{settings.roster_hash}"',
        f"audit_count = {settings.audit_count}",
        f'audit_head = "{settings.audit_head}"',
        "[seen]",
        *(f'"{digest}" = {day.isoformat()}' for digest, day in sorted(settings.seen.items())),
    ]
    files.replace(path, ("\n".join(lines) + "\n").encode("ascii"))


def _read_settings(path: Path) -> _DeskToml:
    try:
        settings = msgspec.convert(tomllib.loads(path.read_text("ascii")), _DeskToml)
    except FileNotFoundError:
        return _DeskToml(format=FORMAT)
    except ValueError as damaged:
        # Bytes outside ASCII, no TOML, or other fields than ours.
        raise StateDamaged from damaged
    if settings.format != FORMAT:
        raise StateDamaged
    return settings


def _read_list(path: Path, list_key: bytes) -> CaseList | None:
    """Return the list; None when it does not open, and is set aside."""
    try:
        sealed = path.read_bytes()
    except FileNotFoundError:
        return CaseList()
    try:
        return msgspec.json.decode(SecretBox(list_key).decrypt(sealed), type=CaseList)
    except (CryptoError, ValueError):
        files.set_aside(path)
        return None

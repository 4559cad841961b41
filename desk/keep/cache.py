"""What was fetched last, kept so that it can be read without the server (docs/decisions/desk/0025).

It lies in the system's folder for caches and never in the desk home, marked so that backup programs leave it out: with
what the server gives out beside a member's own key, an answer here opens its case. Who has an old copy of the desk home
and every key opens nothing of a case that was erased since.

- `cache.key`: 32 random bytes. Every file is sealed under a key made from them and from the member's own: it takes this
  folder, the key file and the passphrase.
- One file for the roster, one for the summaries of all cases (`desk.keep.summaries`), one for the server's sealed
  answer of each case, as it came: its own seals are opened and checked each time it is read. One for the words of all
  cases, so that a search need not open every one: it goes as a whole when any case goes, until all are fetched again.
- Every file is padded to a power of two and bears the same time; files of random bytes fill their number up to a power
  of two. The names are keyed hashes. So the folder says about how many cases there are, and not how many.

Files are written in place, and overwritten before they go, as far as the disk does what it is asked. A power cut can
leave half a file: it does not open, is dropped, and fetched again (`damaged` says so). A disk that cannot be written
costs the cache and nothing else. So does a folder that is somebody else's, that others can write, or that is a link:
nothing is kept there. A link inside it is removed and never followed.
"""

import contextlib
import os
import secrets
import stat
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Final, TypeAlias, TypeVar

import msgspec
import platformdirs
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from cases.wire.messages import CaseAnswer, RosterAnswer
from desk.keep import files
from desk.keep.keyfile import DeskHome
from desk.keep.summaries import Index, Offer, Problem, Summary
from trusted.case.clock import next_release

KEY_FILE: Final = "cache.key"
TAG_FILE: Final = "CACHEDIR.TAG"
# The signature that backup programs look for (bford.info/cachedir).
TAG: Final = b"Signature: 8a477f597d28d172789f06886806bc55\n# Kallskydd fetches this again. Leave it out of backups.\n"
FILES_MIN: Final = 16
FILE_BYTES_MIN: Final = 16_384
_KEY_BYTES: Final = 32
_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH
_NAME_BYTES: Final = 16
_OVERHEAD: Final = SecretBox.NONCE_SIZE + SecretBox.MACBYTES
_LENGTH_BYTES: Final = 8
# These change with the form of what is kept: files of another form have other names, and go.
_PERSON_MASTER: Final = b"ks1-cache-1"
_PERSON_NAME: Final = b"ks1-cache-name"
_PERSON_FILE: Final = b"ks1-cache-file"
_ROSTER: Final = b"roster"
_INDEX: Final = b"index"
_WORDS: Final = b"words"
_FILLER: Final = b"filler-"

Kept = TypeVar("Kept")
# By case: with how many entries its words were read, and these, in small letters.
Words: TypeAlias = dict[bytes, tuple[int, str]]


def cache_folder_of(home: DeskHome) -> Path:
    """Return where the cache of a desk home lies: a folder of its own for each, told apart by where the home is."""
    mark = blake2b(str(home.folder.resolve()).encode(), digest_size=_NAME_BYTES).hexdigest()
    return platformdirs.user_cache_path("kallskydd-desk", appauthor=False) / mark


@dataclass(slots=True, repr=False)
class CaseCache:
    """The folder, while the desk is unlocked. Held under the lock of the desk home."""

    # None where nothing can be kept.
    folder: Path | None
    _master: bytes
    index: Index = field(default_factory=Index)
    # Something did not open, and is to be fetched again.
    damaged: bool = False
    _index_changed: bool = False
    _files_changed: bool = True

    def roster(self) -> RosterAnswer | None:
        """Return the server's last answer about who may read."""
        return self._get(_ROSTER, RosterAnswer)

    def keep_roster(self, answer: RosterAnswer) -> None:
        """Keep who may read."""
        self._put(_ROSTER, msgspec.msgpack.encode(answer))

    def case(self, case_id: bytes) -> CaseAnswer | None:
        """Return what the server had of a case, sealed as it came; None for one that is not here."""
        return self._get(case_id, CaseAnswer)

    def keep_case(self, case_id: bytes, answer: CaseAnswer) -> None:
        """Keep what the server has of a case that has opened."""
        self._put(case_id, msgspec.msgpack.encode(answer))
        if self.index.problems.pop(case_id.hex(), None) is not None:
            self._index_changed = True

    def keep_summary(self, summary: Summary) -> None:
        """Keep what the overview shows of a case that has opened."""
        if self.index.summaries.get(summary.case_id.hex()) != summary:
            self.index.summaries[summary.case_id.hex()] = summary
            self._index_changed = True

    def keep_problem(self, case_id: bytes, problem: Problem) -> None:
        """Keep that a case did not open."""
        if self.index.problems.get(case_id.hex()) != problem:
            self.index.problems[case_id.hex()] = problem
            self._index_changed = True

    def words(self) -> Words:
        """Return the words of the cases, as far as they are kept."""
        return self._get(_WORDS, Words) or {}

    @property
    def has_words(self) -> bool:
        """Whether words are kept."""
        return self.folder is not None and (self.folder / self._name(_WORDS)).exists()

    def keep_words(self, words: Words) -> None:
        """Keep the words of those cases that are kept themselves."""
        self._put(_WORDS, msgspec.msgpack.encode({one: words[one] for one in words if self._is_kept(one)}))

    def _is_kept(self, case_id: bytes) -> bool:
        return case_id.hex() in self.index.summaries and case_id.hex() not in self.index.problems

    def keep_offer(self, case_id: bytes, offer: Offer) -> None:
        """Keep that a file for moving a case was made; nothing of what is in it."""
        self.index.offers[case_id.hex()] = offer
        self._index_changed = True

    def keep_not_there(self, case_id: bytes, text_key: str, now: datetime) -> None:
        """Forget, at once, a case that the server does not show: its file and its words.

        Its days stay for two releases, unless this member has left it: after a move the new key comes with the first.
        """
        name = case_id.hex()
        before, summary = self.index.problems.get(name), self.index.summaries.get(name)
        is_left = self.index.is_left(case_id)
        until = next_release(next_release(now)) if before is None or before.is_alarm else before.until
        if is_left or until is None or until <= now:
            self.drop(case_id)
            self.keep_problem(case_id, Problem(text_key, is_alarm=False, is_left=is_left))
            return
        self._destroy(case_id)
        self.index.offers.pop(name, None)
        self.keep_problem(case_id, Problem(text_key, is_alarm=False, until=until))
        if summary is not None and summary.title:
            self.index.summaries[name] = msgspec.structs.replace(summary, title="")
            self._write_index()

    def keep_fetched(self, day: date) -> None:
        """Remember that everything was fetched on this day; nothing damaged is left then."""
        self.index = msgspec.structs.replace(self.index, fetched=day)
        self._index_changed, self.damaged = True, False

    def drop(self, case_id: bytes) -> None:
        """Forget a case, at once: its file, and what the overview shows of it."""
        known = case_id.hex() in self.index.summaries
        self.index.summaries.pop(case_id.hex(), None)
        self.index.problems.pop(case_id.hex(), None)
        self.index.offers.pop(case_id.hex(), None)
        self._destroy(case_id)
        if known:
            self._write_index()

    def write(self, case_ids: Collection[bytes], *, fillers_anew: bool = False) -> None:
        """Put on the disk what is not there yet, and make the number of files right. `case_ids`: all cases there are.

        `fillers_anew` is for when everything was fetched: files that are never written would tell what they are.
        """
        for name in (self.index.summaries.keys() | self.index.problems.keys() | self.index.offers.keys()) - {
            one.hex() for one in case_ids
        }:
            self.drop(bytes.fromhex(name))
        if self._index_changed:
            self._write_index()
        if self.folder is not None and (self._files_changed or fillers_anew):
            # A disk that cannot be written costs the cache and nothing else.
            with contextlib.suppress(OSError):
                real = {self._name(label) for label in (*case_ids, _ROSTER, _INDEX, _WORDS)}
                self._fill(self.folder, real, anew=fillers_anew)
                self._files_changed = False

    def _destroy(self, case_id: bytes) -> None:
        if self.folder is not None:
            _destroy(self.folder / self._name(case_id))
            _destroy(self.folder / self._name(_WORDS))
        self._files_changed = True

    def _write_index(self) -> None:
        self._put(_INDEX, msgspec.msgpack.encode(self.index))
        self._index_changed = False

    def _fill(self, folder: Path, real: set[str], *, anew: bool) -> None:
        present = {path.name for path in folder.iterdir()} - {KEY_FILE, TAG_FILE}
        kept = len(present & real)
        fillers = [self._name(_FILLER + b"%d" % number) for number in range(_power_of_two(kept, FILES_MIN) - kept)]
        for name in present - real - set(fillers):
            _destroy(folder / name)
        # As large as others are; with nothing to copy the smallest.
        copied = (present & real) - {self._name(_WORDS)}
        sizes = [(folder / name).stat().st_size for name in copied] or [FILE_BYTES_MIN]
        for name in fillers:
            if anew or name not in present:
                _write(folder / name, secrets.token_bytes(secrets.choice(sizes)))

    def _get(self, label: bytes, kind: type[Kept]) -> Kept | None:
        if self.folder is None:
            return None
        path = self.folder / self._name(label)
        try:
            sealed = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError:
            self.damaged = True
            return None
        try:
            plain = self._box(label).decrypt(sealed)
            length = int.from_bytes(plain[:_LENGTH_BYTES], "big")
            return msgspec.msgpack.decode(plain[_LENGTH_BYTES : _LENGTH_BYTES + length], type=kind)
        except (CryptoError, ValueError, msgspec.MsgspecError):
            self.damaged = True
            _destroy(path)
            self._files_changed = True
            return None

    def _put(self, label: bytes, content: bytes) -> None:
        if self.folder is None:
            return
        path = self.folder / self._name(label)
        plain = len(content).to_bytes(_LENGTH_BYTES, "big") + content
        size = _power_of_two(len(plain) + _OVERHEAD, FILE_BYTES_MIN) - _OVERHEAD
        with contextlib.suppress(OSError):
            self._files_changed = self._files_changed or not path.exists()
            _write(path, self._box(label).encrypt(plain.ljust(size, b"\0")))

    def _box(self, label: bytes) -> SecretBox:
        return SecretBox(blake2b(label, key=self._master, person=_PERSON_FILE, digest_size=_KEY_BYTES).digest())

    def _name(self, label: bytes) -> str:
        return blake2b(label, key=self._master, person=_PERSON_NAME, digest_size=_NAME_BYTES).hexdigest()


def open_cache(folder: Path, sign_seed: bytes) -> CaseCache:
    """Return the cache in this folder, made if it is not there; where it cannot be made, one that keeps nothing."""
    usable: Path | None = folder
    try:
        key = _key_of(folder)
    except OSError:
        usable, key = None, secrets.token_bytes(_KEY_BYTES)
    cache = CaseCache(usable, blake2b(sign_seed, key=key, person=_PERSON_MASTER, digest_size=_KEY_BYTES).digest())
    cache.index = cache._get(_INDEX, Index) or Index()  # noqa: SLF001 - the one way in which a cache is made
    return cache


def _key_of(folder: Path) -> bytes:
    files.make_folder(folder)
    _require_ours(folder)
    tag, key_file = folder / TAG_FILE, folder / KEY_FILE
    if not tag.exists():
        files.replace(tag, TAG)
    key = key_file.read_bytes() if key_file.exists() else b""
    if len(key) != _KEY_BYTES:
        key = secrets.token_bytes(_KEY_BYTES)
        files.replace(key_file, key)
    return key


def _require_ours(folder: Path) -> None:
    """Return if this is a folder that nobody else writes in. Raises OSError."""
    found = folder.lstat()
    # Elsewhere there are neither owners nor modes to look at.
    if os.name == "posix" and (
        not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & _OTHERS_WRITE
    ):
        raise PermissionError


def _power_of_two(count: int, least: int) -> int:
    size = least
    while size < count:
        size *= 2
    return size


def _write(path: Path, content: bytes) -> None:
    """Write over what is there, to its end: what was sealed there before must not stay in blocks that are free."""
    with os.fdopen(_opened(path, os.O_CREAT), "r+b") as file:
        before = os.fstat(file.fileno()).st_size
        file.write(content)
        if before > len(content):
            file.write(secrets.token_bytes(before - len(content)))
            file.flush()
            os.fsync(file.fileno())
            file.truncate(len(content))
    # When a case last had news is nobody's business.
    os.utime(path, (0, 0))


def _destroy(path: Path) -> None:
    """Overwrite a file and remove it; one that is not there, or cannot be written, is left."""
    with contextlib.suppress(OSError):
        with os.fdopen(_opened(path, 0), "r+b") as file:
            file.write(secrets.token_bytes(os.fstat(file.fileno()).st_size))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()


def _opened(path: Path, flags: int) -> int:
    """Open one of our files. What is none is removed first: a link, or a second name of another file."""
    with contextlib.suppress(FileNotFoundError):
        found = path.lstat()
        if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:
            path.unlink()
    flags |= os.O_RDWR | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
    return os.open(path, flags, files.OWNER_ONLY_FILE)

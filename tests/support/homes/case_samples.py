"""Small true things for the tests of cases/: keys, people, a roster, a report. Nothing here is a stand-in."""

import types
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from nacl.bindings import crypto_scalarmult_base
from nacl.utils import random

from cases.roster.chain import NO_PREVIOUS, Member, Organisation, Roster, RosterHome, parse_roster, render, sign_roster
from cases.roster.member import MemberKeys, new_member_keys
from trusted.case.entry import Message, Report, Stream
from trusted.crypto import seal
from trusted.crypto.reporter_keys import ReporterPublic, approve_with_new_keys
from trusted.crypto.signing import id_of, sign_public_of
from trusted.jail.memory_file import MemoryFile

DAY = date(2026, 3, 2)
SERVER = bytes(range(32))
HOME = bytes(16)


@dataclass(frozen=True)
class Person:
    keys: MemberKeys
    member: Member


def person(label, role="handler"):
    keys = new_member_keys()
    return Person(keys, keys.public(label, role, label).member)


def roster_of(*people, version=1, previous=NO_PREVIOUS, trial=False, proposed=None, organisations=("ludvika",)):
    text = render(
        version=version,
        previous=previous,
        home=RosterHome(HOME, SERVER, trial=trial),
        proposed=proposed,
        organisations=[Organisation(key, key.title()) for key in organisations],
        members=[one.member for one in people],
    )
    return parse_roster(text)


def after(roster: Roster, *people, **changes):
    changes = {"trial": roster.trial} | changes
    return roster_of(*people, version=roster.version + 1, previous=roster.digest, **changes)


def signed(roster, *people):
    return "".join(sign_roster(roster, one.keys) + "\n" for one in people)


def write_version(folder: Path, roster, *people):
    (folder / f"{roster.version:04}.toml").write_text(roster.text)
    (folder / f"{roster.version:04}.sig").write_text(signed(roster, *people))


class Reporter:
    def __init__(self):
        self.seed, box = random(32), random(32)
        self.sign, self.box = sign_public_of(self.seed), crypto_scalarmult_base(box)
        self.id = id_of(self.sign, self.box).hex()

    def approves(self, number, case_id, new):
        """The approval with which another `Reporter`, the same person with new words, takes over."""
        return approve_with_new_keys(number, case_id, bytes.fromhex(self.id), new.public, new.seed)

    @property
    def public(self):
        return ReporterPublic(self.sign, self.box)

    def report(self, text="Bron är betald två gånger.", **changes):
        fields = {
            "text": text,
            "organisation": "ludvika",
            "concerns": (),
            "concerns_unnamed": False,
            "sealed_to": (),
            "roster_version": 1,
            "roster_hash": "0" * 64,
            "reporter_sign": self.sign.hex(),
            "reporter_box": self.box.hex(),
            "language": "sv",
            "urgent": False,
        }
        return Report(**(fields | changes))


class CaseInMaking:
    """A case that is written entry by entry, as the intake and a desk would."""

    def __init__(self, *members):
        self.keys = seal.new_case_keys()
        self.reporter = Reporter()
        self.members = {one.keys.id: one for one in members}
        self.sealed = {stream: [] for stream in Stream}
        self.streams = {Stream.REPORTER: (), Stream.MEMBERS: (), Stream.NOTES: ()}
        self.heads = dict.fromkeys(Stream, seal.EMPTY_HEAD)

    def report(self, day=DAY, **changes):
        return self._add(Stream.REPORTER, self.reporter.id, self.reporter.seed, day, self.reporter.report(**changes))

    def by_reporter(self, body, day=DAY, seen=None):
        return self._add(Stream.REPORTER, self.reporter.id, self.reporter.seed, day, body, self._seen(2, seen=seen))

    def approve(self, number, day=DAY):
        """Approves minutes; from then on the reporter has new keys."""
        new = Reporter()
        entry = self.by_reporter(self.reporter.approves(number, self.keys.case_id, new), day)
        self.reporter = new
        return entry

    def by_member(self, body, day=DAY, stream=Stream.MEMBERS, who=None):
        who = who or next(iter(self.members.values()))
        counted = self._seen(1) if stream == Stream.MEMBERS else self._seen(1, 2)
        return self._add(stream, who.keys.id, who.keys.sign_seed, day, body, counted)

    def verify_key(self, author):
        return self.members[author].member.sign if author in self.members else None

    def open(self, stream, keys=None, sealed=None, head=None):
        verify_key = None if stream == Stream.REPORTER else self.verify_key
        sealed = self.sealed[stream] if sealed is None else sealed
        return seal.open_stream(keys or self.keys, stream, sealed, head or self.heads[stream], verify_key)

    def _seen(self, *streams, seen=None):
        return {number: len(self.streams[Stream(number)]) if seen is None else seen for number in streams}

    def _add(self, stream, author, seed, day, body, counted=None):  # noqa: PLR0917 (the order of the format)
        sealed, entry, head = seal.append(
            self.keys, stream, self.streams[stream], seal.Authorship(author, seed, day, counted or {}), body
        )
        self.sealed[stream].append(sealed)
        self.streams[stream] = (*self.streams[stream], entry)
        self.heads[stream] = head
        return entry


def clean_file(content):
    """Returns what `seal_file` reads of a verified file. Only the verifier may make a real one (test_shape)."""
    memory = MemoryFile()
    memory.write(content)
    memory.seal()
    return types.SimpleNamespace(clean=memory)


def message(text="Hej"):
    return Message(text)

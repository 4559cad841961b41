"""Where each secret lives, and that it lives nowhere else: the two tables of docs/OPERATING.md, held against a whole run.

Two members enrol, a home is made of their join files and served with a tor that has no network; a report with a picture
is filed, read and answered. Then every file of the home and of both desks is searched for every secret, and the memory of
every process. The tables are the test's only list, so they cannot say one thing while the test checks another.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import os
import re
import socket
import sqlite3
import stat
import subprocess
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from audits.harness import wait_for, wait_for_both_onions
from corpus.index import encoded, picture
from cryptography.hazmat.primitives import serialization
from desks.harness import CHEAP
from homes.secret_places import OTHER_FILES, SECRETS
from processes.service import KALLSKYDD, Service, kallskydd, offline_network, trial_home
from visitors.intake_harness import SHOWN, Browser, file_report, log_in

from cases.roster.chain import add_signature, read_chain, sign_roster
from cases.roster.member import MemberKeys, seal_member_keys
from desk.commands.session import work
from desk.keep.keyfile import DeskHome, enrol
from desk.keep.state import join_server, read_state
from desk.work import acts
from desk.work.case.examining import open_all
from kallskydd.desk.route import Route, connector_for
from kallskydd.mirror.certificate import challenge_pem, key_pem, new_key
from kallskydd.mirror.folder import ACCOUNT_KEY, CERTIFICATE, mirror_folder, write_whole
from onion.keys import read_onion_key
from trusted.case.clock import today, utc_now
from trusted.receipt.keys import receipt_keys

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from desk.work.case.casebook import Casebook

PASSPHRASE = "hamn skruv lykta betong"
AS_ROOT = os.geteuid() == 0
# What an account may not do with the files of another: anything.
FOR_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def forms(secret: bytes) -> set[bytes]:
    """How it could stand in a file or in memory."""
    return {secret, secret.hex().encode(), base64.b64encode(secret).rstrip(b"=")}


class Places:
    """What was found: (name of the secret, place)."""

    def __init__(self, secrets: dict[str, list[bytes]]) -> None:
        self.sought = {name: set().union(*map(forms, values)) for name, values in secrets.items()}
        self.found: set[tuple[str, str]] = set()

    def search(self, content: bytes, place: str) -> None:
        self.found |= {(name, place) for name, some in self.sought.items() if any(form in content for form in some)}


def memory(pid: int) -> Iterator[bytes]:
    """All of it that the process can write to, piece by piece; raises PermissionError."""
    with open(f"/proc/{pid}/mem", "rb", 0) as file:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            place, rights, *_ = line.split()
            if rights.startswith("rw"):
                start, end = (int(part, 16) for part in place.split("-"))
                file.seek(start)
                with contextlib.suppress(OSError):  # it was given back meanwhile
                    yield file.read(end - start)


def roles(service: Service) -> dict[int, str]:
    """Who is who among the processes of the service."""
    zygotes = service.zygote_pids()
    (tor,) = [event["pid"] for event in service.events if event["event"] == "tor-started"]
    named = {service.keeper_pid: "keeper", service.intake_pid(): "intake", tor: "tor"} | dict.fromkeys(
        zygotes, "zygote"
    )
    # Jobs that wait are forks of a zygote, and the watchdog looks after tor.
    return {pid: named.get(pid, "another") for pid in service.tree()}


def rests(name: str, relative: str) -> bool:
    """Whether the table says that this secret lies in this file, in the clear."""
    row = SECRETS[name]
    return row.clear and row.rests_in is not None and fnmatch(relative, row.rests_in)


def known(kind: str, relative: str) -> bool:
    """Whether some row names this file."""
    rested = {row.rests_in for row in SECRETS.values()} | {"trial-member/member.key", "trial-member/passphrase"}
    patterns = [pattern for where, pattern in OTHER_FILES if where == kind] + [one for one in rested if one]
    return any(fnmatch(relative, pattern) for pattern in patterns)


def files_of(folder: Path) -> dict[str, Path]:
    return {str(path.relative_to(folder)): path for path in folder.rglob("*") if not path.is_dir()}


@dataclass
class Installation:
    """A home that is served, and the desks of its two members."""

    service: Service
    folder: Path
    desks: list[tuple[DeskHome, MemberKeys]]

    @property
    def home(self) -> Path:
        return self.service.home

    @contextlib.asynccontextmanager
    async def desk(self) -> AsyncIterator[Casebook]:
        """The first member's desk, at work in this process."""
        home = self.desks[0][0]
        # As the program sets it for itself.
        os.umask(0o077)
        connect = functools.partial(connector_for, route=Route(socket=self.service.desk_socket), tor_folder=home.tor)
        async with work(home, lambda: PASSPHRASE, connect, utc_now) as book:
            await book.sync()
            yield book

    def desk_at_work(self) -> subprocess.Popen[bytes]:
        """The first member's desk once it has unlocked everything and asks a server that never answers."""
        gate = self.folder / "gate.sock"
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(gate))
            listening.listen()
            listening.settimeout(60)
            options = ["--desk-home", self.desks[0][0].folder, "--passphrase-file", self.folder / "pass"]
            process = subprocess.Popen([*KALLSKYDD, "desk", "list", *options, "--socket", gate],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
            self.asked, _ = listening.accept()
            self.asked.settimeout(60)
            assert self.asked.recv(1)
        return process


@pytest.fixture
def installation(short_folder: Path) -> Iterator[Installation]:
    desks = []
    for name, role in (("anna", "handler"), ("bo", "lead")):
        home = DeskHome(short_folder / name)
        keys = enrol(home, name, role, name, PASSPHRASE)
        # The same file, sooner opened.
        home.key.write_bytes(seal_member_keys(keys, PASSPHRASE, CHEAP))
        desks.append((home, keys))
    (short_folder / "pass").write_text(f"{PASSPHRASE}\n")
    (short_folder / "pass").chmod(0o600)
    joins = [word for home, _ in desks for word in ("--member", home.join)]
    # A trial, so that what is reported is shown at once; its members are at their own desks all the same.
    kallskydd("init", "--home", short_folder / "home", "--trial", *joins)
    add_mirror(short_folder / "home")
    roster, day = short_folder / "home" / "roster", today(utc_now)
    for _, keys in desks:
        add_signature(roster, 1, sign_roster(read_chain(roster, day).proposal, keys), day)
    with Service(short_folder / "home", offline_network(short_folder / "net")) as service:
        service.wait_for("tor-started")
        service.wait_for("mirror-certificate")
        wait_for(service.home / "run" / "control.sock", service.home / "tor" / "data" / "control_auth_cookie")
        wait_for_both_onions(service.home / "run" / "control.sock")
        for home, _ in desks:
            join_server(home.settings, service._address("desk.key"))
        yield Installation(service, short_folder, desks)


def add_mirror(home: Path) -> None:
    """A mirror whose certificate came by hand, and the key of an account."""
    config = home / "config.toml"
    config.write_text(f'{config.read_text()}\n[mirror]\nname = "blankett.example"\ncertificates = "by hand"\n')
    folder = mirror_folder(home)
    write_whole(folder / CERTIFICATE, challenge_pem("blankett.example", bytes(32), utc_now()))
    write_whole(folder / ACCOUNT_KEY, key_pem(new_key()))


async def test_each_secret_is_where_the_guide_says_and_in_no_other_file_and_no_other_process(installation):
    service = installation.service
    browser = Browser(service.public_socket, f"{service.public_address}.onion")
    page = await file_report(browser, "Something that happened.", [encoded(picture(), "JPEG")])
    async with installation.desk() as book:
        ((case,), refused) = await open_all(book)
        await acts.do(book, "reply", case.known.case_id.hex(), "Tack.")
    inbox = await log_in(browser, page.receipt)
    secrets = all_secrets(installation, page)
    places = Places(secrets)

    look_into_files(installation, places)
    look_into_memory(installation, places)
    service.stop()
    look_into_files(installation, places)

    # Everything did what it should.
    assert page.status == SHOWN
    assert (case.report.text, list(refused)) == ("Something that happened.", [])
    assert "Tack." in inbox.plain
    assert set(secrets) == set(SECRETS)
    # And every secret was found where it has to be, so that the search is one.
    allowed = {(name, holder) for name, row in SECRETS.items() for holder in row.held_by}
    in_files = {(name, place) for name, place in places.found if place.startswith("file ")}
    assert {(name, place) for name, place in in_files if not rests(name, place.removeprefix("file "))} == set()
    assert {name for name, _ in in_files} == {name for name, row in SECRETS.items() if row.clear}
    if AS_ROOT:
        held = places.found - in_files
        assert held - allowed == set()
        # The desk needs the passphrase for the moment in which it opens the key, the child the account's for an order.
        momentary = {"passphrase of a member", "key of the mirror's account"}
        assert {name for name, _ in held} >= set(SECRETS) - momentary


def all_secrets(installation: Installation, page) -> dict[str, list[bytes]]:
    """The bytes of each row of the table, taken from where we can know them."""
    home, (desk, keys) = installation.home, installation.desks[0]
    with contextlib.closing(sqlite3.connect(f"file:{home}/kallskydd.db?mode=ro", uri=True)) as database:
        (salt,) = database.execute("SELECT salt FROM home").fetchone()
        (slot,) = database.execute("SELECT slot FROM cases").fetchone()
    made = receipt_keys(page.receipt, salt)
    cases = read_state(desk.settings, desk.case_list, keys.sign_seed).case_list.cases
    words = [separator.join(page.receipt.words).encode() for separator in (" ", "-", "", "\n")]
    return {
        "private key of the reporters' address": [read_onion_key(home / "onion" / "public.key").expanded],
        "private key of the desks' address": [read_onion_key(home / "onion" / "desk.key").expanded],
        "key of the mirror's account": private_lines(home / "mirror" / ACCOUNT_KEY),
        "key of the mirror's certificate": private_lines(home / "mirror" / CERTIFICATE),
        "cookie of tor's control socket": [(home / "tor" / "data" / "control_auth_cookie").read_bytes()],
        "salt of the case codes": [salt],
        "share of a case's key": [(home / "shred.slots").read_bytes()[32 * slot : 32 * slot + 32]],
        "eight words of a case code": [*words, page.receipt.secret],
        "private keys made from the eight words": [made.box_private, made.sign_seed],
        "handle of a reporter's session": handles(page),
        "key of a case": [known_case.key for known_case in cases.values()],
        "private keys of a member": [
            one for _, some in installation.desks for one in (some.sign_seed, some.box_private)
        ],
        "private key to the desks' address": [some.onion_private.encode() for _, some in installation.desks],
        "passphrase of a member": [PASSPHRASE.encode()],
    }


def private_lines(path: Path) -> list[bytes]:
    """The key as it stands in its file, by the line, and as the number that it is."""
    pem = path.read_bytes()
    number = serialization.load_pem_private_key(pem, None).private_numbers().private_value.to_bytes(32, "big")
    # The first line is the same in every such key.
    return [pem.splitlines()[2], number, number[::-1]]


def handles(page) -> list[bytes]:
    """What stands in the hidden fields by which the reporter leaves."""
    fields = page.form("/inbox/leave").fields
    return [value.encode() for _, value in fields if re.fullmatch("[0-9a-f]{64}", value)]


def look_into_files(installation: Installation, places: Places) -> None:
    """Every file of home and desks is of some row, closed to others, and searched."""
    folders = [("home", installation.home), *(("desk", desk.folder) for desk, _ in installation.desks)]
    for kind, folder in folders:
        found = files_of(folder)
        assert [relative for relative in found if not known(kind, relative)] == []
        assert [relative for relative, path in found.items() if path.lstat().st_mode & FOR_OTHERS] == []
        for relative, path in found.items():
            if path.is_file():
                places.search(path.read_bytes(), f"file {relative}")


def look_into_memory(installation: Installation, places: Places) -> None:
    """Of every process, as root; as another account it must be refused."""
    service = installation.service
    at_work = installation.desk_at_work()
    try:
        for pid, role in {**roles(service), at_work.pid: "desk"}.items():
            if AS_ROOT:
                for piece in memory(pid):
                    places.search(piece, role)
            elif role in {"keeper", "intake", "zygote"}:
                with pytest.raises(PermissionError):
                    next(memory(pid))
        if AS_ROOT:
            keys = installation.desks[1][1]
            other = Places({"another member's": [keys.sign_seed, keys.box_private, keys.onion_private.encode()]})
            for piece in memory(at_work.pid):
                other.search(piece, "desk")
            assert other.found == set()
    finally:
        at_work.kill()
        at_work.wait(10)
        installation.asked.close()


def test_a_trial_keeps_its_member_on_the_server_and_nothing_else_that_no_row_names(short_folder):
    trial_home(short_folder / "home")
    found = files_of(short_folder / "home")

    assert {"trial-member/member.key", "trial-member/passphrase", "trial-member/join.toml"} <= set(found)
    assert [relative for relative in found if not known("home", relative)] == []
    assert [relative for relative, path in found.items() if path.stat().st_mode & FOR_OTHERS] == []


@pytest.mark.parametrize("stray", ["notes.txt", "onion/old.key", "shred.slots.copy", "tor-key", "run/log"])
def test_a_file_that_no_row_names_is_seen(stray):
    assert not known("home", stray)
    assert not known("desk", stray)


def test_a_copy_of_a_secret_is_seen_in_every_form():
    secret = bytes(range(200, 232))
    places = Places({"one": [secret], "another": [bytes(32)]})

    for place, content in {"raw": secret, "hex": secret.hex().encode(), "base64": base64.b64encode(secret)}.items():
        places.search(b"before" + content + b"after", place)

    assert places.found == {("one", "raw"), ("one", "hex"), ("one", "base64")}


def test_no_computer_holds_what_belongs_to_the_other():
    """The table itself: what is a member's alone is in no process of the server, and the other way round."""
    at_the_server = {"keeper", "tor", "intake", "zygote", "child"}
    for name, row in SECRETS.items():
        assert re.fullmatch("server|member's|both", row.computer), name
        if row.computer != "both":
            assert row.held_by <= (at_the_server if row.computer == "server" else {"desk"}), name

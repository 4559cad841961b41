"""Certificates against Pebble: ordered, renewed, refused, and interrupted in the middle."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import socket
import ssl
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from networks.tls_door import TlsDoor

from kallskydd.mirror.account import make_account, plain, read_account, read_key
from kallskydd.mirror.certificate import challenge_pem
from kallskydd.mirror.errors import (
    AccountElsewhere,
    AuthorityRefused,
    AuthorityUnreachable,
    CertificateUnusable,
    ChallengeNotTaken,
    ChildEnded,
    KeyUnreadable,
    NameNotProved,
    NoAccount,
    TermsNotAgreed,
)
from kallskydd.mirror.folder import ACCOUNT, ACCOUNT_KEY, CERTIFICATE, leaf_fingerprint, mirror_folder, write_whole
from kallskydd.mirror.messages import LINE_BYTES, Facts, Failed, Job
from kallskydd.mirror.seen import CERTIFICATES_A_WEEK, ORDERS_A_DAY, read_seen
from kallskydd.serve.mirror_child import run_child

NAME = "blankett.example"
SIXTY_DAYS = timedelta(days=60)  # of the ninety that Pebble gives: the third is left


def visit(world, root: str) -> str:
    """A visitor who believes Pebble's root alone; returns what the mirror answers."""
    context = ssl.create_default_context(cadata=root)
    context.set_alpn_protocols(["http/1.1"])
    with (
        socket.create_connection(("127.0.0.1", world.door.port), 10) as connection,
        context.wrap_socket(connection, server_hostname=NAME) as reached,
    ):
        reached.sendall(b"GET / HTTP/1.1\r\n\r\n")
        return reached.recv(4096).decode().partition("\r\n")[0]


async def test_nothing_is_renewed_before_a_third_of_the_lifetime_is_left(world):
    world.make_ready()
    keeper = world.keeper()
    await keeper.round()

    world.clock.ahead = SIXTY_DAYS - timedelta(hours=1)
    await keeper.round()
    before = len(world.door.given)
    world.make_another_account()
    world.clock.ahead = SIXTY_DAYS
    await keeper.round()

    assert (before, len(world.door.given)) == (1, 2), world.said.sentences
    assert len(world.door.challenges) == world.door.lowered == 2
    assert world.door.challenge is None
    assert leaf_fingerprint(world.door.given[0]) != leaf_fingerprint(world.door.given[1])
    assert (world.folder / CERTIFICATE).read_bytes() == world.door.given[-1]
    assert world.said.sentences == []


async def test_after_a_restart_the_certificate_that_is_there_is_given_and_none_is_ordered(world):
    world.make_ready()
    await world.keeper().round()

    await world.keeper().round()

    assert world.door.given[0] == world.door.given[1]
    assert len(world.door.challenges) == 1


async def test_without_an_account_nothing_is_asked_of_anybody_and_the_operator_is_told_what_to_do(world):
    await world.keeper().round()

    assert world.socks.asked == []
    assert world.said.sentences == [str(NoAccount())]


async def test_what_lasts_is_told_to_the_operator_once_and_not_every_minute(world):
    keeper = world.keeper()

    for _ in range(3):
        await keeper.round()

    assert world.said.sentences == [str(NoAccount())]


async def test_a_key_that_others_could_read_is_not_given_and_a_new_one_is_ordered(world):
    world.make_ready()
    await world.keeper().round()
    (world.folder / CERTIFICATE).chmod(0o644)

    await world.keeper().round()

    first, *others = world.door.given
    assert others
    assert first not in others
    assert "chmod 600" in world.said.sentences[0]


async def test_the_first_order_waits_until_caa_names_our_account(world):
    uri = world.make_account()
    keeper = world.keeper(look_again=timedelta())

    await keeper.round()
    before = (len(world.door.challenges), world.said.sentences[:])
    world.pebble.set_caa(NAME, ("issue", f"pebble.example; accounturi={uri}; validationmethods=tls-alpn-01"))
    await keeper.round()

    assert before[0] == 0
    assert any("no CAA record" in sentence for sentence in before[1])
    assert len(world.door.given) == 1


async def test_a_renewal_does_not_wait_for_caa(world):
    world.make_ready()
    keeper = world.keeper()
    await keeper.round()
    world.pebble.set_caa(NAME)

    world.clock.ahead = SIXTY_DAYS
    await keeper.round()

    assert len(world.door.given) == 2


async def test_a_failed_order_leaves_the_old_certificate_in_use_and_says_what_happened_and_what_to_do(world):
    world.make_ready()
    keeper = world.keeper()
    await keeper.round()
    first = (world.folder / CERTIFICATE).read_bytes()
    root = world.pebble.root()

    world.make_another_account()
    world.door.challenge_is_lost = True
    world.clock.ahead = SIXTY_DAYS
    await keeper.round()

    assert (world.folder / CERTIFICATE).read_bytes() == first
    assert visit(world, root) == "HTTP/1.1 200 OK"
    assert world.door.given == [first]
    assert world.door.challenge is None
    (said,) = world.said.sentences
    assert "The old one stays in use until" in said
    assert said.endswith(str(NameNotProved()))
    assert read_seen(world.folder).failed == NameNotProved.code


async def test_after_a_failure_the_next_order_waits_and_then_longer(world):
    world.make_ready()
    world.door.refuses = True
    keeper = world.keeper()
    begun = []

    for hours in (0, 0.9, 1.1, 2.0, 3.2):
        world.clock.ahead = timedelta(hours=hours)
        await keeper.round()
        begun.append(sum(asked[1] == "authority.test" for asked in world.socks.asked) - 1)

    assert begun == [1, 1, 2, 2, 3]
    assert read_seen(world.folder).failed == ChallengeNotTaken.code


async def test_no_more_orders_in_a_day_and_certificates_in_a_week_than_the_authority_likes_whatever_is_restarted(world):
    world.make_ready()
    world.door.refuses = True
    world.clock.ahead = timedelta(hours=24 - world.clock().hour + 6)  # so that no midnight comes between

    for _ in range(ORDERS_A_DAY + 2):
        await world.keeper().round()

    begun = sum(asked[1] == "authority.test" for asked in world.socks.asked) - 1
    assert begun == ORDERS_A_DAY
    seen, day = read_seen(world.folder), read_seen(world.folder).orders[0]
    assert seen.may_order(day + timedelta(days=1))
    for _ in range(CERTIFICATES_A_WEEK):
        seen = seen.after_certificate(day)
    assert not seen.may_order(day + timedelta(days=6))
    assert seen.may_order(day + timedelta(days=7))


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (lambda world: world.socks.unreachable.add("authority.test"), AuthorityUnreachable),
        (lambda world: (world.folder / ACCOUNT_KEY).write_bytes(b"no key"), KeyUnreadable),
        (lambda world: (world.folder / ACCOUNT).unlink(), NoAccount),
        (lambda world: setattr(world, "directory", "https://other.test/dir"), AccountElsewhere),
        (lambda world: setattr(world.door, "refuses", True), ChallengeNotTaken),
        (lambda world: setattr(world, "roots", Path("/etc/hostname")), AuthorityUnreachable),
    ],
)
async def test_each_way_to_fail_has_its_own_number_and_leaves_no_file(world, spoil, fault):
    world.make_ready()
    spoil(world)

    told = await run_child(Job(verb="order", place=world.place, now=world.clock()), world.door)

    assert told == Failed(fault.code, 0)
    assert not (world.folder / CERTIFICATE).exists()
    assert world.door.challenge is None


async def test_a_child_that_is_killed_in_the_middle_leaves_nothing_half_written_and_no_challenge_up(world):
    world.make_ready()
    keeper = world.keeper()
    await keeper.round()
    first = (world.folder / CERTIFICATE).read_bytes()
    killed = []

    def kill() -> None:
        (child,) = children_named("kallskydd.mirror")
        killed.append(child)
        os.kill(child, signal.SIGKILL)

    world.make_another_account()
    world.door.when_raised = kill
    world.clock.ahead = SIXTY_DAYS
    await keeper.round()

    assert len(killed) == 1
    assert (world.folder / CERTIFICATE).read_bytes() == first
    assert world.door.challenge is None
    assert read_seen(world.folder).failed == ChildEnded.code
    assert "ended before it was done" in world.said.sentences[-1]


async def test_a_keeper_that_ends_in_the_middle_takes_the_child_along_and_lowers_the_challenge(world):
    world.make_ready()
    up = asyncio.Event()
    loop = asyncio.get_running_loop()
    world.door.when_raised = lambda: loop.call_soon(up.set)
    world.door.challenge_is_lost = True
    task = asyncio.create_task(run_child(Job(verb="order", place=world.place, now=world.clock()), world.door))
    await asyncio.wait_for(up.wait(), 60)

    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert children_named("kallskydd.mirror") == []
    assert world.door.lowered == 1


async def test_a_child_that_hears_nothing_more_is_ended(world):
    world.make_ready()
    never = asyncio.Event()

    class Hanging(TlsDoor):
        async def raise_challenge(self, _: bytes) -> None:
            await never.wait()

    begin = time.monotonic()
    told = await run_child(Job(verb="order", place=world.place, now=world.clock()), Hanging(), within=5)

    assert told == Failed(ChildEnded.code, 0)
    assert time.monotonic() - begin < 20
    assert children_named("kallskydd.mirror") == []


HOSTILE = {
    "nothing": "",
    "no message": "hello",
    "another field": '{"type":"failed","code":900,"retry_after":0,"more":1,',
    "a moment without a zone": '{"type":"facts","not_before":"2026-01-01T00:00:00","not_after":"2026-02-01T00:00:00","fingerprint":""}',
    "a wait without end": '{"type":"failed","code":913,"retry_after":99999999999999}',
    "a line without end": "x" * (LINE_BYTES + 1),
    "a text for a number": '{"type":"failed","code":"somebody was here","retry_after":0}',
}


@pytest.mark.parametrize("said", HOSTILE)
async def test_what_a_child_says_that_is_no_message_ends_it_and_not_the_keeper(world, said, monkeypatch):
    program = world.home / "child"
    content = world.home / "said"
    content.write_text(HOSTILE[said] + "\n")
    program.write_text(f"#!/bin/sh\ncat {content}\nexec sleep 60\n")
    program.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(program))

    told = await run_child(Job(verb="order", place=world.place, now=world.clock()), world.door)

    assert told == Failed(ChildEnded.code, 0)
    assert world.door.given == world.door.challenges == []


async def test_a_disk_that_is_full_is_said_and_does_not_end_the_keeper(world, monkeypatch):
    world.make_ready()
    keeper = world.keeper(round=timedelta(hours=1))
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(full))
    running = asyncio.create_task(keeper.keep())

    while not world.said.sentences:
        await asyncio.sleep(0.05)
    running.cancel()

    assert "No space left on device" in world.said.sentences[0]


def test_writing_is_all_or_nothing(tmp_path, monkeypatch):
    folder = mirror_folder(tmp_path)
    write_whole(folder / CERTIFICATE, b"old")
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError("the disk is full")))

    with pytest.raises(OSError, match="full"):
        write_whole(folder / CERTIFICATE, b"new")

    assert (folder / CERTIFICATE).read_bytes() == b"old"
    monkeypatch.undo()
    write_whole(folder / CERTIFICATE, b"new")
    assert (folder / CERTIFICATE).read_bytes() == b"new"
    assert sorted(path.name for path in folder.iterdir()) == [CERTIFICATE]
    assert (folder / CERTIFICATE).stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700


def test_terms_are_agreed_to_before_an_account_is_made_and_the_same_key_finds_the_same_account(world):
    with pytest.raises(TermsNotAgreed, match="Do%20what%20thou%20wilt"):
        make_account(world.folder, world.pebble.directory, world.socks.path, world.pebble.roots, agree=False)
    assert not (world.folder / ACCOUNT).exists()
    first = world.make_account()
    key = (world.folder / ACCOUNT_KEY).read_bytes()
    (world.folder / ACCOUNT).unlink()  # a backup that has the key alone

    again = world.make_account()

    assert again == first == read_account(world.folder, world.pebble.directory).uri
    assert (world.folder / ACCOUNT_KEY).read_bytes() == key


@pytest.mark.parametrize(
    "told", ["https://a.test/\x1b]0;x\x07", 'https://a.test/1"', "https://a.test/1; x=y", "https://å.test"]
)
def test_what_an_authority_says_that_would_order_a_terminal_about_or_change_the_record_is_refused(told):
    with pytest.raises(AuthorityRefused):
        plain(told)
    assert plain("https://a.test/acme/acct/1?x=%20~") == "https://a.test/acme/acct/1?x=%20~"


async def test_the_challenge_certificate_is_for_the_name_alone_as_rfc_8737_has_it(world):
    made = x509.load_pem_x509_certificate(challenge_pem(NAME, bytes(range(32)), world.clock()))

    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    identifier = made.extensions.get_extension_for_oid(x509.ObjectIdentifier("1.3.6.1.5.5.7.1.31"))
    assert names.value.get_values_for_type(x509.DNSName) == [NAME]
    assert len(names.value) == 1
    assert identifier.critical
    assert identifier.value.value == b"\x04\x20" + bytes(range(32))


async def test_the_certificate_of_another_name_or_another_day_is_not_given(world):
    world.make_ready()
    await world.keeper().round()
    job = {"verb": "read", "place": world.place}

    in_time = await run_child(Job(now=world.clock(), **job), None)
    too_late = await run_child(Job(now=world.clock() + timedelta(days=91), **job), None)

    assert isinstance(in_time, Facts)
    assert too_late == Failed(CertificateUnusable.code, 0)


async def test_nobody_else_is_told_which_key_it_is(world):
    """The account's key and the certificate's: in their files, and in no argument, environment, message or circuit name."""
    world.make_ready()
    seen: list[bytes] = []

    def look_at_child() -> None:
        (child,) = children_named("kallskydd.mirror")
        seen.extend(Path(f"/proc/{child}/{name}").read_bytes() for name in ("cmdline", "environ"))

    world.door.when_raised = look_at_child
    await world.keeper().round()

    account = read_key(world.folder).private_numbers().private_value.to_bytes(32, "big")
    own = (world.folder / CERTIFICATE).read_bytes()
    secret_line = own.splitlines()[2]
    heard = repr((world.socks.asked, world.said.sentences, world.said.events, read_seen(world.folder))).encode()
    assert seen[0].count(b"\0") == 4  # the interpreter, -I, -m and the module
    for content in (*seen, heard, *world.door.challenges):
        assert account not in content
        assert account.hex().encode() not in content
        assert secret_line not in content
    files = {path.name: path for path in world.home.rglob("*") if path.is_file()}
    assert [name for name, path in files.items() if secret_line in path.read_bytes()] == [CERTIFICATE]
    assert {path.stat().st_mode & 0o777 for path in world.folder.iterdir()} == {0o600}


def children_named(module: str) -> list[int]:
    """Our children that run this module."""
    pids = [pid for task in Path("/proc/self/task").iterdir() for pid in (task / "children").read_text().split()]
    return [int(pid) for pid in pids if module.encode() in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")]

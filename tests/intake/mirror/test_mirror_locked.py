"""The mirror in the process that the keeper starts: closed as before, handed its certificate, and renewed while it serves."""

from __future__ import annotations

import asyncio
import io
import os
import ssl
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from networks.mirror_harness import NAME, SETTINGS, Authority, Client, MirrorBrowser, connect
from visitors.intake_harness import DESK_HOST, PUBLIC_HOST, _listener, file_report, log_in, make_home

from kallskydd.serve.announce import Announcer
from kallskydd.serve.children import IntakePlace, IntakeSet, start_intake
from kallskydd.serve.mirror import MirrorDoor, MirrorRefused, hear, intake_is_gone, read_certificate
from trusted.confine.intake_files import intake_rules
from trusted.web.control import Event


@dataclass
class Locked:
    """One intake behind its locks, and the keeper's side of it."""

    home: Path
    intakes: IntakeSet
    authority: Authority
    door: MirrorDoor
    socket: Path
    prose: io.StringIO
    told: list[Event] = field(default_factory=list)

    def browser(self) -> MirrorBrowser:
        return MirrorBrowser(self.socket, self.authority)

    async def certificate(self) -> bytes | None:
        client = Client(await connect(self.socket), self.authority.client())
        await asyncio.wait_for(client.shake_hands(), 30)
        client.connection.close()
        return client.tls.getpeercert(binary_form=True)


@asynccontextmanager
async def locked(folder: Path):
    home, run = folder / "home", folder / "home" / "run"
    make_home(home, ("handler",), trial=True, settings=SETTINGS)
    listeners = [_listener(run / f"{name}.sock") for name in ("public", "desk", "mirror")]
    intakes = start_intake(
        IntakePlace(home, *listeners, PUBLIC_HOST.removesuffix(".onion"), DESK_HOST, zygotes_on_demand=False)
    )
    prose = io.StringIO()
    door = MirrorDoor(home, lambda: intakes, Announcer(as_json=False, results=io.StringIO(), prose=prose))
    made = Locked(home, intakes, Authority.new(folder / "authority"), door, run / "mirror.sock", prose)

    async def listen() -> None:
        async for told in intakes.keeper_end.events():
            made.told.append(told.event)
            hear(intakes, told.event)
            if told.event is Event.READY:
                intakes.ready.set()

    hearing = asyncio.create_task(listen())
    try:
        async with asyncio.timeout(60):
            await intakes.ready.wait()
        yield made
    finally:
        hearing.cancel()
        await asyncio.gather(hearing, return_exceptions=True)
        await intakes.end()
        for listener in listeners:
            listener.close()


async def test_the_locked_process_takes_a_report_over_tls_and_is_given_new_certificates_meanwhile(
    tmp_path,
):
    async with locked(tmp_path) as intake:
        before = Path(f"/proc/{intake.intakes.intake.pid}/status").read_text()
        await intake.door.give_certificate(intake.authority.pem())
        page = await file_report(intake.browser(), "Planted words behind locks")
        stop, seen = asyncio.Event(), []

        async def visit() -> None:
            while not stop.is_set():
                seen.append((await intake.browser().get("/")).status)

        visitors = [asyncio.create_task(visit()) for _ in range(4)]
        certificates = [await intake.certificate()]
        for _ in range(3):
            await intake.door.give_certificate(intake.authority.pem())
            certificates.append(await intake.certificate())
            await asyncio.sleep(0.5)
        stop.set()
        await asyncio.gather(*visitors)
        inbox = await log_in(intake.browser(), page.receipt)

    assert "Seccomp:\t2" in before
    assert "Planted words behind locks" in inbox.plain
    assert len(set(certificates)) == 4
    assert len(seen) > 4
    assert set(seen) == {200}
    assert Event.HANDLER_FAULT not in intake.told
    assert intake.told.count(Event.MIRROR_TAKEN) == 4


async def test_the_challenge_is_raised_and_lowered_by_the_keeper(tmp_path):
    async with locked(tmp_path) as intake:
        await intake.door.give_certificate(intake.authority.pem())
        context = intake.authority.client(("acme-tls/1",))
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        protocols = []
        for act in (lambda: intake.door.raise_challenge(intake.authority.challenge()), intake.door.lower_challenge):
            await act()
            client = Client(await connect(intake.socket), context)
            await asyncio.wait_for(client.shake_hands(), 30)
            protocols.append(client.tls.selected_alpn_protocol())
            client.connection.close()

    assert protocols == ["acme-tls/1", None]


async def test_what_the_intake_does_not_take_is_refused_in_words_and_the_one_before_serves_on(tmp_path):
    async with locked(tmp_path) as intake:
        await intake.door.give_certificate(intake.authority.pem())
        before = await intake.certificate()
        with pytest.raises(MirrorRefused) as refused:
            await intake.door.give_certificate(b"nothing of the kind")
        after = await intake.certificate()

    assert refused.value.words.startswith("The intake does not take the mirror's certificate.")
    assert before == after


async def test_a_handshake_that_fails_is_no_fault_and_says_nothing_to_the_keeper(tmp_path):
    async with locked(tmp_path) as intake:
        await intake.door.give_certificate(intake.authority.pem())
        told = len(intake.told)
        for name in ("other.example", NAME):
            context = intake.authority.client()
            if name == NAME:
                context.maximum_version = ssl.TLSVersion.TLSv1_2
            client = Client(await connect(intake.socket), context, name)
            with pytest.raises(ssl.SSLError):
                await asyncio.wait_for(client.shake_hands(), 30)
            client.connection.close()
        connection = await connect(intake.socket)
        await asyncio.get_running_loop().sock_sendall(connection, os.urandom(3000))
        connection.close()
        page = await intake.browser().get("/")

    assert page.status == 200
    # A release is tried at each start, and is told of whenever that is done.
    assert [event for event in intake.told[told:] if event is not Event.RELEASED] == []


async def test_an_intake_that_is_gone_answers_nobody_who_waits(tmp_path):
    async with locked(tmp_path) as intake:
        intake.intakes.intake.kill()
        await asyncio.to_thread(intake.intakes.intake.wait)
        asked = asyncio.ensure_future(intake.door.lower_challenge())
        await asyncio.sleep(0.1)
        intake_is_gone(intake.intakes)

        with pytest.raises(MirrorRefused):
            await asyncio.wait_for(asked, 5)


def test_no_file_of_the_mirror_is_in_the_intakes_rules(tmp_path):
    make_home(tmp_path / "home", settings=SETTINGS)
    (tmp_path / "home" / "mirror").mkdir(mode=0o700)
    (tmp_path / "home" / "mirror" / "certificate.pem").write_bytes(b"x")

    paths = [rule.path for rule in intake_rules(tmp_path / "home") if hasattr(rule, "path")]

    assert [
        path for path in paths if "mirror" in str(path.relative_to(path.anchor)).split("home/")[-1].split("/")[0]
    ] == []
    assert not any(path in (tmp_path / "home" / "mirror" / "certificate.pem").parents for path in paths)


@pytest.mark.parametrize(
    ("mode", "content", "words"),
    [
        (0o644, b"x", "can be read by others"),
        (0o600, b"x" * 65537, "larger than 64 KiB"),
        (0o600, None, "no plain file"),
    ],
)
def test_a_certificate_that_others_can_read_or_that_is_no_plain_file_is_refused(tmp_path, mode, content, words):
    path = tmp_path / "certificate.pem"
    if content is None:
        path.symlink_to("/etc/hostname")
    else:
        path.write_bytes(content)
        path.chmod(mode)

    with pytest.raises(MirrorRefused) as refused:
        read_certificate(tmp_path)

    assert words in refused.value.words

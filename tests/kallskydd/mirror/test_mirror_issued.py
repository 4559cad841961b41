"""The list of issued certificates: asked through tor once a day where the operator says so, and what it finds."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from networks.loopback_socks import LoopbackSocks
from networks.mirror_harness import NAME, Authority
from networks.tls_door import context_of

from cases.config import ConfigFault, parse_config
from cases.config_site import MirrorConfig
from cases.home import as_trial, create_home, read_home
from cases.upkeep import Sign, read_upkeep
from kallskydd.commands import status
from kallskydd.mirror.certificate import serial_of
from kallskydd.mirror.findings import ISSUED_LINE, mirror_findings
from kallskydd.mirror.folder import CERTIFICATE, ISSUED, mirror_folder
from kallskydd.mirror.issued import LIST_BYTES, look_at_list, read_issued, remember_ours
from kallskydd.status import outside
from trusted.case.clock import utc_now

PROJECT = Path(__file__).parents[3]
LIST_HOST = "list.test"
NOW = utc_now()
OTHER = "00AB52cd"


@dataclass
class List:
    """A list of issued certificates on loopback, with a certificate of the test's authority."""

    certificate: bytes
    status: str = "200 OK"
    body: bytes = b"[]"
    chunked: bool = False
    asked: list[str] = field(default_factory=list)

    @contextlib.contextmanager
    def up(self) -> Iterator[int]:
        context = context_of(self.certificate)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            thread = threading.Thread(target=self._serve, args=(listener, context), daemon=True)
            thread.start()
            yield listener.getsockname()[1]
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(10)

    def _serve(self, listener, context) -> None:
        with contextlib.suppress(OSError):
            while True:
                plain, _ = listener.accept()
                with contextlib.suppress(OSError), context.wrap_socket(plain, server_side=True) as one:
                    head = b""
                    while b"\r\n\r\n" not in head:
                        head += one.recv(4096)
                    self.asked.append(head.decode())
                    length = "Transfer-Encoding: chunked" if self.chunked else f"Content-Length: {len(self.body)}"
                    one.sendall(
                        f"HTTP/1.1 {self.status}\r\nContent-Type: application/json\r\n{length}\r\n\r\n".encode()
                    )
                    one.sendall(b"%x\r\n%b\r\n0\r\n\r\n" % (len(self.body), self.body) if self.chunked else self.body)


@dataclass
class World:
    folder: Path
    config: MirrorConfig
    list: List
    socks: LoopbackSocks
    authority: Authority

    def listed(self, *serials: str, ahead: timedelta = timedelta(days=30)) -> None:
        until = (NOW + ahead).replace(tzinfo=None).isoformat(timespec="seconds")
        rows = [{"issuer_ca_id": 1, "common_name": NAME, "serial_number": one, "not_after": until} for one in serials]
        self.list.body = json.dumps(rows).encode()

    @property
    def ours(self) -> str:
        return "0" + serial_of((self.folder / CERTIFICATE).read_bytes())

    def look(self, *, days: int = 0) -> None:
        remember_ours(self.folder)
        look_at_list(self.folder, self.config, NOW + timedelta(days=days), self.socks.path)

    def found(self, *, days: int = 0, **changed):
        config = msgspec.structs.replace(self.config, **changed)
        return next(
            one for one in mirror_findings(self.folder, config, NOW + timedelta(days=days)) if one.what == ISSUED_LINE
        )


@pytest.fixture
def world(short_folder) -> Iterator[World]:
    authority = Authority.new(short_folder / "authority")
    folder = mirror_folder(short_folder)
    (folder / CERTIFICATE).write_bytes(authority.pem())
    here = List(authority.pem(LIST_HOST, file="list"))
    config = MirrorConfig(
        name=NAME,
        certificate_list=f"https://{LIST_HOST}/?q={{name}}&output=json",
        roots=str(authority.folder / "ca.pem"),
    )
    with here.up() as port, LoopbackSocks(short_folder / "socks", {LIST_HOST: port}) as socks:
        yield World(folder, config, here, socks, authority)


@pytest.mark.parametrize("chunked", [False, True])
def test_where_all_that_are_listed_are_ours_it_is_well_and_was_asked_once_through_tor(world, chunked):
    world.listed(world.ours, world.ours)
    world.list.chunked = chunked

    world.look()
    world.look()

    assert world.found().well
    assert [(host, port) for _name, host, port in world.socks.asked] == [(LIST_HOST, 443)]
    (asked,) = world.list.asked
    assert asked.startswith(f"GET /?q={NAME}&output=json HTTP/1.1\r\n")
    assert not re.search(r"(?i)user-agent: \S|cookie|accept-language|referer", asked)


def test_one_that_we_did_not_order_is_a_trouble_until_the_operator_names_it_or_it_is_valid_no_more(world):
    world.listed(world.ours, OTHER)
    world.look()
    trouble = world.found()
    named = world.found(known_certificates=("AB52CD",))
    world.list.body = b"<html>502</html>"
    world.look(days=1)
    still = world.found(days=1)
    world.listed(world.ours)
    world.look(days=2)

    assert not trouble.well
    assert trouble.words == "A certificate for the name was issued that is not ours: serial number ab52cd."
    assert "known_certificates" in trouble.to_do
    assert named.well
    assert not still.well
    assert world.found(days=2).well


def test_certificates_of_before_stay_ours_and_what_is_valid_no_more_is_passed_over(world):
    earlier = world.ours
    world.look()
    (world.folder / CERTIFICATE).write_bytes(world.authority.pem())
    world.listed(earlier, world.ours)
    world.look()
    first = world.found()
    past = (NOW - timedelta(days=1)).replace(tzinfo=None).isoformat()
    rows = [*json.loads(world.list.body), {"serial_number": OTHER, "not_after": past}]
    world.list.body = json.dumps(rows).encode()
    world.look(days=1)

    assert earlier != world.ours
    assert first.well
    assert world.found(days=1).well
    assert read_issued(world.folder).day is not None


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        ("502 Bad Gateway", b"[]"),
        ("301 Moved\r\nLocation: https://elsewhere.test/", b"[]"),
        ("200 OK", b"[]"),
        ("200 OK", b"<html>"),
        ("200 OK", b'[{"serial_number": "ours", "not_after": "2999-01-01"}]'),
        ("200 OK", b'[{"serial_number": "ab", "not_after": "soon"}]'),
        ("200 OK", b'[{"serial_number": "AB52", "not_after": "2999-01-01T00:00:00"}]'),
        ("200 OK", b"[" + b" " * LIST_BYTES + b"]"),
    ],
    ids=["no answer", "elsewhere", "empty", "a page", "no number", "no day", "none of ours", "endless"],
)
def test_what_is_no_answer_is_not_remembered_and_is_not_well_after_some_days(world, answer, body):
    world.listed(world.ours)
    world.look()
    world.list.status, world.list.body = answer, body
    for days in (1, 2, 3, 4):
        world.look(days=days)

    assert world.found(days=3).well
    assert not world.found(days=4).well
    assert "gave no answer in the last days" in world.found(days=4).words


def test_a_list_that_nobody_vouches_for_or_that_is_not_reached_is_not_believed(world):
    world.listed(world.ours, OTHER)
    world.list.certificate = Authority.new(world.folder.parent / "stranger").pem(LIST_HOST)
    world.socks.unreachable.add(LIST_HOST)
    world.look()
    world.socks.unreachable.clear()
    with world.list.up() as port:
        world.socks.ports[LIST_HOST] = port
        world.look()

    assert read_issued(world.folder).others == ()
    assert world.list.asked == []


async def test_status_looks_only_where_the_operator_says_so_and_the_desks_see_it_in_the_line_of_the_mirror(
    world, monkeypatch
):
    example = as_trial((PROJECT / "kallskydd/examples/ludvika.toml").read_text())
    create_home(world.folder.parent / "home", example, trial=True, server_key=bytes(32))
    home = read_home(world.folder.parent / "home")
    world.folder.rename(home.path / "mirror")
    world.folder = home.path / "mirror"
    monkeypatch.setattr(outside, "is_served", lambda _: True)
    monkeypatch.setattr(outside, "socks_of", lambda _: world.socks.path)
    world.listed(world.ours, OTHER)

    seen = {}
    for is_on in (False, True):
        chosen = world.config if is_on else msgspec.structs.replace(world.config, certificate_list=None)
        with_mirror = replace(home, config=msgspec.structs.replace(home.config, mirror=chosen))
        await status._look_at_list(with_mirror, chosen, NOW)
        findings = mirror_findings(world.folder, chosen, NOW)
        shown = [one for one in findings if one.what in {"mirror", ISSUED_LINE}]
        status.keep(
            with_mirror, [replace(one, to_do=None if one.what == "mirror" else one.to_do) for one in shown], NOW
        )
        seen[is_on] = (len(world.list.asked), read_upkeep(home.path)[0].signs["mirror"])

    assert seen == {False: (0, Sign.WELL), True: (1, Sign.TROUBLE)}
    assert (world.folder / ISSUED).stat().st_mode & 0o077 == 0


def test_a_list_without_a_place_for_the_name_is_refused():
    text = (
        'owner = "X"\norganisations = [{ key = "a", name = "A" }]\nauthorities = [{ name = "B", about.sv = "b" }]\n'
        '[mirror]\nname = "spegel.example"\ncertificate_list = "https://crt.sh/?q=other.example"\n'
    )

    with pytest.raises(ConfigFault, match="certificate_list"):
        parse_config(text)
    assert parse_config(text.replace("other.example", "{name}")).mirror.certificate_list

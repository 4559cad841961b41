"""`kallskydd mirror …` and the mirror's lines of `kallskydd status`, on a home that is served as far as they can see."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from networks.loopback_socks import LoopbackSocks
from networks.tls_door import context_of
from processes.service import KALLSKYDD, trial_home

from audit.observe.proc import find_service
from cases.config import ConfigFault, parse_config
from cases.config_site import MirrorConfig
from cases.home import hold_home
from kallskydd.mirror.caa import Caa, caa_value
from kallskydd.mirror.certificate import PEM, challenge_pem, key_pem, new_key, read_certificate
from kallskydd.mirror.errors import CertificateUnusable, MirrorFault, NameNotProved, NoAccount
from kallskydd.mirror.findings import mirror_findings
from kallskydd.mirror.folder import (
    ACCOUNT,
    ACCOUNT_KEY,
    CERTIFICATE,
    OTHER,
    PEM_BYTES,
    leaf_fingerprint,
    mirror_folder,
    write_whole,
)
from kallskydd.mirror.seen import MirrorMemory, keep_seen
from kallskydd.mirror.shown import Shown

NAME, ISSUER = "blankett.example", "pebble.example"
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
CONFIG = MirrorConfig(name=NAME)


def kallskydd(*words) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*KALLSKYDD, *map(str, words)], capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture
def home(world):
    """A trial home with a mirror; something listens where the intake and tor would."""
    made = kallskydd("init", "--home", world.home / "h", "--trial")
    assert made.returncode == 0, made.stderr
    home = world.home / "h"
    config = home / "config.toml"
    config.write_text(
        f'{config.read_text()}\n[mirror]\nname = "{NAME}"\ndirectory = "{world.pebble.directory}"\nissuer = "{ISSUER}"\n'
        f'roots = "{world.pebble.roots}"\nresolvers = {json.dumps(world.pebble.resolvers)}\n'
    )
    with closing(socket.socket(socket.AF_UNIX)) as listener, LoopbackSocks(home / "run/socks.sock", world.socks.ports):
        listener.bind(str(home / "run/public.sock"))
        listener.listen()
        yield home


def by_hand(home) -> None:
    config = home / "config.toml"
    config.write_text(config.read_text() + 'certificates = "by hand"\n')


async def test_the_account_comes_first_with_the_caa_line_and_the_mirror_is_then_green(world, home):
    refused = kallskydd("mirror", "account", "--home", home)
    made = kallskydd("mirror", "account", "--home", home, "--agree-to-terms")
    again = kallskydd("mirror", "account", "--home", home, "--json")

    assert refused.returncode == 3
    assert "Do%20what%20thou%20wilt" in refused.stderr
    assert made.returncode == 0, made.stderr
    account = json.loads(again.stdout)["account"]
    assert made.stdout == f'{NAME}. IN CAA 0 issue "{caa_value(ISSUER, account)}"\n'
    assert (home / "mirror" / ACCOUNT_KEY).stat().st_mode & 0o777 == 0o600
    assert "in the backup" in made.stderr

    red = kallskydd("mirror", "status", "--home", home)
    world.pebble.set_caa(NAME, ("issue", caa_value(ISSUER, account)))
    green = kallskydd("mirror", "status", "--home", home)

    assert "NOT  now: The name has no CAA record" in red.stdout
    assert "ok   now: Our account alone may order" in green.stdout


async def test_a_renewal_under_way_is_no_other_certificate(world, home):
    by_hand(home)
    before, after, another = (challenge_pem(NAME, bytes(32), NOW) for _ in range(3))
    folder = mirror_folder(home)

    def now(shown: bytes) -> str:
        world.door.certificate = context_of(shown)
        said = kallskydd("mirror", "status", "--home", home).stdout
        return next(line for line in said.splitlines() if " now: " in line)

    # It is put there, and taken by the intake, while the look is on its way.
    write_whole(folder / CERTIFICATE, before)
    world.door.when_visited = lambda: write_whole(folder / CERTIFICATE, after)
    during = now(after)
    # It lies there, and the intake has not taken it yet.
    keep_seen(folder, MirrorMemory(taken=leaf_fingerprint(before)))
    just_before = now(before)
    never = now(another)

    assert during.startswith("ok ")
    assert just_before.startswith("ok ")
    assert never.startswith("NOT ")


def test_a_mirror_that_is_not_configured_or_not_served_is_said(world, tmp_path):
    home = world.home / "h"
    trial_home(home)
    without = kallskydd("mirror", "account", "--home", home)
    (home / "config.toml").write_text(f'{(home / "config.toml").read_text()}\n[mirror]\nname = "{NAME}"\n')
    not_served = kallskydd("mirror", "account", "--home", home, "--agree-to-terms")

    assert (without.returncode, not_served.returncode) == (4, 4)
    assert "has no [mirror]" in without.stderr
    assert "not being served" in not_served.stderr
    assert not (home / "mirror" / ACCOUNT_KEY).exists()
    assert world.socks.asked == []


async def test_a_certificate_by_hand_is_put_there_as_a_whole_key_first_or_refused(world, home):
    world.make_ready()
    await world.keeper().round()
    pem = (world.folder / CERTIFICATE).read_bytes()
    begin = pem.index(b"-----BEGIN CERT")
    file = world.home / "mine.pem"
    file.write_bytes(b"certificate first\n" + pem[begin:] + pem[:begin])

    ordered = kallskydd("mirror", "certificate", file, "--home", home)
    by_hand(home)
    taken = kallskydd("mirror", "certificate", file, "--home", home)
    kept = (home / "mirror" / CERTIFICATE).read_bytes()
    file.write_bytes(key_pem(new_key()) + pem[begin:])
    refused = kallskydd("mirror", "certificate", file, "--home", home)

    assert (ordered.returncode, taken.returncode, refused.returncode) == (2, 0, 2)
    assert 'to "by hand" first' in ordered.stderr
    assert taken.stdout.startswith("In use within a minute, until ")
    assert kept == pem
    assert str(CertificateUnusable()) in refused.stderr
    assert (home / "mirror" / CERTIFICATE).read_bytes() == pem
    assert (home / "mirror" / CERTIFICATE).stat().st_mode & 0o777 == 0o600


async def test_a_certificate_put_there_by_hand_is_given_by_the_running_keeper_and_none_is_ordered(world):
    world.make_ready()
    await world.keeper().round()
    pem = (world.folder / CERTIFICATE).read_bytes()
    (world.folder / CERTIFICATE).unlink()
    orders = len(world.door.challenges)
    keeper = world.keeper(by_hand=True)
    await keeper.round()

    write_whole(world.folder / CERTIFICATE, pem)
    await keeper.round()
    await keeper.round()

    assert world.door.given == [pem, pem]
    assert len(world.door.challenges) == orders


def test_key_certificate_name_and_order_are_judged(world):
    ours = challenge_pem(NAME, bytes(32), NOW)
    begin = ours.index(b"-----BEGIN CERT")
    elsewhere = challenge_pem("else.example", bytes(32), NOW)

    assert read_certificate(ours, NAME, NOW).not_after == NOW + timedelta(days=1)
    read_certificate(challenge_pem("*.example", bytes(32), NOW), NAME, NOW)
    for pem in (
        b"", ours[:begin], ours[begin:], elsewhere, ours[:begin] + elsewhere[elsewhere.index(b"-----BEGIN CERT"):],
        ours + elsewhere[elsewhere.index(b"-----BEGIN CERT"):], ours[:-40],
        # Right, and larger than what is read again: it would take the place of one that is.
        ours + ours[begin:] * (PEM_BYTES // len(ours[begin:])),
    ):  # fmt: skip
        with pytest.raises(CertificateUnusable):
            read_certificate(pem, NAME, NOW)
    with pytest.raises(CertificateUnusable):
        read_certificate(ours, NAME, NOW + timedelta(days=1))


def test_what_the_intakes_openssl_does_not_take_takes_no_place_of_what_serves():
    key, nobody, day = rsa.generate_private_key(65537, 1024), x509.Name([]), timedelta(days=1)  # noqa: S505 - on purpose
    made = x509.CertificateBuilder(nobody, nobody, key.public_key(), x509.random_serial_number(), NOW - day, NOW + day)
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=True)
    pem = key_pem(key) + made.sign(key, hashes.SHA256()).public_bytes(PEM)

    with pytest.raises(CertificateUnusable):
        read_certificate(pem, NAME, NOW)


@pytest.fixture
def folder(tmp_path):
    """A mirror of which all is well."""
    folder = mirror_folder(tmp_path)
    write_whole(folder / ACCOUNT, b"{}")
    write_whole(folder / CERTIFICATE, challenge_pem(NAME, bytes(32), NOW))
    day = NOW.date()
    keep_seen(folder, MirrorMemory(caa=Caa.OURS, caa_day=day, shown=Shown.OURS, shown_day=day))
    return folder


def red(folder, at: datetime = NOW) -> list[str]:
    return [one.what for one in mirror_findings(folder, CONFIG, at) if not one.well]


def test_status_is_green_when_all_is_well(folder):
    assert red(folder) == []
    assert [one.what for one in mirror_findings(folder, CONFIG, NOW)] == ["mirror certificate", "mirror CAA", "mirror"]


def test_status_is_red_before_the_certificate_expires(folder):
    # Its two days: half of the third at which it is renewed is eight hours before the end.
    assert red(folder, NOW + timedelta(hours=15)) == []
    assert red(folder, NOW + timedelta(hours=17)) == ["mirror certificate"]


def test_a_failed_order_is_named_while_the_certificate_is_still_good(folder):
    keep_seen(
        folder, MirrorMemory(caa=Caa.OURS, caa_day=NOW.date(), shown=Shown.OURS, shown_day=NOW.date(), failed=914)
    )

    assert red(folder) == []
    assert str(NameNotProved()) in mirror_findings(folder, CONFIG, NOW)[0].words


@pytest.mark.parametrize("caa", [one for one in Caa if one is not Caa.OURS])
def test_status_is_red_for_every_other_verdict_on_caa(folder, caa):
    keep_seen(folder, MirrorMemory(caa=caa, caa_day=NOW.date(), shown=Shown.OURS, shown_day=NOW.date()))

    assert red(folder) == ["mirror CAA"]


def test_status_is_red_when_nobody_has_looked_for_days(folder):
    assert red(folder, NOW - timedelta(days=-1)) in ([], ["mirror certificate"])
    long_ago = NOW.date() - timedelta(days=4)
    keep_seen(folder, MirrorMemory(caa=Caa.OURS, caa_day=long_ago, shown=Shown.OURS, shown_day=long_ago))

    assert red(folder) == ["mirror CAA", "mirror"]


def test_another_certificate_stays_red_until_the_operator_takes_the_file_away(folder):
    write_whole(folder / OTHER, b"another")
    first = red(folder)
    (folder / OTHER).unlink()

    assert (first, red(folder)) == (["mirror"], [])


def test_without_account_or_certificate_status_says_what_to_do(folder):
    (folder / CERTIFICATE).unlink()
    without_certificate = mirror_findings(folder, CONFIG, NOW)[0]
    (folder / ACCOUNT).unlink()
    without_account = mirror_findings(folder, CONFIG, NOW)[0]

    assert (without_certificate.well, without_account.well) == (False, False)
    assert f"{without_account.words} {without_account.to_do}" == str(NoAccount())


def test_status_of_a_served_home_has_the_mirrors_lines(home):
    said = kallskydd("status", "--home", home)

    assert said.returncode == 1
    assert f"NOT  mirror certificate: {NoAccount()}" in said.stdout


MIRROR = '[mirror]\nname = "blankett.example"\n'


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('directory = "http://authority.example/dir"', "mirror.directory"),
        ('certificates = "never"', "mirror.certificates"),
        ('resolvers = ["https://one.example/dns-query"]', "mirror.resolvers"),
        ('resolvers = ["https://one.example/dns-query", "https://one.example/other"]', "mirror.resolvers"),
        ('roots = "/etc/roots.pem"', "mirror.roots"),
        ("port = 8443", "mirror.port"),
    ],
)
def test_a_mirror_that_is_misconfigured_is_refused_by_the_key(line, key):
    from pathlib import Path

    example = (Path(__file__).parents[3] / "kallskydd/examples/ludvika.toml").read_text()
    parse_config(example + MIRROR)

    with pytest.raises(ConfigFault, match=f"`{key}`"):
        parse_config(example + MIRROR + line)


def test_every_fault_has_a_code_of_its_own_and_two_sentences():
    leaves = MirrorFault.__subclasses__()

    assert len({leaf.code for leaf in leaves}) == len(leaves) == 12
    for leaf in leaves:
        assert leaf.happened.endswith(".")
        assert leaf.to_do[-1] in ".`"


def test_the_keeper_and_the_status_of_a_home_without_a_mirror_import_no_library_of_the_child():
    heavy = "acme", "josepy", "cryptography", "requests", "urllib3", "OpenSSL"
    code = (
        "import sys, kallskydd.serve.keeper, kallskydd.serve.mirror_certificate, kallskydd.commands.status\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)

    assert done.stdout == "[]\n"


def test_the_daily_audit_knows_the_child_for_what_it_is(world):
    home = world.home / "h"
    trial_home(home)
    child = [sys.executable, "-I", "-m", "kallskydd.mirror"]
    with hold_home(home), subprocess.Popen(child, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
        service = find_service(home)
        process.kill()

    assert process.pid in {one.pid for one in service.orderers}
    assert process.pid not in {one.pid for one in (*service.others, *service.jobs)}


def test_the_child_reads_and_writes_nothing_but_its_folder_and_dials_no_tcp(world, tmp_path):
    """Under the child's own locks, in a process of its own: the home's keys, another folder, TCP, datagrams, a program."""
    world.make_account()
    outside = world.home / "onion.key"
    outside.write_text("secret")
    code = f"""
import socket, os, pathlib, kallskydd.mirror.__main__ as child
child.confine_orderer(pathlib.Path({str(world.folder)!r}), [])
def tried(what):
    try: what()
    except OSError as fault: return type(fault).__name__
    return "done"
def dial():
    with socket.socket() as one: one.connect(("127.0.0.1", {world.door.port}))
print(tried(lambda: open({str(outside)!r})), tried(lambda: open({str(outside)!r} + "x", "w")), tried(dial),
      tried(lambda: socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)), tried(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)),
      tried(lambda: os.execv("/bin/true", ["true"])), tried(lambda: open({str(world.folder / "x")!r}, "w").close()))
"""

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["PermissionError"] * 6 + ["done"]


@pytest.mark.parametrize(("dials", "made"), [([], "PermissionError"), ([9], "done")])
def test_the_child_makes_no_socket_of_tcp_where_tors_is_a_unix_socket_and_has_so_much_memory(tmp_path, dials, made):
    """Landlock governs TCP from Linux 6.7 on; before that the filter alone keeps the child from dialling by itself."""
    code = f"""
import socket, pathlib, kallskydd.mirror.__main__ as child
child.confine_orderer(pathlib.Path({str(tmp_path)!r}), {dials})
def tried(what):
    try: what()
    except (OSError, MemoryError) as fault: return type(fault).__name__
    return "done"
print(tried(lambda: socket.socket()), tried(lambda: bytearray(2**29)), tried(lambda: bytearray(2**26)))
"""

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    # What an authority sends can be packed a thousandfold; it ends the child, and not the home.
    assert done.stdout.split() == [made, "MemoryError", "done"]

"""The certificate of the demonstration's mirror is believed for its name alone, and nothing of its authority is left."""

from __future__ import annotations

import re
import ssl
import subprocess
import sys

import pytest
from processes.service import trial_home

from cases.home import read_home
from kallskydd.demo.check import RoundTrip, _search_processes
from kallskydd.demo.mirror import DemoMirror
from kallskydd.demo.search import Search
from kallskydd.demo.world import DemoFailed, DemoWorld


@pytest.fixture
def mirror(tmp_path):
    trial_home(tmp_path / "home")
    made = DemoMirror.new(tmp_path / "relay")
    made.set_up(tmp_path / "home")
    return made


def shake_hands(mirror: DemoMirror, home, name: str) -> None:
    """As browser and intake do. Raises what the browser says."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(home / "mirror" / "certificate.pem")
    browser = mirror.trusting()
    browser.verify_flags |= ssl.VERIFY_X509_STRICT  # the default of Python 3.13
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = [
        server.wrap_bio(there, back, server_side=True),
        browser.wrap_bio(back, there, server_hostname=name),
    ]
    for _ in range(6):
        for side in reversed(sides):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue


def test_the_homes_mirror_is_named_and_its_certificate_believed_by_who_trusts_the_authority(mirror, tmp_path):
    shake_hands(mirror, tmp_path / "home", mirror.name)

    config = read_home(tmp_path / "home").config.mirror
    assert (config.name, config.port, config.certificates) == (mirror.name, mirror.port, "by hand")
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(mirror, tmp_path / "home", f"x{mirror.name}")


def test_each_run_has_a_name_of_its_own_that_leads_to_this_computer(tmp_path):
    one, other = (DemoMirror.new(tmp_path / folder) for folder in ("a", "b"))

    assert one.name != other.name
    assert re.fullmatch(r"ks-[0-9a-f]{8}\.localhost", one.name)


def test_no_key_of_the_authority_is_left_and_the_certificates_is_for_its_owner_alone(mirror, tmp_path):
    with_key = [one for one in tmp_path.rglob("*.pem") if b"PRIVATE KEY" in one.read_bytes()]

    assert with_key == [tmp_path / "home" / "mirror" / "certificate.pem"]
    assert with_key[0].read_bytes().count(b"PRIVATE KEY-----") == 2  # where it begins and where it ends
    assert with_key[0].stat().st_mode & 0o077 == 0


def test_what_stays_in_the_memory_of_the_mirrors_host_is_found_and_memory_that_was_not_read_is_not_passed_over(
    mirror, tmp_path, monkeypatch
):
    check = RoundTrip(DemoWorld(tmp_path, mirror), [])
    monkeypatch.setattr(RoundTrip, "markers", ["stays in memory"])
    program = "import sys; held = ''.join(sys.argv[1:]); print(flush=True); sys.stdin.read()"
    for words, expected in (([mirror.name, "stays in memory"], 1), ([mirror.name], 0), ([], None)):
        with subprocess.Popen(
            [sys.executable, "-I", "-c", program, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as host:
            host.stdout.readline()
            monkeypatch.setattr(DemoWorld, "relay_ids", lambda _, pid=host.pid: [pid])
            if expected is None:
                with pytest.raises(DemoFailed, match="could not be searched"):
                    _search_processes(check)
            else:
                _search_processes(check)
                assert len(check.search.found) == expected
            check.search = Search(0, 0, ())
            host.stdin.close()

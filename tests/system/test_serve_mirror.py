"""The mirror of a served home: a socket, and its certificate at the start and at each start of the intake."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

from mirror_harness import NAME, SETTINGS, Authority, MirrorBrowser
from service import Service, offline_network, trial_home


def home_with_mirror(folder: Path) -> Path:
    home = folder / "home"
    trial_home(home)
    config = home / "config.toml"
    config.write_text(f"{config.read_text()}\n{SETTINGS}")
    return home


def test_a_served_home_opens_its_mirror_at_the_start_and_again_after_its_intake_was_killed(tmp_path):
    home, authority = home_with_mirror(tmp_path), Authority.new(tmp_path / "authority")
    (home / "mirror").mkdir(mode=0o700)
    certificate = home / "mirror" / "certificate.pem"
    certificate.write_bytes(authority.pem())
    certificate.chmod(0o600)
    browser = MirrorBrowser(home / "run" / "mirror.sock", authority)

    with Service(home, offline_network(tmp_path / "network")) as service:
        service.wait_for("intake", code="mirror-taken")
        first = asyncio.run(browser.get("/"))
        os.kill(service.intake_pid(), signal.SIGKILL)
        service.wait_for("intake", code="mirror-taken", count=2)
        second = asyncio.run(browser.get("/"))

    assert [first.status, second.status] == [200, 200]
    assert first.headers["onion-location"].startswith("http://")
    assert browser.host == NAME

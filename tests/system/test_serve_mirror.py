"""The mirror of a served home: a socket, and its certificate at the start and at each start of the intake."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from pathlib import Path

from networks.mirror_harness import NAME, SETTINGS, Authority, MirrorBrowser
from processes.service import Service, copies, descriptors, holding, new_marker, offline_network, trial_home


def home_with_mirror(folder: Path) -> Path:
    home = folder / "home"
    trial_home(home)
    config = home / "config.toml"
    config.write_text(f"{config.read_text()}\n{SETTINGS}")
    return home


def certified(folder: Path) -> tuple[Path, MirrorBrowser]:
    """A home with a mirror and its certificate, and a browser that believes it."""
    home, authority = home_with_mirror(folder), Authority.new(folder / "authority")
    (home / "mirror").mkdir(mode=0o700)
    certificate = home / "mirror" / "certificate.pem"
    certificate.write_bytes(authority.pem())
    certificate.chmod(0o600)
    return home, MirrorBrowser(home / "run" / "mirror.sock", authority)


def test_a_served_home_opens_its_mirror_at_the_start_and_again_after_its_intake_was_killed(tmp_path):
    home, browser = certified(tmp_path)

    with Service(home, offline_network(tmp_path / "network")) as service:
        service.wait_for("intake", code="mirror-taken")
        first = asyncio.run(browser.get("/"))
        os.kill(service.intake_pid(), signal.SIGKILL)
        service.wait_for("intake", code="mirror-taken", count=2)
        second = asyncio.run(browser.get("/"))

    assert [first.status, second.status] == [200, 200]
    assert first.headers["onion-location"].startswith("http://")
    assert browser.host == NAME


def test_the_language_that_a_browser_says_at_the_mirror_chooses_its_page_and_is_left_nowhere(tmp_path):
    home, browser = certified(tmp_path)
    planted = new_marker()

    with Service(home, offline_network(tmp_path / "network")) as service:
        service.wait_for("intake", code="mirror-taken")
        # The marker stands where a language would, before the one that is taken.
        chosen = asyncio.run(browser.get("/", {"Accept-Language": f"{planted},en;q=0.7"}))
        next_one = asyncio.run(browser.get("/"))
        open_files = descriptors(service.tree())
        in_open_files = []
        for pid, link, target in open_files:
            with contextlib.suppress(OSError):
                content = Path(link).read_bytes()
                in_open_files += [(pid, target)] if any(form in content for form in copies(planted)) else []
        in_home = holding(home, [planted])
        service.stop()
        said = json.dumps(service.events) + "".join(service.stderr)

    assert '<html lang="en"' in chosen.text
    assert '<html lang="sv"' in next_one.text
    assert planted not in chosen.text
    assert len(open_files) > 3
    assert [in_open_files, in_home, holding(home, [planted])] == [[], [], []]
    assert planted not in said

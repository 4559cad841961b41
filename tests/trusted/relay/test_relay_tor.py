"""The relay over a real Tor: one it starts itself, on the private network, and an onion whose TLS ends behind port 443."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys

import pytest
from networks.relay_harness import NAME, Site, child_of, free_port, site_on_tor

from onion.errors import SocksMissing


@pytest.mark.live
async def test_a_relay_with_a_tor_of_its_own_carries_uploads_and_starts_that_tor_again(
    tor_network, keeper_tor, tmp_path
):
    site = Site(tmp_path)
    async with site_on_tor(site, keeper_tor.control) as onion:
        site.relay_port = free_port()
        running = await asyncio.create_subprocess_exec(
            sys.executable, "-I", "-m", "kallskydd", "relay", "--listen", f"127.0.0.1:{site.relay_port}",
            "--onion", f"{onion}:443", "--name", NAME, "--tor-network", str(tor_network.root),
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        try:
            assert await visited(site)

            tor = child_of(running.pid, "torrc")
            os.kill(tor, signal.SIGKILL)

            assert await visited(site)
            assert child_of(running.pid, "torrc") not in (None, tor)
            assert child_of(running.pid, "--parent") is not None
        finally:
            running.send_signal(signal.SIGTERM)
            said, _ = await running.communicate()

    assert running.returncode == 0
    # All that it may say, and once: its tor was slow to start.
    assert said.decode() in {"", f"{SocksMissing()} The relay goes on and tries for each visitor.\n"}


async def visited(site: Site) -> bool:
    """Whether an upload arrives, of however many tries: tor starts, or starts again."""
    async with asyncio.timeout(90):
        while True:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                browser = await site.browse()
                whole = await browser.ask(bytes(300_000))
                browser.close()
                return whole
            await asyncio.sleep(0.5)

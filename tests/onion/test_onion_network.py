"""A private network held by a process of its own: others join by its folder, and it leaves nothing behind."""

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from networks.conftest_tor import started_client

from onion.client import ClientTor
from onion.errors import NoPrivateNetwork, PathUnusable, PrivateNetworkFailed, SocksMissing
from onion.private_network import PrivateNetwork
from onion.torrc_reader import reaches_public_network

START_SECONDS = 120  # usable after 10 to 12 s


def hold(folder):
    return subprocess.Popen(
        [sys.executable, "-m", "onion.private_network", "--hold", folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


def running(pids):
    def runs(pid):
        try:
            return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
        except (FileNotFoundError, ProcessLookupError):
            return False

    return [pid for pid in pids if runs(pid)]


def all_ended(pids, within):
    deadline = time.monotonic() + within
    while running(pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not running(pids)


def children(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.live
def test_another_process_joins_by_the_folder_and_a_killed_holder_takes_all_tors_with_it(short_folder):
    with hold(short_folder / "net") as holder:
        usable = json.loads(holder.stdout.readline())
        pids = usable["pids"]
        lines = PrivateNetwork.lines_from(short_folder / "net")

        client = started_client(lambda: ClientTor(short_folder / "client", lines))
        host, port = client.socks
        client.stop()

        assert (host, port > 0) == ("127.0.0.1", True)
        assert len(running(pids)) == 4
        assert not reaches_public_network("\n".join(lines))
        family = children(holder.pid)
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        assert set(pids) < set(family)  # the watchdog is the fifth
        assert all_ended(family, within=10)


@pytest.mark.live
@pytest.mark.parametrize("how", ["SIGTERM", "SIGINT", "closing its standard input"])
def test_a_holder_that_is_told_to_end_leaves_no_process_and_no_file(short_folder, how):
    with hold(short_folder / "net") as holder:
        # From the moment the tors run; it need not be usable for that.
        deadline = time.monotonic() + START_SECONDS
        while not (holder.poll() is None and len(children(holder.pid)) == 5) and time.monotonic() < deadline:
            time.sleep(0.05)
        family = children(holder.pid)

        if how.startswith("SIG"):
            holder.send_signal(getattr(signal, how))
        else:
            holder.stdin.close()

        assert holder.wait(20) == 0
        assert len(family) == 5
        assert running(family) == []
        assert not (short_folder / "net").exists()


@pytest.mark.live
def test_a_start_that_misses_the_first_vote_begins_again_with_longer_waits(short_folder):
    network = PrivateNetwork(short_folder / "net")
    with ThreadPoolExecutor() as beside:
        starting = beside.submit(network.start)
        while len(relays := network.pids()[1:]) < 3:
            time.sleep(0.005)
        # As a busy computer does, but for longer: this relay is not given the processor before the vote.
        os.kill(relays[-1], signal.SIGSTOP)
        starting.result()
    torrc = (short_folder / "net" / "authority" / "torrc").read_text()
    network.stop()

    assert network.attempts > 1
    assert f"TestingV3AuthInitialVotingInterval {10 * network.attempts}\n" in torrc
    assert f"TestingV3AuthInitialVoteDelay {2 * network.attempts}\n" in torrc


def test_a_folder_that_holds_anything_is_never_taken(short_folder):
    (short_folder / "precious").write_text("x")

    with pytest.raises(PrivateNetworkFailed):
        PrivateNetwork(short_folder).start()

    assert (short_folder / "precious").read_text() == "x"


def test_what_cannot_be_a_network_is_said_at_once(short_folder):
    with pytest.raises(PathUnusable):
        PrivateNetwork(short_folder / ("x" * 90))
    with pytest.raises(NoPrivateNetwork):
        PrivateNetwork.lines_from(short_folder)


@pytest.mark.live
def test_the_shared_network_is_used_by_nobody_else(tor_network):
    client = tor_network.client()

    with pytest.raises(SocksMissing):
        _ = client.socks

    assert not any(reaches_public_network((folder / "torrc").read_text())
                   for folder in tor_network.root.iterdir() if (folder / "torrc").exists())  # fmt: skip
    assert len(tor_network.pids()) == 4
    assert os.environ["KALLSKYDD_NO_PUBLIC_TOR"] == "1"

"""Bridges: two forms of tor's own grammar reach a torrc, and nothing else that somebody pastes."""

import asyncio
import time
from pathlib import Path

import pytest

from desk.errors import NotReachable
from kallskydd.desk.route import Route, connector_for
from onion import bridges as onion_bridges
from onion.bridges import bridge_lines
from onion.client import ClientTor
from onion.control import wait_for_controller
from onion.errors import BadBridge
from onion.tor_process import accepts
from onion.torrc_reader import reaches_public_network

PLAIN = "192.0.2.7:443 " + "A" * 40
SHORT = "[2001:db8::7]:9001"
OBFS4 = "obfs4 192.0.2.8:443 " + "B" * 40 + " cert=" + "c" * 70 + " iat-mode=0"
NETWORK_OFF = "DisableNetwork 1"


@pytest.fixture
def obfs4_program(monkeypatch):
    monkeypatch.setattr(onion_bridges.shutil, "which", lambda name: "/usr/bin/lyrebird" if name == "lyrebird" else None)


def test_no_bridges_change_nothing():
    assert bridge_lines([]) == []


def test_plain_bridges_and_those_of_obfs4_become_lines(obfs4_program):
    assert bridge_lines([PLAIN, SHORT, OBFS4]) == [
        "UseBridges 1",
        "ClientTransportPlugin obfs4 exec /usr/bin/lyrebird",
        f"Bridge {PLAIN}",
        f"Bridge {SHORT}",
        f"Bridge {OBFS4}",
    ]


def test_obfs4_without_its_program_is_refused(monkeypatch):
    monkeypatch.setattr(onion_bridges.shutil, "which", lambda _name: None)

    with pytest.raises(BadBridge):
        bridge_lines([OBFS4])


@pytest.mark.parametrize(
    "hostile",
    [
        "",
        " ",
        "192.0.2.7",
        "192.0.2.7:0",
        f" {PLAIN}",
        f"{PLAIN}\n",
        f"{PLAIN}\nControlPort 9051",
        f"{PLAIN}\r",
        f"{PLAIN}\x00",
        f"{PLAIN} \\",
        f"{PLAIN} # no",
        f"{PLAIN} ",
        f'"{PLAIN}"',
        f"exec /bin/sh {PLAIN}",
        f"snowflake {PLAIN}",
        f"{OBFS4} exec=/bin/sh",
        OBFS4.replace("iat-mode=0", "iat-mode=9"),
        "bridge.example.org:443",
        "$(reboot):443",
        "١٩٢.0.2.7:443",
    ],
)
def test_anything_else_is_refused_before_a_file_is_written(short_folder, obfs4_program, hostile):
    with pytest.raises(BadBridge):
        ClientTor(short_folder / "client", [NETWORK_OFF], bridges=[PLAIN, hostile])

    assert not (short_folder / "client").exists()


def test_tor_itself_takes_the_lines(short_folder):
    torrc = short_folder / "torrc"
    torrc.write_text(
        "\n".join([NETWORK_OFF, f"DataDirectory {short_folder}/data", *bridge_lines([PLAIN, SHORT])]) + "\n"
    )

    assert accepts(torrc)


def test_bridges_lead_to_the_public_network_as_far_as_the_guard_of_the_tests_goes():
    assert reaches_public_network("\n".join(bridge_lines([PLAIN])))
    assert not reaches_public_network("\n".join([*bridge_lines([PLAIN]), NETWORK_OFF]))


@pytest.fixture
def home(short_folder):
    """A desk home with bridges, and a network that is switched off."""
    network = short_folder / "net"
    network.mkdir()
    (network / "network.torrc").write_text(NETWORK_OFF + "\n")
    (short_folder / "bridges").write_text(f"{PLAIN}\n{SHORT}\n")
    return short_folder


def way(home):
    return connector_for("a" * 56, "A" * 52, route=Route(tor_network=home / "net"), tor_folder=home / "tor")


def running_with(torrc: Path) -> list[str]:
    found = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = process.read_bytes().split(b"\0")
        except OSError:
            continue
        if words[0].endswith(b"tor") and str(torrc).encode() in words:
            found.append(process.parent.name)
    return found


@pytest.mark.parametrize("pause", [0, 0.05, 1.5])
async def test_a_running_tor_has_the_bridges_of_the_desk_home_and_ends_with_a_try_that_is_given_up(home, pause):
    torrc = home / "tor" / "torrc"

    async def start():
        async with way(home):
            pytest.fail("a tor without a network is never ready")

    trying = asyncio.create_task(start())
    await asyncio.sleep(pause)
    if pause > 1:
        seen = await asyncio.to_thread(bridges_of_a_running_tor, home / "tor" / "control")
        assert seen == [PLAIN, SHORT]
        assert running_with(torrc)
    trying.cancel()
    began = time.monotonic()
    await asyncio.gather(trying, return_exceptions=True)

    assert time.monotonic() - began < 30
    assert running_with(torrc) == []


class _Alive:
    @staticmethod
    def alive():
        return True


def bridges_of_a_running_tor(control):
    with wait_for_controller(_Alive, control, within=30) as controller:
        return controller.get_conf("Bridge", multiple=True)


async def test_a_file_of_bridges_that_was_damaged_starts_no_tor(home):
    (home / "bridges").write_text(f"{PLAIN}\nControlPort 9051\n")

    with pytest.raises(NotReachable) as refused:
        async with way(home):
            pass

    assert refused.value.text_key == "bridges.unreadable"
    assert not (home / "tor").exists()

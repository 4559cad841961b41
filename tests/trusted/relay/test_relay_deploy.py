"""The mirror's units, its torrc and `make install-relay`: what they promise, and that the relay works under them."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from networks.relay_harness import Site, free_port, site_on_tor
from processes.unit_filter import settings

from onion.tor_process import TorProcess
from onion.torrc_reader import read_torrc
from trusted.torrc_table import REQUIRED

PROJECT = Path(__file__).parents[3]
sys.path.insert(0, str(PROJECT / "scripts"))
import install_relay_program  # noqa: E402  # a script, and no package

UNITS = PROJECT / "deploy" / "systemd" / "relay"
RELAY_UNIT, TOR_UNIT = UNITS / "kallskydd-relay.service", UNITS / "kallskydd-relay-tor.service"
UNDER_UNIT = (sys.executable, str(Path(__file__).parents[2] / "support" / "processes" / "unit_filter.py"))
EXPOSURE = [(RELAY_UNIT, 1.6), (TOR_UNIT, 1.2)]
# The relay's tor has no control socket, and a SOCKS port that is not the keeper's.
NOT_HERE = {"ControlSocket", "CookieAuthentication", "SocksPort", "DataDirectory"}


def exposure(unit: Path, most: float) -> subprocess.CompletedProcess[str]:
    command = ["systemd-analyze", "security", "--offline=true", f"--threshold={most * 10:.0f}", "--no-pager", str(unit)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("installed")
    command = ["make", "-s", "install-relay", f"DESTDIR={folder}"]
    environment = {**os.environ, "KALLSKYDD_PYTHON": sys.executable}
    done = subprocess.run(
        command, cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.parametrize(("unit", "most"), EXPOSURE, ids=["relay", "tor"])
def test_a_unit_of_the_mirror_is_no_more_exposed_than_it_says(unit, most):
    done = exposure(unit, most)

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("unit", "most"), EXPOSURE, ids=["relay", "tor"])
@pytest.mark.parametrize("lost", ["SystemCallFilter", "CapabilityBoundingSet", "ProtectSystem", "RestrictNamespaces"])
def test_a_unit_of_the_mirror_that_lost_a_line_is_seen(unit, most, lost, tmp_path):
    (tmp_path / unit.name).write_text(re.sub(rf"(?m)^{lost}=.*\n", "", unit.read_text()))

    assert exposure(tmp_path / unit.name, most).returncode != 0


@pytest.mark.parametrize("unit", [RELAY_UNIT, TOR_UNIT], ids=["relay", "tor"])
def test_a_unit_of_the_mirror_leaves_nothing_to_the_journal_to_swap_or_to_a_core_dump(unit):
    lines = settings(unit)

    assert lines["StandardInput"] == lines["StandardOutput"] == lines["StandardError"] == ["null"]
    assert lines["IPAccounting"] == lines["CPUAccounting"] == lines["IOAccounting"] == ["no"]
    assert "-/run/systemd/journal" in lines["InaccessiblePaths"][0].split()
    assert lines["MemorySwapMax"] == lines["MemoryZSwapMax"] == lines["LimitCORE"] == ["0"]
    assert lines["RestrictAddressFamilies"] == ["AF_INET AF_INET6"]


def test_systemd_has_nothing_to_say_against_the_installed_units_of_the_mirror(installed, tmp_path):
    units = []
    for unit in (RELAY_UNIT, TOR_UNIT):
        text = (installed / "etc/systemd/system" / unit.name).read_text()
        # It looks whether the program is there.
        (tmp_path / unit.name).write_text(re.sub(r"(?m)^(ExecSt\w+)=/opt", rf"\1={installed}/opt", text))
        units.append(str(tmp_path / unit.name))

    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True, timeout=120, check=False
    )

    said = [line for line in done.stderr.splitlines() if "option CPUAccounting= has been removed" not in line]
    assert (done.returncode, done.stdout, said) == (0, "", [])


def test_the_accounts_of_the_mirror_share_nothing(tmp_path):
    (tmp_path / "etc/sysusers.d").mkdir(parents=True)
    shutil.copy(PROJECT / "deploy/sysusers.d/kallskydd-relay.conf", tmp_path / "etc/sysusers.d")

    subprocess.run(["systemd-sysusers", f"--root={tmp_path}"], check=True, capture_output=True, timeout=60)
    accounts = [line.split(":") for line in (tmp_path / "etc/passwd").read_text().splitlines()]

    assert {account[0] for account in accounts} == {"kallskydd-relay", "kallskydd-relay-tor"}
    assert len({account[3] for account in accounts}) == 2
    assert all(account[6].endswith("nologin") for account in accounts)


def test_the_torrc_of_the_mirror_keeps_the_rows_of_the_table_that_a_client_has():
    lines = list(read_torrc((PROJECT / "deploy/torrc-relay").read_text()))
    values = {line.name: line.value for line in lines}
    unit, service = settings(TOR_UNIT), settings(RELAY_UNIT)

    assert all(line.plain for line in lines)
    assert {rule.name: values.get(rule.name) for rule in REQUIRED if rule.name not in NOT_HERE} == {
        rule.name: rule.example for rule in REQUIRED if rule.name not in NOT_HERE
    }
    assert set(values) - {rule.name for rule in REQUIRED} == set()
    assert values["DataDirectory"] == f"/var/lib/{unit['StateDirectory'][0]}"
    port = values["SocksPort"].split()[0]
    assert values["SocksPort"] == f"{port} ExtendedErrors OnionTrafficOnly"
    assert service["ExecStart"][0].endswith(f"--tor {port}")
    assert unit["SocketBindAllow"] == [f"ipv4:tcp:{port.rpartition(':')[2]}"]


def test_what_is_installed_on_the_mirror_is_the_closed_list_and_nothing_of_others(installed):
    program = installed / "opt/kallskydd-relay"
    packages = next(program.glob("lib/python*/site-packages"))

    there = {str(path.relative_to(packages)) for path in packages.rglob("*.py")}
    others = [path for path in installed.rglob("*") if not path.is_symlink() and path.stat().st_mode & 0o022]

    assert there == {
        f"{package}/{name}.py" for package, names in install_relay_program.MODULES.items() for name in names
    }
    # Another module of the relay has to be put on the list, or taken off the package.
    for folder in ("relay", "trusted/relay"):
        assert {path.stem for path in (PROJECT / folder).glob("*.py")} == set(install_relay_program.MODULES[folder])
    assert (program / "bin/kallskydd").read_text().startswith("#!/opt/kallskydd-relay/bin/python -I\n")
    assert os.readlink(installed / "usr/local/bin/kallskydd") == "/opt/kallskydd-relay/bin/kallskydd"
    assert not (program / "bin/pip").exists()
    assert others == []


def test_what_the_operator_wrote_in_the_torrc_of_the_mirror_stays(installed):
    torrc = installed / "etc/kallskydd-relay/torrc"
    torrc.write_text(torrc.read_text() + "# a line of the operator\n")

    done = subprocess.run(
        ["make", "-s", "install-relay", f"DESTDIR={installed}"],
        cwd=PROJECT, env={**os.environ, "KALLSKYDD_PYTHON": sys.executable}, capture_output=True, text=True, timeout=120,
        check=True,
    )  # fmt: skip

    assert "differs from ours and stays" in done.stderr
    assert torrc.read_text().endswith("# a line of the operator\n")
    assert (torrc.parent / "torrc.new").read_bytes() == (PROJECT / "deploy/torrc-relay").read_bytes()


async def test_the_installed_relay_carries_an_upload_under_the_filters_of_both_units(
    installed, tor_network, keeper_tor, short_folder
):
    site = Site(short_folder)
    program = (*UNDER_UNIT, str(RELAY_UNIT), str(installed / "opt/kallskydd-relay/bin/python"), "-I", "-m", "kallskydd")
    async with site_on_tor(site, keeper_tor.control) as onion:
        tor, site.port = tor_of_the_unit(short_folder, tor_network.network_lines)
        try:
            async with site.process(program, onion=onion) as pid, asyncio.timeout(90):
                while True:
                    try:
                        browser = await site.browse()
                        whole = await browser.ask(bytes(300_000))
                    except (OSError, asyncio.IncompleteReadError):
                        await asyncio.sleep(0.5)
                    else:
                        break
                filters = Path(f"/proc/{pid}/status").read_text()
                loaded = Path(f"/proc/{pid}/cmdline").read_bytes()
                browser.close()
        finally:
            tor.stop()

    assert whole
    assert loaded.startswith(str(installed).encode())
    # The unit's and the relay's own.
    assert int(re.search(r"Seccomp_filters:\s+(\d+)", filters)[1]) == 2
    # On a busy machine the first visitors come before the network's directories know the onion.
    assert re.sub(rb"The Tor network knows no onion of this address:.*each visitor\.\n", b"", site.said) == b""


def tor_of_the_unit(folder: Path, network_lines: list[str]) -> tuple[TorProcess, int]:
    """Tor with the torrc of the mirror under its unit's filter, in a folder of the test and on the private network."""
    (folder / "bin").mkdir()
    wrapper = folder / "bin" / "tor"
    wrapper.write_text(f'#!/bin/sh\nexec {" ".join(UNDER_UNIT)} {TOR_UNIT} {shutil.which("tor")} "$@"\n')
    wrapper.chmod(0o755)
    port = free_port()
    text = (PROJECT / "deploy/torrc-relay").read_text()
    text = text.replace("/var/lib/kallskydd-relay-tor", str(folder / "data")).replace(":9170", f":{port}")
    (folder / "torrc").write_text("\n".join([text, *network_lines]) + "\n")
    before = os.environ["PATH"]
    os.environ["PATH"] = f"{wrapper.parent}:{before}"
    try:
        process = TorProcess(folder / "torrc")
        process.start()
    finally:
        os.environ["PATH"] = before
    return process, port


NAMESPACE = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--net", "--map-root-user"]
VISIT = """
import fcntl, re, socket, struct, sys, threading
fcntl.ioctl(socket.socket(), 0x8914, struct.pack("16sh14x", b"lo", 1))  # SIOCSIFFLAGS, IFF_UP
for name, value in re.findall(r"(?m)^(net\\.[^=#]*)=(.*)$", sys.stdin.read()):
    open("/proc/sys/" + name.replace(".", "/"), "w").write(value)
visitor = "127.0.0.9"
with socket.create_server(("127.0.0.1", 0)) as relay, socket.socket() as browser:
    browser.bind((visitor, 0))
    browser.connect(relay.getsockname())
    there = relay.accept()[0]
    sending = threading.Thread(target=lambda: (there.sendall(bytes(200_000)), there.close()))
    sending.start()
    while browser.recv(65536):
        pass
    sending.join()

def ask(kind, flags, command, attributes=b""):
    body = struct.pack("=BBH", command, 1, 0) + attributes
    netlink.send(struct.pack("=IHHII", 16 + len(body), kind, 1 | flags, 1, 0) + body)
    return netlink.recv(65536)

netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 16)  # NETLINK_GENERIC
family = ask(16, 0, 3, struct.pack("=HH", 4 + 12, 2) + b"tcp_metrics\\0")  # CTRL_CMD_GETFAMILY by its name
number = struct.unpack_from("=H", family, family.index(struct.pack("=HH", 6, 1)) + 4)[0]
print(socket.inet_aton(visitor) in ask(number, 0x300, 1))  # all that there are
"""


@pytest.mark.parametrize("settings_of_ours", [False, True])
def test_the_kernel_of_the_mirror_remembers_no_visitor_after_the_visit(installed, settings_of_ours):
    shipped = (installed / "etc/sysctl.d/60-kallskydd-relay.conf").read_text() if settings_of_ours else ""
    done = subprocess.run(
        [*NAMESPACE, sys.executable, "-c", VISIT],
        input=shipped,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    # As a kernel comes it does: that the visit would have been seen is shown by that.
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{not settings_of_ours}\n", "")

"""The units, the torrc and `make install`: what they promise to an operator, and that the service works under them.

No systemd runs here: the units are weighed and read by systemd-analyze, and their filter is put on the real programs
(unit_filter.py). What only a running systemd can do (mounts, an own network, the journal) `make rehearsal` tries.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import zipfile
from fnmatch import fnmatch
from importlib import metadata
from pathlib import Path

import pytest
from documents.pictures import ycck_jpeg
from homes.secret_places import OTHER_FILES, SECRETS
from processes.service import Service, kallskydd, offline_network
from processes.unit_filter import settings
from visitors.intake_harness import SHOWN, Browser, file_report, two_words_back

from onion.control import open_controller
from onion.keys import FILE_HEADER
from onion.tor_process import TorProcess
from onion.torrc import REQUIRED, Expected, problems
from onion.torrc_reader import read_torrc

PROJECT = Path(__file__).parents[2]
sys.path.insert(0, str(PROJECT / "scripts"))
import install_program  # noqa: E402  # a script, and no package

DEPLOY = PROJECT / "deploy"
KEEPER_UNIT = DEPLOY / "systemd" / "kallskydd.service"
TOR_UNIT = DEPLOY / "systemd" / "kallskydd-tor.service"
STATUS_UNIT = DEPLOY / "systemd" / "kallskydd-status.service"
OUTSIDE_UNIT = DEPLOY / "systemd" / "kallskydd-outside.service"
TENANT_STATUS_UNIT = DEPLOY / "systemd" / "kallskydd-status@.service"
BACKUP_UNIT = DEPLOY / "systemd" / "kallskydd-backup.service"
TENANT_BACKUP_UNIT = DEPLOY / "systemd" / "kallskydd-backup@.service"
HOST_STATUS_UNIT = DEPLOY / "systemd" / "kallskydd-host-status.service"
TENANT_UNIT = DEPLOY / "systemd" / "kallskydd@.service"
PUBLISHER_UNIT = DEPLOY / "systemd" / "kallskydd-publisher.service"
UNITS = [
    (KEEPER_UNIT, 1.0), (TOR_UNIT, 2.5), (STATUS_UNIT, 1.5), (BACKUP_UNIT, 1.0), (TENANT_UNIT, 1.0), (PUBLISHER_UNIT, 1.5),
    (TENANT_STATUS_UNIT, 1.5), (TENANT_BACKUP_UNIT, 1.0), (HOST_STATUS_UNIT, 2.0), (OUTSIDE_UNIT, 2.0),
]  # fmt: skip
HOST_UNITS = (
    "kallskydd@.service", "kallskydd@.socket", "kallskydd-publisher.service", "kallskydd-hidepid.service",
    "kallskydd-tenants.service", "kallskydd-tenants.slice", "kallskydd-status@.service", "kallskydd-status@.timer",
    "kallskydd-backup@.service", "kallskydd-backup@.timer", "kallskydd-host-status.service", "kallskydd-host-status.timer",
)  # fmt: skip
TENANT_TIMED = [(STATUS_UNIT, TENANT_STATUS_UNIT), (BACKUP_UNIT, TENANT_BACKUP_UNIT)]
TIMED = ("kallskydd-status", "kallskydd-backup", "kallskydd-outside")
UNDER_UNIT = (sys.executable, str(Path(__file__).parents[1] / "support" / "processes" / "unit_filter.py"))
# Where they lie is the unit's to say, not the table's.
PLACES = {"DataDirectory", "ControlSocket", "SocksPort"}


def run(*words: str | Path, **more: object) -> subprocess.CompletedProcess[str]:
    # An installation compiles every library: half a minute, and on a busy computer several.
    return subprocess.run([*map(str, words)], capture_output=True, text=True, timeout=600, check=False, **more)


def exposure(unit: Path, most: float) -> subprocess.CompletedProcess[str]:
    return run("systemd-analyze", "security", "--offline=true", f"--threshold={most * 10:.0f}", "--no-pager", unit)


def install(folder: Path) -> subprocess.CompletedProcess[str]:
    done = run("make", "-s", "install", f"DESTDIR={folder}", cwd=PROJECT)
    assert done.returncode == 0, done.stderr
    return done


def fingerprints(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink() and path.suffix != ".pyc"
    }


def digest(path: Path, name: str) -> str:
    """In the form of a RECORD file."""
    return base64.urlsafe_b64encode(hashlib.new(name, path.read_bytes()).digest()).rstrip(b"=").decode()


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("installed")
    install(folder)
    return folder


@pytest.mark.parametrize(("unit", "most"), UNITS, ids=lambda value: str(value)[-20:])
def test_a_unit_is_no_more_exposed_than_it_says(unit, most):
    done = exposure(unit, most)

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("unit", "most"), UNITS, ids=lambda value: str(value)[-20:])
def test_a_unit_that_lost_its_hardening_is_seen(unit, most, tmp_path):
    text = re.sub(
        r"(?m)^(SystemCallFilter|CapabilityBoundingSet|PrivateUsers|ProtectSystem)=.*\n", "", unit.read_text()
    )
    (tmp_path / unit.name).write_text(text)

    done = exposure(tmp_path / unit.name, most)

    assert done.returncode != 0, done.stdout


@pytest.mark.parametrize("unit", [unit for unit, _ in UNITS], ids=lambda unit: unit.name)
def test_a_unit_leaves_nothing_to_the_journal_to_swap_or_to_a_core_dump(unit):
    lines = settings(unit)

    assert lines["StandardOutput"] == lines["StandardError"] == ["null"]
    assert (
        lines["IPAccounting"] == lines["CPUAccounting"] == lines["IOAccounting"] == lines["MemoryAccounting"] == ["no"]
    )
    # With it the journal would have no start, stop or exit code either: they are systemd's own lines.
    assert "LogLevelMax" not in lines
    assert "-/run/systemd/journal" in lines["InaccessiblePaths"][0].split()
    assert lines["MemorySwapMax"] == lines["MemoryZSwapMax"] == lines["LimitCORE"] == ["0"]


def test_systemd_has_nothing_to_say_against_the_installed_units(installed, tmp_path):
    units = []
    timed = [f"{name}.{kind}" for name in TIMED for kind in ("service", "timer")]
    for name in ("kallskydd.service", "kallskydd-tor.service", *HOST_UNITS, *timed):
        text = (installed / "etc/systemd/system" / name).read_text()
        # It looks whether the program is there.
        (tmp_path / name).write_text(re.sub(r"(?m)^(ExecSt\w+)=/opt", rf"\1={installed}/opt", text))
        units.append(tmp_path / name.replace("@.", "@falun."))

    done = run("systemd-analyze", "verify", "--man=no", *units)

    # Newer ones (seen with 262) know the first no more and say so, older ones need it; those before 257 know no second.
    known = ("option CPUAccounting= has been removed", "Unknown key 'PrivatePIDs'")
    said = [line for line in done.stderr.splitlines() if not any(words in line for words in known)]
    assert (done.returncode, done.stdout, said) == (0, "", [])


def test_a_tenants_unit_gives_up_nothing_that_the_unit_of_a_home_alone_has():
    alone, tenant = settings(KEEPER_UNIT), settings(TENANT_UNIT)
    # What names the home, its account, its sockets and its share of the machine.
    own = {
        "Description", "Documentation", "Wants", "Requires", "After", "ConditionPathExists", "Type", "ExecStart", "User",
        "Group", "ReadWritePaths", "MemoryMax", "TasksMax", "WantedBy", "SystemCallFilter", "InaccessiblePaths",
    }  # fmt: skip

    assert {name: values for name, values in alone.items() if name not in own and tenant.get(name) != values} == {}
    assert tenant["SystemCallFilter"] == [*alone["SystemCallFilter"][:-1], "prlimit64 setrlimit capset"]
    assert tenant["InaccessiblePaths"] == [*alone["InaccessiblePaths"], "-/sys/fs/cgroup"]
    # Its share: each of these bounds what a flood of one takes from the others.
    assert {"MemoryMax", "TasksMax", "CPUWeight", "IOWeight", "LimitNOFILE", "Slice"} <= tenant.keys()
    # Of the others it sees nothing.
    hidden = {one.split(":")[0] for one in tenant["TemporaryFileSystem"][0].split()}
    assert hidden == {"/var/lib/kallskydd-host", "/run/kallskydd-host", "/run/kallskydd-publisher"}
    assert "kallskydd-hidepid.service" in " ".join(tenant["Requires"])


def test_the_units_name_no_set_of_system_calls_that_debian_12_does_not_know():
    # systemd 252 leaves out a set that it does not know: without "@sandbox" no jail could close itself.
    known = {
        "@aio", "@basic-io", "@chown", "@clock", "@cpu-emulation", "@debug", "@file-system", "@io-event", "@ipc",
        "@keyring", "@memlock", "@module", "@mount", "@network-io", "@obsolete", "@pkey", "@privileged", "@process",
        "@raw-io", "@reboot", "@resources", "@setuid", "@signal", "@swap", "@sync", "@system-service", "@timer",
    }  # fmt: skip

    named = set(
        re.findall(r"^SystemCallFilter=~?(.*)$", "\n".join(unit.read_text() for unit, _ in UNITS), re.MULTILINE)
    )

    assert {word for line in named for word in line.split() if word.startswith("@")} <= known


@pytest.mark.parametrize(("unit", "of_a_tenant"), TENANT_TIMED, ids=lambda unit: unit.name)
def test_what_a_tenants_timer_runs_is_that_of_a_home_alone_and_sees_of_the_host_what_the_tenant_does(unit, of_a_tenant):
    alone, timed, tenant = settings(unit), settings(of_a_tenant), settings(TENANT_UNIT)
    own = {"Description", "Documentation", "ConditionPathExists", "EnvironmentFile", "ExecStartPre", "ExecStart", "User", "Group",
           "ReadWritePaths"}  # fmt: skip

    assert {name: values for name, values in alone.items() if name not in own and timed.get(name) != values} == {}
    assert all(timed[name] == tenant[name] for name in ("ConditionPathExists", "User", "Group", "Slice"))
    for name in ("TemporaryFileSystem", "BindPaths", "ReadWritePaths"):
        assert set(tenant[name][0].split()) <= set(timed[name][0].split())
    # The same commands, with a folder for each tenant in the place of the one.
    for name in ("ExecStartPre", "ExecStart", "EnvironmentFile"):
        lines = [re.sub(r"(-host)?/%i|-%i", "", line) for line in timed.get(name, [])]
        assert lines == alone.get(name, [])


def test_the_keepers_child_that_audits_is_shown_the_intake_and_a_tenants_no_other_tenant():
    keeper, tenant = settings(KEEPER_UNIT), settings(TENANT_UNIT)

    assert keeper["ProtectProc"] == tenant["ProtectProc"] == ["default"]
    assert tenant["PrivatePIDs"] == ["yes"]


@pytest.mark.parametrize("unit", [BACKUP_UNIT, TENANT_BACKUP_UNIT], ids=lambda unit: unit.name)
def test_a_backup_without_its_disks_fails_once_old_shares_are_gone(unit):
    lines = settings(unit)
    first, *disks = lines["ExecStartPre"]

    # An assertion or a mount that is required would leave the unit inactive, and the shares where they are.
    assert not {"AssertPathIsMountPoint", "RequiresMountsFor", "ConditionPathIsMountPoint"} & lines.keys()
    assert first.endswith("/lost+found -prune -o -type f -mtime +5 -exec /usr/bin/rm {} +")
    assert [line.split()[-1] for line in disks if "/findmnt " in line] == ["/mnt/backup", "/mnt/slots"]


def test_the_publisher_tells_accounts_apart_and_its_folder_of_tors_stays_the_same():
    # In a user namespace of its own every tenant would be one and the same number to it.
    assert "PrivateUsers" not in settings(PUBLISHER_UNIT)
    # Landlock holds a folder and not its name: one made again by tor's next start would be closed.
    assert settings(TOR_UNIT)["RuntimeDirectoryPreserve"] == ["yes"]


def test_the_accounts_share_a_group_and_tor_can_pass_through_to_the_home_and_not_list_it(tmp_path):
    for kind in ("sysusers.d", "tmpfiles.d"):
        (tmp_path / "etc" / kind).mkdir(parents=True)
        shutil.copy(DEPLOY / kind / "kallskydd.conf", tmp_path / "etc" / kind)

    made = run("systemd-sysusers", f"--root={tmp_path}")
    accounts = (tmp_path / "etc/passwd").read_text().splitlines()
    planned = run("systemd-tmpfiles", f"--root={tmp_path}", "--create", "--dry-run")

    assert made.returncode == 0, made.stderr
    names = {line.split(":")[0]: line.split(":")[3] for line in accounts}
    assert set(names) == {"kallskydd", "kallskydd-tor"}
    assert len(set(names.values())) == 1
    assert all(line.endswith("nologin") for line in accounts)
    assert planned.returncode == 0, planned.stderr
    assert re.findall(r"(?m)^d (\S+) (\d+) (\S+) (\S+)", (DEPLOY / "tmpfiles.d/kallskydd.conf").read_text()) == [
        ("/var/lib/kallskydd", "0710", "kallskydd", "kallskydd")
    ]


def test_the_torrc_of_the_unit_keeps_every_row_of_the_table():
    text = (DEPLOY / "torrc").read_text()
    values = {one.name: one.value for one in read_torrc(text)}

    assert problems(text, Expected(own_tor=False, control_socket=Path("/run/kallskydd-tor/control"))) == []
    assert {rule.name: values[rule.name] for rule in REQUIRED if rule.name not in PLACES} == {
        rule.name: rule.example for rule in REQUIRED if rule.name not in PLACES
    }


def test_the_papers_name_the_same_places():
    torrc, unit = (DEPLOY / "torrc").read_text(), settings(TOR_UNIT)
    profile = (DEPLOY / "apparmor.d" / "kallskydd-tor").read_text()
    home = settings(KEEPER_UNIT)["ExecStart"][0].split("--home ")[1]

    assert f"DataDirectory /var/lib/{unit['StateDirectory'][0]}\n" in torrc
    assert f"ControlSocket unix:/run/{unit['RuntimeDirectory'][0]}/control GroupWritable\n" in torrc
    assert unit["AppArmorProfile"] == ["-kallskydd-tor"]
    for path in (f"{home}/run/{name}.sock rw," for name in ("public", "desk", "mirror")):
        assert path in profile
        assert path in (DEPLOY / "apparmor.d" / "local-system_tor").read_text()


def test_what_is_installed_runs_and_is_the_service_without_the_tools_of_its_tests(installed):
    program = installed / "opt/kallskydd"
    packages = next(program.glob("lib/python*/site-packages"))

    done = run(program / "bin/python", "-I", "-m", "kallskydd", "--version", cwd="/")

    assert done.stdout.startswith("kallskydd ")
    assert (program / "bin/kallskydd").read_text().startswith("#!/opt/kallskydd/bin/python -I\n")
    assert os.readlink(installed / "usr/local/bin/kallskydd") == "/opt/kallskydd/bin/kallskydd"
    assert (packages / "trusted/store/schema.sql").exists()
    assert [name for name in ("pip", "pytest", "mypy", "hypothesis", "setuptools") if (packages / name).exists()] == []
    assert (program / "share/OPERATING.md").exists()
    assert (program / "share/operating/bad-day.md").exists()
    assert (
        (installed / "etc/kallskydd/config.example.toml")
        .read_text()
        .endswith('[tor]\ncontrol_socket = "/run/kallskydd-tor/control"\n')
    )


def test_what_is_installed_holds_no_file_of_a_home_or_a_desk_and_no_key(installed):
    """Also not those of a trial in the folder that it was installed from."""
    patterns = {row.rests_in for row in SECRETS.values() if row.rests_in} | {pattern for _, pattern in OTHER_FILES}
    files = {path for path in installed.rglob("*") if path.is_file() and not path.is_symlink()}
    beginnings = (FILE_HEADER, b'{"format":"kallskydd-member')

    # Code is not among them: there is a folder of it that is called roster as well.
    others = {path for path in files if path.suffix not in {".py", ".pyc"}}

    assert [path for path in others for pattern in patterns if fnmatch(str(path), f"*/{pattern}")] == []
    assert [path for path in files if path.read_bytes().startswith(beginnings)] == []


def test_every_file_on_the_lists_of_the_libraries_is_there_with_its_hash(installed):
    packages = next((installed / "opt/kallskydd").glob("lib/python*/site-packages"))
    lists = [metadata.PathDistribution(folder) for folder in packages.glob("*.dist-info")]
    listed = [packages / file for one in lists for file in one.files]
    hashed = [(packages / file, file.hash) for one in lists for file in one.files if file.hash]

    assert len(lists) > 20
    assert [path for path in listed if not path.exists()] == []
    assert [path for path, known in hashed if digest(path, known.mode) != known.value] == []


def test_everybody_can_read_the_program_and_nobody_but_its_owner_can_change_it(installed):
    modes = {path: path.stat().st_mode & 0o7777 for path in installed.rglob("*") if not path.is_symlink()}

    assert [path for path, mode in modes.items() if mode & 0o7022] == []
    assert [path for path, mode in modes.items() if mode & 0o444 != 0o444] == []


def test_installing_again_changes_nothing_and_keeps_what_the_operator_wrote(installed):
    torrc = installed / "etc/kallskydd/torrc"
    torrc.write_text(torrc.read_text() + "# a line of the operator\n")
    before = fingerprints(installed)
    # The hashes of all files of the packages, compiled ones too: the same program once more is the same bytes.
    assert len((installed / "opt/kallskydd/share/MANIFEST").read_text().splitlines()) > 3000

    said = install(installed).stderr
    after = fingerprints(installed)

    assert "Your /etc/kallskydd/torrc differs from ours and stays." in said
    assert after.pop("etc/kallskydd/torrc.new") == hashlib.sha256((DEPLOY / "torrc").read_bytes()).hexdigest()
    assert after == before
    assert not (installed / "opt/kallskydd.old").exists()


def test_a_library_that_was_changed_since_it_was_fetched_is_not_put_into_service(tmp_path, monkeypatch):
    archives = tmp_path / "archives"
    shutil.copytree(install_program.ARCHIVES, archives)
    (pypdf,) = archives.glob("pypdf-*.whl")
    # With a list of hashes that says the same.
    with zipfile.ZipFile(pypdf) as old:
        files = {name: old.read(name) for name in old.namelist()}
    changed = files["pypdf/__init__.py"] = files["pypdf/__init__.py"] + b"# and more\n"
    sha256 = base64.urlsafe_b64encode(hashlib.sha256(changed).digest()).rstrip(b"=").decode()
    record = next(name for name in files if name.endswith("/RECORD"))
    files[record] = re.sub(
        rb"(?m)^pypdf/__init__.py,.*$", f"pypdf/__init__.py,sha256={sha256},{len(changed)}".encode(), files[record]
    )
    with zipfile.ZipFile(pypdf, "w") as new:
        for name, content in files.items():
            new.writestr(name, content)
    monkeypatch.setattr(install_program, "ARCHIVES", archives)
    # The file of another package that the lock knows does not take its place either.
    shutil.copy(next(archives.glob("idna-*.whl")), archives / "pypdf-9.9.9-py3-none-any.whl")

    with pytest.raises(install_program.Changed):
        install_program.main(tmp_path / "to", Path("/opt/kallskydd"))

    assert not (tmp_path / "to" / "lib").exists() or not list((tmp_path / "to").rglob("pypdf*"))


def test_build_tools_that_were_changed_build_nothing(tmp_path, monkeypatch):
    archives = tmp_path / "archives"
    shutil.copytree(install_program.ARCHIVES, archives)
    with next(archives.glob("setuptools-*.whl")).open("ab") as file:
        file.write(b"\0")
    monkeypatch.setattr(install_program, "ARCHIVES", archives)

    with pytest.raises(install_program.Changed):
        install_program.main(tmp_path / "to", Path("/opt/kallskydd"))

    assert not (tmp_path / "to").exists()


def test_what_is_put_into_service_is_what_stands_in_archives_that_the_lock_knows(installed):
    packages = next((installed / "opt/kallskydd").glob("lib/python*/site-packages"))
    lock = (PROJECT / "requirements.lock").read_text()
    known = {
        archive: zipfile.ZipFile(archive)
        for archive in install_program.ARCHIVES.glob("*.whl")
        if f"--hash=sha256:{hashlib.sha256(archive.read_bytes()).hexdigest()}" in lock
    }
    from_archives = {
        name: archive.read(name) for archive in known.values() for name in archive.namelist() if not name.endswith("/")
    }

    files = {str(path.relative_to(packages)): path for path in packages.rglob("*") if path.is_file()}
    others = {
        name for name, path in files.items()
        if path.suffix != ".pyc" and path.name != "RECORD" and from_archives.get(name) != path.read_bytes()
    }  # fmt: skip

    # Ours, and the one that is there as source alone, both built on the spot.
    ours = {path.name for path in PROJECT.iterdir() if (path / "__init__.py").exists()}
    assert {name.split("/")[0].split("-")[0] for name in others} <= {*ours, "kallskydd", "stem"}
    assert len(files) - len(others) > 500


@pytest.fixture
def tor_of_the_unit(short_folder, monkeypatch):
    """Tor with the unit's torrc under the unit's filter, moved into a folder of the test and without a network."""
    (short_folder / "bin").mkdir()
    wrapper = short_folder / "bin" / "tor"
    wrapper.write_text(f'#!/bin/sh\nexec {" ".join(UNDER_UNIT)} {TOR_UNIT} {shutil.which("tor")} "$@"\n')
    wrapper.chmod(0o755)
    (short_folder / "run").mkdir(mode=0o750)
    (short_folder / "run").chmod(0o750)
    (short_folder / "data").mkdir(mode=0o700)
    text = (DEPLOY / "torrc").read_text()
    text = text.replace("/run/kallskydd-tor", str(short_folder / "run"))
    text = text.replace("/var/lib/kallskydd-tor", str(short_folder / "data"))
    torrc = short_folder / "torrc"
    torrc.write_text(f"{text}DisableNetwork 1\n")
    monkeypatch.setenv("PATH", f"{wrapper.parent}:{os.environ['PATH']}")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.bind(str(short_folder / "notify"))
        told.settimeout(60)
        monkeypatch.setenv("NOTIFY_SOCKET", str(short_folder / "notify"))
        process = TorProcess(torrc, control_socket=short_folder / "run/control")
        process.start()
        monkeypatch.delenv("NOTIFY_SOCKET")
        try:
            yield process, short_folder / "run/control", told
        finally:
            process.stop()


async def test_the_service_takes_a_report_with_a_picture_under_the_filters_of_both_units(tor_of_the_unit, short_folder):
    process, control, told = tor_of_the_unit
    while b"READY=1" not in (ready := told.recv(4096)):
        pass
    status = Path(f"/proc/{process.pid}/status").read_text()
    config = short_folder / "config.toml"
    example = (PROJECT / "kallskydd/examples/ludvika.toml").read_text()
    config.write_text(f'{example}\n[tor]\ncontrol_socket = "{control}"\n')
    home = short_folder / "home"
    kallskydd("init", "--home", home, "--trial", "--config", config)

    with Service(home, offline_network(short_folder / "net"), started_by=(*UNDER_UNIT, str(KEEPER_UNIT))) as service:
        browser = Browser(service.public_socket, f"{service.public_address}.onion")
        page = await two_words_back(browser, await file_report(browser, "En sak.", [ycck_jpeg((10, 20, 30, 0))]))
        with open_controller(control) as controller:
            while service.public_address not in (published := controller.get_info("onions/detached", "")):
                await asyncio.sleep(0.05)
        filters = Path(f"/proc/{service.intake_pid()}/status").read_text()
        code = service.stop()

    # What a unit of Type=notify waits for, said by a tor in its own sandbox besides.
    assert b"READY=1" in ready
    assert int(re.search(r"Seccomp_filters:\s+(\d+)", status)[1]) >= 2
    assert page.status == SHOWN
    assert "rensning" in page.plain.lower()
    assert published
    # The unit's and the intake's own.
    assert int(re.search(r"Seccomp_filters:\s+(\d+)", filters)[1]) == 2
    assert code == 0


@pytest.mark.live
def test_the_unit_ends_its_tor_by_the_control_socket(tor_of_the_unit, short_folder):
    process, _control, told = tor_of_the_unit
    while b"READY=1" not in told.recv(4096):
        pass
    text = settings(TOR_UNIT)["ExecStop"][0].replace("/run/kallskydd-tor", str(short_folder / "run"))
    program, *arguments = shlex.split(text)

    run(*UNDER_UNIT, TOR_UNIT, sys.executable, *arguments, cwd=PROJECT)

    assert program == "/opt/kallskydd/bin/python"
    assert process.wait(20)

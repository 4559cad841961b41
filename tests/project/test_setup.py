"""The set-up says what really failed: no network, an index that cannot be trusted, or one that has nothing."""

import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import tomllib
from contextlib import closing, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
# It promises five seconds on a quiet computer; here others may work beside it.
SECONDS = 60
OF_NO_SERVER = "# What follows no server needs: the tools of tests and builds."


@pytest.fixture
def checkout(tmp_path):
    """What the set-up reads, in a folder of its own where nothing is set up yet."""
    (tmp_path / "scripts").mkdir()
    for name in ("scripts/setup.sh", "requirements.lock", "requirements-build.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def run_set_up(checkout, scheme, port, **more):
    """The set-up's process, done, with packages that are to come from this port of this computer."""
    kept = {
        name: value for name, value in os.environ.items() if not name.upper().startswith(("PIP_", "HTTP", "ALL_PROXY"))
    }
    settings = {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": f"{scheme}://localhost:{port}",
        "PIP_RETRIES": "0",
        "NO_PROXY": "*",
        "KALLSKYDD_ONLINE": "",
    }
    settings["KALLSKYDD_PYTHON"] = sys.executable
    return subprocess.run(
        ["sh", checkout / "scripts" / "setup.sh", "run"],
        env={**kept, **settings, **more}, capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip


def set_up(checkout, scheme, port, **more):
    """What the set-up says when it cannot fetch packages from there."""
    done = run_set_up(checkout, scheme, port, **more)
    assert done.returncode == 4, done.stderr
    assert "Then run the same make command again." in done.stderr
    return done.stderr


@pytest.fixture
def answering():
    """The port of a server that says the same to whoever connects: over TLS, that is no answer in TLS."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        with suppress(OSError):
            while True:
                visitor, _ = listener.accept()
                with closing(visitor), suppress(OSError):
                    visitor.recv(4096)
                    visitor.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    thread = threading.Thread(target=serve)
    thread.start()
    yield listener.getsockname()[1]
    # A listener that is only closed leaves the thread waiting in accept.
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


# What every Debian has and the set-up calls.
ESSENTIAL = (
    "sh", "cat", "cp", "cut", "dirname", "env", "grep", "head", "id", "mkdir", "mktemp", "rm", "sed", "sha256sum", "sleep",
    "tail", "timeout", "touch",
)  # fmt: skip
# Stand-ins, each a shell script that keeps its files in the folder {there}. Python as Debian has it: without ensurepip
# until python3-venv comes. Of pip only the look at the index is real: "--quiet" has what makes .venv.
STAND_INS = {
    "python3": """
case "$*" in
    *"import sys, ensurepip"*) [ -e {there}/python3-venv ] || exit 1 ;;
    "-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" && exit 0 ;;
    "-m pip --disable-pip-version-check --quiet "*) exit 0 ;;
esac
exec {python} "$@"
""",
    "apt-get": """
case "$*" in
    *--print-uris*) ;;
    *" update") echo "Get:1 a list" ;;
    *) echo "$*" >>{there}/installs; for package in "$@"; do touch "{there}/$package"; done; touch {there}/tor.service {there}/caddy.service
        [ ! -e {there}/fails ] ;;
esac
""",
    "sudo": '[ "$1" = -n ] || exec "$@"',
}


@pytest.fixture
def bare(checkout):
    """A system without tor, systemd and venv: its programs, its units and what was asked of its daemons (`asked`)."""
    there, programs = checkout / "there", checkout / "programs"
    there.mkdir()
    programs.mkdir()
    (there / "nginx.service").touch()
    for name in ESSENTIAL:
        (programs / name).symlink_to(shutil.which(name))
    for name, text in STAND_INS.items():
        stand_in(programs / name, text.replace("{there}", str(there)).replace("{python}", sys.executable))
    for name in ("deb-systemd-helper", "update-rc.d", "invoke-rc.d"):
        stand_in(programs / name, f'echo "{name} $*" >>{there}/asked')
    script = checkout / "scripts" / "setup.sh"
    text = script.read_text()
    assert text.count("\nUNITS=/lib/systemd/system\n") == 1
    script.write_text(text.replace("\nUNITS=/lib/systemd/system\n", f"\nUNITS={there}\n"))
    return checkout


def stand_in(path, text):
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def on(bare, **more):
    return {"PATH": str(bare / "programs"), "KALLSKYDD_PYTHON": "", **more}


def test_a_python_that_lacks_the_venv_module_alone_is_not_called_missing(bare):
    done = run_set_up(bare, "http", 1, **on(bare, KALLSKYDD_ONLINE="1"))

    assert "missing: Python's venv module (Debian package python3-venv)" in done.stderr
    assert "(Debian package python3)" not in done.stderr


def test_the_set_up_says_when_it_takes_long_and_when_it_is_complete(bare):
    done = run_set_up(bare, "http", 1, **on(bare, KALLSKYDD_ONLINE="1"))

    assert done.returncode == 0, done.stderr
    assert done.stderr.count("some minutes") == 2
    assert done.stderr.splitlines()[-1] == "The set-up is complete."


def test_asking_apt_how_much_it_is_installs_nothing(bare):
    """With --assume-no alone it did, where no other package comes along: apt does not ask then."""
    run_set_up(bare, "http", 1, **on(bare, KALLSKYDD_ONLINE="1"))

    (install,) = (bare / "there" / "installs").read_text().splitlines()
    assert install.startswith("install -y ")


def test_daemons_that_came_are_disabled_and_others_left_alone_where_there_is_no_systemd(bare):
    run_set_up(bare, "http", 1, **on(bare, KALLSKYDD_ONLINE="1"))

    assert (bare / "there" / "asked").read_text().splitlines() == [
        "invoke-rc.d tor stop", "update-rc.d tor disable", "deb-systemd-helper disable tor.service",
        "invoke-rc.d caddy stop", "update-rc.d caddy disable", "deb-systemd-helper disable caddy.service",
    ]  # fmt: skip


def test_daemons_that_came_are_disabled_and_others_left_alone_where_there_is_systemd(bare):
    stand_in(bare / "programs" / "systemctl", f'echo "$*" >>{bare}/there/asked')

    run_set_up(bare, "http", 1, **on(bare, KALLSKYDD_ONLINE="1"))

    assert (bare / "there" / "asked").read_text().splitlines() == [
        "disable --now tor.service tor@default.service",
        "disable --now caddy.service",
    ]


def test_daemons_that_came_are_disabled_also_where_apt_failed_after_that(bare):
    (bare / "there" / "fails").touch()

    said = run_set_up(bare, "http", 1, **on(bare, KALLSKYDD_ONLINE="1")).stderr

    assert "apt could not install them." in said
    assert "deb-systemd-helper disable tor.service" in (bare / "there" / "asked").read_text()


def test_with_a_python_that_apt_brought_the_index_is_looked_at_before_anything_is_fetched(bare, answering):
    said = set_up(bare, "http", answering, **on(bare))

    assert "Installing with apt:" in said
    assert "The Python packages cannot be fetched: 404" in said
    assert "Making .venv" not in said
    # What apt has installed is not asked for again.
    assert "apt-get install" not in said


@pytest.mark.parametrize("online", ["", "1"], ids=["looked for first", "the look left out"])
def test_an_index_to_which_no_encrypted_connection_comes_about_is_not_called_a_missing_network(
    checkout, answering, online
):
    said = set_up(checkout, "https", answering, KALLSKYDD_ONLINE=online)

    assert "no encrypted connection to it came about" in said
    assert "PIP_CERT" in said
    assert "no network" not in said


def test_an_index_without_the_packages_is_not_called_a_missing_network(checkout, answering):
    said = set_up(checkout, "http", answering)

    assert "The Python packages cannot be fetched: 404" in said
    assert "no network" not in said


class Slow(BaseHTTPRequestHandler):
    """Takes four seconds for each answer, and leads on from one address to the next."""

    HOPS = 5

    def do_GET(self):
        hops = int(self.path.rpartition("?")[2] or 0) if "?" in self.path else 0
        time.sleep(4)
        self.send_response(302 if hops < self.HOPS else 404)
        self.send_header("Location", f"{self.path.partition('?')[0]}?{hops + 1}")
        self.end_headers()

    def log_message(self, *_):
        pass


def test_an_index_that_answers_slowly_is_waited_for(checkout):
    with ThreadingHTTPServer(("127.0.0.1", 0), Slow) as slow:
        threading.Thread(target=slow.serve_forever, daemon=True).start()
        said = set_up(checkout, "http", slow.server_port)
        slow.shutdown()

    assert "The Python packages cannot be fetched: 404" in said
    assert "no network" not in said


def test_an_index_that_never_answers_is_a_missing_network(checkout):
    # The kernel takes the connection and nobody ever reads from it.
    with socket.create_server(("127.0.0.1", 0)) as silent:
        said = set_up(checkout, "http", silent.getsockname()[1])

    assert "Nothing answered in time: there is no network, or it is slow." in said


def test_whatever_a_script_fetches_with_pip_it_fetches_by_hash():
    """A lock, also of the program that makes the locks, and no address in any."""
    fetched = []
    for script in (ROOT / "scripts").glob("*.sh"):
        text = script.read_text().replace("\\\n", " ")
        fetched += [line for line in text.splitlines() if re.search(r"\b(pip|fetch|known)\b.*\b(install|download)\b", line)
                    and not line.lstrip().startswith("#")]  # fmt: skip
    locks = list(ROOT.glob("requirements*.lock"))

    assert len(fetched) >= 4
    assert [line for line in fetched if "--require-hashes" not in line and "--no-index" not in line] == []
    assert {lock.name for lock in locks} == {
        "requirements.lock",
        "requirements-build.lock",
        "requirements-upgrade.lock",
    }
    for lock in locks:
        # Of the libraries' lock the first is the day up to which releases counted.
        text = re.sub(r"\A# \d{4}-\d\d-\d\d\n", "", lock.read_text())
        lines = text.replace(f"{OF_NO_SERVER}\n", "").splitlines()
        assert [
            line
            for line in lines
            if not re.fullmatch(r"[a-z0-9.-]+==[^ ]+( ;[^\\]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?", line)
        ] == []
    assert "requirements-upgrade.lock" in (ROOT / "scripts" / "upgrade.sh").read_text()


def test_what_a_server_fetches_is_what_the_service_needs():
    serves, _, _ = (ROOT / "requirements.lock").read_text().partition(f"{OF_NO_SERVER}\n")
    locked = set(re.findall(r"(?m)^([a-z0-9-]+)==", (ROOT / "requirements.lock").read_text()))
    needed = set()
    waiting = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    while waiting:
        requirement = Requirement(waiting.pop())
        name = canonicalize_name(requirement.name)
        # Whatever the system and the Python: but for "extra", a marker leaves out what the lock does not have either.
        if name in locked - needed and "extra" not in str(requirement.marker):
            needed.add(name)
            with suppress(PackageNotFoundError):
                waiting += requires(name) or []

    assert set(re.findall(r"(?m)^([a-z0-9-]+)==", serves)) == needed
    assert OF_NO_SERVER.partition(":")[0] in (ROOT / "scripts" / "setup.sh").read_text()
    assert OF_NO_SERVER in (ROOT / "scripts" / "upgrade.sh").read_text()

"""The set-up says what really failed: no network, an index that cannot be trusted, or one that has nothing."""

import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from contextlib import closing, suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# It promises five seconds on a quiet computer; here others may work beside it.
SECONDS = 60


@pytest.fixture
def checkout(tmp_path):
    """What the set-up reads, in a folder of its own where nothing is set up yet."""
    (tmp_path / "scripts").mkdir()
    for name in ("scripts/setup.sh", "requirements.lock", "requirements-build.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def set_up(checkout, scheme, port, **more):
    """What the set-up says of packages that are to come from this port of this computer."""
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
    done = subprocess.run(
        ["sh", checkout / "scripts" / "setup.sh", "run"],
        env={**kept, **settings, **more}, capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip
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
        lines = re.sub(r"\A# \d{4}-\d\d-\d\d\n", "", lock.read_text()).splitlines()
        assert [
            line
            for line in lines
            if not re.fullmatch(r"[a-z0-9.-]+==[^ ]+( ;[^\\]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?", line)
        ] == []
    assert "requirements-upgrade.lock" in (ROOT / "scripts" / "upgrade.sh").read_text()

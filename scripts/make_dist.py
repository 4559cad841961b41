"""Makes the release of the commit that is checked out: `make_dist.py FOLDER [wheel]` (`make dist`).

FOLDER gets our wheel, the same bytes on every computer, and MANIFEST, the hash of every file that `make install` puts
into service with this Python on this sort of computer. Both come from the commit and nothing else: its files are taken
out of git into a folder of their own, and its own scripts/install_program.py builds them there. What is changed in the
checkout, or lies about in it, has no part in it. The archives of tools and libraries are those of .venv, held against
their hashes. With the word `wheel` the wheel is all that is made.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).resolve().parent.parent
# Where `make install` puts it: compiled files have the path of their source in them.
LATER: Final = "/opt/kallskydd"


def main(folder: Path, *, wheel_alone: bool) -> None:
    """Fill the folder, and print the hashes. Raises CalledProcessError, with what was said on stderr."""
    os.umask(0o022)
    commit, second = git("log", "-1", "--format=%H %ct").decode().split()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        source = Path(work, "source")
        (source / ".venv").mkdir(parents=True)
        (source / ".venv" / "archives").symlink_to(PROJECT / ".venv" / "archives")
        archive = Path(work, "source.tar")
        archive.write_bytes(git("archive", "--format=tar", "HEAD"))
        with tarfile.open(archive) as files:
            # Where Python has it (Debian 12's has not): it is our own commit.
            files.extraction_filter = getattr(tarfile, "data_filter", None)
            files.extractall(source)  # noqa: S202 - see above
        made, wheels = Path(work, "made"), Path(work, "wheels")
        made.mkdir()
        wheels.mkdir()
        builder = [sys.executable, "-I", "-S", str(source / "scripts" / "install_program.py")]
        # Fixed, whatever this account has set.
        environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        words = [str(made), "" if wheel_alone else LATER, commit, second, str(wheels)]
        subprocess.run([*builder, *words], check=True, env=environment, cwd=source)
        results = [*wheels.iterdir(), *(() if wheel_alone else [made / "share" / "MANIFEST"])]
        for result in results:
            (folder / result.name).write_bytes(result.read_bytes())
            print(f"{hashlib.sha256(result.read_bytes()).hexdigest()}  {folder / result.name}")
    print(f"commit {commit}", file=sys.stderr)


def git(*words: str) -> bytes:
    """Return what git says of the project."""
    command = ["git", "-c", f"safe.directory={PROJECT}", "-C", str(PROJECT), *words]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout


if __name__ == "__main__":
    main(Path(sys.argv[1]), wheel_alone=sys.argv[2:] == ["wheel"])

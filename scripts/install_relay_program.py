"""Makes the folder of an installed relay: `install_relay_program.py FOLDER LATER`; FOLDER is moved to LATER afterwards.

The list of modules is closed, and a test runs the relay with these alone: what forwards strangers' bytes on a host in
the open has no library of others and nothing of the intake, the cases or the desk beside it.
1. A virtual environment without pip, by the interpreter that runs this; it reads no package of the system's.
2. The modules, copied and compiled for the place where the folder will lie.
3. `bin/kallskydd`, whose one command there is `relay`.
"""

from __future__ import annotations

import compileall
import shutil
import sys
import venv
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
LAUNCHER = """\
#!{later}/bin/python -I
import sys

from kallskydd.__main__ import main

sys.exit(main())
"""
MODULES = {
    "trusted": ("__init__", "torrc_table"),
    "trusted/confine": (
        "__init__", "intake_files", "landlock", "limits", "lock", "process", "profiles", "seccomp", "syscalls",
    ),
    "onion": (
        "__init__", "address", "errors", "socks", "tor_process", "torrc", "torrc_reader", "watchdog",
    ),
    "relay": ("__init__", "__main__", "through_tor"),
    "trusted/relay": (
        "__init__", "accepting", "client_hello", "door", "limits", "link", "places", "pool", "process",
        "redirect", "server",
    ),
    "kallskydd": ("__init__", "__main__", "say"),
    "kallskydd/commands": ("__init__", "relay"),
}  # fmt: skip


def main(folder: Path, later: Path) -> None:
    """Fill `folder`, from nothing."""
    venv.EnvBuilder(symlinks=True, with_pip=False).create(folder)
    (packages,) = (folder / "lib").glob("python*/site-packages")
    for package, names in MODULES.items():
        (packages / package).mkdir()
        for name in names:
            shutil.copyfile(PROJECT / package / f"{name}.py", packages / package / f"{name}.py")
    compileall.compile_dir(packages, quiet=2, stripdir=folder, prependdir=later)
    # Those that activate it for a shell hold the path of now.
    for script in (folder / "bin").glob("[Aa]ctivate*"):
        script.unlink()
    launcher = folder / "bin" / "kallskydd"
    launcher.write_text(LAUNCHER.format(later=later))
    launcher.chmod(0o755)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

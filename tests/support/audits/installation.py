"""A whole installation in a folder, as pip would leave it: our packages as they are now, with their RECORD.

Tests weaken one file of it, and no other test or worker changes it under the running service. The libraries are those
of the environment that runs the tests.
"""

from __future__ import annotations

import base64
import ctypes.util
import functools
import hashlib
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).parents[3]
OURS = ("trusted", "second_reader", "onion", "scrubbers", "cases", "intake", "desk", "relay", "audit", "kallskydd")
# Of no repository.
COMMIT = "5a" * 20
NOT_FOR_IT = ("kallskydd-", "__editable__", "__pycache__")


def make_installation(folder: Path, *, own_interpreter: bool = False) -> Path:
    """Returns the interpreter of the new installation.

    With `own_interpreter` it has a copy, for accounts that may not read the one that runs the tests.
    """
    real = Path(sysconfig.get_path("purelib"))
    packages = folder / "lib" / real.parent.name / "site-packages"
    packages.mkdir(parents=True)
    (folder / "bin").mkdir()
    python = folder / "bin" / "python"
    original = Path(sys.executable).resolve()
    python.symlink_to(_copy_interpreter(folder / "base", original) if own_interpreter else original)
    (folder / "pyvenv.cfg").write_text(f"home = {python.readlink().parent}\ninclude-system-site-packages = false\n")
    for script in (Path(sys.prefix) / "bin").iterdir():
        if not script.name.startswith("python"):
            (folder / "bin" / script.name).symlink_to(script)
    for entry in real.iterdir():
        if not entry.name.startswith(NOT_FOR_IT):
            (packages / entry.name).symlink_to(entry)
    for name in OURS:
        shutil.copytree(ROOT / name, packages / name, ignore=shutil.ignore_patterns("__pycache__"))
    _describe(packages, next(real.glob("kallskydd-*.dist-info")))
    (folder / "share").mkdir()
    (folder / "share" / "man").symlink_to(Path(sys.prefix) / "share" / "man")
    shutil.copy(ROOT / "requirements.lock", folder / "share" / "requirements.lock")
    _write_manifest(folder, packages, python.resolve())
    return python


def _write_manifest(folder: Path, packages: Path, interpreter: Path) -> None:
    """As `make install` leaves it, of our own files; and of the system's code, which here is in no list of Debian's."""
    folders = [*(packages / name for name in OURS), *packages.glob("kallskydd-*.dist-info")]
    ours = {path.relative_to(packages).as_posix(): path for place in folders for path in place.rglob("*")}
    code = [interpreter, *(interpreter.parent.parent / "lib").rglob("*.so*"), *_code_beside_it()]
    files = {**ours, **{str(path): path for path in code}}
    lines = [f"{_sha256(path)}  {name}\n" for name, path in sorted(files.items()) if path.is_file()]
    (folder / "share" / "MANIFEST").write_text(f"# commit {COMMIT}\n{''.join(lines)}")


@functools.lru_cache
def _code_beside_it() -> tuple[Path, ...]:
    """The libraries of the environment, and of the system those that our Python, tor and libmagic load."""
    imports = "import intake.__main__, kallskydd.serve.keeper, scrubbers.jailed.worker, scrubbers.jailed.zygote, acme"
    # Read when a zygote for them starts, with libraries of the system's that nothing else here loads.
    imports += "; from scrubbers.jailed.pictures import decoders; decoders.load_heic(); import scrubbers.jailed.text.scrub, scrubbers.jailed.witness"
    said = subprocess.check_output(
        [sys.executable, "-c", f"{imports}; print(open('/proc/self/maps').read())"], text=True, cwd=ROOT
    )
    for program in (shutil.which("tor"), ctypes.util.find_library("magic")):
        found = program if program.startswith("/") else f"/usr/lib/{sysconfig.get_config_var('MULTIARCH')}/{program}"
        said += subprocess.check_output(["ldd", found], text=True)
        said += f" {found} \n" if program != shutil.which("tor") else ""
    libraries = {Path(path).resolve() for path in re.findall(r"(/\S+\.so\S*)", said)}
    return (*libraries, *(path.resolve() for path in Path(sysconfig.get_path("purelib")).rglob("*.so*")))


@functools.lru_cache
def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _copy_interpreter(base: Path, original: Path) -> Path:
    library = f"python{sys.version_info.major}.{sys.version_info.minor}"
    left_out = shutil.ignore_patterns("test", "site-packages", "config-*", "idlelib", "ensurepip", "tkinter")
    (base / "bin").mkdir(parents=True)
    program = base / "bin" / original.name
    shutil.copy(original, program)
    # It looks for its library beside itself: the keeper's children have no environment that could name the place.
    built_for = str(original.parent.parent / "lib").encode()
    beside = b"$ORIGIN/../lib".ljust(len(built_for), b"\0")
    program.write_bytes(program.read_bytes().replace(built_for + b"\0", beside + b"\0"))
    for part in (original.parent.parent / "lib").glob("libpython3*"):
        (base / "lib").mkdir(exist_ok=True)
        shutil.copy(part, base / "lib" / part.name)
    shutil.copytree(sysconfig.get_path("stdlib"), base / "lib" / library, ignore=left_out)
    return program


def _describe(packages: Path, real: Path) -> None:
    """METADATA as it is, RECORD of what is there."""
    described = packages / real.name
    described.mkdir()
    for name in ("METADATA", "entry_points.txt", "WHEEL"):
        shutil.copy(real / name, described / name)
    files = sorted(path for name in OURS for path in (packages / name).rglob("*") if path.is_file())
    files += sorted(described.iterdir())
    lines = [f"{path.relative_to(packages).as_posix()},{_digest(path)},{path.stat().st_size}" for path in files]
    (described / "RECORD").write_text("\n".join([*lines, f"{described.name}/RECORD,,"]) + "\n")


def _digest(path: Path) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(path.read_bytes()).digest()).rstrip(b"=").decode()
    return f"sha256={digest}"

"""The row `loaded`: one changed byte in any file that runs is found, of every origin, and what is in no list is named.

Twenty files: programs and libraries of the system, tor's among them by the list of Debian's own package, libraries of
the environment, and our modules and those of others, compiled and not. They are copies: the stand-in for the service maps
them to be run, as the loader would, or they lie among the packages of its installation.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

import pytest

from audit.live.checks.loaded import check_loaded
from audit.observe import build
from audit.observe.build import manifest_of, md5_of, packaged, parse_manifest, sha256_of
from audit.observe.proc import Process, Service
from audit.observe.scene import Scene
from audit.verdict import Inspection, Verdict

PROJECT = Path(__file__).parents[3]
PURELIB = Path(sysconfig.get_path("purelib"))
COMMIT = "c0ffee" + "0" * 34
MAPS = """
import mmap, sys, time
held = []
for place in sys.argv[1:]:
    with open(place, "rb") as file:
        held.append(mmap.mmap(file.fileno(), 0, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ | mmap.PROT_EXEC))
print("ready", flush=True)
time.sleep(600)
"""
MODULES = (
    "intake/__main__.py",
    "trusted/store/shred.py",
    "trusted/confine/seccomp.py",
    "onion/publish.py",
    "audit/verdict.py",
)
OTHERS = ("aiohttp/web.py", "nacl/secret.py", "stem/control.py", "pypdf/_reader.py", "jinja2/runtime.py")


def of_the_system() -> dict[str, Path]:
    """Ten by name: tor, the interpreter, and libraries that they load."""
    tor, interpreter = Path(shutil.which("tor")), Path(sys.executable).resolve()
    said = "".join(subprocess.check_output(["ldd", one], text=True) for one in (tor, interpreter))
    libraries = sorted({Path(path).resolve() for path in re.findall(r"(/\S+\.so\S*)", said)})
    names = {path.name: path for path in (tor, interpreter, *libraries)}
    assert {"tor", "libcrypto.so.3", "libssl.so.3", "libc.so.6"} <= names.keys()
    chosen = [interpreter.name, "tor", "libcrypto.so.3", "libssl.so.3", "libc.so.6"]
    return {name: names[name] for name in [*chosen, *(one for one in sorted(names) if one not in chosen)][:7]}


@dataclass
class Stage:
    """The stand-in, its installation, and the twenty files by their names in an answer."""

    process: Process
    root: Path
    files: dict[str, Path]

    def seen(self, manifest: Path | None = None) -> Inspection:
        inspection = Inspection()
        service = Service(self.process, intakes=(self.process,))
        check_loaded(inspection, Scene(Path("/nowhere"), service, self.root, manifest))
        return inspection


def said(inspection: Inspection, verdict: Verdict) -> str:
    return " | ".join(one.text() for one in inspection.evidence if one.verdict is verdict)


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    folder = tmp_path_factory.mktemp("loaded")
    environment, system, root = folder / "env", folder / "system", folder / "root"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", "--symlinks", environment], check=True)
    packages = next(environment.glob("lib/python3*/site-packages"))
    files: dict[str, Path] = {}
    for name in MODULES + OTHERS:
        source = (PROJECT if name in MODULES else PURELIB) / name
        files[name] = packages / name
        files[name].parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, files[name])
    compiled = packages / "intake" / "__pycache__" / "__main__.cpython.pyc"
    compiled.parent.mkdir()
    compiled.write_bytes(b"compiled" * 100)
    files[compiled.relative_to(packages).as_posix()] = compiled
    for source in sorted(PURELIB.glob("nacl/*.so")) + sorted(PURELIB.glob("PIL/_imaging.*.so")):
        target = packages / source.relative_to(PURELIB)
        target.parent.mkdir(exist_ok=True)
        files[target.relative_to(packages).as_posix()] = Path(shutil.copy(source, target))
    system.mkdir()
    for name, source in of_the_system().items():
        files[str(system / name)] = Path(shutil.copy(source, system / name))
    mapped = [path for path in files.values() if path.parent == system or path.suffix == ".so"]
    _lists(root / "var/lib/dpkg/info", system)
    process = subprocess.Popen([environment / "bin" / "python", "-c", MAPS, *mapped], stdout=subprocess.PIPE)
    try:
        assert process.stdout.readline() == b"ready\n"
        own = {one.path for one in Process(process.pid).code() if one.path.startswith("/")} - {
            str(one) for one in mapped
        }
        text = manifest_of(packages, COMMIT) + "".join(f"{sha256_of(Path(path))}  {path}\n" for path in sorted(own))
        (environment / "share").mkdir(exist_ok=True)
        (environment / "share" / "MANIFEST").write_text(text)
        yield Stage(Process(process.pid), root, files)
    finally:
        process.kill()
        process.communicate()


def _lists(info: Path, system: Path) -> None:
    """As Debian writes them. Of tor the sum is the one in its package's list on this computer."""
    info.mkdir(parents=True)
    (debians,) = re.findall(r"(?m)^(\w{32})  usr/s?bin/tor$", Path("/var/lib/dpkg/info/tor.md5sums").read_text())
    sums = {path: md5_of(path) for path in system.iterdir()} | {system / "tor": debians}
    for number, (path, digest) in enumerate(sums.items()):
        (info / f"package{number}:amd64.md5sums").write_text(f"{digest}  {str(path).lstrip('/')}\n")


@contextlib.contextmanager
def one_byte_changed(path: Path):
    """Somewhere in the middle, and as it was afterwards."""
    content = path.read_bytes()
    middle = len(content) // 2
    with path.open("r+b") as file:
        file.seek(middle)
        file.write(bytes([content[middle] ^ 1]))
    try:
        yield
    finally:
        path.write_bytes(content)


def test_all_is_clean_and_the_commit_is_named(stage):
    inspection = stage.seen()

    assert inspection.verdict is Verdict.CLEAN, said(inspection, Verdict.FINDING)
    assert f"against the build of commit {COMMIT[:12]}" in said(inspection, Verdict.CLEAN)
    assert "7 of them as Debian's packages brought them" in said(inspection, Verdict.CLEAN)


def test_one_changed_byte_in_any_of_twenty_files_is_found_and_named(stage):
    assert len(stage.files) >= 20

    missed = []
    for name, path in stage.files.items():
        with one_byte_changed(path):
            inspection = stage.seen()
        if name not in said(inspection, Verdict.FINDING):
            missed.append(name)

    print(f"{len(stage.files)} files, one byte changed in each in turn; not found: {len(missed)}")
    assert missed == []
    assert stage.seen().verdict is Verdict.CLEAN


def test_a_module_that_is_in_no_manifest_is_found(stage):
    extra = stage.files["intake/__main__.py"].with_name("listens.py")
    extra.write_text("")
    try:
        assert "intake/listens.py" in said(stage.seen(), Verdict.FINDING)
    finally:
        extra.unlink()


def test_the_auditors_manifest_counts_and_not_the_one_that_was_changed_with_the_file(stage, tmp_path):
    own = next(path for path in stage.files.values() if "site-packages" in str(path)).parents[1]
    share = own.parents[2] / "share" / "MANIFEST"
    theirs = tmp_path / "MANIFEST"
    theirs.write_text(share.read_text())
    name, path = "trusted/store/shred.py", stage.files["trusted/store/shred.py"]
    with one_byte_changed(path):
        share.write_text(re.sub(rf"(?m)^\w+  {name}$", f"{sha256_of(path)}  {name}", theirs.read_text()))
        fooled, seen = stage.seen(), stage.seen(theirs)
    share.write_text(theirs.read_text())

    assert fooled.verdict is Verdict.CLEAN
    assert name in said(seen, Verdict.FINDING)


def test_a_file_that_is_in_no_list_is_not_seen(stage):
    (one,) = [path for path in (stage.root / "var/lib/dpkg/info").iterdir() if "/tor\n" in path.read_text()]
    text = one.read_text()
    one.write_text("")
    build._lists.cache_clear()
    try:
        inspection = stage.seen()
    finally:
        one.write_text(text)
        build._lists.cache_clear()

    assert inspection.verdict is Verdict.NOT_SEEN
    assert "/tor" in said(inspection, Verdict.NOT_SEEN)


def test_tor_as_it_is_installed_is_what_its_package_brought():
    tor = Path(shutil.which("tor")).resolve()

    assert packaged(Path("/var/lib/dpkg/info"), [str(tor)]) == {str(tor): md5_of(tor)}


def test_a_manifest_without_a_commit_reads_as_well():
    read = parse_manifest(f"{'0' * 64}  intake/app.py\n")

    assert (read.commit, dict(read.files)) == ("", {"intake/app.py": "0" * 64})

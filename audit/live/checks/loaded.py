"""What runs is the build, byte for byte: every file with code that a process has mapped, and every module it may load.

Python modules leave no trace in a process's memory map, so all files of the packages are held against the manifest of
the build (audit.observe.build), compiled ones among them, and the interpreter's own modules against its package's list.
What is mapped to be run is read as the process itself sees it. Where a file is in no list it is "not seen".
"""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from audit.live.checks.code import KERNELS
from audit.live.checks.process import job_has_ended
from audit.observe.build import (
    Build,
    changed,
    changed_md5,
    installed_build,
    md5_of,
    of_a_folder,
    packaged,
    parse_manifest,
    sha256_of,
)
from audit.observe.installed import Installation, recorded_digests
from audit.observe.proc import NotSeen, Process
from audit.observe.scene import Scene
from audit.verdict import Inspection, listed

_LISTS = "/var/lib/dpkg/info"
_COMMIT_SHOWN = 12


@dataclass(frozen=True, slots=True)
class _Mapped:
    """A file with code, and through which process it is read."""

    path: str
    process: Process

    @property
    def place(self) -> Path:
        return self.process.place("root") / self.path.lstrip("/")


def check_loaded(inspection: Inspection, scene: Scene) -> None:
    """Every file with code is the build's, or as its Debian package brought it."""
    mapped = list(_mapped(inspection, scene))
    installation = _installation(scene)
    build = _build(scene, installation)
    if installation is not None and build is not None:
        _packages(inspection, installation, build)
    ours = _digests(installation, build)
    lists = scene.system(_LISTS)
    with contextlib.suppress(FileNotFoundError):
        _interpreter(inspection, lists, mapped)
    debians: Mapping[str, str] = {}
    with contextlib.suppress(FileNotFoundError):
        debians = packaged(lists, (one.path for one in mapped if one.path not in ours))
    known = [one for one in mapped if one.path in ours or one.path in debians]
    differing = sorted(
        one.path for one in known
        if (sha256_of(one.place) != ours[one.path] if one.path in ours else md5_of(one.place) != debians[one.path])
    )  # fmt: skip
    inspection.require(
        not differing,
        "{count} files with code, {debians} of them as Debian's packages brought them; changed: {changed}",
        count=len(known), debians=sum(one.path in debians for one in known), changed=listed(differing) or "0",
    )  # fmt: skip
    unknown = sorted({one.path for one in mapped} - {one.path for one in known})
    if unknown:
        inspection.missed(
            "files with code that are in no list: {count} ({files})", count=len(unknown), files=listed(unknown)
        )


def _mapped(inspection: Inspection, scene: Scene) -> Iterator[_Mapped]:
    """Yield each file once for each world of mounts that it is seen from."""
    seen: set[tuple[str, str]] = set()
    service = scene.service
    for process in dict.fromkeys((service.keeper, *service.silent, *service.tors, *service.watchdogs)):
        try:
            world = process.world()
            paths = {one.path for one in process.code() if one.path and one.path not in KERNELS}
        except NotSeen:
            if not job_has_ended(inspection, scene, process):
                inspection.missed("the code of {name} {pid}", name=service.name_of(process.pid), pid=process.pid)
            continue
        # One that was removed or replaced is for the row `code`, which finds it in no place.
        for path in sorted(paths):
            if (world, path) not in seen and not path.endswith(" (deleted)"):
                seen.add((world, path))
                yield _Mapped(path, process)


def _installation(scene: Scene) -> Installation | None:
    for process in scene.service.intakes:
        with contextlib.suppress(NotSeen, FileNotFoundError):
            return Installation.of(process.command())
    return None


def _build(scene: Scene, installation: Installation | None) -> Build | None:
    """Return the auditor's manifest if it has more than our own files, else that of the installation."""
    if scene.manifest is not None:
        given = parse_manifest(scene.manifest.read_text("utf-8"))
        if given.commit:
            return given
    return None if installation is None else installed_build(installation.prefix)


def _packages(inspection: Inspection, installation: Installation, build: Build) -> None:
    """Require every file of the packages to be as built; what is there and not in the manifest is as changed."""
    wanted = build.of(lambda name: not name.startswith("/"))
    # A list without compiled files is of packages that Python compiles as it runs, so it cannot judge those.
    with_compiled = any(_is_compiled(name) for name in wanted)
    have = {
        name
        for path in installation.packages.rglob("*") if path.is_file() and not path.is_symlink()
        for name in [path.relative_to(installation.packages).as_posix()] if with_compiled or not _is_compiled(name)
    }  # fmt: skip
    faults = sorted({*changed(installation.packages, wanted), *(have - wanted.keys())})
    inspection.require(
        not faults, "{count} files of the packages, against the build of commit {commit}; others: {faults}",
        count=len(wanted), commit=build.commit[:_COMMIT_SHOWN] or "-", faults=listed(faults) or "0",
    )  # fmt: skip


def _is_compiled(name: str) -> bool:
    return "__pycache__" in name.split("/")


def _digests(installation: Installation | None, build: Build | None) -> Mapping[str, str]:
    """SHA-256 by whole path: of the build, else of the lists that came with the libraries."""
    if installation is None:
        return {}
    if build is None:
        return {
            path: base64.urlsafe_b64decode(f"{digest}=").hex()
            for path, digest in recorded_digests(installation.distributions().values())
        }
    packages = installation.packages.resolve()
    return {str(packages / name): digest for name, digest in build.files.items()}


def _interpreter(inspection: Inspection, lists: Path, mapped: list[_Mapped]) -> None:
    """Hold the modules of a packaged interpreter against its lists. Raises FileNotFoundError without lists."""
    programs = {Path(one.path) for one in mapped if Path(one.path).parent == Path("/usr/bin")}
    sums = {
        path: digest
        for program in programs if program.name.startswith("python3.")
        for path, digest in of_a_folder(lists, f"/usr/lib/{program.name}", ".py").items()
    }  # fmt: skip
    if sums:
        faults = changed_md5(sums)
        inspection.require(
            not faults, "{count} modules of the interpreter, as Debian's packages brought them; changed: {changed}",
            count=len(sums), changed=listed(faults) or "0",
        )  # fmt: skip

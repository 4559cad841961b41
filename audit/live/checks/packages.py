"""The program that runs is the one that was reviewed: versions, hashes of every file, our own against a manifest."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from audit.observe.build import installed_build, parse_manifest
from audit.observe.installed import (
    Installation,
    NoManifest,
    faults_of,
    git_faults,
    locked_versions,
    manifest_faults,
    needed,
    own_files,
    record_faults,
    unknown_startup_files,
)
from audit.observe.proc import NotSeen
from audit.observe.scene import Scene
from audit.verdict import Inspection, Verdict, listed

_COMMIT_SHOWN = 12
_OWN_FILES = "own-files"


def check_libraries(inspection: Inspection, scene: Scene) -> None:
    """Every library that the service needs has the locked version and the files that came with it."""
    installation = _installation(inspection, scene)
    if installation is None:
        return
    distributions = installation.distributions()
    lock = installation.lock
    if lock is None:
        inspection.missed("requirements.lock is not with this installation")
    else:
        locked = locked_versions(lock)
        names = needed(distributions) - {"kallskydd"}
        others = [f"{name} {distributions[name].version}" for name in sorted(names)
                  if locked.get(name) != distributions[name].version]  # fmt: skip
        inspection.require(not others, "{count} libraries, not of the locked version: {others}", count=len(names),
                    others=listed(others) or "0")  # fmt: skip
    # Installed among the others, our own files have a row of their own; installed for work on them, the finder that
    # leads to them is one of these files.
    own = set() if installation.ours != installation.packages else {"kallskydd"}
    used = [distributions[name] for name in sorted(needed(distributions) - own)]
    count, faults = record_faults(used)
    inspection.require(not faults, "{count} files hashed, not as they were installed: {faults}", count=count,
                faults=listed(faults) or "0")  # fmt: skip
    strange = unknown_startup_files(installation, distributions.values())
    inspection.require(not strange, "files that Python runs at its start and nobody installed: {files}",
                files=listed(strange) or "0")  # fmt: skip


def check_own_files(inspection: Inspection, scene: Scene) -> None:
    """Our own files are those of a manifest: the auditor's, else those of the commit, else as installed."""
    inspection.evidence += _own_files(scene).evidence


def _own_files(scene: Scene) -> Inspection:
    """Look at our own files, once in an inspection: another row asks for it too."""
    if _OWN_FILES not in scene.seen:
        looked = Inspection()
        _check_own_files(looked, scene)
        scene.seen[_OWN_FILES] = looked
    found: Inspection = scene.seen[_OWN_FILES]
    return found


def _check_own_files(inspection: Inspection, scene: Scene) -> None:
    installation = _installation(inspection, scene)
    if installation is None:
        return
    folder = installation.ours
    files = own_files(folder)
    count = len(files)
    if scene.manifest is not None:
        text = scene.manifest.read_text("utf-8")
        faults, commit = manifest_faults(folder, text), parse_manifest(text).commit
        inspection.require(
            not faults, "{count} files, against the list {manifest} (--manifest), of commit {commit}; others: {faults}",
            count=count, manifest=scene.manifest, commit=commit[:_COMMIT_SHOWN] or "-", faults=listed(faults) or "0",
        )  # fmt: skip
    elif folder == installation.packages:
        # Their hashes stand in the RECORD of the distribution, which the row on libraries has gone through.
        distribution = installation.distributions()["kallskydd"]
        _, faults = record_faults([distribution])
        build = installed_build(installation.prefix)
        commit = "" if build is None else build.commit
        if build is not None:
            faults = sorted({*faults, *faults_of(folder, build)})
        inspection.require(
            not faults, "{count} files, as they were installed from commit {commit}; others: {faults}",
            count=count, commit=commit[:_COMMIT_SHOWN] or "-", faults=listed(faults) or "0",
        )  # fmt: skip
    else:
        try:
            commit, faults = git_faults(folder)
        except NoManifest:
            inspection.missed("our own files: no manifest was given and this is no checkout that git can read")
            return
        inspection.require(not faults, "{count} files, against commit {commit}; others: {faults}", count=count,
                    commit=commit[:_COMMIT_SHOWN], faults=listed(faults) or "0")  # fmt: skip
    _changed_since_start(inspection, scene, files)


def program_is_known(scene: Scene) -> bool:
    """Whether the row on our own files is clean: then what the reviewed program does by itself may be counted on."""
    return _own_files(scene).verdict is Verdict.CLEAN


def _changed_since_start(inspection: Inspection, scene: Scene, files: Mapping[str, Path]) -> None:
    """Require that no file changed since the start: one changed and changed back would not show otherwise."""
    try:
        started = min(process.started() for process in (*scene.service.intakes, scene.service.keeper))
    except NotSeen:
        inspection.missed("when the service was started")
        return
    newer = [name for name, path in files.items() if path.stat().st_ctime > started]
    inspection.require(not newer, "files changed since the service was started: {files}", files=listed(newer) or "0")


def _installation(inspection: Inspection, scene: Scene) -> Installation | None:
    for process in scene.service.intakes:
        try:
            return Installation.of(process.command())
        except (NotSeen, FileNotFoundError):
            continue
    inspection.missed("where the program of the intake is installed")
    return None

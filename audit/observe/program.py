"""Which program lies in a folder: version, commit where git or its own list has one, a digest over its files.

The digest is that of `kallskydd audit manifest SOURCE`, so anybody can make it from a source that was reviewed:
`kallskydd audit manifest SOURCE | sha256sum`.
"""

from __future__ import annotations

import hashlib
import re
from email.parser import HeaderParser
from pathlib import Path

from audit.observe.build import installed_build
from audit.observe.installed import NoManifest, faults_of, git_faults, manifest_text
from audit.verdict import Program

CHANGED = "+"  # after a commit from which files differ


def own_program() -> Program:
    """Return the program that this audit is a part of: the canary examines that one."""
    return program_in(Path(__file__).parents[2])


def program_in(folder: Path) -> Program:
    """Return the program whose packages lie in this folder, a checkout or the packages of an installation."""
    return Program(_version(folder), _commit(folder), hashlib.sha256(manifest_text(folder).encode()).hexdigest())


def _version(folder: Path) -> str:
    for described in folder.glob("kallskydd-*.dist-info/METADATA"):
        return str(HeaderParser().parsestr(described.read_text("utf-8", errors="replace"))["Version"])
    try:
        found = re.search(r'(?m)^version = "([^"]+)"', (folder / "pyproject.toml").read_text("utf-8"))
    except OSError:
        return ""
    return found[1] if found else ""


def _commit(folder: Path) -> str:
    # An installation may lie within a checkout of something else.
    if not (folder / ".git").exists():
        return _installed_from(folder)
    try:
        commit, faults = git_faults(folder)
    except NoManifest:
        return ""
    return commit + CHANGED if faults else commit


def _installed_from(packages: Path) -> str:
    """Return the commit that the installation's own manifest names."""
    build = installed_build(packages.parents[2])
    if build is None or not build.commit:
        return ""
    return build.commit + CHANGED if faults_of(packages, build) else build.commit

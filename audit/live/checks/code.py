"""Which code is loaded into the service's processes, and what could load more at their start.

What runs in a process stands in its own memory and not in the files that `own-files` and `libraries` hash: a library
that was loaded beforehand (/etc/ld.so.preload, LD_PRELOAD, LD_AUDIT) or found in another folder sees and says all that
the process does. So every file that is mapped to be run is checked, as the process itself sees it.
"""

from __future__ import annotations

import functools
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from audit.live.checks.process import job_has_ended
from audit.observe.installed import Installation
from audit.observe.proc import Code, NotSeen, Process
from audit.observe.scene import Scene
from audit.verdict import Inspection, listed

_PRELOAD = "/etc/ld.so.preload"
_SYSTEM = tuple(map(Path, ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin")))
# The kernel's own, the same in every process.
KERNELS = frozenset({"[vdso]", "[vsyscall]"})
# Of the loader only this one has a use here, for an interpreter that lies elsewhere; its folders are judged.
_FOLDERS = "LD_LIBRARY_PATH"
_PYTHONS = frozenset({
    "PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONUSERBASE", "PYTHONPLATLIBDIR", "PYTHONPYCACHEPREFIX",
    "PYTHONINSPECT", "PYTHONBREAKPOINT", "PYTHONWARNINGS", "PYTHONFAULTHANDLER", "PYTHONDUMPREFS", "PYTHONPERFSUPPORT",
})  # fmt: skip
_OTHERS = frozenset({"GCONV_PATH", "OPENSSL_CONF", "OPENSSL_MODULES"})


def check_code(inspection: Inspection, scene: Scene) -> None:
    """Code comes from the installation and the system alone, and nothing in environment or /etc adds to it."""
    _preloaded(inspection, scene)
    places = _Places(scene)
    for process in (scene.service.keeper, *scene.service.silent, *scene.service.tors):
        name = scene.service.name_of(process.pid)
        try:
            code = [one for one in process.code() if one.path not in KERNELS]
            strange = list(_not_in_place(process, code, places))
        except NotSeen:
            if not job_has_ended(inspection, scene, process):
                inspection.missed("the code and the environment of {name} {pid}", name=name, pid=process.pid)
            continue
        inspection.require(
            not strange, "{name} {pid} runs code of {count} files and {bare} pieces of memory; not in order: {strange}",
            name=name, pid=process.pid, count=len({one.path for one in code if one.path}),
            bare=sum(not one.path for one in code), strange=listed(strange) or "0",
        )  # fmt: skip


class _Places:
    """Folders that code may come from, and whose files there may be."""

    def __init__(self, scene: Scene) -> None:
        self._folders, self._owners = list(_SYSTEM), {0}
        for process in scene.service.intakes:
            try:
                installation = Installation.of(process.command())
                base = Path(process.command()[0]).resolve().parent.parent
            except (NotSeen, FileNotFoundError):
                continue
            # Libraries may be links to where another environment has them, as in one that was made of this one.
            linked = {path.resolve() for path in installation.packages.iterdir()}
            self._folders += [base, installation.prefix.resolve(), installation.ours.resolve(), *sorted(linked)]
            self._owners.add(installation.packages.stat().st_uid)
        self._judged: dict[tuple[str, str], bool] = {}
        self.has = functools.cache(self._has)

    def fine(self, process: Process, name: str) -> bool:
        """Whether a file that a process runs is in its place, still there, and nobody else's to write."""
        # Each world of mounts has files of its own.
        key = (process.world(), name)
        if key not in self._judged:
            self._judged[key] = self.has(name) and self._are_closed(process.place("root"), Path(name))
        return self._judged[key]

    def _has(self, name: str) -> bool:
        return any(Path(name).is_relative_to(folder) for folder in self._folders)

    def _are_closed(self, root: Path, path: Path) -> bool:
        """Whether file and folder are nobody's to write but root's and the installation's owner's."""
        try:
            states = [(root / part.relative_to("/")).stat() for part in (path, path.parent)]
        except PermissionError as fault:
            raise NotSeen from fault
        except OSError:
            return False
        # A group that has the number of its only account is that account.
        groups = any(state.st_mode & stat.S_IWGRP and state.st_gid not in {0, state.st_uid} for state in states)
        return not groups and all(state.st_uid in self._owners and not state.st_mode & stat.S_IWOTH for state in states)


def _preloaded(inspection: Inspection, scene: Scene) -> None:
    try:
        lines = scene.system(_PRELOAD).read_text(errors="replace").split()
    except FileNotFoundError:
        lines = []
    except OSError:
        inspection.missed("{path} cannot be read by this account", path=_PRELOAD)
        return
    inspection.require(not lines, "{path} loads into every program: {files}", path=_PRELOAD, files=listed(lines) or "0")


def _not_in_place(process: Process, code: Sequence[Code], places: _Places) -> Iterator[str]:
    # Of a file that was removed or replaced the kernel says "(deleted)", and so it lies nowhere.
    yield from sorted(path for path in {one.path for one in code} if path and not places.fine(process, path))
    if any(one.writable for one in code):
        yield "memory that can be written and run"
    for name, value in sorted(process.environment().items()):
        if name == _FOLDERS and all(places.has(os.path.realpath(one)) for one in value.split(":")):
            continue
        if name.startswith("LD_") or name in _PYTHONS or name in _OTHERS:
            yield f"{name}={value}"

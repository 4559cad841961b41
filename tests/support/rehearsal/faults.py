"""Faults that were found in a server installed by the documents: what puts each back into the installed one."""

from __future__ import annotations

from typing import Final

_UNITS, _CODE = "/etc/systemd/system", "/opt/kallskydd/lib/python3*/site-packages"
_BACK_UNIT = f"{_UNITS}/kallskydd-backup.service"


def _edit(module: str, edit: str) -> str:
    folder, _, name = module.rpartition("/")
    return f"cd {_CODE} && sed -i '{edit}' {module}.py && rm -f {folder}/__pycache__/{name}.*"


FAULTS: Final = {
    # 1. The daily audit sees no intake.
    "hidden": f"sed -i s/^ProtectProc=default/ProtectProc=invisible/ {_UNITS}/kallskydd.service",
    # 2. Code in memory that is of no file.
    "closure": _edit("trusted/confine/process", "s/^            raise StrayCode/            pass/")
    + " && printf '_KEPT = ctypes.CFUNCTYPE(ctypes.c_int)(int)\\n' >>scrubbers/jailed/pdf/written.py"
    " && rm -f scrubbers/jailed/pdf/__pycache__/written.*",
    # 3. A sentence names a recovery that cannot work: a file of a backup has no salt.
    "zeroed": _edit("cases/sentences/operator", 's/^RESTORE = .*/RESTORE = "Put it back from the last backup."/'),
    # 4. The sentence for a full backup disk names a damaged home.
    "full": _edit("cases/backup/copying", "s/if code == sqlite3.SQLITE_FULL:/if False:/"),
    # 5. Without a disk the unit has not failed, and old shares stay.
    "no-disk": f"sed -i -e '/findmnt/d' -e 's/^WantsMountsFor.*/AssertPathIsMountPoint=\\/mnt\\/backup\\n"
    f"AssertPathIsMountPoint=\\/mnt\\/slots/' {_BACK_UNIT}",
    # 6. The journal has no start and no stop.
    "silent": f"sed -i 's/^StandardError=null/&\\nLogLevelMax=emerg/' {_UNITS}/kallskydd*.service",
    # 7. Nobody is told that the server is down.
    "unwatched": f"sed -i 's,^ExecStart=.*,ExecStart=/bin/true,' {_UNITS}/kallskydd-outside.service",
    # 8. A home without settings is Ludvika's.
    "ludvika": _edit("kallskydd/commands/init", "s/    if args.config is None:/    if False:/; s/if args.config else example_config(trial=True)/if args.config else example_config()/"),
    # 9. Root makes a home that the service cannot read; the desks' address is nowhere; one backup a day.
    "as-root": _edit("kallskydd/commands/init", "s/if os.geteuid() == 0 and .*/if False:/"),
    "unsaid": _edit("kallskydd/commands/roster", "/Desks join at/d"),
    "once": f"sed -i 's/while .*; done; for id/for id/' {_BACK_UNIT}",
    # A real disk has a folder lost+found, and belongs to root.
    "lost+found": f"sed -i 's/-path .mnt.slots.lost+found -prune -o //; s/-exec .usr.bin.rm {{}} +/-delete/' {_BACK_UNIT}",
}  # fmt: skip

"""Units of systemd as it reads them: by `systemctl cat` where it runs, else by its folders, in its order.

`systemctl cat` knows every drop-in that holds, those of `systemctl set-property` among them. Copies of a server's files
have their folders only.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from audit.observe.proc import Process
from audit.observe.scene import Host

# systemd.unit(5), "Unit File Load Path": what stands in an earlier one holds.
_FOLDERS = tuple(
    f"{top}/systemd/{name}"
    for top, name in (
        ("/etc", "system.control"), ("/run", "system.control"), ("/run", "transient"), ("/etc", "system"),
        ("/run", "system"), ("/usr/local/lib", "system"), ("/usr/lib", "system"),
    )
)  # fmt: skip
_FILE = re.compile(r"^# (/\S+)\n", re.MULTILINE)
_SECONDS = 10.0
# There while systemd is what started the computer, sd_booted(3).
_RUNS = Path("/run/systemd/system")

Setting = tuple[str, str, Path]


def unit_of(host: Host, process: Process) -> str | None:
    """Return the unit that this process belongs to, by its control group."""
    for line in (host.value(f"/proc/{process.pid}/cgroup") or "").splitlines():
        name = line.rpartition("/")[2]
        if name.endswith(".service"):
            return name
    return None


def units_named(host: Host, beginning: str) -> list[str]:
    """Return the services whose name begins so and that have a file or a drop-in."""
    places = (path for folder in _FOLDERS for path in entries(host.system(folder), ""))
    names = {path.name.removesuffix(".d") for path in places}
    return sorted(name for name in names if name.startswith(beginning) and name.endswith(".service"))


def unit_settings(host: Host, unit: str) -> list[Setting]:
    """Return name, value and file of each setting of a service, in the order in which a later one holds."""
    files = _said(unit) if host.system("/") == Path("/") else []
    return [
        (name, value, path)
        for path, text in files or _files(host, unit)
        for name, value in pairs_in(text, "Service")
    ]  # fmt: skip


def pairs_in(text: str, section: str) -> list[tuple[str, str]]:
    """Return names and values of a section in order; systemd takes a name more than once."""
    pairs, inside = [], False
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            inside = line == f"[{section}]"
        elif inside and "=" in line and not line.startswith(("#", ";")):
            name, _, value = line.partition("=")
            pairs.append((name.strip(), value.strip()))
    return pairs


def text_of(path: Path) -> str:
    """Return what stands in a file; nothing where it is missing or unreadable."""
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


def entries(folder: Path, ending: str) -> list[Path]:
    """Return what lies in a folder and has this ending, by name."""
    try:
        return sorted(path for path in folder.iterdir() if path.name.endswith(ending))
    except OSError:
        return []


def _said(unit: str) -> list[tuple[Path, str]]:
    """Return the files as systemd says them; none where it does not run or does not answer this account."""
    if not _RUNS.is_dir():
        return []
    try:
        done = subprocess.run(
            ["systemctl", "cat", "--no-pager", "--", unit], capture_output=True, text=True, timeout=_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return []
    _, *parts = _FILE.split(done.stdout)
    return [(Path(path), text) for path, text in zip(parts[::2], parts[1::2], strict=True)]


def _files(host: Host, unit: str) -> Iterator[tuple[Path, str]]:
    """Yield the unit's file, or that of its template, and its drop-ins."""
    template = re.sub(r"@.*\.", "@.", unit)
    places = [host.system(f"{folder}/{name}") for name in (unit, template) for folder in _FOLDERS]
    drop_ins: dict[str, Path] = {}
    for folder in reversed(_FOLDERS):
        for name in ("service", *_beginnings(unit), template, unit):
            drop_ins |= {path.name: path for path in entries(host.system(f"{folder}/{name}.d"), ".conf")}
    for path in (*[place for place in places if place.exists()][:1], *(drop_ins[name] for name in sorted(drop_ins))):
        yield path, text_of(path)


def _beginnings(unit: str) -> list[str]:
    """Return the names of drop-in folders for all services that begin alike: `a-.service` and `a-b-.service`."""
    words = unit.removesuffix(".service").split("-")[:-1]
    return [f"{'-'.join(words[: number + 1])}-.service" for number in range(len(words))]

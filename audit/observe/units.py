"""Units of systemd as it reads them: by `systemctl cat` and `show` where it runs, else by its folders, in its order.

`systemctl cat` knows every drop-in that holds, those of `systemctl set-property` among them; `show` says what holds
now, with what the manager adds. Copies of a server's files have their folders only.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import suppress
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
# As it reads its configuration: a later file of one name hides an earlier one, a later value an earlier one.
_CONFIGURATION = ("/usr/lib/systemd", "/usr/local/lib/systemd", "/run/systemd", "/etc/systemd")
_FILE = re.compile(r"^# (/\S+)\n", re.MULTILINE)
_SECONDS = 10.0
# There while systemd is what started the computer, sd_booted(3).
_RUNS = Path("/run/systemd/system")

Setting = tuple[str, str, Path]


def unit_of(process: Process) -> str | None:
    """Return the innermost service that this process belongs to, by its control group; None where a hand started it."""
    found = next((name for name in reversed(_groups(process)) if name.endswith((".service", ".scope"))), "")
    return found if found.endswith(".service") else None


def slices_of(process: Process) -> list[str]:
    """Return the slices that it is in, the root's first."""
    return ["-.slice", *dict.fromkeys(name for name in _groups(process) if name.endswith(".slice"))]


def shown(host: Host, unit: str = "") -> dict[str, str]:
    """Return what the manager holds of a unit, or without one of itself; nothing where it is not to be asked."""
    return dict(
        line.partition("=")[::2] for line in _ask(host, "show", "--all", *(["--", unit] * bool(unit))).splitlines()
    )


def units_named(host: Host, beginning: str) -> list[str]:
    """Return the services whose name begins so and that have a file or a drop-in."""
    places = (path for folder in _FOLDERS for path in entries(host.system(folder), ""))
    names = {path.name.removesuffix(".d") for path in places}
    return sorted(name for name in names if name.startswith(beginning) and name.endswith(".service"))


def unit_settings(host: Host, unit: str) -> list[Setting]:
    """Return name, value and file of each setting of a service or slice, in the order in which a later one holds."""
    return [
        (name, value, path)
        for path, text in _said(host, unit) or _files(host, unit)
        for name, value in pairs_in(text, unit.rpartition(".")[2].capitalize())
    ]  # fmt: skip


def configured(scene: Host, name: str, section: str) -> Iterator[Setting]:
    """Every value of one of systemd's configuration files, drop-ins last: the last one of a name holds."""
    for folder in _CONFIGURATION:
        path = scene.system(f"{folder}/{name}")
        yield from ((one, value, path) for one, value in pairs_in(text_of(path), section))
    drop_ins = {}
    for folder in _CONFIGURATION:
        drop_ins.update({path.name: path for path in entries(scene.system(f"{folder}/{name}.d"), ".conf")})
    for path in (drop_ins[one] for one in sorted(drop_ins)):
        yield from ((one, value, path) for one, value in pairs_in(text_of(path), section))


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


def _groups(process: Process) -> list[str]:
    with suppress(OSError):
        return re.split("[/\n]", process.place("cgroup").read_text(errors="replace"))
    return []


def _said(host: Host, unit: str) -> list[tuple[Path, str]]:
    """Return the files as systemd says them; none where it does not run or does not answer this account."""
    _, *parts = _FILE.split(_ask(host, "cat", "--", unit))
    return [(Path(path), text) for path, text in zip(parts[::2], parts[1::2], strict=True)]


def _ask(host: Host, *words: str) -> str:
    if host.system("/") != Path("/") or not _RUNS.is_dir():
        return ""
    command = ("systemctl", "--no-pager", *words)
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return ""


def _files(host: Host, unit: str) -> Iterator[tuple[Path, str]]:
    """Yield the unit's file, or that of its template, and its drop-ins."""
    template = re.sub(r"@.*\.", "@.", unit)
    places = [host.system(f"{folder}/{name}") for name in (unit, template) for folder in _FOLDERS]
    drop_ins: dict[str, Path] = {}
    for folder in reversed(_FOLDERS):
        for name in (unit.rpartition(".")[2], *_beginnings(unit), template, unit):
            drop_ins |= {path.name: path for path in entries(host.system(f"{folder}/{name}.d"), ".conf")}
    for path in (*[place for place in places if place.exists()][:1], *(drop_ins[name] for name in sorted(drop_ins))):
        yield path, text_of(path)


def _beginnings(unit: str) -> list[str]:
    """Return the names of drop-in folders for all units that begin alike: `a-.service` and `a-b-.service`."""
    name, _, kind = unit.rpartition(".")
    words = name.split("-")[:-1]
    return [f"{'-'.join(words[: number + 1])}-.{kind}" for number in range(len(words))]

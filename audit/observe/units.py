"""Units of systemd as it reads them: by `systemctl cat` and `show` where it runs, else by its folders, in its order.

`systemctl cat` knows every drop-in that holds, those of `systemctl set-property` among them; `show` says what holds
now, with what the manager adds. Copies of a server's files have their folders only.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from audit.observe.proc import Process
from audit.observe.scene import Host, entries, text_of

# systemd's words for yes and no, in any letters; the first is what it says itself.
YES, NO = "yes|(?i:yes|y|true|t|on|1)", "no|(?i:no|n|false|f|off|0)"
# systemd.unit(5), "Unit File Load Path": what stands in an earlier one holds.
_FOLDERS = tuple(
    f"{top}/systemd/{name}"
    for top, name in (
        ("/etc", "system.control"), ("/run", "system.control"), ("/run", "transient"), ("/run", "generator.early"),
        ("/etc", "system"), ("/etc", "system.attached"), ("/run", "system"), ("/run", "system.attached"),
        ("/run", "generator"), ("/usr/local/lib", "system"), ("/usr/lib", "system"), ("/run", "generator.late"),
    )
)  # fmt: skip
# As it reads its configuration: a later file of one name hides an earlier one, a later value an earlier one.
_CONFIGURATION = ("/usr/lib/systemd", "/usr/local/lib/systemd", "/run/systemd", "/etc/systemd")
_CRONTABS = ("/etc/crontab", "/etc/anacrontab")
_CRON = (*(f"/etc/cron.{each}" for each in ("d", "hourly", "daily", "weekly", "monthly")), "/var/spool/cron/crontabs")
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


def texts_of_services(host: Host) -> Iterator[tuple[Path, str]]:
    """Yield every file of a service, each of its drop-ins, and every table and script of cron, with its text."""
    folders = list(map(host.system, _FOLDERS))
    drop_ins = (one for top in folders for each in entries(top, ".service.d") for one in entries(each, ".conf"))
    services = (one for top in folders for one in entries(top, ".service"))
    tables = (one for top in _CRON for one in entries(host.system(top), ""))
    for path in (*services, *drop_ins, *map(host.system, _CRONTABS), *tables):
        yield path, text_of(path)


def unit_settings(host: Host, unit: str) -> list[Setting]:
    """Return name, value and file of each setting of a service or slice, in the order in which a later one holds."""
    return list(_settings(_said(host, unit) or _files(host, unit), unit.rpartition(".")[2].capitalize()))


def configured(host: Host, name: str, section: str) -> Iterator[Setting]:
    """Every value of one of systemd's configuration files, drop-ins last: the last one of a name holds."""
    places = [host.system(f"{folder}/{name}") for folder in _CONFIGURATION]
    places += _drop_ins(host, (f"{folder}/{name}" for folder in _CONFIGURATION))
    return _settings(((path, text_of(path)) for path in places), section)


def _settings(files: Iterable[tuple[Path, str]], section: str) -> Iterator[Setting]:
    """Yield what stands in a section of each file, in order; systemd takes a name more than once."""
    for path, text in files:
        inside = False
        for line in map(str.strip, text.splitlines()):
            if line.startswith("["):
                inside = line == f"[{section}]"
            elif inside and "=" in line and not line.startswith(("#", ";")):
                name, _, value = line.partition("=")
                yield name.strip(), value.strip(), path


def _drop_ins(host: Host, names: Iterable[str]) -> list[Path]:
    """Return the drop-ins in their order; of two of one name that of the later folder holds."""
    found = {path.name: path for name in names for path in entries(host.system(f"{name}.d"), ".conf")}
    return [found[name] for name in sorted(found)]


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


def _files(host: Host, unit: str) -> list[tuple[Path, str]]:
    """Return the unit's file, or that of its template, and its drop-ins."""
    template = re.sub(r"@.*\.", "@.", unit)
    places = [host.system(f"{folder}/{name}") for name in (unit, template) for folder in _FOLDERS]
    alike = (unit.rpartition(".")[2], *_beginnings(unit), template, unit)
    drop_ins = _drop_ins(host, (f"{folder}/{name}" for folder in reversed(_FOLDERS) for name in alike))
    return [(path, text_of(path)) for path in (*[place for place in places if place.exists()][:1], *drop_ins)]


def _beginnings(unit: str) -> list[str]:
    """Return the names of drop-in folders for all units that begin alike: `a-.service` and `a-b-.service`."""
    name, _, kind = unit.rpartition(".")
    words = name.split("-")[:-1]
    return [f"{'-'.join(words[: number + 1])}-.{kind}" for number in range(len(words))]

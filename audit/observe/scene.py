"""What is being examined: one home, the processes that serve it, and the computer under them."""

from __future__ import annotations

import os
import tomllib
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from audit.observe.proc import Service

TRIAL_MARK = "TRIAL"
# Beside the folder of the publisher that a tenant's configuration names (deploy/torrc, deploy/systemd).
_LISTENERS_OF_A_HOST = "kallskydd-host"
_CONTROL_OF_A_HOST = Path("kallskydd-tor", "control")


def text_of(path: Path) -> str:
    """Return what stands in a file; nothing where it is missing or unreadable."""
    with suppress(OSError):
        return path.read_text(errors="replace")
    return ""


def entries(folder: Path, ending: str) -> list[Path]:
    """Return what lies in a folder and has this ending, by name."""
    with suppress(OSError):
        return sorted(path for path in folder.iterdir() if path.name.endswith(ending))
    return []


class Host:
    """The computer under a service, or copies of its files under `root`: all that a check of the system needs."""

    __slots__ = ()
    root: Path

    def system(self, path: str) -> Path:
        """Return a system file: the real one, or its copy under `root`."""
        return self.root / path.lstrip("/")

    def value(self, path: str) -> str | None:
        """Return the content of a system file; None when it is missing or unreadable."""
        with suppress(OSError):
            return self.system(path).read_text(errors="replace").strip()
        return None

    def sysctl(self, name: str) -> str | None:
        """Return a setting of the kernel; None where it has none of this name, or does not show it."""
        return self.value("/proc/sys/" + name.replace(".", "/"))

    @property
    def as_root(self) -> bool:
        """Whether we may see everything."""
        return os.geteuid() == 0


@dataclass(frozen=True, slots=True)
class Scene(Host):
    """Handed to every check. `root` is / unless copies of the system's files are examined."""

    home: Path
    service: Service
    root: Path = Path("/")
    manifest: Path | None = None
    # What this one inspection has read already and other rows ask for too: configuration, verdict on our own files.
    seen: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def trial(self) -> bool:
        """Whether the home was made as a trial."""
        return (self.home / TRIAL_MARK).exists()

    @property
    def copies(self) -> bool:
        """Whether copies of the system's files are examined, and not those of this computer."""
        return self.root != Path("/")

    def config(self) -> dict[str, Any]:
        """Return the home's configuration; raises OSError, ValueError."""
        if "config" not in self.seen:
            with (self.home / "config.toml").open("rb") as file:
                self.seen["config"] = tomllib.load(file)
        found: dict[str, Any] = self.seen["config"]
        return found

    @property
    def listeners(self) -> tuple[str, ...]:
        """The sockets in the home on which the intake listens: the mirror's only where the home has a mirror."""
        if self.at_publisher is not None:
            return ()
        return ("run/public.sock", "run/desk.sock", *(("run/mirror.sock",) if self.has_mirror else ()))

    @property
    def listening(self) -> set[str]:
        """The paths on which the intake listens; those of a tenant are in a folder of the host's."""
        if self.at_publisher is None:
            return {str(self.home / name) for name in self.listeners}
        folder = self.at_publisher.parent.parent / _LISTENERS_OF_A_HOST / self.at_publisher.name
        return {str(folder / name) for name in ("public.sock", "desk.sock", "mirror.sock")}

    @property
    def has_mirror(self) -> bool:
        """Whether the home's configuration has a mirror; one that cannot be read has none."""
        try:
            return "mirror" in self.config()
        except (OSError, ValueError):
            return False

    @property
    def control_socket(self) -> Path:
        """Tor's: the system's if the home's configuration names one, a host's for a tenant, else the keeper's own."""
        if self.at_publisher is not None:
            return self.at_publisher.parent.parent / _CONTROL_OF_A_HOST
        named = self.config().get("tor", {}).get("control_socket")
        return Path(named) if named else self.home / "run" / "control.sock"

    @property
    def at_publisher(self) -> Path | None:
        """The folder at the publisher of a host, if this home is a tenant's; None if it is alone or cannot be read."""
        try:
            named = self.config().get("tor", {}).get("publisher")
        except (OSError, ValueError):
            return None
        return Path(named) if named else None

    @property
    def own_tor(self) -> bool:
        """Whether the keeper starts tor; else it is the system's, and serves others as well."""
        return self.control_socket.parent == self.home / "run"

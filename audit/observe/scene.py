"""What is being examined: one home, the processes that serve it, and the computer under them."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from audit.observe.proc import Service

TRIAL_MARK = "TRIAL"
# That of deploy/torrc: a tenant's configuration names the publisher, which alone may use it.
_CONTROL_OF_A_HOST = "/run/kallskydd-tor/control"


class Host(Protocol):
    """The computer under a service, or copies of its files: all that a check of the system needs."""

    def system(self, path: str) -> Path:
        """Return a system file: the real one, or its copy."""

    def value(self, path: str) -> str | None:
        """Return the content of a system file; None when it is missing or unreadable."""


@dataclass(frozen=True, slots=True)
class Scene:
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
    def as_root(self) -> bool:
        """Whether we may see everything."""
        return os.geteuid() == 0

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
        """The sockets on which the intake listens: the mirror's only where the home's configuration has a mirror."""
        return ("run/public.sock", "run/desk.sock", *(("run/mirror.sock",) if self.has_mirror else ()))

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
        tor = self.config().get("tor", {})
        named = tor.get("control_socket") or (_CONTROL_OF_A_HOST if "publisher" in tor else None)
        return Path(named) if named else self.home / "run" / "control.sock"

    @property
    def own_tor(self) -> bool:
        """Whether the keeper starts tor; else it is the system's, and serves others as well."""
        return self.control_socket.parent == self.home / "run"

    def system(self, path: str) -> Path:
        """Return a system file: the real one, or its copy under `root`."""
        return self.root / path.lstrip("/")

    def value(self, path: str) -> str | None:
        """Return the content of a system file; None when it is missing or unreadable."""
        try:
            return self.system(path).read_text(errors="replace").strip()
        except OSError:
            return None

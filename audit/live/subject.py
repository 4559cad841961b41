"""Which service was examined, on which computer, by whom: the head of the page that is signed."""

from __future__ import annotations

import itertools
import os
import platform
import pwd
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from audit.observe.installed import Installation
from audit.observe.proc import NotSeen
from audit.observe.program import program_in
from audit.observe.scene import Scene
from audit.verdict import Program

_ADDRESSES = ("--public-address", "--desk-address")


@dataclass(frozen=True, slots=True)
class Subject:
    """What is not known is empty. `compared`: with a reviewed list of files or a commit, not only with its own list."""

    host: str
    system: str
    account: str
    owner: str = ""
    addresses: tuple[str, ...] = ()
    mirror: str = ""
    program: Program | None = None
    compared: bool = False


def subject_of(scene: Scene) -> Subject:
    """Return it for a service that runs, from its processes and its configuration."""
    config = {}
    with suppress(OSError, ValueError):
        config = scene.config()
    program, in_checkout = next(_programs(scene), (None, False))
    return Subject(
        platform.node(),
        system_of(scene.root),
        account(),
        str(config.get("owner", "")),
        tuple(_addresses(scene)),
        str(config.get("mirror", {}).get("name", "")),
        program,
        # The commit in an installation's own list is that list's word.
        scene.manifest is not None or bool(in_checkout and program and program.commit),
    )


def account() -> str:
    """Return the name of the account that looks, or its number."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def system_of(root: Path) -> str:
    """Return the system's name and that of its kernel."""
    named = None
    with suppress(OSError):
        named = re.search(r'(?m)^PRETTY_NAME="?([^"\n]+)', (root / "etc/os-release").read_text("utf-8", "replace"))
    return f"{named[1] if named else platform.system()}, {platform.release()}"


def _programs(scene: Scene) -> Iterator[tuple[Program, bool]]:
    """Yield the program, and whether it lies in a checkout."""
    for process in scene.service.intakes:
        with suppress(NotSeen, OSError):
            folder = Installation.of(process.command()).ours
            yield program_in(folder), (folder / ".git").exists()


def _addresses(scene: Scene) -> Iterator[str]:
    """Yield the address for reporters and that for members, as the intake was started with them."""
    for process in scene.service.intakes[:1]:
        with suppress(NotSeen):
            words = dict(itertools.pairwise(process.command()))
            yield from (
                f"{words[name]}.onion".replace(".onion.onion", ".onion") for name in _ADDRESSES if name in words
            )

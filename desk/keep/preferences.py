"""What a member has chosen for this computer, and what she has done outside it: `preferences.toml` in the desk home.

Readable without the passphrase: the language of the pages is needed before it. It holds the language, the day on which
a copy of the key was made, and the days on which she compared the words of another member by telephone. A file that
does not read is as if there were none: nothing in it protects anything.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import msgspec

from desk.keep import files

FORMAT = "kallskydd-desk-preferences-1"


@dataclass(frozen=True, slots=True)
class Preferences:
    """The file's content; no language: none was chosen."""

    language: str = ""
    copied_on: date | None = None
    # By the hash of what introduces a member (name, role, label and keys), in hex.
    compared: Mapping[str, date] = field(default_factory=dict)

    def with_compared(self, digests: "tuple[str, ...]", day: date) -> "Preferences":
        """Return them with members whose words were compared on this day."""
        return replace(self, compared={**self.compared, **dict.fromkeys(digests, day)})


class _Toml(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: str
    language: str = ""
    copied_on: date | None = None
    compared: dict[str, date] = {}


def read_preferences(path: Path) -> Preferences:
    """Return what was chosen; nothing when there is no file, or one that does not read."""
    try:
        read = msgspec.convert(tomllib.loads(path.read_text("utf-8")), _Toml)
    except (OSError, ValueError, msgspec.MsgspecError):
        return Preferences()
    return Preferences(read.language, read.copied_on, read.compared) if read.format == FORMAT else Preferences()


def keep_preferences(path: Path, preferences: Preferences) -> None:
    """Write them, in one step."""
    lines = [f'format = "{FORMAT}"', f'language = "{preferences.language}"']
    lines += [] if preferences.copied_on is None else [f"copied_on = {preferences.copied_on.isoformat()}"]
    lines.append("[compared]")
    lines += [f'"{digest}" = {day.isoformat()}' for digest, day in sorted(preferences.compared.items())]
    files.make_folder(path.parent)
    files.replace(path, ("\n".join(lines) + "\n").encode("ascii"))

"""The accounts from which the walk starts, by the system's own lists: numbers, and the groups that each is in."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from audit.breach.walk import ProbeAccount

# A number that no account of Debian's has: 65534 is `nobody`, whose other processes are no part of this.
_STRANGER: Final = 65533
STRANGER: Final = ProbeAccount("stranger", _STRANGER, _STRANGER)
ROOT: Final = ProbeAccount("root", 0, 0)


class NoSuchAccount(LookupError):
    """An account is not in the list of accounts."""


class Accounts:
    """The lists below `root`: etc/passwd and etc/group. Raises OSError."""

    def __init__(self, root: Path) -> None:
        self._people = [line.split(":") for line in _lines(root / "etc/passwd")]
        self._groups = [line.split(":") for line in _lines(root / "etc/group")]

    def named(self, name: str) -> ProbeAccount | None:
        """Return an account by its name; None when there is none."""
        return next((self._account(one) for one in self._people if one[0] == name), None)

    def numbered(self, uid: int) -> ProbeAccount:
        """Return an account by its number. Raises NoSuchAccount."""
        found = next((self._account(one) for one in self._people if int(one[2]) == uid), None)
        if found is None:
            raise NoSuchAccount(uid)
        return found

    def _account(self, person: list[str]) -> ProbeAccount:
        also = tuple(int(group[2]) for group in self._groups if person[0] in group[3].split(","))
        return ProbeAccount(person[0], int(person[2]), int(person[3]), also)


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text("utf-8").splitlines() if line.count(":") >= 3]  # noqa: PLR2004 - fields
